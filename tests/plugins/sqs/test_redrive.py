from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from awsops_plugins.sqs.deleting import NO_HANDLE
from awsops_plugins.sqs.planning import describe_plan
from awsops_plugins.sqs.record import MemoryRecord
from awsops_plugins.sqs.redrive import apply_redrive
from awsops_plugins.sqs.terms import Terms

from awsops.errors import (
    AwsopsError,
    CancelledError,
    CredentialsError,
    NotFoundError,
    PartialError,
    UsageError,
)
from awsops.journal.file import NotClosedError


def seed(sqs: Any, count: int, **fields: Any) -> None:
    sqs.add_queue("orders-dlq")
    sqs.add_queue("orders", dlq="orders-dlq")
    for number in range(count):
        sqs.put("orders-dlq", f"body-{number}", source="orders", **fields)


# -- the plan ----------------------------------------------------------------------------------


def test_the_plan_says_about_how_many_go_where_and_what_is_kept(sqs: Any, Run: Any) -> None:
    seed(sqs, 25)
    plan = describe_plan(Run(sqs).plan("orders-dlq"))
    assert plan.changes[0].detail == "about 25 messages to orders"
    assert "trace header" in plan.summary
    assert not sqs.names("ReceiveMessage")


def test_the_plan_of_a_queue_with_several_sources_counts_what_goes_where(
    sqs: Any, Run: Any
) -> None:
    sqs.add_queue("dlq")
    for name, count in (("orders", 30), ("refunds", 9)):
        sqs.add_queue(name, dlq="dlq")
        for number in range(count):
            sqs.put("dlq", str(number), source=name)
    sqs.put("dlq", "astray")
    plan = describe_plan(Run(sqs).plan("dlq"))
    assert plan.changes[0].detail == (
        "40 messages: 30 to orders, 9 to refunds, 1 stays: it names no source queue"
    )
    assert sqs.hidden("dlq") == []


def test_of_more_messages_than_a_plan_looks_at_it_says_about_and_counts_the_first(
    sqs: Any, Run: Any
) -> None:
    sqs.add_queue("dlq")
    for name in ("orders", "refunds"):
        sqs.add_queue(name, dlq="dlq")
    for number in range(150):
        sqs.put("dlq", str(number), source="orders" if number % 4 else "refunds")
    plan = describe_plan(Run(sqs).plan("dlq"))
    assert plan.changes[0].detail == (
        "about 150 messages to each its own source (orders, refunds); "
        "of the first 100, 75 to orders, 25 to refunds"
    )
    assert sqs.hidden("dlq") == []


def test_the_plan_counts_what_is_selected(sqs: Any, Run: Any) -> None:
    sqs.add_queue("dlq")
    sqs.add_queue("orders", dlq="dlq")
    for number in range(20):
        sqs.put("dlq", f"body-{number}", source="orders")
    run = Run(sqs, terms=Terms(selects=lambda message: message.body.endswith("7")))
    assert describe_plan(run.plan("dlq")).changes[0].detail == (
        "2 of 20 messages selected: 2 to orders"
    )


def test_a_plan_does_not_count_where_a_look_would_push_messages_on(sqs: Any, Run: Any) -> None:
    sqs.add_queue("last")
    sqs.add_queue("dlq", dlq="last")
    for name in ("orders", "refunds"):
        sqs.add_queue(name, dlq="dlq")
    sqs.put("dlq", "x", source="orders")
    plan = describe_plan(Run(sqs).plan("dlq"))
    assert plan.changes[0].detail == "about 1 message to each its own source (orders, refunds)"
    assert sqs.names("ReceiveMessage") == []


def test_what_the_plan_looked_at_and_could_not_give_back_is_waited_for(
    sqs: Any, Run: Any, service_error: Any
) -> None:
    sqs.add_queue("dlq")
    for name in ("orders", "refunds"):
        sqs.add_queue(name, dlq="dlq")
    sqs.put("dlq", "x", source="orders")
    sqs.faults.append(
        lambda name, params: (
            service_error("RequestThrottled") if name == "ChangeMessageVisibilityBatch" else None
        )
    )
    assert Run(sqs).plan("dlq").hidden == 1


def test_an_empty_queue_has_a_plan_without_changes_and_a_row_of_zeros(sqs: Any, Run: Any) -> None:
    seed(sqs, 0)
    run = Run(sqs)("orders-dlq")
    assert describe_plan(Run(sqs).plan("orders-dlq")).changes == ()
    assert run.counts() == (0, 0, 0)
    assert run.error is None


