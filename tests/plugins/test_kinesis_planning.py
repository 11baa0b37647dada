"""Resharding plans as pure functions: whatever is planned covers every hash key exactly once."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from itertools import pairwise

import pytest
from awsops_plugins.kinesis.course import Course
from awsops_plugins.kinesis.decisions import decide_balance, decide_scale, read_by
from awsops_plugins.kinesis.keyspace import KEYS, LAST_KEY, Keyspace, Range, hash_of, uniform
from awsops_plugins.kinesis.planners import (
    EDGE,
    after,
    balance,
    by_doubles,
    evened,
    grow,
    is_balanced,
    isolate,
    resize,
    shrink,
    split_at,
    split_into,
)
from awsops_plugins.kinesis.quota import Room
from awsops_plugins.kinesis.steps import Merge, SetCount, Split, Step, from_json, peak, to_json
from hypothesis import given, settings
from hypothesis import strategies as st

from awsops.errors import AwsopsError, UsageError

boundaries = st.sets(st.integers(min_value=1, max_value=LAST_KEY), max_size=12)
# Maps as they come about by hand: close boundaries, tiny shards, boundaries beside round ones.
close = st.sets(
    st.one_of(
        st.integers(min_value=1, max_value=40),
        st.integers(min_value=LAST_KEY - 40, max_value=LAST_KEY),
        st.builds(
            lambda n, of, off: min(max(n * KEYS // of + off, 1), LAST_KEY),
            st.integers(0, 12),
            st.integers(1, 12),
            st.integers(-3, 3),
        ),
    ),
    max_size=12,
)
maps = st.one_of(boundaries, close).map(lambda found: Keyspace([0, *found]))
counts = st.integers(min_value=1, max_value=24)
ROOM = Room(10, 1_000, 0)


def assert_covered(keys: Keyspace) -> None:
    ranges = list(keys.ranges())
    assert ranges[0].start == 0
    assert ranges[-1].end == 2**128 - 1
    assert all(a.end + 1 == b.start for a, b in pairwise(ranges))
    assert all(each.start <= each.end for each in ranges)
    assert sum(each.width for each in ranges) == 2**128


def play(keys: Keyspace, steps: list[Step]) -> Keyspace:
    """Carry the steps out as Kinesis would, refusing what it refuses, and look after each."""
    now = keys.copy()
    for step in steps:
        ranges = set(now.ranges())
        if isinstance(step, Split):
            assert step.range in ranges
            assert step.range.start < step.at <= step.range.end
        elif isinstance(step, Merge):
            assert {step.left, step.right} <= ranges
            assert step.left.end + 1 == step.right.start
        else:
            assert len(now) == step.before
            assert step.after <= 2 * step.before
            assert 2 * step.after >= step.before
        step.apply(now)
        assert_covered(now)
    return now


def greedy_steps(keys: Keyspace, count: int) -> int:
    """What a plain tool does: cut at every wanted boundary, then merge what is left between."""
    now, wanted, steps = keys.copy(), set(uniform(count)), 0
    for at in sorted(wanted - set(now.starts)):
        now.split(at)
        steps += 1
    for at in [start for start in now.starts if start not in wanted]:
        now.merge(at)
        steps += 1
    return steps


@given(maps, counts)
def test_balancing_covers_every_key_once_after_every_step(keys: Keyspace, count: int) -> None:
    assert len(play(keys, balance(keys, count))) == count
    assert play(keys, balance(keys, count, exact=True)).starts == uniform(count)


@given(maps, counts)
def test_balancing_exactly_ends_in_ranges_equal_to_one_key(keys: Keyspace, count: int) -> None:
    widths = [each.width for each in after(keys, balance(keys, count, exact=True)).ranges()]
    assert max(widths) - min(widths) <= 1


@given(maps, counts)
def test_balancing_leaves_what_a_service_rounded(keys: Keyspace, count: int) -> None:
    made = after(keys, balance(keys, count))
    off = [abs(a - b) for a, b in zip(made.starts, uniform(count), strict=True)]
    assert max(off) <= max(count, EDGE)


@given(maps, counts)
def test_balancing_takes_no_more_steps_than_a_greedy_tool(keys: Keyspace, count: int) -> None:
    assert len(balance(keys, count)) <= greedy_steps(keys, count)
    assert len(balance(keys, count, exact=True)) <= greedy_steps(keys, count)


@given(maps, counts)
def test_balancing_never_opens_more_than_one_shard_too_many(keys: Keyspace, count: int) -> None:
    assert peak(len(keys), balance(keys, count)) <= max(len(keys), count) + 1


@given(maps, counts)
def test_balancing_in_a_full_account_opens_none_too_many(keys: Keyspace, count: int) -> None:
    steps = balance(keys, count, room=max(len(keys), count))
    assert peak(len(keys), steps) <= max(len(keys), count)
    assert len(play(keys, steps)) == count


@given(maps, counts)
def test_what_was_balanced_is_balanced(keys: Keyspace, count: int) -> None:
    assert is_balanced(after(keys, balance(keys, count)))


@given(maps, counts, st.booleans())
def test_a_split_of_a_plan_keeps_clear_of_the_edges_that_aws_refuses(
    keys: Keyspace, count: int, exact: bool
) -> None:
    now = keys.copy()
    for step in balance(keys, count, exact=exact):
        if isinstance(step, Split):
            assert step.range.start + 1 < step.at < step.range.end - 1
        step.apply(now)


@given(maps, counts)
def test_resizing_takes_as_many_steps_as_shards_are_missing(keys: Keyspace, count: int) -> None:
    if count > len(keys) and min(each.width for each in keys.ranges()) < 100:
        return  # nothing left to halve
    steps = resize(keys, count)
    assert len(steps) == abs(count - len(keys))
    assert len(play(keys, steps)) == count


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_shard_counts_are_doubled_and_halved_at_most(count: int, target: int) -> None:
    steps = by_doubles(count, target)
    now = count
    for step in steps:
        assert isinstance(step, SetCount)
        assert step.before == now
        assert now <= 2 * step.after
        assert step.after <= 2 * now
        now = step.after
    assert now == target
    assert len(steps) <= 14  # 2^14 > 10,000


@pytest.mark.parametrize(("count", "target"), [(4, 64), (64, 4)])
def test_sixteen_times_as_many_or_few_are_four_calls(count: int, target: int) -> None:
    assert len(by_doubles(count, target)) == 4


@given(maps, st.text(min_size=1, max_size=30))
def test_a_partition_key_gets_a_shard_of_its_own_in_two_splits(keys: Keyspace, key: str) -> None:
    steps = isolate(keys, key)
    assert len(steps) <= 2
    alone = play(keys, steps).range_of(hash_of(key))
    assert alone.width <= 2 * (EDGE + 1)


@given(maps, st.text(min_size=1, max_size=30))
def test_isolating_splits_where_aws_lets_it(keys: Keyspace, key: str) -> None:
    # SplitShard's own message: greater than the start plus one, less than the end minus one.
    for step in isolate(keys, key):
        assert isinstance(step, Split)
        assert step.range.start + 1 < step.at < step.range.end - 1


@given(maps, st.integers(2, 40))
def test_splitting_into_many_makes_equal_parts(keys: Keyspace, count: int) -> None:
    whole = max(keys.ranges(), key=lambda each: each.width)
    made = play(keys, split_into(whole, count))
    parts = [each.width for each in made.ranges() if each.start in whole]
    assert len(parts) == count
    assert max(parts) - min(parts) <= 1


@given(maps, counts)
def test_steps_survive_being_written_down(keys: Keyspace, count: int) -> None:
    steps = [*balance(keys, count), *by_doubles(count, 7)]
    assert [from_json(to_json(step)) for step in steps] == steps


@given(maps, counts, st.integers(0, 60), st.integers(0, 3))
def test_a_course_finds_where_it_was_left(
    keys: Keyspace, count: int, left_at: int, unrecorded: int
) -> None:
    steps = balance(keys, count)
    left_at = min(left_at, len(steps))
    there = after(keys, steps[:left_at])
    course = Course(keys, steps)
    assert course.seek(there, max(left_at - unrecorded, 0))
    assert after(there, course.left) == after(keys, steps)


@given(maps, st.integers(1, LAST_KEY))
def test_a_course_refuses_a_map_that_somebody_else_made(keys: Keyspace, key: int) -> None:
    if key in keys.starts or key in uniform(4):
        return
    steps = balance(keys, 4)
    foreign = keys.copy()
    foreign.split(key)
    assert not Course(keys, steps).seek(foreign, 0)


@pytest.mark.parametrize("starts", [[], [1], [0, 0], [0, KEYS], [5, 9]])
def test_a_map_with_a_gap_is_no_map(starts: list[int]) -> None:
    with pytest.raises(ValueError, match=r"start|map"):
        Keyspace(starts)


def test_ranges_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="gap or overlap"):
        Keyspace.of_ranges([Range(0, 10), Range(10, LAST_KEY)])


def test_a_split_outside_of_the_range_says_what_would_do() -> None:
    with pytest.raises(ValueError, match="greater than the first"):
        split_at(Range(10, 20), 10)


def test_a_stream_that_doubles_stays_even() -> None:
    keys = Keyspace(uniform(8))
    assert is_balanced(after(keys, grow(keys, 16)))
    assert is_balanced(after(keys, shrink(keys, 4)))


def test_auto_updates_the_shard_count_while_there_is_quota() -> None:
    decision = decide_scale(Keyspace(uniform(4)), 64, "auto", ROOM)
    assert decision.steps == tuple(by_doubles(4, 64))
    assert "0 of 10" in decision.reason


def test_auto_splits_when_the_quota_does_not_last() -> None:
    decision = decide_scale(Keyspace(uniform(4)), 64, "auto", Room(4, 100, 7))
    assert len(decision.steps) == 60
    assert "4 UpdateShardCount calls, 3 of 10 are left" in decision.reason


def test_a_wanted_engine_without_quota_is_refused() -> None:
    with pytest.raises(AwsopsError, match="3 of 10 are left"):
        decide_scale(Keyspace(uniform(4)), 64, "update-shard-count", Room(4, 100, 7))


def test_auto_balances_a_large_uneven_stream_by_updating() -> None:
    keys = Keyspace([0, *(3 + 2 * n for n in range(199))])
    decision = decide_balance(keys, 200, "auto", ROOM)
    assert decision.steps == tuple(evened(200))


def test_auto_balances_a_small_one_by_hand() -> None:
    decision = decide_balance(Keyspace([0, 2**127, 2**127 + 2**126]), 3, "auto", ROOM)
    assert {type(step) for step in decision.steps} <= {Split, Merge}
    assert decision.steps


@pytest.mark.parametrize(
    ("text", "count"),
    [("2x", 16), ("0.5x", 4), ("-50%", 4), ("+50%", 12), ("+3", 11), ("-2", 6), ("10%", 9)],
)
def test_a_change_by_factor_percent_or_number(text: str, count: int) -> None:
    assert read_by(text, 8) == count


@pytest.mark.parametrize("text", ["", "x", "-2x", "2xx", "-100%", "-8", "5000x", "1e3"])
def test_a_change_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_by(text, 8)


def test_ten_thousand_shards_are_planned_in_little_memory() -> None:
    script = (
        "import random, resource\n"
        "from awsops_plugins.kinesis.keyspace import KEYS, Keyspace\n"
        "from awsops_plugins.kinesis.planners import balance\n"
        "dice = random.Random(7)\n"
        "keys = Keyspace([0, *sorted(dice.randrange(1, KEYS) for _ in range(9999))])\n"
        "assert len(balance(keys, 10_000)) > 19_000\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, env=os.environ
    )
    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # A child begins as a copy of this process on Linux: what it adds is what counts.
    assert int(said.stdout) * unit < max(150e6, own * unit + 60e6)


@settings(max_examples=20)
@given(st.integers(1, 60), st.integers(1, 60))
def test_the_most_shards_open_at_a_time_are_told(count: int, target: int) -> None:
    steps = by_doubles(count, target)
    assert peak(count, steps) >= max(count, target)
