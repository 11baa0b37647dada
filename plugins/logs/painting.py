"""How an event looks: as a row, and as the line that a person reads."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from awsops.api import Aws, Line, UsageError

from .tailing import Seen

PLACES = ("time", "group", "stream", "message", "profile", "region", "account")
# Of the eight that each terminal has in a light and in a dark theme: cyan, magenta, blue, green,
# yellow, red.
_COLOURS = (36, 35, 34, 32, 33, 31)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event of a log group."""

    time: datetime
    group: str
    stream: str
    message: str


def read_layout(text: str | None) -> str | None:
    """`--format`; UsageError when it has a place that there is not."""
    for place in re.findall(r"\{([^{}]*)\}", text or ""):
        if place not in PLACES:
            raise UsageError(
                f"--format: there is no {{{place}}}", hint=f"one of {', '.join(PLACES)}"
            )
    return text


def pretty(message: str, width: int) -> list[str]:
    """A message as lines: a JSON object in one where that fits into `width` columns, else
    indented; anything else as it is, its control characters made visible.
    """
    from awsops.output.cells import visible

    text = message.rstrip("\r\n")
    try:
        document = json.loads(text) if text.startswith("{") else None
    except ValueError:
        document = None
    if document is None:
        return [visible(text)]
    one = visible(json.dumps(document, ensure_ascii=False))
    if len(one) <= width:
        return [one]
    lines = json.dumps(document, ensure_ascii=False, indent=2).split("\n")
    return [visible(line) for line in lines]


class Painter:
    """Lines of one target. Every source, a group of a target, has a colour of its own."""

    def __init__(self, aws: Aws, layout: str | None, names: Sequence[str]) -> None:
        from awsops.output.cells import visible

        self._visible = visible
        self._target = aws.target
        # Off a terminal a message keeps to one line, for grep.
        self._width = aws.env.width() if aws.env.stdout_tty else sys.maxsize
        self._asked = layout is not None
        self._many = len(names) > 1
        self._layout = layout or ""
        self._colours = {
            name: _COLOURS[sum(f"{aws.target.label} {name}".encode()) % len(_COLOURS)]
            for name in names
        }

    def line(self, seen: Seen) -> Line:
        moment = datetime.fromtimestamp(seen.timestamp / 1000, UTC)
        row = LogLine(moment, seen.group, seen.stream, seen.message)
        time = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{seen.timestamp % 1000:03d}Z"
        if self._asked:
            return Line(
                self._filled(time, seen, 0), row, True, self._filled(time, seen, self._code(seen))
            )
        begin = f"{time}  {seen.group}  " if self._many else f"{time}  "
        lines = pretty(seen.message, self._width - len(begin))
        text = "\n    ".join(lines)
        return Line(begin + text, row, painted=_painted(begin, self._code(seen)) + text)

    def _code(self, seen: Seen) -> int:
        return self._colours.get(seen.group, _COLOURS[0])

    def _filled(self, time: str, seen: Seen, code: int) -> str:
        values = {
            "time": _painted(time, code),
            "group": _painted(seen.group, code),
            "stream": seen.stream,
            "message": self._visible(seen.message.rstrip("\r\n")),
            "profile": self._target.profile or "default",
            "region": self._target.region or "",
            "account": self._target.account or "",
        }
        return re.sub(r"\{(\w+)\}", lambda place: values[place[1]], self._layout)


def _painted(text: str, code: int) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if code else text
