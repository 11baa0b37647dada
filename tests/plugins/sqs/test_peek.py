from __future__ import annotations

from typing import Any

import pytest
from awsops_plugins.sqs.peek import look, peeked
from awsops_plugins.sqs.queues import resolve_queue


def look_at(sqs: Any, name: str, count: int = 10, about: int = 1000, stopped: Any = None) -> Any:
    queue = resolve_queue(sqs, name, region="eu-west-1")
    return look(sqs, queue, count=count, about=about, stopped=stopped or (lambda: False))


@pytest.mark.parametrize("count", [1, 7, 10, 25])
def test_a_look_shows_as_many_as_asked_and_hides_none(sqs: Any, count: int) -> None:
    sqs.add_queue("q")
    for number in range(40):
        sqs.put("q", f"b{number}")
    seen = look_at(sqs, "q", count)
    assert len({message.id for message in seen.messages}) == count
    assert seen.hidden == 0
    assert sqs.hidden("q") == []


def test_a_look_at_an_empty_queue_ends_after_two_long_polls(sqs: Any) -> None:
    sqs.add_queue("q")
    assert look_at(sqs, "q").messages == []
    polls = sqs.names("ReceiveMessage")
    assert [params["WaitTimeSeconds"] for params in polls] == [1, 1]


def test_a_look_asks_no_more_once_it_has_all_there_is(sqs: Any) -> None:
    sqs.add_queue("q")
    sqs.put("q", "only")
    look_at(sqs, "q", about=1)
    assert len(sqs.names("ReceiveMessage")) == 1


def test_an_error_in_the_middle_gives_back_what_was_received(sqs: Any, service_error: Any) -> None:
    sqs.add_queue("q")
    for number in range(20):
        sqs.put("q", f"b{number}")

    def second_fails(name: str, params: dict[str, Any]) -> BaseException | None:
        late = name == "ReceiveMessage" and len(sqs.names("ReceiveMessage")) == 2
        return service_error("InternalError", status=500) if late else None

    sqs.faults.append(second_fails)
    with pytest.raises(service_error):
        look_at(sqs, "q", 20)
    assert sqs.hidden("q") == []


def test_ctrl_c_in_the_middle_gives_back_what_was_received(sqs: Any) -> None:
    sqs.add_queue("q")
    for number in range(40):
        sqs.put("q", f"b{number}")
    seen = look_at(sqs, "q", 40, stopped=lambda: len(sqs.names("ReceiveMessage")) >= 2)
    assert len(seen.messages) == 20
    assert sqs.hidden("q") == []


def test_messages_that_cannot_be_given_back_are_counted(sqs: Any, service_error: Any) -> None:
    sqs.add_queue("q")
    sqs.put("q", "b")
    sqs.faults.append(
        lambda name, _: service_error("AccessDenied") if name.startswith("Change") else None
    )
    assert look_at(sqs, "q").hidden == 1


def test_a_batch_that_could_not_be_given_back_is_tried_again_and_the_others_are_given_back(
    sqs: Any, service_error: Any
) -> None:
    sqs.add_queue("q")
    for number in range(25):
        sqs.put("q", f"b{number}")
    refusals = [service_error("RequestThrottled"), service_error("RequestThrottled")]
    sqs.faults.append(
        lambda name, _: refusals.pop() if name.startswith("Change") and refusals else None
    )
    assert look_at(sqs, "q", 25).hidden == 0
    assert sqs.hidden("q") == []


def test_an_outage_keeps_no_look_waiting_for_what_comes_back_by_itself(
    sqs: Any, service_error: Any
) -> None:
    sqs.add_queue("q")
    for number in range(95):
        sqs.put("q", f"b{number}")
    sqs.faults.append(
        lambda name, _: service_error("RequestThrottled") if name.startswith("Change") else None
    )
    assert look_at(sqs, "q", 95).hidden == 95
    assert len(sqs.names("ChangeMessageVisibilityBatch")) == 4


def test_a_row_shows_what_an_engineer_asks_for(sqs: Any) -> None:
    sqs.add_queue("dlq")
    sqs.add_queue("orders", dlq="dlq")
    attributes = {
        "s": {"DataType": "String", "StringValue": "text"},
        "i": {"DataType": "Number", "StringValue": "5"},
        "f": {"DataType": "Number.float", "StringValue": "0.5"},
        "exact": {"DataType": "Number", "StringValue": "0.12345678901234567890"},
        "b": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    stored = sqs.put(
        "dlq", "hello", source="orders", attributes=attributes, trace="Root=1", group="g", sent=1.5
    )
    row = peeked(look_at(sqs, "dlq").messages[0])
    assert (row.message_id, row.body, row.source, row.group_id) == (
        stored.id,
        "hello",
        "orders",
        "g",
    )
    assert row.trace_header == "Root=1"
    assert row.receive_count == 1
    assert row.sent_at.isoformat() == "1970-01-01T00:00:01.500000+00:00"
    assert row.attributes == {
        "s": "text",
        "i": 5,
        "f": 0.5,
        "exact": "0.12345678901234567890",
        "b": "AAE=",
    }
