"""Which engine a change of the shard count is made with, and why."""

from __future__ import annotations

from dataclasses import dataclass

from awsops.errors import AwsopsError, UsageError

from .keyspace import Keyspace
from .planners import after, balance, by_doubles, evened, is_balanced, resize, unevenness
from .quota import MOST_SHARDS, UPDATES_A_DAY, Room
from .steps import SetCount, Step

ENGINES = ("auto", "update-shard-count", "split-merge")
# Rules of thumb, in seconds. AWS gives no figures: "a few minutes", "depending on the size of the
# stream" (API reference, UpdateShardCount). A split took some users more than 45 s
# (github.com/awslabs/amazon-kinesis-scaling-utils/issues/87).
SPLIT_SECONDS = 30
UPDATE_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Decision:
    """The steps, and in a sentence how they were chosen; empty for a change that has one way."""

    steps: tuple[Step, ...]
    reason: str = ""

    @property
    def updates(self) -> int:
        return sum(isinstance(step, SetCount) for step in self.steps)

    @property
    def seconds(self) -> int:
        """About how long it takes."""
        return self.updates * UPDATE_SECONDS + (len(self.steps) - self.updates) * SPLIT_SECONDS


def decide_scale(keys: Keyspace, target: int, engine: str, room: Room) -> Decision:
    """From the present count to `target`. AwsopsError when a wanted engine has no quota."""
    if target == len(keys):
        return Decision(())
    updates = by_doubles(len(keys), target)
    reason = _why_not_update(len(updates), target, room)
    if engine == "update-shard-count" or (engine == "auto" and reason is None):
        _refuse_without_quota(engine, reason)
        return Decision(tuple(updates), _why_update(len(updates), room))
    steps = resize(keys, target)
    uneven = unevenness(after(keys, steps))
    shape = (
        "ranges stay equal"
        if uneven <= 1.01
        else f"the widest is {uneven:g} times as wide as the narrowest"
    )
    why = reason if engine == "auto" else "as asked"
    return Decision(tuple(steps), f"engine split-merge ({why}): {shape}")


def decide_balance(
    keys: Keyspace, target: int, engine: str, room: Room, *, exact: bool = False
) -> Decision:
    """To `target` ranges of equal width; `exact` ones only splits and merges make for certain."""
    if target == len(keys) and is_balanced(keys, exact=exact):
        return Decision(())
    by_hand = balance(keys, target, room=_most_open(keys, room), exact=exact)
    if exact and engine != "update-shard-count":
        return Decision(tuple(by_hand), "engine split-merge (for exact ranges): the fewest steps")
    even = target != len(keys) or target == MOST_SHARDS
    updates = by_doubles(len(keys), target) if even else evened(target)
    reason = _why_not_update(len(updates), max(target, 1), room)
    if engine == "update-shard-count":
        _refuse_without_quota(engine, reason)
        return Decision(tuple(updates), _why_update(len(updates), room))
    if engine == "split-merge":
        return Decision(tuple(by_hand), "engine split-merge (as asked): the fewest steps")
    one, other = Decision(tuple(by_hand)), Decision(tuple(updates))
    if reason is not None or not updates or one.seconds <= other.seconds:
        why = reason or f"{len(by_hand)} steps are quicker than {len(updates)} updates"
        return Decision(one.steps, f"engine split-merge ({why})")
    quicker = f"{_why_update(len(updates), room)}; by split and merge: {len(by_hand)} steps"
    return Decision(other.steps, quicker)


def _most_open(keys: Keyspace, room: Room) -> int | None:
    more = room.for_more()
    return None if more is None else len(keys) + more


def _why_update(calls: int, room: Room) -> str:
    made = "1 call" if calls == 1 else f"{calls} calls"
    if room.updates is None:
        return f"engine update-shard-count: equal ranges in {made} (of {UPDATES_A_DAY} in 24 hours)"
    return (
        f"engine update-shard-count: equal ranges in {made}; {room.updates} of {UPDATES_A_DAY} "
        "were made in the last 24 hours"
    )


def _why_not_update(calls: int, target: int, room: Room) -> str | None:
    if calls > room.updates_left:
        need = "1 UpdateShardCount call" if calls == 1 else f"{calls} UpdateShardCount calls"
        return f"it takes {need}, {room.updates_left} of {UPDATES_A_DAY} are left in 24 hours"
    if target > MOST_SHARDS:
        return f"UpdateShardCount ends at {MOST_SHARDS:,} shards"
    return None


def _refuse_without_quota(engine: str, reason: str | None) -> None:
    if reason is not None:
        raise AwsopsError(
            f"engine {engine} cannot do it: {reason}",
            hint="--engine split-merge does it step by step",
            code="LimitExceeded",
        )


def read_by(text: str, count: int) -> int:
    """The target of `--by`: `2x`, `0.5x`, `+50%`, `-50%`, `+3`, `-2` of `count` shards.

    Rounded up: capacity is rather too much than too little. UsageError for anything else.
    """
    import re
    from fractions import Fraction

    match = re.fullmatch(r"([+-]?)(\d{1,6}(?:\.\d{1,6})?)(x|%|)", text.strip())
    if match is None or (match[3] == "x" and match[1]):
        raise UsageError(f"--by {text} is not a change", hint="such as 2x, 0.5x, +50%, -50% or +3")
    value = Fraction(match[2]) * (-1 if match[1] == "-" else 1)
    if match[3] == "x":
        exact = count * value
    elif match[3] == "%":
        exact = count * (1 + value / 100)
    else:
        exact = count + value
    return check_count(-int(-exact // 1), f"--by {text}")


def check_count(count: int, option: str) -> int:
    """`count` itself; UsageError unless a stream may have so many shards."""
    if not 1 <= count <= MOST_SHARDS:
        raise UsageError(
            f"{option} makes {count:,} shards, and a stream has 1 to {MOST_SHARDS:,}",
            hint="more need a raised quota and several streams" if count > 1 else None,
        )
    return count
