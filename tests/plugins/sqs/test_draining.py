"""Messages taken out of a queue: in the file before they are gone, and none of them twice."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from awsops_plugins.sqs.draining import Drain, Drained, file_of
from awsops_plugins.sqs.drains import open_drain
from awsops_plugins.sqs.queues import QueueRef, read_facts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.plugins.sqs.on_sandbox import DEV, Queues, chaos, queues

__all__ = ["chaos", "queues"]


def drain(
    sqs: Any,
    path: Path,
    selects: Any = None,
    limit: int | None = None,
    resume: str | None = None,
) -> Drained:
    facts = read_facts(sqs, QueueRef("dlq", sqs.queues["dlq"].url))
    folder = (path.parent if path.parent.exists() else path.parents[2]) / "records"
    with open_drain(folder, facts, run_id=resume or uuid4().hex, resume=resume) as opened:
        run = opened.begin(path, limit, "awsops sqs drain ...", sqs.clock.now)
        work = Drain(sqs, facts, run, selects, sqs.clock.sleep, sqs.clock, lambda: False)
        return next(event for event in work.work(path) if isinstance(event, Drained))


def bodies(path: Path) -> list[str]:
    return [json.loads(line)["body"] for line in path.read_text().splitlines()]


def test_what_matches_is_in_the_file_and_the_rest_is_visible(sqs: Any, tmp_path: Path) -> None:
    sqs.add_queue("dlq")
    for number in range(30):
        sqs.put("dlq", f"body-{number}")
    row = drain(sqs, tmp_path / "out", lambda message: message.body.endswith("7"))
    assert (row.drained, row.skipped) == (3, 27)
    assert sorted(bodies(tmp_path / "out")) == ["body-17", "body-27", "body-7"]
    assert len(sqs.queues["dlq"].messages) == 27
    assert sqs.hidden("dlq") == []


def test_a_limit_is_kept(sqs: Any, tmp_path: Path) -> None:
    sqs.add_queue("dlq")
    for number in range(30):
        sqs.put("dlq", f"body-{number}")
    assert drain(sqs, tmp_path / "out", limit=13).drained == 13
    assert len(sqs.queues["dlq"].messages) == 17
    assert sqs.hidden("dlq") == []


def test_a_file_that_cannot_be_written_deletes_nothing(sqs: Any, tmp_path: Path) -> None:
    from awsops.errors import UsageError

    sqs.add_queue("dlq")
    sqs.put("dlq", "body")
    with pytest.raises(UsageError):
        drain(sqs, tmp_path / "no" / "such" / "folder")
    assert sqs.queues["dlq"].bodies == ["body"]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    count=st.integers(0, 60),
    lost=st.lists(st.sampled_from(["ReceiveMessage", "DeleteMessageBatch"]), max_size=5),
    seed=st.integers(0, 2**16),
)
def test_on_a_bad_day_every_message_is_in_the_queue_or_once_in_the_file(
    new_sqs: Any,
    service_error: Any,
    tmp_path_factory: pytest.TempPathFactory,
    count: int,
    lost: list[str],
    seed: int,
) -> None:
    dice = random.Random(seed)
    sqs, path = new_sqs(), tmp_path_factory.mktemp("drain") / "out"
    sqs.add_queue("dlq")
    all_bodies = {f"body-{number}" for number in range(count)}
    for body in all_bodies:
        sqs.put("dlq", body)
    sqs.lost_answers += lost
    sqs.faults.append(
        lambda name, params: (
            service_error("RequestThrottled")
            if name != "GetQueueAttributes" and dice.random() < 0.1
            else None
        )
    )
    sqs.entry_faults.append(
        lambda operation, entry: (
            {"SenderFault": False, "Code": "InternalError"} if dice.random() < 0.1 else None
        )
    )
    drain(sqs, path)
    written = bodies(path)
    assert len(written) == len(set(written))
    assert set(written) | set(sqs.queues["dlq"].bodies) == all_bodies


class KilledError(BaseException):
    """The process is gone: nothing more happens."""


def drain_until_killed(sqs: Any, path: Path, calls: int, limit: int | None, resume: str) -> None:
    """One process; it dies at its `calls`th call of SQS, before or after it is carried out."""
    seen = 0

    def die(name: str, params: Any) -> BaseException | None:
        nonlocal seen
        seen += 1
        return KilledError() if seen > calls else None

    sqs.faults.append(die)
    try:
        with suppress(KilledError):
            drain(sqs, path, limit=limit, resume=resume)
    finally:
        sqs.faults.clear()


def begin_drain(sqs: Any, path: Path, limit: int | None, run: str) -> None:
    facts = read_facts(sqs, QueueRef("dlq", sqs.queues["dlq"].url))
    with open_drain(path.parent / "records", facts, run_id=run, resume=None) as opened:
        opened.begin(path, limit, "awsops sqs drain ...", sqs.clock.now)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    count=st.integers(0, 60),
    limit=st.none() | st.integers(1, 40),
    kills=st.lists(st.integers(1, 12), min_size=1, max_size=5),
    lost=st.sampled_from([None, "ReceiveMessage", "DeleteMessageBatch"]),
    order=st.none() | st.integers(0, 3),
)
def test_killed_at_any_call_and_resumed_every_message_is_in_the_queue_or_in_the_file(
    new_sqs: Any,
    tmp_path_factory: pytest.TempPathFactory,
    count: int,
    limit: int | None,
    kills: list[int],
    lost: str | None,
    order: int | None,
) -> None:
    sqs, path = new_sqs(), tmp_path_factory.mktemp("drain") / "out"
    if order is not None:
        sqs.dice = random.Random(order)
    sqs.add_queue("dlq")
    for number in range(count):
        sqs.put("dlq", f"body-{number}")
    begin_drain(sqs, path, limit, "run-1")
    for calls in kills:
        sqs.lost_answers += [lost] if lost else []
        drain_until_killed(sqs, path, calls, None, "run-1")
        sqs.lost_answers.clear()
    row = drain(sqs, path, resume="run-1")
    written, left = set(bodies(path)), set(sqs.queues["dlq"].bodies)
    assert len(written) == min(count, limit or count)
    assert written | left == {f"body-{number}" for number in range(count)}
    assert not written & left
    assert row.drained == row.in_file == len(written)


def test_a_resumed_drain_writes_to_the_same_file(
    awsops: Any, queues: Queues, tmp_path: Path
) -> None:
    name = queues.make("poisoned")
    queues.fill("poisoned", 12)
    words = ["sqs", "drain", name, str(tmp_path / "a.ndjson"), "--max", "5", "-y", *DEV]
    assert awsops(words).rows[0]["drained"] == 5
    (record,) = (tmp_path / ".local/state/awsops/sqs-drain").glob("*.ndjson")
    resume = ["--resume", record.name.partition(".")[0], "-y", *DEV]
    other = awsops(["sqs", "drain", name, str(tmp_path / "b.ndjson"), *resume])
    assert (other.exit_code, "a.ndjson" in other.stderr) == (2, True)
    again = awsops(["sqs", "drain", name, str(tmp_path / "a.ndjson"), *resume])
    assert (again.exit_code, again.rows[0]["drained"]) == (0, 5), again.stderr
    assert queues.depth("poisoned") == (7, 0)


def test_the_row_counts_what_an_interrupted_drain_had_written(sqs: Any, tmp_path: Path) -> None:
    sqs.add_queue("dlq")
    for number in range(30):
        sqs.put("dlq", f"body-{number}")
    path = tmp_path / "out"
    assert drain(sqs, path, limit=13).in_file == 13
    row = drain(sqs, path)
    assert (row.drained, row.in_file) == (17, 30)


def test_a_file_for_each_target() -> None:
    path = file_of(Path("x-{queue}-{account}-{region}"), account="1", region="r", queue="q")
    assert path == Path("x-q-1-r")


def test_drain_names_the_undo_and_the_undo_puts_them_back(
    awsops: Any, queues: Queues, tmp_path: Path
) -> None:
    name = queues.make("poisoned")
    queues.fill("poisoned", 12)
    path = tmp_path / "poison.ndjson"
    words = ["sqs", "drain", name, str(path), "--match", "-1", *DEV]
    planned = awsops([*words, "--dry-run"])
    assert not path.exists()
    done = awsops([*words, "-y"])
    assert (done.rows[0]["drained"], done.rows[0]["skipped"]) == (3, 9), done.stderr
    assert queues.depth("poisoned") == (9, 0)
    undo = planned.rows[0]["undo"].split()
    assert awsops([*undo[1:], "-y"]).exit_code == 0
    assert queues.depth("poisoned") == (12, 0)


def test_an_empty_queue_is_nothing_to_drain(awsops: Any, queues: Queues, tmp_path: Path) -> None:
    done = awsops(["sqs", "drain", queues.make("empty"), str(tmp_path / "out"), *DEV])
    assert (done.exit_code, done.rows[0]["drained"]) == (0, 0)
    assert not (tmp_path / "out").exists()


def test_messages_that_somebody_holds_are_not_said_to_be_none(
    awsops: Any, queues: Queues, tmp_path: Path
) -> None:
    name = queues.make("dead")
    queues.fill("dead", 3)
    queues.client.receive_message(
        QueueUrl=queues.url("dead"), MaxNumberOfMessages=10, VisibilityTimeout=600
    )
    result = awsops(["sqs", "drain", name, str(tmp_path / "out.ndjson"), "-y", *DEV])
    assert (result.exit_code, result.rows[0]["drained"]) == (0, 0)
    assert f"{name} has no visible message" in result.stderr
    assert f"about 3 messages of {name} are in flight or delayed" in result.stderr
