"""What is left over of a batch is tried again, politely and not for ever."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsops.retry import ATTEMPTS, FIRST_WAIT, LONGEST_WAIT, retry_remainder


class Attempts:
    """Leaves something over as many times as it is told to."""

    def __init__(self, left_over: int) -> None:
        self.left_over = left_over
        self.made = 0
        self.naps: list[float] = []

    def __call__(self) -> bool:
        self.made += 1
        return self.made <= self.left_over

    def run(self, stopping: Callable[[], bool] = lambda: False, attempts: int = ATTEMPTS) -> bool:
        return retry_remainder(self, sleep=self.naps.append, stopping=stopping, attempts=attempts)


@given(st.integers(0, 12), st.integers(1, 10))
def test_it_ends_when_nothing_is_left_or_the_attempts_are_used_up(left: int, most: int) -> None:
    attempts = Attempts(left)
    assert attempts.run(attempts=most) is (left < most)
    assert attempts.made == min(left + 1, most)


def test_each_attempt_is_waited_for_and_no_wait_follows_the_last() -> None:
    attempts = Attempts(99)
    assert not attempts.run()
    assert len(attempts.naps) == attempts.made == ATTEMPTS


@given(st.integers(1, 30))
def test_waits_grow_to_a_bound(most: int) -> None:
    attempts = Attempts(99)
    attempts.run(attempts=most)
    first, *others = attempts.naps
    assert first == FIRST_WAIT
    bounds = [min(2 * FIRST_WAIT * 2**n, LONGEST_WAIT) for n in range(len(others))]
    assert all(0 <= nap <= bound for nap, bound in zip(others, bounds, strict=True))


def test_waits_differ_between_callers() -> None:
    naps = []
    for _ in range(5):
        attempts = Attempts(99)
        attempts.run(attempts=20)
        naps.append(tuple(attempts.naps))
    assert len(set(naps)) == 5


def test_nothing_is_tried_once_the_run_is_stopping() -> None:
    attempts = Attempts(99)
    assert not attempts.run(stopping=lambda: True)
    assert attempts.made == 0


def test_it_stops_between_two_attempts() -> None:
    attempts = Attempts(99)
    assert not attempts.run(stopping=lambda: attempts.made >= 2)
    assert attempts.made == 2


def test_an_error_is_raised_at_once() -> None:
    def refused() -> bool:
        raise PermissionError("AccessDenied")

    naps: list[float] = []
    with pytest.raises(PermissionError, match="AccessDenied"):
        retry_remainder(refused, sleep=naps.append, stopping=lambda: False)
    assert naps == [FIRST_WAIT]


def test_tenacity_is_not_imported_before_something_is_left_over() -> None:
    script = "import sys, awsops.retry; sys.exit('tenacity' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
