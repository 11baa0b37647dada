"""The commands through the front door, on the sandbox."""

from __future__ import annotations

import json
import re
import shlex
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from awsops.testing import Sandbox
from tests.plugins.sqs.on_sandbox import ALL, DEV, Queues, chaos, queues

__all__ = ["chaos", "queues"]


# -- ls ----------------------------------------------------------------------------------------


def test_ls_shows_the_queues_of_every_account(awsops: Any) -> None:
    result = awsops(["sqs", "ls", "orders*", *ALL, "--fields", "account,name,dlq"])
    assert result.exit_code == 0
    names = {(row["account"], row["name"], row["dlq"]) for row in result.rows}
    for account in ("111111111111", "222222222222", "333333333333"):
        assert (account, "orders", "orders-dlq") in names


def test_ls_of_dead_letter_queues_leaves_the_others_out(awsops: Any, queues: Queues) -> None:
    queues.make("dead")
    queues.make("alive", dlq="dead")
    result = awsops(["sqs", "ls", queues.name("*"), "--dlq", *DEV])
    assert [row["name"] for row in result.rows] == [queues.name("dead")]


def test_ls_reads_hundreds_of_queues(awsops: Any, queues: Queues) -> None:
    for number in range(220):
        queues.make(f"many-{number:03}")
    result = awsops(["sqs", "ls", queues.name("many-*"), *DEV])
    assert result.exit_code == 0
    assert [row["name"] for row in result.rows] == [
        queues.name(f"many-{number:03}") for number in range(220)
    ]


# -- send --------------------------------------------------------------------------------------


def test_send_delivers_body_and_attributes(awsops: Any, queues: Queues) -> None:
    name = queues.make("inbox")
    attributes = ["--attribute", "tenant=acme", "--attribute", "tries:Number=5"]
    result = awsops(["sqs", "send", name, "hello", *attributes, "-y", *DEV])
    assert result.exit_code == 0
    (message,) = queues.drain("inbox")
    assert message["Body"] == "hello"
    assert message["MessageId"] == result.rows[0]["message_id"]
    assert message["MD5OfBody"] == result.rows[0]["md5"]
    assert message["MessageAttributes"]["tries"]["DataType"] == "Number"


def test_send_reads_a_file_or_stdin_as_it_is(awsops: Any, queues: Queues, tmp_path: Any) -> None:
    name = queues.make("inbox")
    (tmp_path / "body.json").write_text('{"a": "é"}\n', encoding="utf-8")
    awsops(["sqs", "send", name, "--body-file", str(tmp_path / "body.json"), "-y", *DEV])
    awsops(["sqs", "send", name, "-y", *DEV], stdin="from stdin\n")
    bodies = sorted(message["Body"] for message in queues.drain("inbox"))
    assert bodies == ["from stdin\n", '{"a": "é"}\n']


def test_stdin_goes_to_every_account(awsops: Any) -> None:
    result = awsops(["sqs", "send", "orders", "-y", *ALL], stdin="to all")
    assert result.exit_code == 0
    assert len({row["md5"] for row in result.rows}) == 1
    assert len(result.rows) == 3


def test_send_to_a_fifo_queue_needs_a_group_and_returns_its_place(
    awsops: Any, queues: Queues
) -> None:
    name = queues.make("line.fifo")
    refused = awsops(["sqs", "send", name, "x", "-y", *DEV])
    assert refused.exit_code == 2
    assert "--group-id" in refused.stderr
    sent = awsops(["sqs", "send", name, "x", "--group-id", "g", "--dedup-id", "d", "-y", *DEV])
    assert sent.exit_code == 0
    assert sent.rows[0]["sequence_number"].isdigit()


