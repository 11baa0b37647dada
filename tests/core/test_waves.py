"""Waves: sizes, their cut, and targets of one run that wait for one another."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsops.active import ActiveTarget
from awsops.errors import CancelledError, UsageError
from awsops.running.waves import NotStartedError, Sizes, Turns, cut, read_sizes
from awsops.targets import Target

SIZES = st.tuples(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.booleans()).map(
    lambda given: tuple(given[0]) + ((None,) if given[1] else ())
)


def test_sizes_are_read() -> None:
    assert read_sizes("1, 5,rest") == (1, 5, None)


@pytest.mark.parametrize("text", ["", "x", "0", "-1", "1,,2", "rest,1", "1.5"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected sizes like 1,5,rest"):
        read_sizes(text)


@given(st.integers(0, 40), SIZES)
def test_each_item_has_its_turn_once_and_in_order(count: int, sizes: Sizes) -> None:
    waves = cut(range(count), sizes)
    assert [item for wave in waves for item in wave] == list(range(count))
    for wave, size in zip(waves, sizes, strict=False):
        assert size is None or len(wave) <= size


class Run:
    """Targets that go through their shares in threads; `log` is what they did, in order."""

    def __init__(self, units: Sequence[int], sizes: Sizes, jobs: int) -> None:
        self.cancelled = threading.Event()
        self.turns = Turns(self.cancelled.is_set, jobs)
        self.targets = [ActiveTarget(Target(f"t{n}", "r"), "run", "x") for n in range(len(units))]
        for target, count in zip(self.targets, units, strict=True):
            self.turns.join(target, [f"u{n}" for n in range(count)], sizes)
        self.log: list[tuple[str, int, int]] = []
        self.errors: dict[int, BaseException] = {}

    def go(self, fails: Any = lambda target, share: False) -> None:
        self.turns.begin(self.targets)
        threads = [
            threading.Thread(target=self._work, args=(n, fails), daemon=True)
            for n in range(len(self.targets))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive(), "somebody waits for ever"

    def _work(self, number: int, fails: Any) -> None:
        target, failed = self.targets[number], True
        try:
            for share in self.turns.shares(target):
                self.log.append(("begin", share.number, len(share.units)))
                if fails(number, share):
                    raise RuntimeError("a breach")
                self.log.append(("end", share.number, len(share.units)))
            failed = False
        except Exception as error:
            self.errors[number] = error
        finally:
            self.turns.leave(target, failed=failed)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=5), SIZES, st.integers(1, 4))
def test_no_wave_begins_before_all_of_the_one_before_has_ended(
    units: list[int], sizes: Sizes, jobs: int
) -> None:
    run = Run(units, sizes, jobs)
    run.go()
    assert not run.errors
    done = sum(count for what, _, count in run.log if what == "end")
    assert done == sum(units)
    ended: dict[int, int] = {}
    lengths = {n: len(wave) for n, wave in enumerate(cut(range(sum(units)), sizes), 1)}
    for what, number, count in run.log:
        if what == "begin":
            assert all(ended.get(n) == lengths[n] for n in range(1, number))
        else:
            ended[number] = ended.get(number, 0) + count


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 6), st.integers(0, 5), st.integers(1, 3))
def test_after_a_failure_no_other_wave_begins(count: int, bad: int, jobs: int) -> None:
    bad %= count
    run = Run([1] * count, (1,), jobs)
    run.go(lambda number, share: number == bad)
    begun = {number for what, number, _ in run.log if what == "begin"}
    assert begun == set(range(1, bad + 2))
    later = [run.errors[number] for number in range(bad + 1, count)]
    assert all(isinstance(error, NotStartedError) for error in later)
    assert all(f"wave {bad + 1} failed in t{bad}/r" in str(error) for error in later)


def test_those_of_one_wave_are_not_stopped_by_one_another() -> None:
    run = Run([1, 1, 1], (None,), 1)
    run.go(lambda number, share: number == 0)
    assert [what for what, *_ in run.log].count("end") == 2


def test_who_waits_ends_when_the_run_is_cancelled() -> None:
    run = Run([1, 1], (1,), 2)
    run.go(lambda number, share: run.cancelled.set() or number == 0)
    assert isinstance(run.errors[1], CancelledError)


def test_what_an_interrupted_run_had_begun_comes_first_and_together() -> None:
    run = Run([], (1,), 4)
    run.targets = [ActiveTarget(Target(f"t{n}", "r"), "run", "x") for n in range(2)]
    run.turns.join(run.targets[0], ["a", "b"], (1,), begun=[1])
    run.turns.join(run.targets[1], ["c"], (1,), begun=[0])
    run.turns.begin(run.targets)
    firsts = [next(run.turns.shares(target)) for target in run.targets]
    assert [(share.number, share.count, share.units) for share in firsts] == [
        (1, 2, (1,)),
        (1, 2, (0,)),
    ]
