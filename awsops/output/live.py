"""The live lines of a terminal: how far each running target is, drawn in place, then erased.

Only text is made here; `Console` writes it. Every frame is one write of whole lines, each cleared
to its end after it is drawn and not before, so nothing flickers. No line reaches the last column,
and what was drawn is measured again at the width of now: a terminal that became narrower has
broken our lines, and more rows must be taken back.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from awsops.events import Progress
from awsops.output.cells import cell_width, pad, shorten, visible
from awsops.units import format_duration

# Time between two frames, in seconds: more often nobody can read.
FRAME = 0.1
SECOND = 1.0  # how often a countdown is drawn
MOST_LINES = 8  # and the details below them, as far as the screen is high
WIDEST_LABEL = 32
BAR, SHORT_BAR = 20, 10
# Terminals narrower than this get no bar.
NARROWEST_BAR = 70

_END_OF_LINE = "\x1b[K"
_END_OF_SCREEN = "\x1b[J"


class Live:
    """The lines as they stand on the screen, the cursor on the line below them."""

    def __init__(self, *, ascii_only: bool = False, brief: bool = False) -> None:
        self._ascii = ascii_only
        self._brief = brief  # no details: somebody else may write to this terminal too
        self._shown: dict[tuple[str, str], _Shown] = {}  # by target and part of it
        self._drawn: list[int] = []  # the width of each line on the screen
        self._last_frame: float | None = None
        self.stale = False

    def update(self, label: str, progress: Progress, *, next_at: float | None = None) -> None:
        """Takes in how far a target is; nothing is drawn. `next_at` is the progress's own, on the
        clock of `due` and `frame`."""
        key = (label, progress.part)
        before = self._shown.get(key)
        if progress.ended:
            self._forget([key])
            return
        if before is not None and before.progress == progress:
            return
        self._shown[key] = _Shown(progress, next_at)
        self.stale = True
        # A message says what is waited for, perhaps long: it must not wait for the next event.
        if progress.message and (before is None or before.progress.message != progress.message):
            self._last_frame = None

    def finish(self, label: str) -> None:
        """The target has ended and its lines go."""
        self._forget([key for key in self._shown if key[0] == label])

    def _forget(self, keys: Sequence[tuple[str, str]]) -> None:
        for key in keys:
            if self._shown.pop(key, None) is not None:
                self.stale = True

    def due(self, now: float) -> bool:
        """Whether a frame is due, at `now` on a clock in seconds that never runs backwards."""
        since = math.inf if self._last_frame is None else now - self._last_frame
        counting = any(shown.next_at is not None for shown in self._shown.values())
        return (self.stale and since >= FRAME) or (counting and since >= SECOND)

    def frame(self, now: float, width: int, height: int) -> str:
        """What redraws the lines in place."""
        lines = self._lines(now, width - 1, max(height - 2, 1))
        text = self._up(width) + "".join(f"{line}{_END_OF_LINE}\n" for line in lines)
        shrunk = bool(self._drawn)
        self._drawn = [cell_width(line) for line in lines]
        self._last_frame = now
        self.stale = False
        return text + (_END_OF_SCREEN if shrunk else "")

    def erase(self, width: int) -> str:
        """What takes the lines off the screen; they come back with the next frame."""
        if not self._drawn:
            return ""
        text = self._up(width) + _END_OF_SCREEN
        self._drawn = []
        self.stale = bool(self._shown)
        return text

    def plain(self, now: float, width: int) -> list[str]:
        """One line for a terminal on which nothing can be drawn in place: what is furthest behind,
        and how many others there are. Nothing when it would say what it said before."""
        if not self.stale:
            return []
        self.stale = False
        ordered = sorted(self._shown.items(), key=lambda item: _complete(item[1].progress))
        if not ordered:
            return []
        key, shown = ordered[0]
        more = f"  (and {len(ordered) - 1} more)" if len(ordered) > 1 else ""
        room = width - 1 - len(more)
        labels = min(cell_width(_label(key)), room // 2)
        return [_line(_label(key), shown, labels, room, now, drawn=False) + more]

    def _up(self, width: int) -> str:
        rows = sum(max(1, -(-drawn // max(width, 1))) for drawn in self._drawn)
        return f"\x1b[{rows}A\r" if rows else ""

    def _lines(self, now: float, width: int, room: int) -> list[str]:
        ordered = sorted(self._shown.items(), key=lambda item: _complete(item[1].progress))
        most = min(room, MOST_LINES)
        shown = ordered if len(ordered) <= most else ordered[: most - 1]
        labels = min(
            max((cell_width(_label(key)) for key, _ in shown), default=0),
            max(WIDEST_LABEL, width // 3),
            max(width // 2, 1),
        )
        room -= len(shown) + (len(shown) < len(ordered))
        lines: list[str] = []
        for key, each in shown:
            lines.append(_line(_label(key), each, labels, width, now))
            below = [] if self._brief else each.details(width, ascii_only=self._ascii)
            if len(below) <= room:  # every head comes before anybody's details
                room -= len(below)
                lines += below
        if len(shown) < len(ordered):
            lines.append(shorten(f"and {len(ordered) - len(shown)} more", width))
        return lines


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is known of one part of a target."""

    progress: Progress
    next_at: float | None

    def details(self, width: int, *, ascii_only: bool) -> list[str]:
        if not self.progress.details:
            return []
        from awsops.output.details import detail_lines

        return detail_lines(self.progress.details, width, ascii_only=ascii_only)

    def message(self, now: float) -> str:
        """With the time to go, in whole seconds."""
        text = visible(self.progress.message)
        if self.next_at is None:
            return text
        left = max(math.ceil(self.next_at - now), 0)
        return f"next in {format_duration(left)}, {text}".removesuffix(", ")


def _label(key: tuple[str, str]) -> str:
    return visible("  ".join(text for text in key if text))


def _complete(progress: Progress) -> bool:
    return progress.total is not None and progress.done >= progress.total


def _line(
    label: str, shown: _Shown, labels: int, width: int, now: float, *, drawn: bool = True
) -> str:
    start = [pad(shorten(label, labels), labels)] if labels else []
    rest = [part for part in (*_figures(shown.progress), shown.message(now)) if part]
    total = shown.progress.total
    bare = "  ".join([*start, *rest])
    if not total or not drawn or width < NARROWEST_BAR:
        return shorten(bare, width)
    share = min(max(shown.progress.done / total, 0.0), 1.0)
    for cells in (BAR, SHORT_BAR):  # the bar gives way to the words
        bar = "[" + ("#" * int(share * cells)).ljust(cells, "-") + "]"
        line = "  ".join([*start, bar, *rest])
        if cell_width(line) <= width:
            return line
    return bare if cell_width(bare) <= width else shorten(line, width)


def _figures(progress: Progress) -> Iterator[str]:
    total = progress.total
    if total:
        share = min(max(progress.done / total, 0.0), 1.0) * 100
        yield f"{share if progress.unit == '%' else int(share):3.4g}%"
    if progress.unit != "%":  # the share says it all
        of = "" if total is None else f"/{total}"
        yield f"{progress.done}{of} {visible(progress.unit)}".rstrip(" ")