def test_a_delayed_message_is_not_visible_yet(awsops: Any, queues: Queues) -> None:
    name = queues.make("inbox")
    assert awsops(["sqs", "send", name, "x", "--delay", "15m", "-y", *DEV]).exit_code == 0
    assert queues.attributes("inbox")["ApproximateNumberOfMessagesDelayed"] == "1"


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_nothing_is_sent_without_a_confirmation(
    awsops: Any, queues: Queues, options: list[str]
) -> None:
    name = queues.make("inbox")
    result = awsops(["sqs", "send", name, "x", *options, *DEV])
    assert result.exit_code == (0 if options else 2)
    assert queues.depth("inbox") == (0, 0)


def test_send_without_a_body_says_how_to_give_one(awsops: Any, queues: Queues) -> None:
    result = awsops(["sqs", "send", queues.make("inbox"), "-y", *DEV], tty=True)
    assert result.exit_code == 2
    assert "--body-file" in result.stderr


# -- peek --------------------------------------------------------------------------------------


def test_peek_shows_messages_and_leaves_all_of_them_visible(awsops: Any, queues: Queues) -> None:
    name = queues.make("inbox")
    queues.fill("inbox", 25)
    result = awsops(["sqs", "peek", name, "-n", "15", *DEV])
    assert result.exit_code == 0
    assert len({row["message_id"] for row in result.rows}) == 15
    assert queues.depth("inbox") == (25, 0)


def test_peek_refuses_a_queue_whose_messages_it_would_push_on(awsops: Any, queues: Queues) -> None:
    queues.make("dead")
    name = queues.make("alive", dlq="dead")
    queues.fill("alive", 2)
    refused = awsops(["sqs", "peek", name, *DEV])
    assert refused.exit_code == 2
    assert "after 3 receives" in refused.stderr
    allowed = awsops(["sqs", "peek", name, "--raise-receive-count", *DEV])
    assert [row["receive_count"] for row in allowed.rows] == [1, 1]


def test_an_unknown_queue_is_exit_code_5_with_a_suggestion(awsops: Any, queues: Queues) -> None:
    name = queues.make("inbox")
    result = awsops(["sqs", "peek", name.replace("inbox", "inbxo"), *DEV])
    assert result.exit_code == 5
    assert "account 111111111111, eu-west-1" in result.stderr
    assert f"did you mean {name}" in result.stderr


# -- redrive -----------------------------------------------------------------------------------


def test_redrive_moves_everything_and_says_so(awsops: Any, queues: Queues) -> None:
    dlq = queues.make("dead")
    orders = queues.make("orders", dlq="dead")
    queues.fill("dead", 120)
    result = awsops(["sqs", "redrive", dlq, "-y", *DEV])
    assert result.exit_code == 0
    (row,) = result.rows
    assert (row["dlq"], row["destination"]) == (dlq, orders)
    assert (row["matched"], row["moved"], row["skipped"], row["failed"]) == (120, 120, 0, 0)
    assert queues.depth("dead") == (0, 0)
    assert {m["Body"] for m in queues.drain("orders")} == {f"body-{n}" for n in range(120)}


