from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsops.errors import PartialError

PROPERTY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def seed(sqs: Any, groups: list[str]) -> dict[str, list[str]]:
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
    order = seed(sqs, list("aabbcabcaabbcc" * 6))
    assert Run(sqs, lanes=3)("orders-dlq.fifo").counts() == (84, 0, 0)
    assert by_group(sqs, "orders.fifo") == order


def test_copies_get_a_deduplication_id_of_their_own(sqs: Any, Run: Any) -> None:
    seed(sqs, ["a", "b"])
    for number in range(2):  # the old ids were seen a moment ago: such a send would be swallowed
        sqs.queues["orders.fifo"].accepted_dedup[f"old-{number}"] = (sqs.clock.now, "earlier")
    Run(sqs)("orders-dlq.fifo")
    assert len(sqs.queues["orders.fifo"].messages) == 2
    assert not {m.dedup for m in sqs.queues["orders.fifo"].messages} & {"old-0", "old-1"}


def test_later_messages_of_a_group_wait_behind_a_failed_one(sqs: Any, Run: Any) -> None:
    seed(sqs, list("ababababab"))
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
    order = seed(sqs, list("aaaaaa"))
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
    order = seed(sqs, list("abcabcabc"))
    sqs.lost_answers += ["SendMessageBatch"] * 2
    assert Run(sqs)("orders-dlq.fifo").counts() == (9, 0, 0)
    assert by_group(sqs, "orders.fifo") == order


def test_a_fifo_queue_can_be_redriven_to_a_standard_one_with_a_warning(sqs: Any, Run: Any) -> None:
    from awsops_plugins.sqs.redrive import describe_plan

    seed(sqs, list("ab"))
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
)
def test_whatever_fails_a_group_arrives_as_a_beginning_of_itself_and_the_rest_stays(
    new_sqs: Any, Run: Any, groups: list[str], failing: set[int], lanes: int
) -> None:
    sqs = new_sqs()
    order = seed(sqs, groups)
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
