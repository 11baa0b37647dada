from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import Path

import pytest

from awsops.events import Secret
from awsops.output.records import json_text, to_record


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    BIG = 3


class Kind(Enum):
    ODD = ("a", 1)


class Name(str):
    def __str__(self) -> str:
        return "something else"


@dataclass(frozen=True, slots=True)
class Inner:
    b: int
    a: Secret


@dataclass(frozen=True, slots=True)
class Outer:
    z: Inner
    y: dict[str, Inner]
    x: tuple[object, ...]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (10**30, 10**30),
        (1.5, 1.5),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        ("text", "text"),
        (Name("text"), "text"),
        (Colour.RED, "red"),
        (Size.BIG, 3),
        (Kind.ODD, ["a", 1]),
        (Path("/a/b"), "/a/b"),
        (b"\x00\xff", "AP8="),
        (bytearray(b"a"), "YQ=="),
        (Decimal("12"), 12),
        (Decimal("0.1"), 0.1),
        (Decimal("0.10000000000000000001"), "0.10000000000000000001"),
        (Decimal("1E+999999"), "1E+999999"),
        (Decimal("NaN"), "NaN"),
        (datetime(2024, 5, 1, 12, tzinfo=UTC), "2024-05-01T12:00:00Z"),
        (datetime(2024, 5, 1, 12), "2024-05-01T12:00:00Z"),
        (datetime(2024, 5, 1, 0, tzinfo=timezone(timedelta(hours=2))), "2024-04-30T22:00:00Z"),
        (datetime(2024, 5, 1, 0, 0, 0, 5000, tzinfo=UTC), "2024-05-01T00:00:00.005000Z"),
        (date(2024, 5, 1), "2024-05-01"),
        (time(12, 30), "12:30:00"),
        (timedelta(minutes=2), 120),
        (timedelta(milliseconds=1500), 1.5),
        ({3, 1, 2}, [1, 2, 3]),
        ({1: {"deep": (b"a",)}}, {"1": {"deep": ["YQ=="]}}),
        (Secret("hunter2"), "****"),
    ],
)
def test_a_value_becomes_plain(value: object, plain: object) -> None:
    record = to_record({"v": value})
    assert record == {"v": plain}
    assert type(record["v"]) is type(plain)


def test_a_dataclass_keeps_the_order_of_its_fields_at_every_depth() -> None:
    inner = Inner(1, Secret("hunter2"))
    record = to_record(Outer(inner, {"k": inner}, (inner, None)))
    shown = {"b": 1, "a": "****"}
    assert json.dumps(record) == json.dumps({"z": shown, "y": {"k": shown}, "x": [shown, None]})


def test_a_secret_is_revealed_at_every_depth_and_only_on_request() -> None:
    row = Outer(Inner(1, Secret("hunter2")), {}, ([Secret("hunter3")],))
    hidden, shown = json_text(to_record(row)), json_text(to_record(row, reveal=True))
    assert "hunter" not in hidden
    assert "hunter2" in shown
    assert "hunter3" in shown


def test_what_is_no_row_becomes_one_column() -> None:
    assert to_record("text") == {"value": "text"}


def test_json_text_shows_no_character_that_a_terminal_obeys() -> None:
    hostile = "\x1b[2J\x7f\x9b31m\u202e\u2028\ud800"
    text = json_text({hostile: hostile})
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text) == {hostile: hostile}