def test_redrive_keeps_attributes_and_trace_header(awsops: Any, queues: Queues) -> None:
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    attributes = {
        "text": {"DataType": "String.custom", "StringValue": "é"},
        "number": {"DataType": "Number", "StringValue": "1.50"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    queues.fill("dead", 1, MessageAttributes=attributes, MessageSystemAttributes=header)
    assert awsops(["sqs", "redrive", dlq, "-y", *DEV]).exit_code == 0
    (copy,) = queues.drain("orders")
    assert copy["MessageAttributes"] == attributes
    assert copy["Attributes"]["AWSTraceHeader"] == trace


def test_redrive_routes_what_sqs_moved_itself_back_to_its_own_source(
    awsops: Any, queues: Queues
) -> None:
    dlq = queues.make("dead")
    for source in ("orders", "refunds"):
        queues.make(source, dlq="dead")
        queues.fill(source, 12)
        url = queues.url(source)
        while queues.depth(source) != (0, 0):
            queues.client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    assert queues.depth("dead") == (24, 0)
    result = awsops(["sqs", "redrive", dlq, "-y", *DEV])
    assert result.rows[0]["moved"] == 24
    assert (queues.depth("orders"), queues.depth("refunds")) == ((12, 0), (12, 0))


def test_redrive_keeps_the_order_within_fifo_groups(awsops: Any, queues: Queues) -> None:
    dlq = queues.make("dead.fifo")
    queues.make("orders.fifo", dlq="dead.fifo")
    queues.fill("dead.fifo", 90)
    assert awsops(["sqs", "redrive", dlq, "-y", *DEV]).rows[0]["moved"] == 90
    arrived: dict[str, list[str]] = {}
    for message in queues.drain("orders.fifo"):
        arrived.setdefault(message["Attributes"]["MessageGroupId"], []).append(message["Body"])
    assert arrived == {f"g{g}": [f"body-{n}" for n in range(g, 90, 3)] for g in range(3)}


def test_redrive_dry_run_shows_the_plan_and_moves_nothing(awsops: Any, queues: Queues) -> None:
    dlq = queues.make("dead")
    orders = queues.make("orders", dlq="dead")
    queues.fill("dead", 7)
    result = awsops(["sqs", "redrive", dlq, "--dry-run", *DEV])
    assert result.exit_code == 0
    assert f"about 7 messages to {orders}" in result.stderr
    assert (queues.depth("dead"), queues.depth("orders")) == ((7, 0), (0, 0))


def test_redrive_of_an_empty_queue_asks_nobody_and_succeeds(awsops: Any, queues: Queues) -> None:
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    result = awsops(["sqs", "redrive", dlq, *DEV])
    assert result.exit_code == 0
    assert result.rows[0]["moved"] == 0


def test_redrive_with_max_moves_so_many_and_hides_none(awsops: Any, queues: Queues) -> None:
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    queues.fill("dead", 30)
    result = awsops(["sqs", "redrive", dlq, "--max", "13", "-y", *DEV])
    assert result.rows[0]["moved"] == 13
    assert (queues.depth("dead"), queues.depth("orders")) == ((17, 0), (13, 0))


def test_redrive_to_another_queue_needs_no_wiring(awsops: Any, queues: Queues) -> None:
    dlq, triage = queues.make("topic-dlq"), queues.make("triage")
    queues.fill("topic-dlq", 3)
    refused = awsops(["sqs", "redrive", dlq, "-y", *DEV])
    assert refused.exit_code == 2
    assert "--to" in refused.stderr
    assert awsops(["sqs", "redrive", dlq, "--to", triage, "-y", *DEV]).exit_code == 0
    assert queues.depth("triage") == (3, 0)


def test_a_message_too_large_for_its_source_stays_and_the_exit_code_says_so(
    awsops: Any, queues: Queues
) -> None:
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead", MaximumMessageSize="1024")
    queues.fill("dead", 5)
    queues.client.send_message(QueueUrl=queues.url("dead"), MessageBody="x" * 2000)
    result = awsops(["sqs", "redrive", dlq, "-y", *DEV])
    assert result.exit_code == 6
    assert result.rows[0]["failed"] == 1
    assert "larger than the 1,024 bytes" in result.stderr
    assert (queues.depth("dead"), queues.depth("orders")) == ((1, 0), (5, 0))


def test_a_destination_whose_policy_denies_ends_the_run_and_everything_stays(
    awsops: Any, queues: Queues
) -> None:
    dlq = queues.make("dead")
    orders = queues.make("orders", dlq="dead")
    queues.fill("dead", 30)
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage"}
    policy = {"Statement": [{**statement, "Resource": queues.attributes("orders")["QueueArn"]}]}
    queues.client.set_queue_attributes(
        QueueUrl=queues.url("orders"), Attributes={"Policy": json.dumps(policy)}
    )
    result = awsops(["sqs", "redrive", dlq, "-y", *DEV])
    assert result.exit_code == 4
    assert orders in result.stderr
    assert "to go on: awsops sqs redrive" in result.stderr
    assert (queues.depth("dead"), queues.depth("orders")) == ((30, 0), (0, 0))


def test_redrive_in_all_accounts_answers_with_a_row_for_each(
    awsops: Any, awsops_sandbox: Sandbox
) -> None:
    awsops_sandbox.renew()
    result = awsops(["sqs", "redrive", "orders-dlq", "--max", "20", "-y", *ALL])
    assert result.exit_code == 0
    assert {row["account"]: row["moved"] for row in result.rows} == {
        "111111111111": 20,
        "222222222222": 20,
        "333333333333": 20,
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_a_bad_day_loses_no_message(
    awsops: Any, queues: Queues, chaos: Callable[[str], None], seed: int
) -> None:
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    queues.fill("dead", 150)
    chaos(f"throttle=0.15,error=0.05,reset=0.03,only=sqs,seed={seed}")
    argv = ["sqs", "redrive", dlq, "-y", *DEV]
    results = [awsops(argv)]
    chaos("")
    if results[0].exit_code != 0:
        # Three faults in a row on one call: botocore gives up, the run says so and can go on.
        assert results[0].exit_code in (1, 6), results[0].stderr
        again = re.search(r"--resume (\S+)", results[0].stderr)
        results.append(awsops([*argv, "--resume", again[1]] if again else argv))
    assert results[-1].exit_code == 0, results[-1].stderr
    arrived = [message["Body"] for message in queues.drain("orders")]
    assert queues.drain("dead") == []
    assert sorted(arrived) == sorted(f"body-{n}" for n in range(150))


def test_ctrl_c_leaves_nothing_hidden_and_loses_nothing(
    awsops_sandbox: Any, queues: Queues, process: Any
) -> None:
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    queues.fill("dead", 4000)
    argv = ["sqs", "redrive", dlq, "--lanes", "2", "-y", *DEV]
    running = process(argv, environ=awsops_sandbox.environ)
    while queues.depth("orders")[0] < 50:
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    stdout, stderr = running.communicate(timeout=60)
    assert running.returncode == 130, stderr
    moved = json.loads(stdout.splitlines()[0])["moved"]
    assert queues.depth("orders") == (moved, 0)
    assert queues.depth("dead") == (4000 - moved, 0)
    assert 0 < moved < 4000


def test_the_resume_command_that_ctrl_c_prints_goes_on(
    awsops: Any, awsops_sandbox: Any, queues: Queues, process: Any, tmp_path: Any
) -> None:
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    queues.fill("dead", 3000)
    running = process(["sqs", "redrive", dlq, "-y", *DEV], environ=awsops_sandbox.environ)
    while queues.depth("orders")[0] < 50:
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    stderr = running.communicate(timeout=60)[1]
    go_on = next(line for line in stderr.splitlines() if "to go on: awsops" in line)
    argv = shlex.split(go_on.partition("awsops ")[2])
    result = awsops([*argv, "-y"])
    assert result.exit_code == 0, result.stderr
    assert (queues.depth("dead"), queues.depth("orders")) == ((0, 0), (3000, 0))


def test_an_unknown_run_cannot_be_resumed(awsops: Any, queues: Queues) -> None:
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    result = awsops(["sqs", "redrive", dlq, "--resume", "20200101-000000-aaaa", "-y", *DEV])
    assert result.exit_code == 5
    assert "no run of" in result.stderr


def test_redrive_of_a_selection_backs_it_up_and_leaves_the_rest(
    awsops: Any, queues: Queues, tmp_path: Any
) -> None:
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    for number in range(20):
        kind = "Timeout" if number % 4 == 0 else "Declined"
        body = json.dumps({"kind": kind, "number": number})
        queues.client.send_message(QueueUrl=queues.url("dead"), MessageBody=body)
    backup = tmp_path / "backup.ndjson"
    argv = ["sqs", "redrive", dlq, "--where", "body.kind == 'Timeout'", "--backup", str(backup)]
    planned = awsops([*argv, "--dry-run", *DEV])
    assert "5 of 20 messages selected: 5 to" in planned.stderr
    assert not backup.exists()
    result = awsops([*argv, "-y", *DEV])
    assert result.exit_code == 0
    row = result.rows[0]
    assert (row["matched"], row["moved"], row["skipped"]) == (5, 5, 15)
    assert (queues.depth("dead"), queues.depth("orders")) == ((15, 0), (5, 0))
    kept = [json.loads(json.loads(line)["body"]) for line in backup.read_text().splitlines()]
    assert sorted(body["number"] for body in kept) == [0, 4, 8, 12, 16]


# -- SQS's own engine --------------------------------------------------------------------------


def test_the_engine_aws_moves_everything_and_the_task_is_listed(
    awsops: Any, queues: Queues
) -> None:
    dlq = queues.make("dead")
    orders = queues.make("orders", dlq="dead")
    url = queues.url("orders")
    queues.fill("orders", 20)
    while queues.depth("orders") != (0, 0):
        queues.client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    result = awsops(["sqs", "redrive", dlq, "--engine", "aws", "--rate", "100", "-y", *DEV])
    assert result.exit_code == 0, result.stderr
    assert (result.rows[0]["moved"], result.rows[0]["destination"]) == (20, orders)
    assert (queues.depth("dead"), queues.depth("orders")) == ((0, 0), (20, 0))
    (move,) = awsops(["sqs", "moves", dlq, *DEV]).rows
    assert (move["status"], move["moved"], move["rate"]) == ("COMPLETED", 20, 100)


def test_the_engine_aws_says_what_it_cannot_do_and_auto_takes_the_other(
    awsops: Any, queues: Queues
) -> None:
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    queues.fill("dead", 5)
    argv = ["sqs", "redrive", dlq, "--max", "2", "-y", *DEV]
    refused = awsops([*argv, "--engine", "aws"])
    assert refused.exit_code == 2
    assert "--max" in refused.stderr
    chosen = awsops([*argv, "--engine", "auto"])
    assert chosen.exit_code == 0
    assert "engine client" in chosen.stderr
    assert chosen.rows[0]["moved"] == 2


def test_auto_leaves_a_run_of_a_quarter_of_an_hour_to_sqs_and_says_so(
    awsops: Any, queues: Queues
) -> None:
    dlq = queues.make("dead")
    orders = queues.make("orders", dlq="dead")
    queues.fill("dead", 900)
    argv = ["sqs", "redrive", dlq, "--to", orders, "--dry-run", *DEV]

    def told(*more: str) -> str:
        return " ".join(awsops([*argv, *more]).stderr.split())

    assert "engine aws: SQS moves them itself" in told("--rate", "1/s")
    assert "engine client: it counts each message" in told("--rate", "2/s")
    assert "engine client: a move task of SQS moves every message" in told(
        "--rate", "1/s", "--match", "x"
    )


def test_auto_keeps_from_sqs_what_a_move_task_would_fail_on(awsops: Any, queues: Queues) -> None:
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    queues.fill("dead", 900)
    planned = awsops(["sqs", "redrive", dlq, "--rate", "1/s", "--dry-run", *DEV])
    assert f"a move task of SQS fails on messages of {dlq} that name no source" in " ".join(
        planned.stderr.split()
    )
    assert queues.depth("dead") == (900, 0)


def test_a_task_that_fails_says_why_and_how_to_go_on(awsops: Any, queues: Queues) -> None:
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    url = queues.url("orders")
    queues.fill("orders", 20)
    while queues.depth("orders") != (0, 0):
        queues.client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    queues.fill("dead", 1)  # sent straight to it, behind the others: it names no source
    result = awsops(["sqs", "redrive", dlq, "--engine", "aws", "-y", *DEV])
    assert result.exit_code == 6
    assert 0 < result.rows[0]["moved"] <= 20
    assert "CouldNotDetermineMessageSource" in result.stderr
    assert "--engine client" in result.stderr


def test_ctrl_c_cancels_the_task(awsops_sandbox: Any, queues: Queues, process: Any) -> None:
    dlq = queues.make("dead")
    triage = queues.make("triage")
    queues.make("orders", dlq="dead")
    queues.fill("dead", 100)
    argv = ["sqs", "redrive", dlq, "--to", triage, "--engine", "aws", "--rate", "5", "-y", *DEV]
    running = process(argv, environ=awsops_sandbox.environ)
    while queues.depth("triage")[0] < 2:
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    stderr = running.communicate(timeout=60)[1]
    assert running.returncode == 130, stderr
    assert queues.depth("dead")[0] + queues.depth("triage")[0] == 100
    arn = queues.attributes("dead")["QueueArn"]
    task = queues.client.list_message_move_tasks(SourceArn=arn)["Results"][0]
    assert task["Status"] in ("CANCELLING", "CANCELLED")


def test_cancel_stops_a_running_task_and_says_how_far_it_came(awsops: Any, queues: Queues) -> None:
    dlq = queues.make("dead")
    queues.make("triage")
    queues.make("orders", dlq="dead")
    queues.fill("dead", 100)
    queues.client.start_message_move_task(
        SourceArn=queues.attributes("dead")["QueueArn"],
        DestinationArn=queues.attributes("triage")["QueueArn"],
        MaxNumberOfMessagesPerSecond=5,
    )
    result = awsops(["sqs", "cancel", dlq, "-y", *DEV])
    assert result.exit_code == 0, result.stderr
    assert result.rows[0]["status"] == "CANCELLED"
    again = awsops(["sqs", "cancel", dlq, "-y", *DEV])
    assert again.exit_code == 5
    assert "no move task" in again.stderr


# -- purge -------------------------------------------------------------------------------------


def test_purge_wants_the_name_typed(awsops: Any, queues: Queues) -> None:
    name = queues.make("junk")
    queues.fill("junk", 3)
    for typed in ([], ["--confirm", "something-else"]):
        refused = awsops(["sqs", "purge", name, "-y", *typed, *DEV])
        assert refused.exit_code == 2
        assert f"--confirm {name}" in refused.stderr
    assert queues.depth("junk") == (3, 0)


@pytest.mark.parametrize(("typed", "left"), [("right", 0), ("wrong", 3)])
def test_purge_has_the_name_typed_at_a_terminal(
    awsops: Any, queues: Queues, typed: str, left: int
) -> None:
    name = queues.make("junk")
    queues.fill("junk", 3)
    answers = ["y", name if typed == "right" else "y"]
    result = awsops(["sqs", "purge", name, *DEV], tty=True, answers=answers)
    assert result.exit_code == (0 if typed == "right" else 1), result.stderr
    assert queues.depth("junk") == (left, 0)


def test_purge_empties_the_queue_once_a_minute(awsops: Any, queues: Queues) -> None:
    name = queues.make("junk")
    queues.fill("junk", 3)
    argv = ["sqs", "purge", name, "--confirm", name, "-y", *DEV]
    result = awsops(argv)
    assert result.exit_code == 0, result.stderr
    assert result.rows == [{"queue": name, "about": 3}]
    assert queues.depth("junk") == (0, 0)
    again = awsops(argv)
    assert again.exit_code == 1
    assert "one purge a minute" in again.stderr


def test_purge_dry_run_shows_the_plan_without_the_name(awsops: Any, queues: Queues) -> None:
    name = queues.make("junk")
    queues.fill("junk", 3)
    result = awsops(["sqs", "purge", name, "--dry-run", *DEV])
    assert result.exit_code == 0
    assert "about 3 messages" in result.stderr
    assert queues.depth("junk") == (3, 0)


# -- export and import -------------------------------------------------------------------------


def test_what_was_exported_is_still_there_and_can_be_imported(
    awsops: Any, queues: Queues, tmp_path: Any
) -> None:
    name, other = queues.make("inbox"), queues.make("other")
    attributes = {"b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    queues.fill("inbox", 45, MessageAttributes=attributes)
    file = str(tmp_path / "kept.ndjson")
    result = awsops(["sqs", "export", name, file, *DEV])
    assert result.exit_code == 0, result.stderr
    assert result.rows[0]["messages"] == 45
    assert queues.depth("inbox") == (45, 0)
    planned = awsops(["sqs", "import", other, file, "--dry-run", *DEV])
    assert "45 messages" in planned.stderr
    assert queues.depth("other") == (0, 0)
    sent = awsops(["sqs", "import", other, file, "-y", *DEV])
    assert sent.exit_code == 0, sent.stderr
    assert (sent.rows[0]["sent"], sent.rows[0]["failed"]) == (45, 0)
    copies = queues.drain("other")
    assert {copy["Body"] for copy in copies} == {f"body-{n}" for n in range(45)}
    assert all(copy["MessageAttributes"] == attributes for copy in copies)


def test_an_export_of_a_selection_writes_only_that(
    awsops: Any, queues: Queues, tmp_path: Any
) -> None:
    name = queues.make("inbox")
    queues.fill("inbox", 20)
    file = tmp_path / "kept.ndjson"
    result = awsops(["sqs", "export", name, str(file), "--match", "-1[0-9]$", *DEV])
    assert (result.rows[0]["messages"], result.rows[0]["skipped"]) == (10, 10)
    assert len(file.read_text().splitlines()) == 10
    assert queues.depth("inbox") == (20, 0)


def test_an_import_into_a_fifo_queue_keeps_the_order_of_groups(
    awsops: Any, queues: Queues, tmp_path: Any
) -> None:
    name, other = queues.make("line.fifo"), queues.make("other.fifo")
    queues.fill("line.fifo", 30)
    backup = str(tmp_path / "kept.ndjson")
    queues.make("orders.fifo", dlq="line.fifo")
    assert awsops(["sqs", "redrive", name, "--backup", backup, "-y", *DEV]).exit_code == 0
    assert awsops(["sqs", "import", other, backup, "-y", *DEV]).rows[0]["sent"] == 30
    arrived: dict[str, list[str]] = {}
    for message in queues.drain("other.fifo"):
        arrived.setdefault(message["Attributes"]["MessageGroupId"], []).append(message["Body"])
    assert arrived == {f"g{g}": [f"body-{n}" for n in range(g, 30, 3)] for g in range(3)}


def test_a_file_that_is_no_export_is_refused_before_anything_is_sent(
    awsops: Any, queues: Queues, tmp_path: Any
) -> None:
    name = queues.make("inbox")
    file = tmp_path / "other.json"
    file.write_text('{"message_id": "m", "body": "ok", "attributes": {}, "system": {}}\nnonsense\n')
    result = awsops(["sqs", "import", name, str(file), "-y", *DEV])
    assert result.exit_code == 2
    assert "line 2" in result.stderr
    assert queues.depth("inbox") == (0, 0)


def test_a_bad_day_imports_every_message(
    awsops: Any, queues: Queues, chaos: Callable[[str], None], tmp_path: Any
) -> None:
    name = queues.make("inbox")
    file = tmp_path / "kept.ndjson"
    record = {"message_id": "", "body": "", "attributes": {}, "system": {}}
    lines = [{**record, "message_id": f"m{n}", "body": f"body-{n}"} for n in range(300)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    chaos("throttle=0.15,error=0.05,only=sqs,seed=3")
    result = awsops(["sqs", "import", name, str(file), "-y", *DEV])
    chaos("")
    assert result.exit_code == 0, result.stderr
    assert {m["Body"] for m in queues.drain("inbox")} == {f"body-{n}" for n in range(300)}


def test_an_export_of_a_fifo_queue_says_what_it_could_not_reach(
    awsops: Any, queues: Queues, tmp_path: Any
) -> None:
    name = queues.make("line.fifo")
    queues.fill("line.fifo", 60)
    file = tmp_path / "kept.ndjson"
    result = awsops(["sqs", "export", name, str(file), *DEV])
    reached = result.rows[0]["messages"]
    assert reached < 60
    assert f"about {60 - reached} messages were not reached" in result.stderr
    assert queues.depth("line.fifo") == (60, 0)
