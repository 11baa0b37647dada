"""A redrive under terms: a selection, a pace, a backup."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from awsops_plugins.sqs.archive import Archive, open_archive, read_archive
from awsops_plugins.sqs.messages import Message
from awsops_plugins.sqs.pacing import Pace, read_rate
from awsops_plugins.sqs.terms import Terms
from hypothesis import given
from hypothesis import strategies as st

from awsops.errors import AwsopsError, UsageError

ARN = "arn:aws:sqs:eu-west-1:123456789012:dlq"


def seed(sqs: Any, count: int) -> None:
    sqs.add_queue("dlq")
    sqs.add_queue("orders", dlq="dlq")
    for number in range(count):
        sqs.put("dlq", f"{'good' if number % 3 else 'bad'}-{number}", source="orders")


def test_only_what_is_selected_moves_and_the_rest_is_visible(sqs: Any, Run: Any) -> None:
    seed(sqs, 90)
    terms = Terms(selects=lambda message: message.body.startswith("bad"))
    run = Run(sqs, lanes=3, terms=terms)("dlq")
    assert run.counts() == (30, 60, 0)
    assert run.row.matched == 30
    assert len(sqs.queues["dlq"].messages) == 60
    assert sqs.hidden("dlq") == []


def test_what_is_not_selected_is_read_once_and_not_again_and_again(sqs: Any, Run: Any) -> None:
    seed(sqs, 60)
    run = Run(sqs, lanes=2, terms=Terms(selects=lambda message: False))
    plan = run.plan("dlq")  # which looks for itself
    looked = [m.count for m in sqs.queues["dlq"].messages]
    run("dlq", plan)
    assert [m.count for m in sqs.queues["dlq"].messages] == [count + 1 for count in looked]


def test_a_long_run_keeps_hiding_what_it_does_not_move(sqs: Any, Run: Any) -> None:
    seed(sqs, 30)
    send = sqs.send_message_batch

    def slow(**params: Any) -> Any:
        sqs.clock.sleep(45)
        return send(**params)

    sqs.send_message_batch = slow
    terms = Terms(selects=lambda message: message.body.startswith("bad"))
    run = Run(sqs, lanes=1, terms=terms)("dlq")
    assert run.counts() == (10, 20, 0)
    assert sqs.hidden("dlq") == []


def test_max_counts_only_what_is_selected(sqs: Any, Run: Any) -> None:
    seed(sqs, 60)
    terms = Terms(selects=lambda message: message.body.startswith("bad"))
    run = Run(sqs, lanes=2, limit=5, terms=terms)("dlq")
    assert run.row.moved == 5
    assert sqs.hidden("dlq") == []


def test_too_many_that_stay_is_an_error_that_says_what_to_do(
    sqs: Any, Run: Any, service_error: Any
) -> None:
    seed(sqs, 50)

    def limit(name: str, params: dict[str, Any]) -> BaseException | None:
        full = name == "ReceiveMessage" and len(sqs.hidden("dlq")) >= 20
        return service_error("OverLimit", status=403) if full else None

    sqs.faults.append(limit)
    run = Run(sqs, lanes=1, terms=Terms(selects=lambda message: False))("dlq")
    assert isinstance(run.error, AwsopsError)
    assert "--since" in str(run.error.hint)
    assert sqs.hidden("dlq") == []


@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("rate", [5.0, 200.0])
def test_a_pace_is_kept_whatever_the_number_of_lanes(
    sqs: Any, Run: Any, lanes: int, rate: float
) -> None:
    seed(sqs, 200)
    sent: list[tuple[float, int]] = []
    send = sqs.send_message_batch

    def watched(**params: Any) -> Any:
        sent.append((sqs.clock.now, len(params["Entries"])))
        return send(**params)

    first_receive: list[float] = []
    receive = sqs.receive_message

    def received(**params: Any) -> Any:
        first_receive.append(sqs.clock.now)
        return receive(**params)

    sqs.send_message_batch, sqs.receive_message = watched, received
    run = Run(sqs, lanes=lanes, terms=Terms(pace=Pace(rate, sqs.clock)))("dlq")
    assert run.counts() == (200, 0, 0)
    began = first_receive[0]
    for moment, _ in sent:
        # From the first second on, and not only in the long run.
        so_far = sum(count for at, count in sent if at <= moment)
        assert so_far <= rate * (moment - began) * 1.02
    if lanes == 1:  # the sleeps of several add up on the one clock that they share
        assert max(moment for moment, _ in sent) - began <= 200 / rate * 1.02


def test_messages_that_wait_for_their_turn_stay_hidden(sqs: Any, Run: Any) -> None:
    seed(sqs, 60)
    run = Run(sqs, lanes=3, terms=Terms(pace=Pace(0.2, sqs.clock)))("dlq")
    assert run.counts() == (60, 0, 0)
    assert [m.body for m in sqs.queues["dlq"].messages] == []
    assert len(sqs.queues["orders"].messages) == 60


def test_under_a_slow_pace_a_message_is_deleted_before_the_next_is_sent(sqs: Any, Run: Any) -> None:
    seed(sqs, 12)
    both: list[int] = []

    def watch(name: str, params: dict[str, Any]) -> None:
        if name == "SendMessageBatch":
            copies = len(sqs.queues["orders"].messages)
            both.append(copies - (12 - len(sqs.queues["dlq"].messages)))

    sqs.faults.append(watch)
    assert Run(sqs, lanes=1, terms=Terms(pace=Pace(5, sqs.clock)))("dlq").counts() == (12, 0, 0)
    assert both == [0] * 12


def test_a_pace_saves_up_one_batch_in_a_pause_and_no_more() -> None:
    now = [0.0]
    pace = Pace(10.0, lambda: now[0])
    assert [pace.reserve(10), pace.reserve(10)] == [1.0, 2.0]
    now[0] = 100.0
    assert [pace.reserve(10), pace.reserve(10)] == pytest.approx([99.98, 100.98])


@pytest.mark.parametrize(("rate", "together"), [(0.01, 1), (5, 1), (20, 4), (50, 10), (5000, 10)])
def test_few_messages_a_second_leave_one_by_one(rate: float, together: int) -> None:
    assert Pace(rate, lambda: 0.0).batch == together


@given(
    rate=st.floats(0.1, 5_000),
    steps=st.lists(st.tuples(st.floats(0, 3), st.integers(1, 10)), min_size=1, max_size=60),
)
def test_no_second_sees_more_than_the_rate(rate: float, steps: list[tuple[float, int]]) -> None:
    now = [1_000.0]
    pace = Pace(rate, lambda: now[0])
    left: list[tuple[float, int]] = []  # when they really leave
    for pause, wanted in steps:
        count = min(wanted, pace.batch)
        now[0] += pause
        left.append((max(now[0], pace.reserve(count)), count))
    for number, (moment, count) in enumerate(left):
        within = sum(c for at, c in left[number:] if at < moment + 1.0)
        assert within <= rate * 1.02 + count
        assert sum(c for at, c in left if at <= moment) <= rate * (moment - 1_000) * 1.02 + 1e-6


@pytest.mark.parametrize(("text", "rate"), [("50", 50), ("50/s", 50), ("30/m", 0.5)])
def test_a_rate_is_messages_a_second(text: str, rate: float) -> None:
    assert read_rate(text) == rate


@pytest.mark.parametrize("text", ["0", "-1", "fast", "5/x", ""])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--rate"):
        read_rate(text)


def test_every_message_is_in_the_backup_before_it_is_sent(
    sqs: Any, Run: Any, tmp_path: Path
) -> None:
    seed(sqs, 40)
    path = tmp_path / "backup.ndjson"

    def kept(name: str, params: dict[str, Any]) -> None:
        if name == "SendMessageBatch":
            bodies = {json.loads(line)["body"] for line in path.read_text().splitlines()}
            assert {entry["MessageBody"] for entry in params["Entries"]} <= bodies

    sqs.faults.append(kept)
    with open_archive(path, ARN) as backup:
        run = Run(sqs, terms=Terms(backup=backup))("dlq")
    assert run.error is None
    assert len(path.read_text().splitlines()) == 40
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_backup_that_cannot_be_written_stops_the_run_before_the_send(sqs: Any, Run: Any) -> None:
    seed(sqs, 40)

    def full(messages: Any) -> None:
        raise AwsopsError("the disk is full")

    run = Run(sqs, terms=Terms(backup=full))("dlq")
    assert isinstance(run.error, AwsopsError)
    assert len(sqs.queues["dlq"].messages) == 40
    assert sqs.hidden("dlq") == []


def test_a_backup_into_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError), open_archive(tmp_path / "no" / "file", ARN):
        pass


def test_what_comes_again_is_in_the_backup_once(
    sqs: Any, Run: Any, service_error: Any, tmp_path: Path
) -> None:
    seed(sqs, 40)
    path = tmp_path / "backup.ndjson"
    refusals = iter([True] * 5)
    sqs.faults.append(
        lambda name, params: (
            service_error("RequestThrottled")
            if name == "SendMessageBatch" and next(refusals, False)
            else None
        )
    )
    with open_archive(path, ARN) as backup:
        run = Run(sqs, terms=Terms(backup=backup))("dlq")
    assert run.error is None
    assert len(path.read_text().splitlines()) == 40


def test_a_backup_is_no_stream() -> None:
    with pytest.raises(UsageError, match="not on stdout"), open_archive(Path("-"), ARN):
        pass


values = st.one_of(
    st.builds(lambda v: {"DataType": "String", "StringValue": v}, st.text(min_size=1)),
    st.builds(lambda v: {"DataType": "Binary.x", "BinaryValue": v}, st.binary(min_size=1)),
    st.builds(lambda v: {"DataType": "Number", "StringValue": str(v)}, st.integers()),
)
text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(body=text, attributes=st.dictionaries(text, values, max_size=5), trace=text)
def test_what_is_archived_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, body: str, attributes: dict[str, Any], trace: str
) -> None:
    path = tmp_path_factory.mktemp("archive") / "a.ndjson"
    message = Message("m-1", "", body, attributes, {"AWSTraceHeader": trace, "MessageGroupId": "g"})
    archive = Archive(path, ARN)
    archive.write([message])
    archive.close()
    assert list(read_archive(path)) == [message]


def test_lanes_that_write_at_once_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    archives = [Archive(path, ARN) for _ in range(4)]

    def write(archive: Archive, name: str) -> None:
        for number in range(50):
            ids = (f"{name}-{number}-a", f"{name}-{number}-b")
            archive.write([Message(each, "", "x" * 5000, {}, {}) for each in ids])

    threads = [threading.Thread(target=write, args=(a, str(n))) for n, a in enumerate(archives)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for archive in archives:
        archive.close()
    assert len(list(read_archive(path))) == 400


def test_a_line_that_is_no_message_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text('{"body": 1}\n')
    with pytest.raises(UsageError, match="line 1"):
        list(read_archive(path))
