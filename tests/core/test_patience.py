"""How long a run puts up with calls that are turned away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsops.patience import Patience, Waits, patiently
from awsops.testing import FakeClock


class Refused(Exception):
    """Passes by itself."""


class Turnstile:
    """A call that is refused so often before it answers, and the clock on which it waits."""

    def __init__(self, refusals: int, error: type[Exception] = Refused) -> None:
        self.refusals, self.error = refusals, error
        self.calls = 0
        self.slept: list[float] = []

    def call(self) -> str:
        self.calls += 1
        if self.calls <= self.refusals:
            raise self.error(f"call {self.calls}")
        return "answer"

    def patiently(self, waits: Waits, *, stops_at_call: int | None = None) -> str:
        return patiently(
            self.call,
            waits_for=lambda error: isinstance(error, Refused),
            waits=waits,
            sleep=self.slept.append,
            stopped=lambda: self.calls == stops_at_call,
        )


def test_a_call_is_made_until_it_answers_and_waits_longer_each_time() -> None:
    gate = Turnstile(5)
    assert gate.patiently(Waits(first=1, longest=6)) == "answer"
    assert gate.slept == [1, 2, 4, 6, 6]


def test_an_error_that_would_come_again_is_raised_at_once() -> None:
    gate = Turnstile(1, KeyError)
    with pytest.raises(KeyError):
        gate.patiently(Waits(1, 1))
    assert gate.slept == []


def test_once_stopped_the_next_refusal_is_raised() -> None:
    gate = Turnstile(9)
    with pytest.raises(Refused, match="call 3"):
        gate.patiently(Waits(1, 1), stops_at_call=3)


def test_the_last_try_raises_its_error_without_a_wait() -> None:
    gate = Turnstile(9)
    with pytest.raises(Refused, match="call 4"):
        gate.patiently(Waits(1, 1, tries=4))
    assert gate.slept == [1, 1, 1]


@given(st.integers(1, 10**6))
def test_a_wait_is_never_longer_than_the_longest(failures: int) -> None:
    assert 0.25 <= Waits(first=0.25, longest=15).after(failures) <= 15


def shared(clock: FakeClock) -> Patience:
    return Patience(
        clock,
        waits_for=lambda error: isinstance(error, Refused),
        waits=Waits(first=2, longest=8),
        give_up=300,
    )


@given(st.integers(1, 50))
def test_threads_that_were_turned_away_together_come_back_by_chance(failures: int) -> None:
    patience = shared(FakeClock(0.0))
    whole = Waits(first=2, longest=8).after(failures)
    assert whole / 2 <= patience.wait(Refused(), failures) <= whole


def test_patience_ends_when_nothing_has_worked_for_so_long() -> None:
    clock = FakeClock(0.0)
    patience, error = shared(clock), Refused("still")
    clock.sleep(299)
    patience.worked()
    clock.sleep(299)
    patience.wait(error, 1)
    clock.sleep(1)
    with pytest.raises(Refused, match="still"):
        patience.wait(error, 2)


def test_patience_has_none_with_an_error_that_would_come_again() -> None:
    with pytest.raises(KeyError):
        shared(FakeClock(0.0)).wait(KeyError("x"), 1)


def test_what_was_turned_away_is_told_by_its_names() -> None:
    patience = shared(FakeClock(0.0))
    assert patience.summary() == ""
    patience.wait(Refused(), 1)
    assert patience.summary() == "1 call was turned away (Refused)"
    patience.wait(Refused(), 2)
    assert patience.summary() == "2 calls were turned away (Refused)"