def test_a_queue_that_only_seems_empty_is_looked_into(sqs: Any, Run: Any) -> None:
    seed(sqs, 3)
    honest = sqs.get_queue_attributes

    def lagging(**params: Any) -> Any:
        answer = honest(**params)
        answer["Attributes"]["ApproximateNumberOfMessages"] = "0"
        return answer

    sqs.get_queue_attributes = lagging
    plan = Run(sqs).plan("orders-dlq")
    assert describe_plan(plan).changes[0].detail == "a few messages to orders"
    assert sqs.hidden("orders-dlq") == []


def test_a_queue_without_sources_asks_where_its_messages_go(sqs: Any, Run: Any) -> None:
    sqs.add_queue("sns-dlq")
    sqs.put("sns-dlq", "from a topic")
    with pytest.raises(UsageError, match="name no source") as caught:
        Run(sqs).plan("sns-dlq")
    assert "--to" in str(caught.value.hint)
    assert sqs.hidden("sns-dlq") == []


def test_a_queue_that_is_no_longer_wired_still_sends_messages_to_their_sources(
    sqs: Any, Run: Any
) -> None:
    seed(sqs, 4)
    del sqs.queues["orders"].attributes["RedrivePolicy"]
    run = Run(sqs)("orders-dlq")
    assert run.counts() == (4, 0, 0)
    assert len(sqs.queues["orders"].messages) == 4


@pytest.mark.parametrize("to", ["orders-dlq", "other.fifo"])
def test_a_destination_that_makes_no_sense_is_refused(sqs: Any, Run: Any, to: str) -> None:
    seed(sqs, 1)
    sqs.add_queue("other.fifo")
    with pytest.raises(UsageError, match="--to"):
        Run(sqs, to=to).plan("orders-dlq")


def test_the_plan_warns_of_messages_in_flight_and_of_a_second_dead_letter_queue(
    sqs: Any, Run: Any
) -> None:
    seed(sqs, 2)
    sqs.add_queue("last-resort")
    policy = f'{{"deadLetterTargetArn": "{sqs.queues["last-resort"].arn}", "maxReceiveCount": 9}}'
    sqs.queues["orders-dlq"].attributes["RedrivePolicy"] = policy
    sqs.queues["orders-dlq"].messages[0].visible_at = sqs.clock.now + 30
    warnings = " ".join(describe_plan(Run(sqs).plan("orders-dlq")).warnings)
    assert "held by another consumer" in warnings
    assert "9 receives" in warnings


# -- what arrives ------------------------------------------------------------------------------


@pytest.mark.parametrize("lanes", [1, 4])
def test_every_message_arrives_once_and_the_dead_letter_queue_is_empty(
    sqs: Any, Run: Any, lanes: int
) -> None:
    seed(sqs, 137)
    run = Run(sqs, lanes=lanes)("orders-dlq")
    assert run.counts() == (137, 0, 0)
    assert sorted(sqs.queues["orders"].bodies) == sorted(f"body-{n}" for n in range(137))
    assert sqs.queues["orders-dlq"].messages == []


def test_the_row_says_what_was_done(sqs: Any, Run: Any) -> None:
    seed(sqs, 12)
    run = Run(sqs)("orders-dlq")
    assert run.row is not None
    assert (run.row.run, run.row.dlq, run.row.destination) == ("run-1", "orders-dlq", "orders")
    assert (run.row.matched, run.row.moved) == (12, 12)
    assert run.row.seconds >= 3  # the polls that make sure that nothing is left
    assert run.row.rate > 12 / run.row.seconds
    assert run.progress[-1].done == 12


