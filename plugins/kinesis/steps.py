"""The single changes that a resharding is made of; each leaves a valid stream behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .keyspace import Keyspace, Range, uniform


@dataclass(frozen=True, slots=True)
class Split:
    """The shard with `range` becomes two, the second of which starts at `at`."""

    range: Range
    at: int

    @property
    def grows(self) -> int:
        return 1

    def apply(self, keys: Keyspace) -> None:
        keys.split(self.at)


@dataclass(frozen=True, slots=True)
class Merge:
    """The shards with `left` and `right`, which lie side by side, become one."""

    left: Range
    right: Range

    @property
    def grows(self) -> int:
        return -1

    def apply(self, keys: Keyspace) -> None:
        keys.merge(self.right.start)


@dataclass(frozen=True, slots=True)
class SetCount:
    """UpdateShardCount from `before` to `after` open shards of equal ranges."""

    before: int
    after: int

    @property
    def grows(self) -> int:
        return self.after - self.before

    def apply(self, keys: Keyspace) -> None:
        keys.starts = uniform(self.after)


Step = Split | Merge | SetCount


def to_json(step: Step) -> list[Any]:
    """As a record keeps it: hash keys as text, for readers whose numbers are floats."""
    if isinstance(step, Split):
        return ["split", str(step.range.start), str(step.range.end), str(step.at)]
    if isinstance(step, Merge):
        return ["merge", str(step.left.start), str(step.right.start), str(step.right.end)]
    return ["count", step.before, step.after]


def from_json(fields: Sequence[Any]) -> Step:
    """ValueError for what `to_json` did not write."""
    kind, *numbers = fields
    values = [int(number) for number in numbers]
    if kind == "split":
        start, end, at = values
        return Split(Range(start, end), at)
    if kind == "merge":
        start, middle, end = values
        return Merge(Range(start, middle - 1), Range(middle, end))
    if kind == "count":
        before, after = values
        return SetCount(before, after)
    raise ValueError(f"{kind} is not a step")


def peak(count: int, steps: Iterable[Step]) -> int:
    """The most shards that are open at any time, temporary ones included.

    UpdateShardCount to other than the double or the half splits and merges inside: it opens at
    most as many shards as there are boundaries before and after together.
    """
    most = count
    for step in steps:
        if isinstance(step, SetCount):
            plain = step.after == 2 * step.before or 2 * step.after == step.before
            within = max(step.before, step.after)
            most = max(most, within if plain else step.before + step.after - 1)
            count = step.after
        else:
            count += step.grows
            most = max(most, count)
    return most
