from __future__ import annotations

import random
import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsops.errors import PartialError

PROPERTY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def seed_queue(sqs: Any, groups: list[str]) -> dict[str, list[str]]:
    """A FIFO dead-letter queue; group to its bodies in order."""
    sqs.add_queue("orders-dlq.fifo")
    sqs.add_queue("orders.fifo", dlq="orders-dlq.fifo")
    order: dict[str, list[str]] = {}
    for number, group in enumerate(groups):
        body = f"{group}{number}"
        sqs.put("orders-dlq.fifo", body, source="orders.fifo", group=group, dedup=f"old-{number}")
        order.setdefault(group, []).append(body)
    return order


def by_group(sqs: Any, queue: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for message in sqs.queues[queue].messages:
        found.setdefault(message.group, []).append(message.body)
    return found


def test_every_group_arrives_in_order(sqs: Any, Run: Any) -> None:
    order = seed_queue(sqs, list("aabbcabcaabbcc" * 6))
    assert Run(sqs, lanes=3)("orders-dlq.fifo").counts() == (84, 0, 0)
    assert by_group(sqs, "orders.fifo") == order


def test_copies_get_a_deduplication_id_of_their_own(sqs: Any, Run: Any) -> None:
    seed_queue(sqs, ["a", "b"])
    for number in range(2):  # the old ids were seen a moment ago: such a send would be swallowed
        sqs.queues["orders.fifo"].accepted_dedup[f"old-{number}"] = (sqs.clock.now, "earlier")
    Run(sqs)("orders-dlq.fifo")
    assert len(sqs.queues["orders.fifo"].messages) == 2
    assert not {m.dedup for m in sqs.queues["orders.fifo"].messages} & {"old-0", "old-1"}


def test_later_messages_of_a_group_wait_behind_a_failed_one(sqs: Any, Run: Any) -> None:
    seed_queue(sqs, list("ababababab"))
    sqs.entry_faults.append(
        lambda operation, entry: (
            {"SenderFault": True, "Code": "InvalidMessageContents"}
            if entry.get("MessageBody") == "a4"
            else None
        )
    )
    run = Run(sqs, lanes=2)("orders-dlq.fifo")
    assert by_group(sqs, "orders.fifo") == {
        "a": ["a0", "a2"],
        "b": ["b1", "b3", "b5", "b7", "b9"],
    }
    assert sqs.queues["orders-dlq.fifo"].bodies == ["a4", "a6", "a8"]
    assert sqs.hidden("orders-dlq.fifo") == []
    assert isinstance(run.error, PartialError)
    assert any("held back" in note for note in run.notes)


def test_a_message_that_fails_once_is_not_overtaken_by_its_group(sqs: Any, Run: Any) -> None:
    order = seed_queue(sqs, list("aaaaaa"))
    failures = ["a2", "a4", "a4"]

    def fault(operation: str, entry: dict[str, Any]) -> dict[str, Any] | None:
        if entry.get("MessageBody") not in failures:
            return None
        failures.remove(entry["MessageBody"])
        return {"SenderFault": False, "Code": "InternalError"}

    sqs.entry_faults.append(fault)
    assert Run(sqs)("orders-dlq.fifo").counts() == (6, 0, 0)
    assert by_group(sqs, "orders.fifo") == order


def test_a_lost_answer_to_a_send_doubles_nothing_on_fifo(sqs: Any, Run: Any) -> None:
    order = seed_queue(sqs, list("abcabcabc"))
    sqs.lost_answers += ["SendMessageBatch"] * 2
    assert Run(sqs)("orders-dlq.fifo").counts() == (9, 0, 0)
    assert by_group(sqs, "orders.fifo") == order


def test_a_fifo_queue_can_be_redriven_to_a_standard_one_with_a_warning(sqs: Any, Run: Any) -> None:
    from awsops_plugins.sqs.planning import describe_plan

    seed_queue(sqs, list("ab"))
    sqs.add_queue("triage")
    run = Run(sqs, to="triage")
    assert "order" in describe_plan(run.plan("orders-dlq.fifo")).warnings[0]
    assert run("orders-dlq.fifo").counts() == (2, 0, 0)
    assert {m.group for m in sqs.queues["triage"].messages} == {"a", "b"}


@PROPERTY
@given(
    groups=st.lists(st.sampled_from("abcd"), min_size=1, max_size=40),
    failing=st.sets(st.integers(0, 39), max_size=6),
    lanes=st.integers(1, 3),
    loose=st.booleans(),
)
def test_whatever_fails_a_group_arrives_as_a_beginning_of_itself_and_the_rest_stays(
    new_sqs: Any, Run: Any, groups: list[str], failing: set[int], lanes: int, loose: bool
) -> None:
    sqs = new_sqs()
    sqs.loose_groups = loose
    order = seed_queue(sqs, groups)
    doomed = {f"{group}{n}" for n, group in enumerate(groups) if n in failing}
    sqs.entry_faults.append(
        lambda operation, entry: (
            {"SenderFault": True, "Code": "InvalidMessageContents"}
            if entry.get("MessageBody") in doomed
            else None
        )
    )
    Run(sqs, lanes=lanes)("orders-dlq.fifo")
    arrived, left = by_group(sqs, "orders.fifo"), by_group(sqs, "orders-dlq.fifo")
    for group, bodies in order.items():
        first_failure = next((i for i, body in enumerate(bodies) if body in doomed), len(bodies))
        assert arrived.get(group, []) == bodies[:first_failure]
        assert left.get(group, []) == bodies[first_failure:]
    assert sqs.hidden("orders-dlq.fifo") == []


@PROPERTY
@given(
    groups=st.lists(st.sampled_from("ab"), min_size=1, max_size=60),
    seed=st.integers(0, 2**32),
    call_faults=st.floats(0, 0.3),
    lanes=st.integers(2, 4),
    loose=st.booleans(),
)
def test_no_lane_overtakes_another_in_a_group_whatever_is_throttled(
    new_sqs: Any,
    Run: Any,
    service_error: Any,
    groups: list[str],
    seed: int,
    call_faults: float,
    lanes: int,
    loose: bool,
) -> None:
    sqs = new_sqs()
    sqs.loose_groups = loose
    order = seed_queue(sqs, groups)
    dice = random.Random(seed)
    run = Run(sqs, lanes=lanes)
    plan = run.plan("orders-dlq.fifo")

    def fault(name: str, params: dict[str, Any]) -> BaseException | None:
        batch = name in ("SendMessageBatch", "DeleteMessageBatch", "ReceiveMessage")
        time.sleep(0.0003)  # the lanes take turns here, and not only where Python lets them
        return service_error("RequestThrottled") if batch and dice.random() < call_faults else None

    sqs.faults.append(fault)
    run("orders-dlq.fifo", plan)
    arrived, left = by_group(sqs, "orders.fifo"), by_group(sqs, "orders-dlq.fifo")
    for group, bodies in order.items():
        sent = arrived.get(group, [])
        assert sent == bodies[: len(sent)]
        assert set(sent) | set(left.get(group, [])) == set(bodies)


def test_a_lane_does_not_overtake_one_whose_leases_lapsed(sqs: Any, Run: Any) -> None:
    order = seed_queue(sqs, ["a"] * 40)
    sqs.loose_groups = True
    send = sqs.send_message_batch
    slow_ones = iter(range(4))

    def slow(**params: Any) -> Any:
        if next(slow_ones, None) is not None:
            sqs.clock.sleep(130)
            time.sleep(0.05)  # lets another lane receive what lapsed
        return send(**params)

    sqs.send_message_batch = slow
    assert Run(sqs, lanes=3)("orders-dlq.fifo").counts() == (40, 0, 0)
    assert by_group(sqs, "orders.fifo") == order
