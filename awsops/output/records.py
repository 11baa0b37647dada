"""A row as plain data: the one place that decides how a Python value stands in a machine format.

| value | becomes |
| --- | --- |
| datetime | RFC 3339 in UTC with `Z`, microseconds only if there are any; naive means UTC |
| date, time | ISO 8601 |
| timedelta | seconds |
| Enum | its value |
| Decimal | an integer or a float when that is exact, else its digits as a string |
| NaN, infinities | the strings `NaN`, `Infinity`, `-Infinity`: JSON has no such numbers |
| bytes | base64, as the AWS CLI prints blobs |
| Secret | `****`, or its value when the command exports credentials |
| tuple, list, set | a list (a set sorted) |
| dataclass, mapping | an object |
| Path and anything else | its string |
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from awsops.events import Secret

if TYPE_CHECKING:
    from decimal import Decimal
    from json import JSONEncoder

# Beyond this a Decimal is not a count any more, and writing out its zeros would fill the memory.
LARGEST_EXPONENT = 30

_PLAIN = frozenset({str, int, bool, type(None)})
# What a terminal may obey or misplace and JSON would let through: DEL and the C1 controls (U+009B
# begins an escape sequence), line separators, bidirectional overrides, lone surrogates.
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def to_record(row: object, *, reveal: bool = False) -> dict[str, object]:
    """A row as an ordered dict of JSON-able values, in the order of its fields.

    `reveal` shows Secret values. Whatever is neither a dataclass nor a mapping becomes the one
    column `value`.
    """
    return {
        # Most values are plain already; asking so here saves a call for each.
        name: value if type(value) in _PLAIN else _plain(value, reveal)
        for name, value in _items(row)
    }


def json_text(value: object, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """JSON that is safe to show on a terminal: characters that it might obey are escaped.

    Compact without `indent` (spaces a level). Reading it back gives exactly the same strings.
    """
    text = _encoder(indent, ascii_only).encode(value)
    if text.isascii() and "\x7f" not in text:
        return text
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


@cache  # json.dumps makes a new one for each value
def _encoder(indent: int | None, ascii_only: bool) -> JSONEncoder:
    from json import JSONEncoder

    separators = (",", ":") if indent is None else (",", ": ")
    return JSONEncoder(ensure_ascii=ascii_only, indent=indent, separators=separators)


def _items(row: object) -> Iterator[tuple[str, object]]:
    kind: Any = type(row)  # mypy takes no class for hashable
    columns = columns_of(kind)
    if columns is not None:
        return ((name, getattr(row, field)) for name, field in columns)
    if isinstance(row, Mapping):
        return ((str(key), value) for key, value in row.items())
    return iter([("value", row)])


@lru_cache  # bounded: a plugin may make its classes as it goes
def columns_of(kind: Any) -> tuple[tuple[str, str], ...] | None:
    """Column and field of a dataclass, `class` for the field `class_`; None for any other class."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple((field.name.removesuffix("_"), field.name) for field in dataclasses.fields(kind))


def _plain(value: object, reveal: bool) -> object:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Secret):
        return value.reveal() if reveal else str(value)
    if isinstance(value, Enum):
        return _plain(value.value, reveal)
    if isinstance(value, (bytes, bytearray, memoryview)):
        import base64

        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (date, time, timedelta)):
        return _moment(value)
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, str):
        return str.__str__(value)
    return _container(value, reveal)


def _container(value: object, reveal: bool) -> object:
    if isinstance(value, Mapping) or (
        dataclasses.is_dataclass(value) and not isinstance(value, type)
    ):
        return to_record(value, reveal=reveal)
    if isinstance(value, Set):
        return sorted((_plain(item, reveal) for item in value), key=json_text)
    if isinstance(value, Sequence):
        return [_plain(item, reveal) for item in value]
    return _other(value)


def _moment(value: date | time | timedelta) -> object:
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    if not isinstance(value, datetime):
        return value.isoformat()
    moment = value.astimezone(UTC) if value.tzinfo is not None else value
    precision = "microseconds" if moment.microsecond else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def _number(value: float) -> object:
    if isinstance(value, int):
        return int(value)
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _other(value: object) -> object:
    from decimal import Decimal  # here, as few rows come this far

    return _decimal(value) if isinstance(value, Decimal) else str(value)


def _decimal(value: Decimal) -> object:
    if not value.is_finite():
        return str(value)
    if value.adjusted() <= LARGEST_EXPONENT and value == value.to_integral_value():
        return int(value)
    near = float(value)
    return near if math.isfinite(near) and value == type(value)(repr(near)) else str(value)
