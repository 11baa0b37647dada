"""The circuit breaker: what is known to have come back, and what only may have."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from awsops_plugins.sqs import returns
from awsops_plugins.sqs.growth import LAG_SECONDS, LOOK_SECONDS, Growth
from awsops_plugins.sqs.queues import QueueRef
from awsops_plugins.sqs.returns import Returns
from awsops_plugins.sqs.terms import Terms
from hypothesis import given
from hypothesis import strategies as st


def test_a_share_of_a_long_run_is_known_although_most_ids_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(returns, "REMEMBERED", 200)
    breaker = Returns(0.2)
    for number in range(20_000):
        breaker.add_copies([f"copy-{number}"])
    for number in range(2_000):  # a tenth, and of those that were sent first
        breaker.see(f"copy-{number}")
    assert not breaker.too_many
    for number in range(2_000, 8_000):
        breaker.see(f"copy-{number}")
    assert breaker.too_many
    assert "a sample of one in" in breaker.summary()


@given(back=st.integers(0, 60), moved=st.integers(0, 60))
def test_of_a_short_run_the_share_is_exact(back: int, moved: int) -> None:
    breaker = Returns(0.5)
    breaker.add_copies(f"copy-{number}" for number in range(moved))
    for number in range(back):
        breaker.see(f"copy-{number}")
        breaker.see(f"somebody else's {number}")
    back = min(back, moved)
    assert breaker.too_many == (back >= 10 and back >= 0.5 * moved)
    assert breaker.summary().startswith(f"{back} of {moved} ")


def growth_of(sqs: Any) -> Growth:
    queue = sqs.queues["dlq"]
    return Growth(sqs, QueueRef("dlq", queue.url), sqs.clock)


def look_for(sqs: Any, growth: Growth, seconds: float, taken_out: int = 0) -> None:
    end = sqs.clock.now + seconds
    while sqs.clock.now < end:
        growth.look(taken_out)
        sqs.clock.now += 1


def test_what_comes_in_is_counted_a_minute_later_and_with_three_calls_a_minute(sqs: Any) -> None:
    sqs.add_queue("dlq")
    for number in range(50):
        sqs.put("dlq", f"body-{number}")
    growth = growth_of(sqs)
    look_for(sqs, growth, LAG_SECONDS)
    assert len(sqs.names("GetQueueAttributes")) == LAG_SECONDS / LOOK_SECONDS
    for number in range(30):
        sqs.put("dlq", f"new-{number}")
    look_for(sqs, growth, LAG_SECONDS)
    assert growth.came == 30


def test_counts_that_lag_behind_the_deletes_are_no_growth(sqs: Any) -> None:
    sqs.add_queue("dlq")
    for number in range(900):
        sqs.put("dlq", f"body-{number}")
    growth = growth_of(sqs)
    for taken_out in range(0, 900, 5):  # deleted one after the other, and counted all the time
        look_for(sqs, growth, 1, taken_out)
        if taken_out > 5 * (LAG_SECONDS - 1):
            del sqs.queues["dlq"].messages[:5]
    assert growth.came == 0


def test_counts_that_could_not_be_read_at_first_are_no_growth(sqs: Any, service_error: Any) -> None:
    sqs.add_queue("dlq")
    for number in range(50):
        sqs.put("dlq", f"body-{number}")
    sqs.faults.append(lambda name, params: service_error("RequestThrottled"))
    growth = growth_of(sqs)
    look_for(sqs, growth, 3 * LAG_SECONDS)
    sqs.faults.clear()
    look_for(sqs, growth, 3 * LAG_SECONDS)
    assert growth.came == 0


def test_a_run_says_early_that_many_came_in_and_does_not_stop_for_others(
    sqs: Any, Run: Any
) -> None:
    sqs.add_queue("dlq")
    sqs.add_queue("orders", dlq="dlq")
    for number in range(300):
        sqs.put("dlq", f"body-{number}", source="orders")

    looks = [0.0]

    def note_looks(name: str, params: Any) -> None:
        if name == "GetQueueAttributes":
            looks.append(sqs.clock.now)

    def others_fail_meanwhile(message: Any) -> bool:
        if threading.current_thread() is threading.main_thread():
            return True  # the plan counts what is selected
        sqs.clock.now += 1
        if len(looks) > 1 and sqs.clock.now > looks[1] + 90:
            sqs.put("dlq", "other", source="orders", sent=sqs.clock.now)
        while sqs.clock.now > looks[-1] + LOOK_SECONDS + 5:
            time.sleep(0.01)  # whoever watches the run looks again
        return True

    sqs.faults.append(note_looks)
    terms = Terms(selects=others_fail_meanwhile, returns=Returns(0.2))
    run = Run(sqs, lanes=1, terms=terms)("dlq")
    assert run.error is None
    assert run.row.moved == 300
    (said,) = [note for note in run.notes if "came into dlq since" in note]
    assert "so far 0 of" in said
