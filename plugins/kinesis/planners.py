"""From a map of open shards and a wish to the steps that lead there: pure functions.

Whatever they plan covers every hash key exactly once after each step.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence

from .keyspace import KEYS, LAST_KEY, Keyspace, Range, hash_of, uniform
from .steps import Merge, SetCount, Split, Step

# AWS refuses a split whose new start is the second key of the shard or one of its last two
# (SplitShard's InvalidArgumentException says so): plans keep clear of both edges.
EDGE = 2


class PlanError(ValueError):
    """What was wished for cannot be; the message says why."""


def split_at(range_: Range, key: int) -> list[Step]:
    """One split; PlanError unless start < key <= end."""
    if not range_.start < key <= range_.end:
        raise PlanError(
            f"hash key {key} does not cut the range {range_.start} to {range_.end}: it must be "
            "greater than the first and at most the last"
        )
    return [Split(range_, key)]


def split_into(range_: Range, count: int) -> list[Step]:
    """`count` ranges whose widths differ by one at most, the wider halves cut first."""
    if range_.width < count * (EDGE + 1):
        raise PlanError(f"a range of {range_.width} hash keys cannot be split into {count}")
    bounds = [range_.start + number * range_.width // count for number in range(count)]
    bounds.append(range_.end + 1)
    steps: list[Step] = []
    parts = deque([(0, count)])
    while parts:
        low, high = parts.popleft()
        if high - low < 2:
            continue
        middle = (low + high) // 2
        steps.append(Split(Range(bounds[low], bounds[high] - 1), bounds[middle]))
        parts += [(low, middle), (middle, high)]
    return steps


def isolate(keys: Keyspace, partition_key: str) -> list[Step]:
    """At most two splits, after which the partition key's shard takes no other key.

    The shard is a few hash keys wide instead of one: AWS refuses splits at a shard's very edge,
    and that another key falls there has a chance of one in 10^38. No steps when it is alone.
    """
    wanted = hash_of(partition_key)
    home = keys.range_of(wanted)
    if home.width <= 2 * (EDGE + 1):
        return []
    low = wanted if wanted > home.start + 1 else home.start
    low = min(low, home.end - EDGE)
    steps: list[Step] = []
    if low > home.start:
        steps.append(Split(home, low))
    rest = Range(low, home.end)
    high = max(wanted + 1, low + EDGE)
    if high < rest.end - 1:
        steps.append(Split(rest, high))
    return steps


def balance(
    keys: Keyspace, count: int, *, room: int | None = None, exact: bool = False
) -> list[Step]:
    """The fewest splits and merges that leave `count` ranges of equal width.

    A boundary that is to be and is not costs one split, one that is and is not to be one merge;
    fewer cannot do. One that lies within `count` keys of where it should be is left there unless
    `exact`: services round equal ranges so, and it is no part of 10^38. Splits and merges
    alternate from the bottom up, so that there is never more than one shard too many; `room` is
    how many open shards there may be, when even that is too many.
    """
    missing, surplus = _differences(keys, count, 0 if exact else max(count, EDGE))
    now = keys.copy()
    most = max(len(keys), count) + 1
    if room is not None:
        most = min(most, max(room, max(len(keys), count)))
    steps: list[Step] = []
    adds, removes = deque(missing), deque(surplus)
    while adds or removes:
        near = _too_near(now, adds[0], removes) if adds else None
        if adds and near is None and (len(now) < most or not removes):
            at = adds.popleft()
            steps.append(Split(now.split(at), at))
        else:
            gone = removes[0] if near is None else near
            removes.remove(gone)
            left, right = now.merge(gone)
            steps.append(Merge(left, right))
    return steps


def _too_near(now: Keyspace, at: int, removes: deque[int]) -> int | None:
    """A boundary that is to go, so close to a split to come that AWS would refuse the split."""
    position = bisect_left(now.starts, at)
    for key in now.starts[max(position - 1, 1) : position + 1]:
        if abs(key - at) <= EDGE and key in removes:
            return key
    return None


def _differences(keys: Keyspace, count: int, near: int) -> tuple[list[int], list[int]]:
    """Boundaries that are missing, and those that are too many."""
    kept: set[int] = set()
    missing = []
    for target in uniform(count)[1:]:
        position = bisect_left(keys.starts, target)
        around = keys.starts[max(position - 1, 1) : position + 1]
        close = [key for key in around if abs(key - target) <= near and key not in kept]
        if close:
            kept.add(min(close, key=lambda key: abs(key - target)))
        else:
            missing.append(target)
    return missing, [key for key in keys.starts[1:] if key not in kept]


def is_balanced(keys: Keyspace, *, exact: bool = False) -> bool:
    """Whether all ranges are equally wide: to one hash key if `exact`, else to their number."""
    missing, surplus = _differences(keys, len(keys), 0 if exact else max(len(keys), EDGE))
    return not missing and not surplus


def by_doubles(count: int, target: int) -> list[Step]:
    """UpdateShardCount calls from `count` to `target`: each at most the double or the half.

    API reference, UpdateShardCount: no more than double, no less than half the open shards.
    """
    steps: list[Step] = []
    while count != target:
        after = min(2 * count, target) if target > count else max((count + 1) // 2, target)
        steps.append(SetCount(count, after))
        count = after
    return steps


def evened(count: int) -> list[Step]:
    """Two UpdateShardCount calls that make `count` uneven ranges equal: up by a quarter and back.

    To the present count there is no call; multiples of 25 % are done faster (API reference).
    """
    more = count + max((count + 3) // 4, 1)
    return [SetCount(count, more), SetCount(more, count)]


def grow(keys: Keyspace, target: int) -> list[Step]:
    """Halve the widest range until there are `target`: as few splits as can be."""
    heap = [(-each.width, each.start, each.end) for each in keys.ranges()]
    heapq.heapify(heap)
    steps: list[Step] = []
    for _ in range(target - len(keys)):
        _, start, end = heapq.heappop(heap)
        whole = Range(start, end)
        at = whole.middle
        steps.append(Split(whole, at))
        for part in (Range(start, at - 1), Range(at, end)):
            heapq.heappush(heap, (-part.width, part.start, part.end))
    return steps


def shrink(keys: Keyspace, target: int) -> list[Step]:
    """Merge the two neighbours that are narrowest together until there are `target` ranges."""
    ends = {each.start: each.end for each in keys.ranges()}
    before = {end + 1: start for start, end in ends.items()}
    heap = [
        (ends[start] - before[start], before[start], start, ends[start])
        for start in ends
        if start in before
    ]
    heapq.heapify(heap)
    steps: list[Step] = []
    while len(ends) > target:
        _, left, right, end = heapq.heappop(heap)
        if ends.get(left) != right - 1 or ends.get(right) != end:
            continue  # one of the two was merged meanwhile
        steps.append(Merge(Range(left, right - 1), Range(right, end)))
        ends[left] = end
        del ends[right], before[right]
        if end < LAST_KEY:
            before[end + 1] = left
            following = end + 1
            heapq.heappush(heap, (ends[following] - left, left, following, ends[following]))
        if left > 0:
            heapq.heappush(heap, (end - before[left], before[left], left, end))
    return steps


def resize(keys: Keyspace, target: int) -> list[Step]:
    """As few splits or merges as lead to `target` ranges, even or not."""
    make: Callable[[Keyspace, int], list[Step]] = grow if target > len(keys) else shrink
    return make(keys, target)


def after(keys: Keyspace, steps: Sequence[Step]) -> Keyspace:
    """The map that the steps lead to."""
    made = keys.copy()
    for step in steps:
        step.apply(made)
    return made


def unevenness(keys: Keyspace) -> float:
    """How many times as wide as the narrowest range the widest is; 1.0 when all are equal."""
    ordered = [each.width for each in keys.ranges()]
    return round(max(ordered) / min(ordered), 2) if KEYS else 1.0