def test_attributes_of_every_type_the_trace_header_and_the_group_survive(
    sqs: Any, Run: Any
) -> None:
    attributes = {
        "text": {"DataType": "String", "StringValue": "é"},
        "number": {"DataType": "Number", "StringValue": "1.50"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        "custom": {"DataType": "String.uuid", "StringValue": "u"},
    }
    seed(sqs, 1, attributes=attributes, trace="Root=1-2-3", group="tenant-7")
    Run(sqs)("orders-dlq")
    (copy,) = sqs.queues["orders"].messages
    assert (copy.attributes, copy.trace, copy.group) == (attributes, "Root=1-2-3", "tenant-7")


def test_each_message_goes_to_the_source_it_names(sqs: Any, Run: Any) -> None:
    seed(sqs, 0)
    sqs.add_queue("refunds", dlq="orders-dlq")
    for number in range(20):
        source = "refunds" if number % 2 else "orders"
        sqs.put("orders-dlq", f"{source}-{number}", source=source)
    run = Run(sqs)("orders-dlq")
    assert run.row is not None
    assert run.row.destination == "orders, refunds"
    for name in ("orders", "refunds"):
        assert sorted(sqs.queues[name].bodies) == sorted(
            f"{name}-{n}" for n in range(20) if (n % 2 == 1) == (name == "refunds")
        )


def test_messages_that_name_no_source_stay_when_there_are_several(sqs: Any, Run: Any) -> None:
    seed(sqs, 3)
    sqs.add_queue("refunds", dlq="orders-dlq")
    sqs.put("orders-dlq", "sent by hand")
    run = Run(sqs)("orders-dlq")
    assert run.counts() == (3, 0, 1)
    assert isinstance(run.error, PartialError)
    assert sqs.queues["orders-dlq"].bodies == ["sent by hand"]
    assert sqs.hidden("orders-dlq") == []
    assert "names no source" in run.notes[0]


def test_messages_whose_source_was_deleted_stay_and_are_named(sqs: Any, Run: Any) -> None:
    seed(sqs, 2)
    sqs.add_queue("gone", dlq="orders-dlq")
    lost = sqs.put("orders-dlq", "orphan", source="gone")
    del sqs.queues["gone"]
    run = Run(sqs)("orders-dlq")
    assert run.counts() == (2, 0, 1)
    assert lost.id in run.notes[0]
    assert "does not exist any more" in run.notes[0]


def test_to_takes_everything_wherever_it_came_from(sqs: Any, Run: Any) -> None:
    seed(sqs, 5)
    sqs.add_queue("triage")
    sqs.put("orders-dlq", "sent by hand")
    run = Run(sqs, to="triage")("orders-dlq")
    assert run.counts() == (6, 0, 0)
    assert len(sqs.queues["triage"].messages) == 6


def test_max_moves_exactly_so_many_and_gives_the_others_back(sqs: Any, Run: Any) -> None:
    seed(sqs, 60)
    run = Run(sqs, lanes=4, limit=23)("orders-dlq")
    assert run.counts() == (23, 0, 0)
    assert len(sqs.queues["orders-dlq"].messages) == 37
    assert sqs.hidden("orders-dlq") == []


def test_large_messages_are_sent_in_batches_that_sqs_accepts(sqs: Any, Run: Any) -> None:
    seed(sqs, 0)
    for size in (600_000, 600_000, 1_048_576, 10, 400_000):
        sqs.put("orders-dlq", "x" * size, source="orders")
    run = Run(sqs, lanes=1)("orders-dlq")
    assert run.counts() == (5, 0, 0)


def test_a_message_larger_than_the_destination_takes_stays(sqs: Any, Run: Any) -> None:
    seed(sqs, 3)
    sqs.queues["orders"].attributes["MaximumMessageSize"] = "1024"
    sqs.put("orders-dlq", "x" * 2000, source="orders")
    run = Run(sqs)("orders-dlq")
    assert run.counts() == (3, 0, 1)
    assert "larger than the 1,024 bytes" in run.notes[0]
    assert sqs.hidden("orders-dlq") == []


# -- the loop guard ----------------------------------------------------------------------------


def test_messages_sent_after_the_run_began_are_left_alone_and_visible(sqs: Any, Run: Any) -> None:
    seed(sqs, 5)
    for number in range(3):
        sqs.put("orders-dlq", f"late-{number}", source="orders", sent=sqs.clock.now + 5)
    run = Run(sqs)("orders-dlq")
    assert run.counts() == (5, 3, 0)
    assert sorted(sqs.queues["orders-dlq"].bodies) == ["late-0", "late-1", "late-2"]
    assert sqs.hidden("orders-dlq") == []
    assert "after the run began" in run.notes[0]


def test_a_poison_message_that_comes_back_at_once_does_not_circle(sqs: Any, Run: Any) -> None:
    seed(sqs, 2)
    store = sqs._store

    def consumer_fails_at_once(queue: Any, entry: Any) -> Any:
        stored = store(queue, entry)
        if queue.name == "orders":
            queue.messages.remove(stored)
            stored.source = queue.arn
            sqs.queues["orders-dlq"].messages.append(stored)  # keeps its id and its sent time
        return stored

    sqs._store = consumer_fails_at_once
    run = Run(sqs)("orders-dlq")
    assert run.counts() == (2, 2, 0)
    assert len(sqs.queues["orders-dlq"].messages) == 2


def test_one_message_that_matches_is_found_behind_a_thousand_that_do_not(
    sqs: Any, Run: Any
) -> None:
    sqs.add_queue("dlq")
    sqs.add_queue("orders", dlq="dlq")
    for number in range(1_000):
        sqs.put("dlq", f"body-{number}", source="orders")
    run = Run(sqs, lanes=2, terms=Terms(selects=lambda m: m.body == "body-990"))("dlq")
    assert run.counts() == (1, 999, 0)
    assert sqs.queues["orders"].bodies == ["body-990"]


def test_messages_that_came_meanwhile_do_not_hide_the_older_ones_behind_them(
    sqs: Any, Run: Any
) -> None:
    sqs.add_queue("dlq")
    sqs.add_queue("orders", dlq="dlq")
    for number in range(200):
        sqs.put("dlq", f"new-{number}", source="orders", sent=sqs.clock.now + 60)
    sqs.put("dlq", "old", source="orders")
    run = Run(sqs, lanes=2)("dlq")
    assert run.counts() == (1, 200, 0)


def test_the_run_begins_by_the_clock_of_the_service(sqs: Any, Run: Any) -> None:
    seed(sqs, 0)
    sqs.put("orders-dlq", "before", source="orders", sent=1_800_000_000.0)
    sqs.put("orders-dlq", "after", source="orders", sent=1_800_000_009.0)
    honest = sqs.get_queue_attributes

    def dated(**params: Any) -> Any:
        date = {"date": "Fri, 15 Jan 2027 08:00:05 GMT"}  # 1_800_000_005; ours is years behind
        return {**honest(**params), "ResponseMetadata": {"HTTPHeaders": date}}

    sqs.get_queue_attributes = dated
    run = Run(sqs)("orders-dlq")
    assert run.counts() == (1, 1, 0)
    assert sqs.queues["orders"].bodies == ["before"]


# -- faults ------------------------------------------------------------------------------------


def every(number: int, operation: str, error: BaseException) -> Callable[..., Any]:
    """Every so many calls of an operation fail before they are carried out."""
    calls = 0

    def fault(name: str, params: dict[str, Any]) -> BaseException | None:
        nonlocal calls
        if name != operation:
            return None
        calls += 1
        return error if calls % number == 0 else None

    return fault


@pytest.mark.parametrize(
    "operation", ["ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch", "GetQueueUrl"]
)
def test_throttled_calls_lose_and_double_nothing(
    sqs: Any, Run: Any, service_error: Any, operation: str
) -> None:
    seed(sqs, 100)
    sqs.faults.append(every(3, operation, service_error("RequestThrottled", status=403)))
    run = Run(sqs)("orders-dlq")
    assert run.counts() == (100, 0, 0)
    assert sorted(sqs.queues["orders"].bodies) == sorted(f"body-{n}" for n in range(100))


def test_entries_that_fail_for_a_while_are_sent_again_alone(sqs: Any, Run: Any) -> None:
    seed(sqs, 30)
    failed: set[str] = set()

    def once(operation: str, entry: dict[str, Any]) -> dict[str, Any] | None:
        body = entry.get("MessageBody")
        if operation != "SendMessageBatch" or body in failed or not str(body).endswith("7"):
            return None
        failed.add(str(body))
        return {"SenderFault": False, "Code": "InternalError"}

    sqs.entry_faults.append(once)
    run = Run(sqs)("orders-dlq")
    assert run.counts() == (30, 0, 0)
    assert sorted(sqs.queues["orders"].bodies) == sorted(f"body-{n}" for n in range(30))


def test_a_message_that_is_refused_for_good_stays_and_is_not_deleted(sqs: Any, Run: Any) -> None:
    seed(sqs, 30)

    def refuse(operation: str, entry: dict[str, Any]) -> dict[str, Any] | None:
        if entry.get("MessageBody") == "body-4":
            return {"SenderFault": True, "Code": "InvalidMessageContents", "Message": "bad"}
        return None

    sqs.entry_faults.append(refuse)
    run = Run(sqs)("orders-dlq")
    assert run.counts() == (29, 0, 1)
    assert sqs.queues["orders-dlq"].bodies == ["body-4"]
    assert sqs.hidden("orders-dlq") == []
    assert "InvalidMessageContents: bad" in run.notes[0]
    assert isinstance(run.error, PartialError)


def test_entries_that_fail_every_time_stop_being_tried(sqs: Any, Run: Any) -> None:
    seed(sqs, 3)
    sqs.entry_faults.append(
        lambda operation, entry: (
            {"SenderFault": False, "Code": "InternalError"}
            if operation == "SendMessageBatch"
            else None
        )
    )
    run = Run(sqs, lanes=1)("orders-dlq")
    assert run.counts() == (0, 0, 3)
    assert len(sqs.names("SendMessageBatch")) == 5
    assert type(run.error) is AwsopsError


def test_deletes_that_fail_for_a_while_are_done_later_without_a_second_send(
    sqs: Any, Run: Any
) -> None:
    seed(sqs, 40)
    tries: dict[str, int] = {}

    def stubborn(operation: str, entry: dict[str, Any]) -> dict[str, Any] | None:
        if operation != "DeleteMessageBatch":
            return None
        message = entry["ReceiptHandle"].partition("#")[0]
        tries[message] = tries.get(message, 0) + 1
        if message.endswith("3") and tries[message] < 8:
            return {"SenderFault": False, "Code": "InternalError"}
        return None

    sqs.entry_faults.append(stubborn)
    run = Run(sqs)("orders-dlq")
    assert run.counts() == (40, 0, 0)
    assert len(sqs.queues["orders"].messages) == 40
    assert sqs.queues["orders-dlq"].messages == []


def test_where_deletes_are_denied_nothing_is_sent(sqs: Any, Run: Any, service_error: Any) -> None:
    seed(sqs, 200)
    sqs.faults.append(every(1, "DeleteMessageBatch", service_error("AccessDenied", status=403)))
    run = Run(sqs, lanes=3)("orders-dlq")
    assert isinstance(run.error, CredentialsError)
    assert "nothing was sent" in str(run.error)
    assert sqs.names("SendMessageBatch") == []
    assert len(sqs.queues["orders-dlq"].messages) == 200
    assert sqs.hidden("orders-dlq") == []


def test_deletes_that_are_denied_in_the_middle_stop_the_run_and_tell_what_is_in_both_queues(
    sqs: Any, Run: Any, service_error: Any
) -> None:
    seed(sqs, 200)
    denied = service_error("AccessDenied", status=403)
    sqs.faults.append(
        lambda name, params: (
            denied
            if name == "DeleteMessageBatch" and params["Entries"][0]["ReceiptHandle"] != NO_HANDLE
            else None
        )
    )
    run = Run(sqs, lanes=3)("orders-dlq")
    assert isinstance(run.error, service_error)
    doubled = len(sqs.queues["orders"].messages)
    assert 1 <= doubled <= 30  # at most one batch a lane
    assert len(sqs.queues["orders-dlq"].messages) == 200
    assert any(f"{doubled} messages sent but not deleted" in n for n in run.notes)


def test_a_send_whose_end_could_not_be_journalled_is_in_doubt(sqs: Any, Run: Any) -> None:
    seed(sqs, 40)
    leave = sqs._leave

    def on_a_full_disk(operation: str, answer: Any) -> Any:
        if operation == "SendMessageBatch":
            raise NotClosedError("what was done could not be journalled to its end")
        return leave(operation, answer)

    sqs._leave = on_a_full_disk
    run = Run(sqs, lanes=1)("orders-dlq")
    assert isinstance(run.error, NotClosedError)
    assert run.record.doubtful == len(sqs.queues["orders"].messages) == 10
    assert len(sqs.queues["orders-dlq"].messages) == 40


def test_a_destination_that_is_deleted_meanwhile_is_named_and_nothing_is_lost(
    sqs: Any, Run: Any
) -> None:
    sqs.add_queue("dlq")
    sqs.add_queue("orders", dlq="dlq")
    for number in range(40):
        sqs.put("dlq", f"body-{number}", source="orders")

    def delete(name: str, params: dict[str, Any]) -> None:
        if name == "SendMessageBatch" and len(sqs.names("SendMessageBatch")) == 3:
            del sqs.queues["orders"]

    sqs.faults.append(delete)
    run = Run(sqs, lanes=1)("dlq")
    assert isinstance(run.error, NotFoundError)
    assert "orders has been deleted" in str(run.error)
    assert run.row.moved + len(sqs.queues["dlq"].messages) == 40
    assert sqs.hidden("dlq") == []


@pytest.mark.parametrize(
    ("code", "status"),
    [("AccessDenied", 403), ("KMS.AccessDeniedException", 400), ("KMS.DisabledException", 400)],
)
def test_a_denied_send_stops_the_run_and_gives_everything_back(
    sqs: Any, Run: Any, service_error: Any, code: str, status: int
) -> None:
    seed(sqs, 50)
    sqs.faults.append(every(1, "SendMessageBatch", service_error(code, status=status)))
    run = Run(sqs)("orders-dlq")
    assert isinstance(run.error, service_error)
    assert len(sqs.queues["orders-dlq"].messages) == 50
    assert sqs.hidden("orders-dlq") == []


def test_a_batch_that_sqs_finds_too_long_is_halved(sqs: Any, Run: Any, service_error: Any) -> None:
    seed(sqs, 10)

    def strict(name: str, params: dict[str, Any]) -> BaseException | None:
        if name == "SendMessageBatch" and len(params["Entries"]) > 3:
            return service_error("AWS.SimpleQueueService.BatchRequestTooLong")
        return None

    sqs.faults.append(strict)
    assert Run(sqs)("orders-dlq").counts() == (10, 0, 0)


def test_an_answer_that_names_only_some_entries_deletes_only_those(sqs: Any, Run: Any) -> None:
    seed(sqs, 10)
    send = sqs.send_message_batch
    silent = True

    def forgetful(**params: Any) -> Any:
        nonlocal silent
        answer = send(**{**params, "Entries": params["Entries"][: 4 if silent else 10]})
        silent = False
        return answer

    sqs.send_message_batch = forgetful
    assert Run(sqs, lanes=1)("orders-dlq").counts() == (10, 0, 0)
    assert sorted(sqs.queues["orders"].bodies) == sorted(f"body-{n}" for n in range(10))


def test_a_lost_answer_to_a_receive_hides_messages_only_for_a_while(sqs: Any, Run: Any) -> None:
    seed(sqs, 15)
    sqs.lost_answers.append("ReceiveMessage")
    run = Run(sqs, lanes=1)("orders-dlq")
    assert len(sqs.queues["orders"].messages) + len(sqs.queues["orders-dlq"].messages) == 15
    assert run.error is None


def test_a_slow_destination_keeps_its_messages_hidden_from_others(sqs: Any, Run: Any) -> None:
    seed(sqs, 10)
    send = sqs.send_message_batch

    def slow(**params: Any) -> Any:
        sqs.clock.sleep(40)
        return send(**params)

    sqs.send_message_batch = slow
    sqs.put("orders-dlq", "y" * 900_000, source="orders")
    sqs.queues["orders-dlq"].messages.insert(0, sqs.queues["orders-dlq"].messages.pop())
    sqs.put("orders-dlq", "z" * 900_000, source="orders")
    sqs.queues["orders-dlq"].messages.insert(1, sqs.queues["orders-dlq"].messages.pop())
    run = Run(sqs, lanes=1)("orders-dlq")
    assert run.counts() == (12, 0, 0)
    assert len(sqs.queues["orders"].messages) == 12
    seconds = [
        entry["VisibilityTimeout"]
        for params in sqs.names("ChangeMessageVisibilityBatch")
        for entry in params["Entries"]
    ]
    assert set(seconds) == {60}


def test_a_lapsed_lease_does_not_send_a_message_twice(
    sqs: Any, Run: Any, service_error: Any
) -> None:
    seed(sqs, 6)
    delete = sqs.delete_message_batch
    first = True

    def late(**params: Any) -> Any:
        nonlocal first
        if first:
            first = False
            sqs.clock.sleep(500)  # the leases lapse between send and delete
            raise service_error("InternalError", status=500)
        return delete(**params)

    sqs.delete_message_batch = late
    run = Run(sqs, lanes=1)("orders-dlq")
    assert run.counts() == (6, 0, 0)
    assert len(sqs.queues["orders"].messages) == 6


def test_what_another_lane_receives_during_its_delete_is_deleted_by_the_newer_handle(
    sqs: Any, Run: Any
) -> None:
    """Two lanes, and a machine that slept: SQS says yes to the older handle and deletes nothing."""
    seed(sqs, 6)
    delete, receive = sqs.delete_message_batch, sqs.receive_message
    deleting: list[int] = []
    taken = threading.Event()

    def late(**params: Any) -> Any:
        if not deleting and params["Entries"][0]["ReceiptHandle"] != NO_HANDLE:
            deleting.append(threading.get_ident())
            sqs.clock.sleep(500)
            assert taken.wait(30)
        return delete(**params)

    def again(**params: Any) -> Any:
        another = deleting and threading.get_ident() != deleting[0]
        if another and sqs.hidden("orders-dlq"):  # received since they lapsed, and taken up
            taken.set()
        return receive(**params)

    sqs.delete_message_batch, sqs.receive_message = late, again
    run = Run(sqs, lanes=2)("orders-dlq")
    assert run.counts() == (6, 0, 0)
    assert len(sqs.queues["orders"].messages) == 6
    assert sqs.queues["orders-dlq"].messages == []


# -- stopping ----------------------------------------------------------------------------------


def test_ctrl_c_finishes_what_was_sent_and_gives_the_rest_back(sqs: Any, Run: Any) -> None:
    seed(sqs, 500)
    run = Run(sqs, lanes=3)
    send = sqs.send_message_batch

    def interrupted(**params: Any) -> Any:
        answer = send(**params)
        if len(sqs.names("SendMessageBatch")) == 10:
            run.cancelled.set()
        return answer

    sqs.send_message_batch = interrupted
    run("orders-dlq")
    assert isinstance(run.error, CancelledError)
    moved = len(sqs.queues["orders"].messages)
    assert run.row is not None
    assert run.row.moved == moved < 500
    assert len(sqs.queues["orders-dlq"].messages) == 500 - moved
    assert sqs.hidden("orders-dlq") == []


def test_a_consumer_that_closes_the_run_leaves_nothing_hidden(sqs: Any, Run: Any) -> None:
    seed(sqs, 300)
    run = Run(sqs, lanes=2)
    plan = run.plan("orders-dlq")
    with ThreadPoolExecutor(2) as pool:
        events = apply_redrive(
            sqs,
            plan,
            run.begin("orders-dlq"),
            pool=pool,
            lanes=2,
            sleep=sqs.clock.sleep,
            clock=sqs.clock,
            cancelled=threading.Event(),
        )
        next(events)
        events.close()
    assert sqs.hidden("orders-dlq") == []
    total = len(sqs.queues["orders"].messages) + len(sqs.queues["orders-dlq"].messages)
    assert total == 300


def test_nothing_is_deleted_before_its_copy_is_accepted_and_recorded(sqs: Any, Run: Any) -> None:
    seed(sqs, 50)
    recorded: set[str] = set()

    class Watching(MemoryRecord):
        def add_answered(self, accepted: Any, refused: Any, copies: Any = ()) -> None:
            recorded.update(accepted)
            super().add_answered(accepted, refused, copies)

    def watch(name: str, params: dict[str, Any]) -> None:
        if name == "DeleteMessageBatch":
            ids = {e["ReceiptHandle"].partition("#")[0] for e in params["Entries"]}
            assert ids <= recorded

    sqs.faults.append(watch)
    run = Run(sqs, record=Watching())("orders-dlq")
    assert run.error is None
    assert len(recorded) == 50


def test_the_live_view_tells_speed_time_left_and_each_destination(sqs: Any, Run: Any) -> None:
    from awsops_plugins.sqs.redrive import _progress

    class Work:
        """As lanes are in the middle of their work."""

        from awsops_plugins.sqs.patience import patience_for
        from awsops_plugins.sqs.tally import Tally

        tally = Tally(moved=40, skipped=10, failed=2)
        patience = patience_for(lambda: 0.0)

    work: Any = Work()
    work.tally.sent_to.update({"orders": 30, "refunds": 10})
    sqs.add_queue("dlq")
    for name in ("orders", "refunds"):
        sqs.add_queue(name, dlq="dlq")
    for number in range(252):
        sqs.put("dlq", f"body-{number}", source="orders")
    plan = Run(sqs).plan("dlq")
    said = _progress(plan, work, 0.0, 4.0)
    assert (said.done, said.total) == (52, 252)
    assert said.message == "10/s, 16s left"
    assert said.details == (("moved 40, skipped 10, failed 2; to orders 30, refunds 10",),)
