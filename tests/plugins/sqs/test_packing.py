from __future__ import annotations

from itertools import pairwise

from awsops_plugins.sqs.messages import Message, copy_entry
from awsops_plugins.sqs.packing import SEND_BATCH_BYTES, dedup_id, pack, waves
from hypothesis import given
from hypothesis import strategies as st


def message(number: int, size: int = 1, group: str | None = None) -> Message:
    system = {"MessageGroupId": group} if group else {}
    return Message(f"m{number}", f"h{number}", "x" * size, {}, system)


sizes = st.lists(st.integers(1, SEND_BATCH_BYTES), max_size=40)
groups = st.lists(st.sampled_from("abcd"), max_size=40)


@given(sizes)
def test_a_batch_never_has_more_than_ten_messages_or_a_mebibyte(lengths: list[int]) -> None:
    for batch in pack([message(i, n) for i, n in enumerate(lengths)]):
        assert 1 <= len(batch) <= 10
        assert sum(m.size() for m in batch) <= SEND_BATCH_BYTES


@given(st.lists(st.integers(1, 20), max_size=40), st.integers(20, 40), st.integers(1, 10))
def test_no_batch_is_a_byte_too_large(lengths: list[int], limit: int, count: int) -> None:
    for batch in pack([message(i, n) for i, n in enumerate(lengths)], count=count, limit=limit):
        assert 1 <= len(batch) <= count
        assert sum(m.size() for m in batch) <= limit


@given(sizes)
def test_packing_keeps_every_message_once_and_in_order(lengths: list[int]) -> None:
    messages = [message(i, n) for i, n in enumerate(lengths)]
    assert [m for batch in pack(messages) for m in batch] == messages


@given(sizes)
def test_a_batch_is_closed_only_when_the_next_message_does_not_fit(lengths: list[int]) -> None:
    batches = pack([message(i, n) for i, n in enumerate(lengths)])
    for batch, following in pairwise(batches):
        full = len(batch) == 10
        assert full or sum(m.size() for m in batch) + following[0].size() > SEND_BATCH_BYTES


def test_size_counts_bytes_and_every_part_of_an_attribute() -> None:
    attributes = {
        "né": {"DataType": "String", "StringValue": "ü"},
        "raw": {"DataType": "Binary.gz", "BinaryValue": b"\x00\x01\x02"},
    }
    plain = Message("m", "h", "é", attributes, {"AWSTraceHeader": "Root=1-0"})
    assert plain.size() == 2 + (3 + 6 + 2) + (3 + 9 + 3)


@given(groups)
def test_a_wave_has_at_most_one_message_of_a_group(names: list[str]) -> None:
    for wave in waves([message(i, group=g) for i, g in enumerate(names)]):
        assert len({m.group for m in wave}) == len(wave)


@given(groups)
def test_waves_keep_every_group_in_order_and_lose_nothing(names: list[str]) -> None:
    messages = [message(i, group=g) for i, g in enumerate(names)]
    sent = [m for wave in waves(messages) for m in wave]
    assert len(sent) == len(messages)
    for name in set(names):
        assert [m for m in sent if m.group == name] == [m for m in messages if m.group == name]


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_deduplication_id_is_legal_and_the_same_for_the_same_run_and_message(
    run: str, message_id: str
) -> None:
    made = dedup_id(run, message_id)
    assert made == dedup_id(run, message_id)
    assert 1 <= len(made) <= 128
    assert all(33 <= ord(letter) <= 126 for letter in made)


def test_another_run_gives_the_same_message_another_deduplication_id() -> None:
    assert dedup_id("run-1", "m1") != dedup_id("run-2", "m1")


def test_a_copy_keeps_body_attributes_trace_header_and_group() -> None:
    attributes = {"n": {"DataType": "Number.int", "StringValue": "5"}}
    system = {"AWSTraceHeader": "Root=1-2", "MessageGroupId": "g", "SenderId": "who"}
    assert copy_entry(Message("m", "h", "body", attributes, system)) == {
        "MessageBody": "body",
        "MessageAttributes": attributes,
        "MessageSystemAttributes": {
            "AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-2"}
        },
        "MessageGroupId": "g",
    }
