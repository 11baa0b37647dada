"""Runs that are killed and resumed, on the fake: at most what was in doubt arrives twice."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from awsops_plugins.sqs.guard import LoopGuard
from awsops_plugins.sqs.planning import plan_redrive
from awsops_plugins.sqs.queues import QueueRef, read_facts
from awsops_plugins.sqs.runlog import Header, RunLog
from awsops_plugins.sqs.runs import Run as RedriveRun
from awsops_plugins.sqs.runs import open_run, read_lease
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from awsops.errors import UsageError

LEASE = 60


class KilledError(BaseException):
    """The process is gone: nothing more happens."""


# Each example makes a queue service of its own, so fixtures that outlive one do no harm.
forty = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class MortalLog(RunLog):
    """A record whose process can die at any moment: then nothing more is written."""

    dead = False

    def _append(self, kind: str, ids: Any, *more: Any) -> None:
        if MortalLog.dead:
            raise KilledError
        super()._append(kind, ids, *more)


def seed(sqs: Any, count: int) -> list[str]:
    sqs.add_queue("dlq")
    sqs.add_queue("orders", dlq="dlq")
    for number in range(count):
        sqs.put("dlq", f"body-{number}", source="orders")
    return [f"body-{number}" for number in range(count)]


def header(sqs: Any) -> Header:
    return Header("run-1", sqs.queues["dlq"].arn, None, sqs.clock.now, LEASE)


def run_until_killed(sqs: Any, Run: Any, log: RunLog, lanes: int, calls: int | None) -> Any:
    """One process; it dies at its `calls`th call of SQS, before or after it is carried out."""
    run = Run(sqs, lanes=lanes, record=log, started=log.header.started, patience=LEASE + 1.0)
    run_until_killed_with(sqs, run, run.plan("dlq"), calls)
    return run


def run_until_killed_with(sqs: Any, run: Any, plan: Any, calls: int | None) -> bool:
    """The same with a plan; whether it died."""
    seen = 0

    def die(name: str, params: dict[str, Any]) -> BaseException | None:
        nonlocal seen
        seen += 1
        if calls is not None and seen > calls:
            MortalLog.dead = True
        return KilledError() if MortalLog.dead else None

    sqs.faults.append(die)
    try:
        run("dlq", plan)
    except KilledError:
        return True
    finally:
        sqs.faults.clear()
        MortalLog.dead = False
    return False


@forty
@given(
    count=st.integers(0, 80),
    lanes=st.integers(1, 3),
    kills=st.lists(st.integers(1, 30), max_size=5),
    lost=st.booleans(),
)
def test_killed_at_any_call_and_resumed_until_done_nothing_is_lost_and_nothing_doubled(
    new_sqs: Any,
    Run: Any,
    tmp_path_factory: pytest.TempPathFactory,
    count: int,
    lanes: int,
    kills: list[int],
    lost: bool,
) -> None:
    sqs, folder = new_sqs(), tmp_path_factory.mktemp("runs")
    bodies = seed(sqs, count)
    log: RunLog | None = MortalLog.begin(folder, header(sqs))
    for calls in kills:
        assert log is not None
        if lost:  # and the first answer to a send does not arrive
            sqs.lost_answers.append("SendMessageBatch")
        run_until_killed(sqs, Run, log, lanes, calls)
        sqs.lost_answers.clear()
        log.close(finished=False)
        log = MortalLog.resume(folder, "run-1", sqs.queues["dlq"].arn)
    assert log is not None
    run = run_until_killed(sqs, Run, log, lanes, None)
    arrived = sqs.queues["orders"].bodies
    assert run.error is None
    assert sqs.queues["dlq"].messages == []
    assert set(arrived) == set(bodies)
    assert len(arrived) - len(set(arrived)) <= log.doubtful
    log.close(finished=True)


def test_a_resumed_run_deletes_what_was_sent_and_does_not_send_it_again(
    sqs: Any, Run: Any, tmp_path: Path
) -> None:
    seed(sqs, 20)
    log = RunLog.begin(tmp_path, header(sqs))
    sent = [message.id for message in sqs.queues["dlq"].messages[:7]]
    log.add_sending(sent)
    log.add_answered(sent, [])
    for message in sqs.queues["dlq"].messages[:7]:
        message.visible_at = sqs.clock.now + 50  # the killed process holds them still
    run = Run(sqs, record=log, started=log.header.started, patience=61.0)
    # As a later process reads it:
    log.close(finished=False)
    again = RunLog.resume(tmp_path, "run-1", sqs.queues["dlq"].arn)
    run.record = again
    run("dlq")
    assert run.row is not None
    assert (run.row.moved, run.row.resumed) == (20, 7)
    assert len(sqs.queues["orders"].messages) == 13
    assert sqs.queues["dlq"].messages == []


def test_what_was_deleted_and_not_written_down_any_more_counts_as_moved(
    sqs: Any, Run: Any, tmp_path: Path
) -> None:
    seed(sqs, 20)
    log = RunLog.begin(tmp_path, header(sqs))
    messages = sqs.queues["dlq"].messages
    sent = [message.id for message in messages[:7]]
    log.add_sending(sent)
    log.add_answered(sent, [])
    log.add_deleted(sent[:2])
    del messages[:5]  # three more deletes were carried out, and the process was killed
    log.close(finished=False)
    again = RunLog.resume(tmp_path, "run-1", sqs.queues["dlq"].arn)
    assert again is not None
    begun = RedriveRun("run-1", again, LoopGuard(log.header.started), "", 61.0, earlier=2)
    run = Run(sqs, patience=61.0)
    run.begin = lambda _: begun
    run("dlq")
    assert (run.row.matched, run.row.moved, run.row.resumed) == (20, 20, 2)
    again.close(finished=True)
    once_more = RunLog.resume(tmp_path, "run-1", sqs.queues["dlq"].arn)
    assert once_more is not None
    assert once_more.deleted_before == 20


def go_on(sqs: Any, Run: Any, folder: Path, calls: int | None, limit: int | None) -> Any:
    """One process of a run whose first one had a limit; it dies at its `calls`th call."""
    facts = read_facts(sqs, QueueRef("dlq", sqs.queues["dlq"].url))
    known = any(folder.glob("run-1.*.ndjson"))
    run = Run(sqs, lanes=2, patience=LEASE + 1.0 if known else 0.0)
    with (
        suppress(KilledError),
        open_run(folder, facts, run_id="run-1", resume="run-1" if known else None) as opened,
    ):
        run.limit = opened.left_of(limit)
        plan = run.plan("dlq")
        begun = opened.begin(plan, sqs.clock.now, "awsops ...", lease=LEASE)
        if isinstance(begun.record, RunLog):
            begun.record.__class__ = MortalLog
        run.begin = lambda _: begun
        if run_until_killed_with(sqs, run, plan, calls):
            raise KilledError
    return run


@forty
@given(
    count=st.integers(0, 60),
    limit=st.integers(1, 40),
    kills=st.lists(st.integers(1, 12), max_size=5),
    lost=st.booleans(),
    seed_of_order=st.none() | st.integers(0, 3),
)
# The second ends without its answer.
@example(count=2, limit=1, kills=[1, 5, 1], lost=True, seed_of_order=None)
def test_all_processes_of_a_run_together_move_no_more_than_its_limit(
    new_sqs: Any,
    Run: Any,
    tmp_path_factory: pytest.TempPathFactory,
    count: int,
    limit: int,
    kills: list[int],
    lost: bool,
    seed_of_order: int | None,
) -> None:
    sqs, folder = new_sqs(), tmp_path_factory.mktemp("runs")
    if seed_of_order is not None:
        sqs.dice = random.Random(seed_of_order)
    bodies = seed(sqs, count)
    for number, calls in enumerate(kills):
        if lost:
            sqs.lost_answers.append("SendMessageBatch")
        go_on(sqs, Run, folder, calls, limit if number == 0 else None)
        sqs.lost_answers.clear()
    if lost and not kills:
        sqs.lost_answers.append("SendMessageBatch")
    run = go_on(sqs, Run, folder, None, None if kills else limit)
    arrived, left = set(sqs.queues["orders"].bodies), set(sqs.queues["dlq"].bodies)
    assert run.error is None
    assert len(arrived) <= limit
    assert arrived | left == set(bodies)
    if not lost:
        assert len(arrived) == min(limit, count)
        assert not arrived & left
        assert run.row.moved == len(arrived)
    assert run.row.moved <= limit


def test_what_was_deleted_and_not_written_down_counts_for_a_limit_without_being_looked_for(
    sqs: Any, Run: Any, tmp_path: Path
) -> None:
    log, sent = sent_by_a_killed_process(sqs, tmp_path, limit=12)
    del sqs.queues["dlq"].messages[:3]  # its deletes were carried out, and it was killed
    log.close(finished=False)
    run = go_on(sqs, Run, tmp_path, None, None)
    assert (run.row.moved, run.row.resumed) == (12, 7)
    assert len(sqs.queues["orders"].messages) == 12 - len(sent)
    assert len(sqs.queues["dlq"].messages) == 30 - 12
    assert run.row.seconds < LEASE
    assert not any("earlier process" in note for note in run.notes)


def test_a_message_that_somebody_received_meanwhile_is_looked_for_although_its_delete_was_taken(
    sqs: Any, Run: Any, tmp_path: Path
) -> None:
    log, _ = sent_by_a_killed_process(sqs, tmp_path, limit=7)
    log.close(finished=False)
    sqs.clock.now += LEASE
    sqs.receive_message(  # a peek: the handles that were written down are old
        QueueUrl=sqs.queues["dlq"].url, MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    run = go_on(sqs, Run, tmp_path, None, None)
    assert (run.row.moved, run.row.resumed) == (7, 7)
    assert len(sqs.queues["dlq"].messages) == 30 - 7
    assert sqs.queues["orders"].messages == []  # it was the earlier process that sent them


def test_a_delete_that_was_taken_late_is_counted_and_the_run_says_that_it_is_not_sure(
    sqs: Any, Run: Any, tmp_path: Path
) -> None:
    log, _ = sent_by_a_killed_process(sqs, tmp_path, limit=7)
    del sqs.queues["dlq"].messages[:7]
    log.close(finished=False)
    sqs.clock.now += LEASE

    def one_more_in_a_long_queue(name: str, params: dict[str, Any]) -> None:
        if name == "ReceiveMessage":
            sqs.put("dlq", "another", source="orders")
            sqs.clock.now += 5

    for _ in range(2):  # and it can be looked for once more
        sqs.faults.append(one_more_in_a_long_queue)
        run = go_on(sqs, Run, tmp_path, None, None)
        assert run.row.moved == 7
        assert any("7 messages sent by an earlier process counted" in note for note in run.notes)


def sent_by_a_killed_process(sqs: Any, folder: Path, limit: int) -> tuple[RunLog, list[str]]:
    """Seven of thirty are sent and not known to be deleted; their leases have just begun."""
    seed(sqs, 30)
    now = sqs.clock.now
    answer = sqs.receive_message(
        QueueUrl=sqs.queues["dlq"].url, MaxNumberOfMessages=7, VisibilityTimeout=LEASE
    )
    sent = [message["MessageId"] for message in answer["Messages"]]
    handles = [message["ReceiptHandle"] for message in answer["Messages"]]
    log = RunLog.begin(folder, replace(header(sqs), limit=limit))
    log.add_sending(sent, handles, now + LEASE)
    log.add_answered(sent, [])
    return log, sent


def test_a_resumed_run_does_not_wait_for_what_can_no_longer_be_hidden(
    sqs: Any, Run: Any, tmp_path: Path
) -> None:
    seed(sqs, 3)
    log = RunLog.begin(tmp_path, header(sqs))
    log.add_sending(["deleted-but-not-recorded"])
    log.add_answered(["deleted-but-not-recorded"], [])
    log.close(finished=False)
    again = RunLog.resume(tmp_path, "run-1", sqs.queues["dlq"].arn)
    run = Run(sqs, record=again, started=sqs.clock.now, patience=61.0)("dlq")
    assert run.error is None
    assert run.counts() == (4, 0, 0)  # with that one
    assert run.row.seconds >= 61


def test_a_record_that_cannot_be_written_stops_the_run_before_more_is_sent(
    sqs: Any, Run: Any, tmp_path: Path
) -> None:
    from awsops.records import RecordError

    class FullDisk(RunLog):
        left = 3

        def _append(self, kind: str, ids: Any, *more: Any) -> None:
            self.left -= 1
            if self.left < 0:
                raise RecordError("the disk is full")
            super()._append(kind, ids, *more)

    seed(sqs, 60)
    log = FullDisk.begin(tmp_path, header(sqs))
    run = Run(sqs, lanes=1, record=log, started=log.header.started)("dlq")
    assert isinstance(run.error, RecordError)
    arrived, left = sqs.queues["orders"].bodies, sqs.queues["dlq"].bodies
    assert sorted(arrived + left) == sorted(f"body-{n}" for n in range(60))
    assert sqs.hidden("dlq") == []


def test_the_destination_of_a_resumed_run_cannot_be_changed(sqs: Any, tmp_path: Path) -> None:
    seed(sqs, 1)
    other = QueueRef("other", sqs.add_queue("other").url)
    facts = read_facts(sqs, QueueRef("dlq", sqs.queues["dlq"].url))
    RunLog.begin(tmp_path, header(sqs)).close(finished=False)
    with (
        open_run(tmp_path, facts, run_id="run-2", resume="run-1") as opened,
        pytest.raises(UsageError, match="run-1"),
    ):
        opened.destination(other)


def test_a_dry_run_leaves_no_record(sqs: Any, tmp_path: Path) -> None:
    seed(sqs, 1)
    facts = read_facts(sqs, QueueRef("dlq", sqs.queues["dlq"].url))
    with open_run(tmp_path / "redrive", facts, run_id="run-1", resume=None) as opened:
        plan_redrive(sqs, facts, to=None, limit=None, region="eu-west-1", stopped=lambda: False)
        assert opened.unfinished == 0
    assert not (tmp_path / "redrive").exists()


@pytest.mark.parametrize("text", ["9s", "13h", "soon"])
def test_a_lease_outside_of_what_works_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_lease(text)


def test_a_poll_that_outlives_its_killed_process_hides_nothing_from_the_next(
    sqs: Any, Run: Any
) -> None:
    bodies = seed(sqs, 20)
    url = sqs.get_queue_url(QueueName="dlq")["QueueUrl"]
    run = Run(sqs, lanes=2, suspicion=LEASE + 1.0)
    plan = run.plan("dlq")
    # SQS answers it although nobody waits any more, after the next process has made its plan.
    sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=LEASE)
    run("dlq", plan)
    assert run.counts() == (20, 0, 0)
    assert sorted(m.body for m in sqs.queues["orders"].messages) == sorted(bodies)
