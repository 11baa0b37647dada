"""The lines below a progress line: cells in columns, bars as there is room, wrapped texts."""

from __future__ import annotations

from collections.abc import Sequence

from awsops.events import Bars
from awsops.output.cells import cell_width, pad, shorten, visible, wrap

Cells = Sequence[str | Bars]

INDENT = "  "
GAP = 2  # cells between two columns
MOST_WRAPPED = 3  # lines of a text
# Bars that are shown of a series: fewer say nothing, more nobody can tell apart.
FEWEST_BARS, MOST_BARS = 3, 30
_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = "_.:-=+*#"


def bars(series: Bars, room: int, *, ascii_only: bool = False) -> str:
    """The last `room` values, one character each; the highest is full."""
    marks = _ASCII if ascii_only else _BLOCKS
    shown = series.values[-room:] if room > 0 else ()
    top = series.top
    if top is None:
        top = max((value for value in shown if value is not None), default=0.0)
    return "".join(" " if value is None else marks[_height(value, top)] for value in shown)


def _height(value: float, top: float) -> int:
    return min(max(int(value / top * 7.999), 0), 7) if top > 0 else 0


def detail_lines(details: Sequence[Cells], width: int, *, ascii_only: bool = False) -> list[str]:
    """All of them as lines of at most `width` cells."""
    inside = max(width - len(INDENT), 1)
    columns = _Columns([cells for cells in details if len(cells) > 1], inside, ascii_only)
    lines: list[str] = []
    for cells in details:
        if len(cells) == 1 and isinstance(cells[0], str):
            wrapped = wrap(visible(cells[0]), inside)
            lines += [*wrapped[: MOST_WRAPPED - 1], " ".join(wrapped[MOST_WRAPPED - 1 :])]
        else:
            lines.append(columns.line(cells))
    return [INDENT + shorten(line, inside) for line in lines if line]


class _Columns:
    """How wide each column is: texts take what they need, bars share what is left."""

    def __init__(self, lines: Sequence[Cells], width: int, ascii_only: bool) -> None:
        count = max(map(len, lines), default=0)
        self._ascii = ascii_only
        columns = [[cells[n] for cells in lines if n < len(cells)] for n in range(count)]
        drawn = sum(any(isinstance(cell, Bars) for cell in found) for found in columns)
        texts = [
            max((cell_width(visible(c)) for c in found if isinstance(c, str)), default=0)
            for found in columns
        ]
        left = width - sum(texts) - GAP * max(count - 1, 0)
        longest = [
            max((len(c.values) for c in found if isinstance(c, Bars)), default=0)
            for found in columns
        ]
        room = min(left // max(drawn, 1), MOST_BARS)
        room = room if room >= FEWEST_BARS else 0
        self._widths = [
            max(text, min(room, most)) for text, most in zip(texts, longest, strict=True)
        ]

    def line(self, cells: Cells) -> str:
        """One line; numbers stand at the right of their column."""
        parts = []
        for cell, width in zip(cells, self._widths, strict=False):
            if not width:
                continue
            if isinstance(cell, Bars):
                parts.append(pad(bars(cell, width, ascii_only=self._ascii), width))
            else:
                text = visible(cell)
                parts.append(pad(text, width, right=text[:1].isdigit()))
        return (" " * GAP).join(parts).rstrip()
