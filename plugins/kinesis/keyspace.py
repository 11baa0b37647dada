"""The 2^128 hash keys of a stream, cut into ranges: whole numbers throughout, never floats.

Ranges include both ends (Kinesis API reference, HashKeyRange). A map of open shards is written as
the sorted keys at which its ranges start: it covers every key exactly once by construction, and
the first start is always 0.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

KEYS = 2**128
LAST_KEY = KEYS - 1


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """Hash keys from `start` to `end`, both included."""

    start: int
    end: int

    @property
    def width(self) -> int:
        return self.end - self.start + 1

    @property
    def middle(self) -> int:
        """Where the upper half starts."""
        return self.start + (self.width + 1) // 2

    def __str__(self) -> str:
        return f"{self.start} to {self.end}"

    def __contains__(self, key: object) -> bool:
        return isinstance(key, int) and self.start <= key <= self.end


class Keyspace:
    """Where the ranges of a stream start; split and merged in place.

    ValueError when the starts do not begin with 0, repeat, or leave the key space.
    """

    def __init__(self, starts: Iterable[int] = (0,)) -> None:
        self.starts = sorted(starts)
        if not self.starts or self.starts[0] != 0 or self.starts[-1] > LAST_KEY:
            raise ValueError("a map of the key space starts at 0 and ends below 2^128")
        if any(a == b for a, b in pairwise(self.starts)):
            raise ValueError("two ranges start at the same hash key")

    @classmethod
    def of_ranges(cls, ranges: Iterable[Range]) -> Keyspace:
        """From ranges as a service gives them; ValueError unless they cover every key once."""
        found = sorted(ranges)
        expected = 0
        for each in found:
            if each.start != expected or each.end < each.start:
                raise ValueError(f"the ranges leave a gap or overlap at hash key {expected}")
            expected = each.end + 1
        if expected != KEYS:
            raise ValueError(f"the ranges end at {expected - 1}, not at 2^128 - 1")
        return cls(each.start for each in found)

    def __len__(self) -> int:
        return len(self.starts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keyspace) and self.starts == other.starts

    def __hash__(self) -> int:
        raise TypeError("a Keyspace changes: it is not hashable")

    def copy(self) -> Keyspace:
        made = Keyspace.__new__(Keyspace)
        made.starts = list(self.starts)
        return made

    def ranges(self) -> Iterator[Range]:
        for start, after in pairwise([*self.starts, KEYS]):
            yield Range(start, after - 1)

    def range_at(self, position: int) -> Range:
        after = self.starts[position + 1] if position + 1 < len(self.starts) else KEYS
        return Range(self.starts[position], after - 1)

    def range_of(self, key: int) -> Range:
        """The range that a hash key falls into."""
        return self.range_at(bisect_right(self.starts, key) - 1)

    def split(self, key: int) -> Range:
        """Start a range at `key`; returns the range it was cut from. ValueError at an edge."""
        whole = self.range_of(key)
        if whole.start == key:
            raise ValueError(f"a range starts at {key} already")
        insort(self.starts, key)
        return whole

    def merge(self, key: int) -> tuple[Range, Range]:
        """Take the boundary at `key` away; returns the two ranges that met there."""
        position = bisect_left(self.starts, key)
        if key == 0 or position == len(self.starts) or self.starts[position] != key:
            raise ValueError(f"no range starts at {key}")
        both = self.range_at(position - 1), self.range_at(position)
        del self.starts[position]
        return both


def uniform(count: int) -> list[int]:
    """Where `count` ranges start whose widths differ by one hash key at most."""
    return [number * KEYS // count for number in range(count)]


def hash_of(partition_key: str) -> int:
    """Where a partition key falls: its MD5 as a 128-bit integer (API reference, PutRecord)."""
    digest = hashlib.md5(partition_key.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest)


def share_of(range_: Range) -> float:
    """How much of the key space a range is, in percent, to be read and not to be reckoned with."""
    return round(100 * range_.width / KEYS, 6)


def widths(starts: Sequence[int]) -> list[int]:
    """How many hash keys each shard has that begins at one of these, in order."""
    return [after - start for start, after in pairwise([*starts, KEYS])]
