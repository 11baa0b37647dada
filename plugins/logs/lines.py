"""Log events as lines for a person: coloured by their source, JSON spread out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from awsops.api import Aws, Line, UsageError
from awsops.output.cells import cell_width, visible
from awsops.output.style import knows_cube, source_sgr

from .tailing import Seen

PLACES = ("time", "group", "stream", "message", "profile", "region", "account")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_INDENT = "  "
_SGR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class _Ink:
    """The colours of JSON."""

    key: str
    text: str
    number: str
    word: str


# With 256 colours and with eight: see awsops.output.style.
_CUBE = _Ink("38;5;32", "38;5;29", "38;5;136", "38;5;134")
_EIGHT = _Ink("36", "32", "33", "35")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event of a log group."""

    time: datetime
    group: str
    stream: str
    message: str


def check_layout(layout: str | None) -> str | None:
    """The layout, or UsageError for a place in it that no event has."""
    for place in re.findall(r"\{([^{}]*)\}", layout or ""):
        if place not in PLACES:
            raise UsageError(
                f"--format: there is no {{{place}}}", hint=f"one of {', '.join(PLACES)}"
            )
    return layout


def moment(milliseconds: int) -> datetime:
    """Milliseconds since the epoch as a time in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


class Painter:
    """Lines of one target. With several groups each line names its own and has its colour; with
    one, each stream has a colour. The layout of `--format` is followed to the letter."""

    def __init__(self, aws: Aws, layout: str | None, groups: Sequence[str]) -> None:
        self._aws = aws
        self._target = aws.target
        self._env = aws.env
        self._asked = layout is not None
        self._several = len(groups) > 1
        group = "{group}  " if self._several else ""
        self._layout = layout or f"{{time}}  {group}{{message}}"
        self._cube = knows_cube(aws.env.environ)
        self._colours: dict[str, str] = {}
        for name in groups if self._several else ():
            self._colour(name)

    def line(self, seen: Seen) -> Line:
        """The event as a row, and as text without and with colours."""
        at = moment(seen.timestamp)
        time = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{seen.timestamp % 1000:03d}Z"
        colour = self._colour(seen.group if self._several else seen.stream)
        values = {
            "time": f"\x1b[{colour}m{time}\x1b[0m",
            "group": f"\x1b[{colour}m{visible(seen.group)}\x1b[0m",
            "stream": visible(seen.stream),
            "message": visible(seen.message.rstrip("\r\n")),
            "profile": self._target.profile or "default",
            "region": self._target.region or "",
            "account": self._target.account or "",
        }
        if not self._asked and self._env.stdout_tty:
            before = self._text({**values, "message": ""})
            room = self._aws.line_width - cell_width(_SGR.sub("", before))
            spread = spread_json(seen.message, room, self._env.width(), cube=self._cube)
            values["message"] = spread or values["message"]
        row = LogLine(at, seen.group, seen.stream, seen.message)
        painted = self._text(values)
        return Line(_SGR.sub("", painted), row, always=self._asked, painted=painted)

    def _text(self, values: dict[str, str]) -> str:
        return re.sub(r"\{(\w+)\}", lambda place: values[place[1]], self._layout)

    def _colour(self, source: str) -> str:
        # In the order in which they appear: neighbours differ.
        return self._colours.setdefault(source, source_sgr(len(self._colours), cube=self._cube))


def spread_json(message: str, room: int, width: int, *, cube: bool = False) -> str | None:
    """A JSON object or array with colours: in the `room` that is left of the line, else on the next
    one of `width` cells, else with a line for each member. Its own spelling of numbers and texts
    stays. None for any other text."""
    text = message.strip()
    if not text.startswith(("{", "[")):
        return None
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    ink = _CUBE if cube else _EIGHT
    tokens = _TOKEN.findall(text)
    plain = "".join(_spaced(token) for token in tokens)
    length = cell_width(visible(plain))
    if length <= max(room, width - len(_INDENT)):
        line = "".join(
            _painted(token, tokens[n + 1 : n + 2], ink) + _spaced(token)[len(token) :]
            for n, token in enumerate(tokens)
        )
        return line if length <= room else f"\n{_INDENT}{line}"
    return "\n" + _INDENT + _tree(tokens, ink)


def _spaced(token: str) -> str:
    return f"{token} " if token in (",", ":") else token


def _tree(tokens: Sequence[str], ink: _Ink) -> str:
    parts: list[str] = []
    depth = 1
    for n, token in enumerate(tokens):
        after = tokens[n + 1] if n + 1 < len(tokens) else ""
        if token in "]}":
            depth -= 1
            if tokens[n - 1] not in "[{":
                parts.append("\n" + _INDENT * depth)
        parts.append(_painted(token, [after], ink))
        if token in "[{":
            depth += 1
        if token == "," or (token in "[{" and after not in "]}"):
            parts.append("\n" + _INDENT * depth)
        elif token == ":":
            parts.append(" ")
    return "".join(parts)


def _painted(token: str, after: Sequence[str], ink: _Ink) -> str:
    if token in ("{", "}", "[", "]", ",", ":"):
        return token
    if token.startswith('"'):
        colour = ink.key if list(after) == [":"] else ink.text
    else:
        colour = ink.word if token[0].isalpha() else ink.number
    return f"\x1b[{colour}m{visible(token)}\x1b[0m"
