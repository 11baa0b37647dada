"""Expressions of Insights: what they are made of and what they come to for one event.

A value is a string, a number, or None for a field that an event has not. Text that reads as a
number is one where a number is asked for, as the fields of JSON and of `parse` are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Value = str | float | None
Fields = Mapping[str, Value]


class Expression(Protocol):
    def of(self, fields: Fields) -> Value: ...


def number_of(value: Value) -> float | None:
    """The number that a value is or reads as."""
    if value is None or isinstance(value, float):
        return value
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def text_of(value: Value) -> str:
    """As results show it: whole numbers without a point, never an exponent."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if value.is_integer():
        return str(int(value))
    return f"{value:.4f}".rstrip("0").rstrip(".")


def is_true(value: Value) -> bool:
    return value is not None and value not in (0.0, "", "0", "false")


def compare(left: Value, right: Value) -> int | None:
    """-1, 0 or 1; None when one of them is missing. Two numbers are compared as such."""
    if left is None or right is None:
        return None
    a, b = number_of(left), number_of(right)
    if a is not None and b is not None:
        return (a > b) - (a < b)
    one, other = text_of(left), text_of(right)
    return (one > other) - (one < other)


@dataclass(frozen=True, slots=True)
class Constant:
    value: Value

    def of(self, fields: Fields) -> Value:
        return self.value


@dataclass(frozen=True, slots=True)
class Field:
    name: str

    def of(self, fields: Fields) -> Value:
        return fields.get(self.name)


@dataclass(frozen=True, slots=True)
class Logic:
    """`and`, `or` of two; `not` of `left` alone."""

    operator: str
    left: Expression
    right: Expression | None = None

    def of(self, fields: Fields) -> Value:
        left = is_true(self.left.of(fields))
        if self.operator == "not" or self.right is None:
            return float(not left)
        if self.operator == "and":
            return float(left and is_true(self.right.of(fields)))
        return float(left or is_true(self.right.of(fields)))


_HOLDS: dict[str, Callable[[int], bool]] = {
    "=": lambda order: order == 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str
    left: Expression
    right: Expression

    def of(self, fields: Fields) -> Value:
        order = compare(self.left.of(fields), self.right.of(fields))
        if self.operator == "!=":
            return float(order != 0)
        return float(order is not None and _HOLDS[self.operator](order))


@dataclass(frozen=True, slots=True)
class Like:
    """`like "part"` finds the text, case and all; `like /regex/` and `=~` search."""

    subject: Expression
    pattern: str | re.Pattern[str]

    def of(self, fields: Fields) -> Value:
        value = self.subject.of(fields)
        if value is None:
            return 0.0
        text = text_of(value)
        if isinstance(self.pattern, str):
            return float(self.pattern in text)
        return float(self.pattern.search(text) is not None)


@dataclass(frozen=True, slots=True)
class Within:
    """`in ["a", "b"]`."""

    subject: Expression
    members: Sequence[Expression]

    def of(self, fields: Fields) -> Value:
        value = self.subject.of(fields)
        return float(any(compare(value, member.of(fields)) == 0 for member in self.members))


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": math.fmod,
    "^": lambda a, b: a**b,
}


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: str
    left: Expression
    right: Expression

    def of(self, fields: Fields) -> Value:
        a, b = number_of(self.left.of(fields)), number_of(self.right.of(fields))
        if a is None or b is None:
            return None
        try:
            return float(_ARITHMETIC[self.operator](a, b))
        except (ZeroDivisionError, OverflowError, TypeError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Bin:
    """`bin(5m)`: @timestamp (or another time in milliseconds) cut to whole periods."""

    milliseconds: int
    subject: Expression = Field("@timestamp")
    up: bool = False

    def of(self, fields: Fields) -> Value:
        at = number_of(self.subject.of(fields))
        if at is None:
            return None
        cut = at // self.milliseconds * self.milliseconds
        return float(cut + (self.milliseconds if self.up and cut < at else 0))


@dataclass(frozen=True, slots=True)
class Function:
    """A scalar function of its arguments' values."""

    name: str
    arguments: tuple[Expression, ...]

    def of(self, fields: Fields) -> Value:
        return FUNCTIONS[self.name][2](*(argument.of(fields) for argument in self.arguments))


def _numeric(work: Callable[..., float]) -> Callable[..., Value]:
    def call(*values: Value) -> Value:
        numbers = [number_of(value) for value in values]
        known = [number for number in numbers if number is not None]
        if len(known) < len(numbers):
            return None
        try:
            return float(work(*known))
        except (ValueError, OverflowError):
            return None

    return call


def _textual(work: Callable[[str], str | float]) -> Callable[[Value], Value]:
    return lambda value: None if value is None else work(text_of(value))


def _trim(how: Callable[[str, str | None], str]) -> Callable[..., Value]:
    return lambda text, characters=None: (
        None if text is None else how(text_of(text), text_of(characters) or None)
    )


def _substr(text: Value, start: Value, length: Value = None) -> Value:
    first, count = number_of(start), number_of(length)
    if text is None or first is None:
        return None
    rest = text_of(text)[int(first) :]
    return rest if count is None else rest[: int(count)]


def _blank(value: Value) -> bool:
    return value is None or not text_of(value).strip()


# name: least and most arguments, what it does (Query syntax, supported operations and functions).
FUNCTIONS: dict[str, tuple[int, int, Callable[..., Value]]] = {
    "abs": (1, 1, _numeric(abs)),
    "ceil": (1, 1, _numeric(math.ceil)),
    "floor": (1, 1, _numeric(math.floor)),
    "greatest": (1, 50, _numeric(max)),
    "least": (1, 50, _numeric(min)),
    "log": (1, 1, _numeric(math.log)),
    "sqrt": (1, 1, _numeric(math.sqrt)),
    "ispresent": (1, 1, lambda value: float(value is not None)),
    "coalesce": (1, 50, lambda *values: next((v for v in values if v is not None), None)),
    "isempty": (1, 1, lambda value: float(value is None or value == "")),
    "isblank": (1, 1, lambda value: float(_blank(value))),
    "concat": (1, 50, lambda *values: "".join(map(text_of, values))),
    "ltrim": (1, 2, _trim(str.lstrip)),
    "rtrim": (1, 2, _trim(str.rstrip)),
    "trim": (1, 2, _trim(str.strip)),
    "strlen": (1, 1, _textual(lambda text: float(len(text)))),
    "toupper": (1, 1, _textual(str.upper)),
    "tolower": (1, 1, _textual(str.lower)),
    "substr": (2, 3, _substr),
    "replace": (
        3,
        3,
        lambda text, old, new: (
            None if text is None else text_of(text).replace(text_of(old), text_of(new))
        ),
    ),
    "strcontains": (2, 2, lambda text, part: float(text_of(part) in text_of(text))),
    "frommillis": (1, 1, lambda value: number_of(value)),
    "tomillis": (1, 1, lambda value: number_of(value)),
}
