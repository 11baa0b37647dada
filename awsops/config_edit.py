"""One value of a TOML file replaced, every other byte of it kept: comments are the person's.

Only plain tables and `key = value` lines are understood. The result is parsed again and compared:
where anything but the one value would differ, nothing is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?\Z")

Value = str | int | float | Sequence[str]


class CannotEditError(Exception):
    """The file says it in a form that is not understood here; a person has to edit it."""


def with_value(text: str, table: str, key: str, value: Value) -> str:
    """The text with `key` of `table` ("" is the top) set; CannotEditError leaves it to a person."""
    lines = text.split("\n")
    start, end = _section(lines, table)
    written = f"{_key(key)} = {_toml(value)}"
    if start is None:
        gap = [] if not text.strip() else [""]
        while lines and not lines[-1].strip():
            lines.pop()
        lines += [*gap, f"[{_key(table)}]", written, ""]
    else:
        span = _span(lines, start, end, key)
        if span is None:
            at = end
            while at > start and not lines[at - 1].strip():
                at -= 1
            lines[at:at] = [written] if at < end or table or at else [written, ""]
        else:
            first, last = span
            lines[first:last] = [written + _comment(lines[first:last])]
    edited = "\n".join(lines)
    _check(text, edited, table, key, value)
    return edited if edited.endswith("\n") else edited + "\n"


def _section(lines: Sequence[str], table: str) -> tuple[int | None, int]:
    """The lines of a table, without its header."""
    headers = [(n, m[1].strip().strip("\"'")) for n, m in _headers(lines)]
    if not table:
        return 0, headers[0][0] if headers else len(lines)
    for place, (number, name) in enumerate(headers):
        if name == table:
            after = headers[place + 1][0] if place + 1 < len(headers) else len(lines)
            return number + 1, after
    return None, len(lines)


def _headers(lines: Sequence[str]) -> list[tuple[int, re.Match[str]]]:
    return [(n, m) for n, line in enumerate(lines) if (m := _TABLE.match(line))]


def _span(lines: Sequence[str], start: int, end: int, key: str) -> tuple[int, int] | None:
    """The lines of one value: an array may take several."""
    pattern = re.compile(
        rf"\s*(?:{re.escape(key)}|{re.escape(json.dumps(key))}|'{re.escape(key)}')\s*="
    )
    for first in range(start, end):
        if not pattern.match(lines[first]):
            continue
        for last in range(first + 1, end + 1):
            if _parse("\n".join(lines[first:last])) is not None:
                return first, last
        raise CannotEditError(key)
    return None


def _comment(lines: Sequence[str]) -> str:
    """What stands behind the value on its last line, with the space before it."""
    whole = "\n".join(lines)
    held = _parse(whole)
    last = lines[-1]
    for match in re.finditer(r"\s*#", last):
        before = "\n".join([*lines[:-1], last[: match.start()]])
        if _parse(before) == held:
            return last[match.start() :]
    return ""


def _parse(text: str) -> dict[str, Any] | None:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _check(before: str, after: str, table: str, key: str, value: Value) -> None:
    old, new = _parse(before), _parse(after)
    if old is None or new is None:
        raise CannotEditError(key)
    place: Any = old
    if table:
        place = old.setdefault(table, {})
    if not isinstance(place, dict):
        raise CannotEditError(key)
    place[key] = list(value) if not isinstance(value, str | int | float) else value
    if old != new:
        raise CannotEditError(key)


def _key(name: str) -> str:
    return name if _BARE.match(name) else json.dumps(name, ensure_ascii=False)


def _toml(value: Value) -> str:
    # A JSON string is a TOML basic string, but for DEL, which no name of ours has.
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float):
        return str(value)
    return "[" + ", ".join(json.dumps(item, ensure_ascii=False) for item in value) + "]"


def value_in(document: Mapping[str, Any], table: str, key: str) -> object:
    """What a parsed file says of a key; None where it says nothing."""
    place = document.get(table, {}) if table else document
    return place.get(key) if isinstance(place, Mapping) else None
