"""What a redrive can do besides moving: rewrite, go to another account, tell of each, stop."""

from __future__ import annotations

import json
from typing import Any

import pytest
from awsops_plugins.sqs.returns import Returns, read_share

from awsops.errors import UsageError
from tests.plugins.sqs.on_sandbox import DEV, Queues, chaos, queues

__all__ = ["chaos", "queues"]


def bodies(queues: Queues, name: str) -> list[str]:
    return sorted(message["Body"] for message in queues.drain(name))


def send(queues: Queues, name: str, *texts: str) -> None:
    for text in texts:
        queues.client.send_message(QueueUrl=queues.url(name), MessageBody=text)


def wired(queues: Queues, **attributes: str) -> str:
    dlq = queues.make("dead", **attributes)
    queues.make("orders", dlq="dead")
    return dlq


def redrive(awsops: Any, dlq: str, *words: str) -> Any:
    return awsops(["sqs", "redrive", dlq, "--engine", "client", *words, *DEV])


def test_a_transform_shows_the_first_body_before_and_after(awsops: Any, queues: Queues) -> None:
    dlq = wired(queues)
    send(queues, "dead", '{"detail": {"order": 5}}')
    words = ("--transform", "merge(body.detail, {retried: `true`})")
    planned = redrive(awsops, dlq, *words, "--dry-run")
    assert planned.rows[0]["before"] == '{"detail": {"order": 5}}', planned.stderr
    assert planned.rows[0]["after"] == '{"order":5,"retried":true}'
    assert queues.depth("dead") == (1, 0)


def test_a_transform_sends_the_new_body_and_backs_up_the_old_one(
    awsops: Any, queues: Queues, tmp_path: Any
) -> None:
    dlq = wired(queues)
    send(queues, "dead", '{"Message": "inner \\u00e9"}')
    backup = tmp_path / "letters.ndjson"
    done = redrive(awsops, dlq, "--transform", "body.Message", "--backup", str(backup), "-y")
    assert done.rows[0]["moved"] == 1, done.stderr
    assert bodies(queues, "orders") == ["inner é"]
    assert json.loads(backup.read_text())["body"] == '{"Message": "inner \\u00e9"}'


def test_what_a_transform_gives_nothing_for_stays(awsops: Any, queues: Queues) -> None:
    dlq = wired(queues)
    send(queues, "dead", '{"a": "x"}', "plain text")
    planned = redrive(awsops, dlq, "--transform", "body.a", "--dry-run")
    assert "gives nothing for 1 of the first 2 messages: such messages stay" in " ".join(
        planned.stderr.split()
    )
    done = redrive(awsops, dlq, "--transform", "body.a", "-y")
    assert (done.exit_code, done.rows[0]["moved"], done.rows[0]["failed"]) == (6, 1, 1)
    assert bodies(queues, "dead") == ["plain text"]


def test_a_transform_that_fits_no_message_is_refused_before_the_plan(
    awsops: Any, queues: Queues
) -> None:
    dlq = wired(queues)
    send(queues, "dead", "plain text")
    done = redrive(awsops, dlq, "--transform", "body.a", "-y")
    assert done.exit_code == 2
    assert queues.depth("dead") == (1, 0)


def test_each_shows_a_row_for_every_message_and_the_sum_beside(awsops: Any, queues: Queues) -> None:
    dlq = wired(queues)
    queues.fill("dead", 25)
    done = redrive(awsops, dlq, "--each", "-y")
    assert len({row["message_id"] for row in done.rows}) == 25, done.stderr
    assert {(row["outcome"], row["destination"]) for row in done.rows} == {
        ("moved", queues.name("orders"))
    }
    assert "25 moved, 0 skipped, 0 failed" in done.stderr


def test_another_account_is_named_in_the_plan_and_in_the_journal(
    awsops: Any, queues: Queues, tmp_path: Any
) -> None:
    dlq = wired(queues)
    queues.fill("dead", 3)
    words = ("--to", "orders", "--to-profile", "demo-staging")
    planned = redrive(awsops, dlq, *words, "--dry-run")
    assert "orders in account 222222222222 (demo-staging/eu-west-1)" in planned.rows[0]["detail"]
    done = redrive(awsops, dlq, *words, "-y")
    assert done.rows[0]["moved"] == 3, done.stderr
    assert queues.depth("dead") == (0, 0)
    calls = awsops(["history", "show", done.rows[0]["run"], "-o", "json"]).rows
    where = {(row["operation"], row["account"]) for row in calls if row.get("operation")}
    assert ("SendMessageBatch", "222222222222") in where
    assert ("DeleteMessageBatch", "111111111111") in where
    assert ("SendMessageBatch", "111111111111") not in where


def test_another_account_needs_the_name_of_a_queue(awsops: Any, queues: Queues) -> None:
    done = redrive(awsops, wired(queues), "--to-profile", "demo-staging", "-y")
    assert done.exit_code == 2
    assert "add --to QUEUE" in done.stderr


def test_a_mistyped_profile_of_the_other_account_is_refused(awsops: Any, queues: Queues) -> None:
    done = redrive(awsops, wired(queues), "--to", "orders", "--to-profile", "demo-stagin", "-y")
    assert done.exit_code == 2
    assert "demo-staging" in done.stderr


def test_a_kept_deduplication_id_arrives(awsops: Any, queues: Queues) -> None:
    dlq = queues.make("dead.fifo")
    queues.make("orders.fifo", dlq="dead.fifo")
    queues.fill("dead.fifo", 3)
    done = redrive(awsops, dlq, "--keep-dedup-id", "-y")
    assert done.rows[0]["moved"] == 3, done.stderr
    assert "is lost" in done.stderr
    found = queues.drain("orders.fifo")
    ids = {message["Attributes"]["MessageDeduplicationId"] for message in found}
    assert ids == {"d0", "d1", "d2"}


def test_a_run_stops_when_what_it_moved_comes_back(sqs: Any, Run: Any) -> None:
    from awsops_plugins.sqs.terms import Terms

    sqs.add_queue("dlq")
    sqs.add_queue("orders", dlq="dlq")
    for number in range(400):
        sqs.put("dlq", f"body-{number}", source="orders")
    sqs.clock.now += 2  # past the second in which the run begins

    def consumers_fail_again(name: str, params: Any) -> None:
        if name == "SendMessageBatch":
            sqs.clock.now += 1
        if name == "ReceiveMessage":
            for message in list(sqs.queues["orders"].messages):
                sqs.queues["orders"].messages.remove(message)
                sqs.queues["dlq"].messages.insert(0, message)

    sqs.faults.append(consumers_fail_again)
    run = Run(sqs, lanes=1, started=sqs.clock.now - 5, terms=Terms(returns=Returns(0.2)))("dlq")
    assert run.error is not None
    assert "came back" in str(run.error)
    assert len(sqs.queues["dlq"].messages) == 400
    assert run.row.moved < 100


@pytest.mark.parametrize("text", ["20", "0%", "101%", "-5%", "a lot"])
def test_a_share_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--stop-if-returned"):
        read_share(text)
