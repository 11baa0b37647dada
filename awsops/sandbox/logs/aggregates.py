"""What `stats` computes over a group of events."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from awsops.sandbox.logs.expressions import Expression, Fields, Value, compare, number_of, text_of


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`name(argument)`; an argument of None is the star of `count(*)`. `percent` is of pct."""

    name: str
    argument: Expression | None = None
    percent: float = 0.0

    def over(self, events: Sequence[Fields]) -> Value:
        """The value for the events of one group."""
        if self.argument is None:
            return float(len(events))
        values = [v for v in (self.argument.of(event) for event in events) if v is not None]
        if self.name == "pct":
            return percentile(_numbers(values), self.percent)
        if self.name in ("earliest", "latest"):
            return self._by_time(events)
        return AGGREGATES[self.name](values)

    def _by_time(self, events: Sequence[Fields]) -> Value:
        assert self.argument is not None
        having = [event for event in events if self.argument.of(event) is not None]
        if not having:
            return None
        pick = min if self.name == "earliest" else max
        return self.argument.of(pick(having, key=lambda e: number_of(e.get("@timestamp")) or 0.0))


def _numbers(values: Sequence[Value]) -> list[float]:
    return sorted(n for n in map(number_of, values) if n is not None)


def percentile(numbers: Sequence[float], percent: float) -> float | None:
    """The value below which so many percent lie, between two neighbours by their distance."""
    if not numbers:
        return None
    place = (len(numbers) - 1) * percent / 100
    low, high = math.floor(place), math.ceil(place)
    return numbers[low] + (numbers[high] - numbers[low]) * (place - low)


def _average(values: Sequence[Value]) -> Value:
    numbers = _numbers(values)
    return math.fsum(numbers) / len(numbers) if numbers else None


def _deviation(values: Sequence[Value]) -> Value:
    numbers = _numbers(values)
    if not numbers:
        return None
    middle = math.fsum(numbers) / len(numbers)
    return math.sqrt(math.fsum((n - middle) ** 2 for n in numbers) / len(numbers))


def _outermost(values: Sequence[Value], sign: int) -> Value:
    best: Value = None
    for value in values:
        order = compare(value, best)
        if best is None or (order is not None and order * sign > 0):
            best = value
    return best


AGGREGATES: dict[str, Callable[[Sequence[Value]], Value]] = {
    "avg": _average,
    "count": lambda values: float(len(values)),
    "count_distinct": lambda values: float(len({text_of(value) for value in values})),
    "max": lambda values: _outermost(values, 1),
    "median": lambda values: percentile(_numbers(values), 50),
    "min": lambda values: _outermost(values, -1),
    "stddev": _deviation,
    "sum": lambda values: math.fsum(_numbers(values)),
    "sortsfirst": lambda values: _outermost(values, -1),
    "sortslast": lambda values: _outermost(values, 1),
}
# Those that are computed from more than the values.
NAMES = frozenset(AGGREGATES) | {"pct", "earliest", "latest"}
