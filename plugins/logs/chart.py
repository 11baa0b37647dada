"""`stats ... by bin(5m)` as a chart on a terminal. plotille (pure Python, without dependencies)
draws it, and is imported only then."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from awsops.api import Aws, Line
from awsops.output.style import SOURCES, knows_cube

from .text import commands_of

Row = Mapping[str, str | None]

MOST_SERIES = 6
HEIGHT = 10
WIDEST = 120  # columns of the drawing
_MARGIN = 19  # columns of the vertical axis, and of the last label of the other
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# Where the terminal has but eight colours.
_COLOURS = ("cyan", "magenta", "blue", "green", "yellow", "red")
_CODES = {"cyan": 36, "magenta": 35, "blue": 34, "green": 32, "yellow": 33, "red": 31}


# Unicode's braille patterns: a bit of the low byte is a dot, in the upper half or in the lower.
_DOTS = re.compile("[\u2800-\u28ff]")
_UPPER, _LOWER = 0b0001_1011, 0b1110_0100


@dataclass(slots=True)
class Series:
    """Values over time, oldest first."""

    name: str
    points: list[tuple[datetime, float]] = field(default_factory=list)

    @property
    def sum(self) -> float:
        return sum(abs(value) for _, value in self.points)

    def stretches(self, step: timedelta) -> Iterator[list[tuple[datetime, float]]]:
        """The points in stretches without a bin missing."""
        found: list[tuple[datetime, float]] = []
        for point in self.points:
            if found and point[0] - found[-1][0] > step * 1.5:
                yield found
                found = []
            found.append(point)
        yield found


class Chart:
    """Takes the rows of a query as they come; `line` is what there is to draw of them."""

    def __init__(self, width: int, *, ascii_only: bool = False, cube: bool = False) -> None:
        self._width = min(width, WIDEST)
        self._ascii = ascii_only
        self._cube = cube  # 256 colours
        self._rows: list[Row] = []

    @classmethod
    def of(cls, aws: Aws, text: str) -> Chart | None:
        """For a query that counts by time, on a terminal."""
        env = aws.env
        counts = any(
            command.lower().startswith("stats ") and "bin(" in command.lower()
            for command in commands_of(text)
        )
        if not env.stdout_tty or not counts:
            return None
        return cls(
            max(env.width() - _MARGIN, 20),
            ascii_only=env.ascii_only(env.stdout),
            cube=knows_cube(env.environ),
        )

    def add(self, row: Row) -> None:
        self._rows.append(row)

    def line(self) -> Line | None:
        """The drawing; None when there are not two bins with numbers."""
        series = series_of(self._rows)
        if len({moment for one in series for moment, _ in one.points}) < 2:
            return None
        shown = sorted(series, key=lambda one: -one.sum)[:MOST_SERIES]
        return Line(
            self._drawn(shown, len(series)), None, painted=self._painted(shown, len(series))
        )

    def _painted(self, series: Sequence[Series], count: int) -> str:
        return self._drawn(series, count, colours=True)

    def _drawn(self, series: Sequence[Series], count: int, *, colours: bool = False) -> str:
        import plotille

        figure: Any = plotille.Figure()
        figure.width, figure.height = self._width, HEIGHT
        figure.with_colors, figure.color_mode = colours, "byte" if self._cube else "names"
        figure.x_label = figure.y_label = ""
        figure.origin = False
        figure.register_label_formatter(float, _number)
        figure.register_label_formatter(datetime, _Clock(series))
        lowest = min(value for one in series for _, value in one.points)
        figure.set_y_limits(min_=min(0.0, lowest))
        moments = [moment for one in series for moment, _ in one.points]
        figure.set_x_limits(min(moments), max(moments))
        step = _step(series)
        inks: Sequence[Any] = SOURCES if self._cube else _COLOURS
        for colour, one in zip(inks, series, strict=False):
            for points in one.stretches(step):
                draw = figure.plot if len(points) > 1 else figure.scatter
                draw([at for at, _ in points], [value for _, value in points], lc=colour)
        # Without the first line and the arrow: the names of axes that have none.
        text = figure.show()
        if self._ascii:
            text = _DOTS.sub(_plain_signs, text)
        lines = [line.removesuffix("-> ()").rstrip() for line in text.splitlines()[1:]]
        return "\n".join([_legend(series, count, self._codes() if colours else ()), *lines])

    def _codes(self) -> list[str]:
        if self._cube:
            return [f"38;5;{number}" for number in SOURCES]
        return [str(_CODES[name]) for name in _COLOURS]


def series_of(rows: Sequence[Row]) -> list[Series]:
    """One series for each column of numbers and each group of the other columns."""
    names = list(rows[0]) if rows else []
    time = next((n for n in names if all(_MOMENT.fullmatch(row[n] or "") for row in rows)), None)
    if time is None:
        return []
    others = [name for name in names if name != time]
    numbers = [name for name in others if all(_value(row[name]) is not None for row in rows)]
    groups = [name for name in others if name not in numbers]
    found: dict[str, Series] = {}
    for row in sorted(rows, key=lambda row: row[time] or ""):
        group = " ".join(row[name] or "-" for name in groups)
        for name in numbers:
            label = " ".join(filter(None, [group, name if len(numbers) > 1 or not group else ""]))
            value = _value(row[name])
            if value is not None:
                moment = datetime.fromisoformat(row[time] or "")
                found.setdefault(label, Series(label)).points.append((moment, value))
    return list(found.values())


def _plain_signs(found: re.Match[str]) -> str:
    """Dots as the ASCII sign that lies where they do."""
    dots = ord(found.group()) & 0xFF
    upper, lower = dots & _UPPER, dots & _LOWER
    return ":" if upper and lower else "'" if upper else "." if lower else " "


def _value(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _step(series: Sequence[Series]) -> timedelta:
    """The bins' width: the least that two of them are apart."""
    moments = sorted({moment for one in series for moment, _ in one.points})
    return min(later - earlier for earlier, later in pairwise(moments))


def _legend(series: Sequence[Series], count: int, codes: Sequence[str]) -> str:
    from awsops.output.cells import visible

    names = [visible(one.name) for one in series]
    if codes:
        names = [f"\x1b[{c}m{n}\x1b[0m" for c, n in zip(codes, names, strict=False)]
    more = f" (the largest {len(series)} of {count})" if count > len(series) else ""
    return ", ".join(names) + more


def _number(value: float, chars: int, delta: float, left: bool = False) -> str:
    text = f"{value:,.0f}" if delta >= chars or float(value).is_integer() else f"{value:,.3g}"
    return text.ljust(chars) if left else text.rjust(chars)


class _Clock:
    """Times of the horizontal axis: with the day where there are several."""

    def __init__(self, series: Sequence[Series]) -> None:
        days = {moment.date() for one in series for moment, _ in one.points}
        self._format = "%H:%M" if len(days) == 1 else "%d. %H:%M"

    def __call__(self, value: datetime, chars: int, delta: object, left: bool = False) -> str:
        text = value.strftime(self._format)
        return text.ljust(chars) if left else text.rjust(chars)
