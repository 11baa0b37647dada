"""Text in a terminal's cells: made visible, measured, cut and wrapped.

Only text beyond ASCII needs the width tables of rich; they are imported when it appears.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from awsops.output.records import json_text

# Everything that a terminal would obey instead of show, and what would reorder or break a line.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}

# No character takes more code points than this a cell; what does is broken up, not searched.
_CODE_POINTS_A_CELL = 8
_LEAST_HALVES = 9  # cells: two letters or more on each side of the ellipsis


def visible(text: str) -> str:
    """The text with every control character as an escape: `\\n`, `\\x1b`, `\\u202e`."""
    return text if text.isprintable() else _UNSAFE.sub(_escape, text)


def visible_lines(text: str) -> list[str]:
    """The text's own lines, each made visible, tabs as four spaces; at least one."""
    lines = text.rstrip("\r\n").split("\n")
    return [visible(line.removesuffix("\r").replace("\t", "    ")) for line in lines]


def human_cell(value: object) -> str:
    """A JSON-able value for a person's eyes; its control characters are still in it.

    None is `-`, a boolean yes or no, a float has three decimals. Integers have no thousands
    separators and times stay RFC 3339: what is read here is pasted into the next command.
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, list) and not any(isinstance(item, (list, dict)) for item in value):
        return ", ".join(map(human_cell, value)) or "-"
    if isinstance(value, Mapping):
        if any(isinstance(item, (list, dict)) for item in value.values()):
            return json_text(value)
        return ", ".join(f"{key}={human_cell(item)}" for key, item in value.items()) or "-"
    return value if isinstance(value, str) else json_text(value)


def cell_width(text: str) -> int:
    """How many cells a visible text takes: 2 for a CJK character or an emoji."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def pad(text: str, width: int, *, right: bool = False) -> str:
    """The text filled up with spaces to `width` cells; longer text stays as it is."""
    fill = " " * (width - cell_width(text))
    return fill + text if right else text + fill


def shorten(text: str, width: int) -> str:
    """The text cut to `width` cells with an ellipsis: only for what nobody needs to copy."""
    if cell_width(text) <= width:
        return text
    return text[: _fitting(text, 0, max(width - 3, 1))] + "..."[: max(width - 1, 0)]


def shorten_middle(text: str, width: int) -> str:
    """The text cut to `width` cells with an ellipsis in its middle: names of one family differ at
    their end.
    """
    if cell_width(text) <= width:
        return text
    if width < _LEAST_HALVES:
        return shorten(text, width)
    tail, room = "", (width - 3) // 2
    for character in reversed(text):
        if cell_width(character + tail) > room:
            break
        tail = character + tail
    head = text[: _fitting(text, 0, width - 3 - cell_width(tail))]
    return f"{head}...{tail}"


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken at spaces where there are any.

    Nothing is lost but the space at which a line was broken; text without spaces (an ARN) is
    broken wherever the line is full.
    """
    lines: list[str] = []
    start = 0
    while True:
        end = _fitting(text, start, width)
        if end == len(text):
            return [*lines, text[start:]]
        space = text.rfind(" ", start, end + 1)
        if space > start and text[start:space].strip():
            lines.append(text[start:space])
            start = space + 1
        else:
            lines.append(text[start:end])
            start = end


def _fitting(text: str, start: int, width: int) -> int:
    """The largest end for which text[start:end] takes at most `width` cells; at least one on."""
    if text.isascii():
        return min(len(text), start + max(width, 1))
    low, high = start + 1, min(len(text), start + width * _CODE_POINTS_A_CELL)
    while low < high:
        middle = (low + high + 1) // 2
        if cell_width(text[start:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return min(low, len(text))


def _float(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:  # beyond that the digits are not exact
        return str(int(value))
    if 0.001 <= abs(value) < 1e15:
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{value:.3g}"


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
