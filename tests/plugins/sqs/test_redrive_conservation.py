"""Whatever goes wrong, and in whatever order: no message is lost."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PROPERTY = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CALLS = (
    "ReceiveMessage",
    "SendMessageBatch",
    "DeleteMessageBatch",
    "ChangeMessageVisibilityBatch",
    "GetQueueAttributes",
)


@PROPERTY
@given(
    count=st.integers(0, 60),
    lanes=st.integers(1, 4),
    seed=st.integers(0, 2**32),
    call_faults=st.floats(0, 0.3),
    entry_faults=st.floats(0, 0.3),
    limit=st.none() | st.integers(1, 50),
    stop_after=st.none() | st.integers(0, 12),
)
def test_no_message_is_lost_and_none_doubled(
    new_sqs: Any,
    Run: Any,
    service_error: Any,
    count: int,
    lanes: int,
    seed: int,
    call_faults: float,
    entry_faults: float,
    limit: int | None,
    stop_after: int | None,
) -> None:
    sqs = new_sqs()
    sqs.add_queue("dlq")
    sqs.add_queue("orders", dlq="dlq")
    bodies = [f"body-{number}" for number in range(count)]
    for body in bodies:
        sqs.put("dlq", body, source="orders")
    dice = random.Random(seed)
    run = Run(sqs, lanes=lanes, limit=limit)
    plan = run.plan("dlq")
    assert plan.empty == (count == 0)

    def call_fault(name: str, params: dict[str, Any]) -> BaseException | None:
        if stop_after is not None and len(sqs.names("SendMessageBatch")) >= stop_after:
            run.cancelled.set()
        if name in CALLS and name != "GetQueueAttributes" and dice.random() < call_faults:
            return dice.choice(
                [service_error("RequestThrottled"), service_error("InternalError", status=500)]
            )
        return None

    def entry_fault(operation: str, entry: dict[str, Any]) -> dict[str, Any] | None:
        if dice.random() < entry_faults:
            return {"SenderFault": dice.random() < 0.2, "Code": "Whatever"}
        return None

    sqs.faults.append(call_fault)
    sqs.entry_faults.append(entry_fault)
    run("dlq", plan)

    arrived, left = sqs.queues["orders"].bodies, sqs.queues["dlq"].bodies
    assert set(arrived) | set(left) == set(bodies)
    assert len(arrived) == len(set(arrived)), "a message was sent twice"
    in_both = set(arrived) & set(left)
    assert all(run.record.was_sent(m.id) for m in sqs.queues["dlq"].messages if m.body in in_both)
    if in_both:
        assert any(f"{len(in_both)} message" in note for note in run.notes)
        assert run.error is not None
    if run.row is not None:
        assert run.row.moved == len(bodies) - len(left)
    if limit is not None:
        assert len(arrived) <= limit


@PROPERTY
@given(
    count=st.integers(1, 50),
    lanes=st.integers(1, 3),
    lost=st.lists(st.sampled_from(CALLS[:4]), max_size=6),
)
def test_lost_answers_lose_no_message_and_double_at_most_the_batch_they_were_about(
    new_sqs: Any, Run: Any, count: int, lanes: int, lost: list[str]
) -> None:
    sqs = new_sqs()
    sqs.add_queue("dlq")
    sqs.add_queue("orders", dlq="dlq")
    bodies = [f"body-{number}" for number in range(count)]
    for body in bodies:
        sqs.put("dlq", body, source="orders")
    sqs.lost_answers += lost
    Run(sqs, lanes=lanes)("dlq")
    arrived, left = sqs.queues["orders"].bodies, sqs.queues["dlq"].bodies
    assert set(arrived) | set(left) == set(bodies)
    doubled = len(arrived) - len(set(arrived))
    assert doubled <= 10 * lost.count("SendMessageBatch")
