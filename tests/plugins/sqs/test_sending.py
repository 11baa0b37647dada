from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from awsops_plugins.sqs.queues import QueueRef, read_facts
from awsops_plugins.sqs.sending import (
    Draft,
    check_draft,
    read_attributes,
    read_delay,
    send_draft,
)

from awsops.errors import UsageError

DRAFT = Draft("hello", {})
FIFO = Draft("hello", {}, group_id="g", dedup_id="d")


def facts(sqs: Any, name: str, **attributes: str) -> Any:
    return read_facts(sqs, QueueRef(name, sqs.add_queue(name, **attributes).url))


def test_attributes_have_a_type_and_string_is_the_default() -> None:
    assert read_attributes(["a=1=2", "n:Number=5", "b:Binary=AAE=", "c:String.uuid=x"]) == {
        "a": {"DataType": "String", "StringValue": "1=2"},
        "n": {"DataType": "Number", "StringValue": "5"},
        "b": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
        "c": {"DataType": "String.uuid", "StringValue": "x"},
    }


@pytest.mark.parametrize(
    "text",
    [
        *("a", "=1", "a=", "aws.a=1", "AMAZON.a=1", "a..b=1", ".a=1", "a.=1", "ä=1"),
        *("a:Number=five", "a:Binary=***", "a:Date=1"),
    ],
)
def test_an_attribute_that_sqs_would_refuse_is_refused_here(text: str) -> None:
    with pytest.raises(UsageError, match="--attribute"):
        read_attributes([text])


def test_an_attribute_given_twice_and_an_eleventh_one_are_refused() -> None:
    with pytest.raises(UsageError, match="twice"):
        read_attributes(["a=1", "a=2"])
    with pytest.raises(UsageError, match="at most 10"):
        read_attributes([f"a{n}=1" for n in range(11)])


@pytest.mark.parametrize(("text", "seconds"), [(None, None), ("0s", 0), ("30s", 30), ("15m", 900)])
def test_a_delay_is_a_duration(text: str | None, seconds: int | None) -> None:
    assert read_delay(text) == seconds


@pytest.mark.parametrize("text", ["16m", "500ms", "soon", "-1s"])
def test_a_delay_outside_of_sqs_limits_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_delay(text)


@pytest.mark.parametrize(
    ("draft", "complaint"),
    [
        (replace(DRAFT, body=""), "empty"),
        (replace(DRAFT, body="a\x00b"), "position 1"),
        (replace(DRAFT, body="x" * 3000), "3,000 bytes"),
        (replace(DRAFT, dedup_id="d"), "FIFO"),
    ],
)
def test_a_message_that_a_standard_queue_refuses_is_refused_before_it_leaves(
    sqs: Any, draft: Draft, complaint: str
) -> None:
    queue = facts(sqs, "q", MaximumMessageSize="2048")
    with pytest.raises(UsageError, match=complaint):
        check_draft(draft, queue)


@pytest.mark.parametrize(
    ("draft", "complaint"),
    [
        (replace(FIFO, group_id=None), "--group-id"),
        (replace(FIFO, dedup_id=None), "--dedup-id"),
        (replace(FIFO, dedup_id="x" * 129), "128"),
        (replace(FIFO, delay=5), "--delay"),
    ],
)
def test_a_message_that_a_fifo_queue_refuses_is_refused_before_it_leaves(
    sqs: Any, draft: Draft, complaint: str
) -> None:
    queue = facts(sqs, "q.fifo")
    with pytest.raises(UsageError, match=complaint):
        check_draft(draft, queue)


def test_a_queue_that_deduplicates_by_content_needs_no_dedup_id(sqs: Any) -> None:
    queue = facts(sqs, "q.fifo", ContentBasedDeduplication="true")
    check_draft(replace(FIFO, dedup_id=None), queue)


def test_what_was_said_is_what_arrives(sqs: Any) -> None:
    queue = facts(sqs, "q.fifo")
    draft = replace(FIFO, attributes=read_attributes(["a=1"]))
    row = send_draft(sqs, queue, draft)
    (stored,) = sqs.queues["q.fifo"].messages
    assert (row.message_id, row.queue) == (stored.id, "q.fifo")
    assert (stored.body, stored.group, stored.dedup) == ("hello", "g", "d")
    assert stored.attributes == draft.attributes


def test_the_plan_of_a_send_says_what_but_not_the_content() -> None:
    draft = Draft("top secret", read_attributes(["token=hush"]), group_id="g", delay=5)
    assert draft.summary() == "25 bytes, attributes token, group g, hidden for 5 s"
