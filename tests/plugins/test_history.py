"""`awsops history`: what was changed can be read afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from awsops.events import Change
from awsops.journal import CallRecord, Journal
from awsops.testing import FakeClock, Result, run

NOW = 1_772_366_400.0  # 2026-03-01T12:00:00Z
STATE = Path(".local/state/awsops/journal.sqlite3")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with three runs: an hour, a day and a week ago; the last one was killed."""
    with closing(Journal(tmp_path / STATE, lambda: NOW - 3_600)) as journal:
        for run_id, age, account, service, code in (
            ("20260222-aaaa", 7 * 86_400, "222222222222", "lambda", None),
            ("20260228-bbbb", 86_400, "111111111111", "sqs", 6),
            ("20260301-cccc", 3_605, "111111111111", "sqs", 0),
        ):
            journal.begin_run(run_id, "sqs redrive", ["sqs", "redrive", "a dlq"], NOW - age)
            call = CallRecord(
                run_id,
                f"arn:aws:iam::{account}:user/ada",
                account,
                "eu-west-1",
                "dev",
                service,
                "SendMessageBatch",
                '{"QueueUrl":"q"}',
            )
            number = journal.begin_call(call)
            if code is not None:
                journal.end_call(number, "ok", "req-1", None)
                change = Change("redrive", "a dlq", "2 messages", before="2", after="0")
                journal.record_change(run_id, account, "eu-west-1", "dev", change)
                journal.end_run(run_id, code)
    return tmp_path


def history(home: Path, *argv: str, **options: object) -> Result:
    return run(["history", *argv], home=home, clock=FakeClock(NOW), **options)  # type: ignore[arg-type]


def runs(result: Result) -> list[str]:
    assert result.exit_code == 0, result.stderr
    return [row["run"] for row in result.rows]


def test_a_journal_that_does_not_exist_reads_as_empty_and_is_not_made(tmp_path: Path) -> None:
    result = history(tmp_path, "ls")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing was changed yet" in result.stderr
    assert not (tmp_path / STATE).exists()


def test_runs_are_listed_with_what_they_came_to(home: Path) -> None:
    result = history(home, "ls")
    assert runs(result) == ["20260301-cccc", "20260228-bbbb", "20260222-aaaa"]
    assert result.rows[0] == {
        "run": "20260301-cccc",
        "command": "sqs redrive",
        "started_at": "2026-03-01T10:59:55Z",
        "seconds": 5.0,
        "exit_code": 0,
        "changes": 1,
        "calls": 1,
        "accounts": ["111111111111"],
    }
    assert (result.rows[2]["seconds"], result.rows[2]["exit_code"]) == (None, None)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--since", "2h"], ["20260301-cccc"]),
        (["--since", "-2d"], ["20260301-cccc", "20260228-bbbb"]),
        (["--since", "2026-02-28T12:00:00Z"], ["20260301-cccc", "20260228-bbbb"]),
        (["--account", "222222222222"], ["20260222-aaaa"]),
        (["--service", "sqs", "-n", "1"], ["20260301-cccc"]),
        (["--service", "kinesis"], []),
    ],
)
def test_runs_are_filtered(home: Path, options: list[str], expected: list[str]) -> None:
    assert runs(history(home, "ls", *options)) == expected


def test_a_time_that_is_none_is_told_with_the_forms(home: Path) -> None:
    result = history(home, "ls", "--since", "yesteryear")
    assert result.exit_code == 2
    assert "'yesteryear' is not a time" in result.stderr
    assert "-2h" in result.stderr


def test_the_calls_of_a_run_are_shown_for_the_beginning_of_its_id(home: Path) -> None:
    result = history(home, "show", "20260301")
    assert result.rows == [
        {
            "at": "2026-03-01T11:00:00Z",
            "account": "111111111111",
            "region": "eu-west-1",
            "service": "sqs",
            "operation": "SendMessageBatch",
            "params": {"QueueUrl": "q"},
            "request_id": "req-1",
            "outcome": "ok",
            "error": None,
            "caller": "arn:aws:iam::111111111111:user/ada",
        }
    ]
    assert "awsops sqs redrive 'a dlq' (2026-03-01T10:59:55Z, exit code 0)" in result.stderr


def test_a_run_that_was_killed_shows_its_last_call_as_unknown(home: Path) -> None:
    result = history(home, "show", "20260222-aaaa")
    assert result.rows[0]["outcome"] == "unknown"
    assert "has not ended" in result.stderr


def test_the_changes_of_a_run_are_shown_before_and_after(home: Path) -> None:
    (row,) = history(home, "show", "20260228", "--changes").rows
    assert (row["action"], row["resource"], row["before"], row["after"]) == (
        "redrive",
        "a dlq",
        "2",
        "0",
    )


def test_an_unknown_run_is_not_found(home: Path) -> None:
    result = history(home, "show", "1999")
    assert result.exit_code == 5
    assert "'1999'" in result.stderr


def test_an_ambiguous_beginning_names_the_runs(home: Path) -> None:
    result = history(home, "show", "202602")
    assert result.exit_code == 2
    assert "20260228-bbbb" in result.stderr
    assert "20260222-aaaa" in result.stderr


def test_verify_finds_an_edited_entry(home: Path) -> None:
    result = history(home, "verify")
    assert result.exit_code == 0
    assert (result.rows[0]["status"], result.rows[0]["problem"]) == ("ok", None)
    with closing(sqlite3.connect(home / STATE)) as db:
        db.execute("UPDATE entries SET body = replace(body, 'ada', 'bob') WHERE seq = 2")
        db.commit()
    result = history(home, "verify")
    assert result.exit_code == 1
    assert result.rows[0]["problem"] == "entry 2 is not what was written"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_tables_fit_the_terminal(home: Path, width: int) -> None:
    for argv in (["ls"], ["show", "20260301"], ["show", "20260301", "--changes"], ["verify"]):
        result = history(home, *argv, "--color", "never", tty=True, width=width)
        assert result.exit_code == 0
        assert max(len(line) for line in result.stdout.splitlines()) <= width


def test_a_change_on_the_sandbox_is_read_back(awsops: Callable[..., Result]) -> None:
    sent = awsops(["sqs", "send", "orders", "card 4111", "-p", "demo-dev", "--yes"])
    assert sent.exit_code == 0, sent.stderr
    (listed,) = awsops(["history", "ls", "--service", "sqs"]).rows
    assert (listed["command"], listed["exit_code"]) == ("sqs send", 0)
    shown = awsops(["history", "show", listed["run"]])
    call = shown.rows[-1]
    assert (call["service"], call["operation"], call["outcome"]) == ("sqs", "SendMessage", "ok")
    assert call["params"]["MessageBody"] == "<… 9 bytes>"
    assert "4111" not in shown.stdout + shown.stderr
    assert awsops(["history", "verify"]).exit_code == 0


def test_a_declined_or_dry_run_leaves_no_trace(awsops: Callable[..., Result]) -> None:
    awsops(["sqs", "send", "orders", "x", "-p", "demo-dev", "--dry-run"])
    awsops(["sqs", "send", "orders", "x", "-p", "demo-dev"], tty=True, answers=["n"])
    awsops(["sqs", "ls", "-p", "demo-dev"])
    assert awsops(["history", "ls"]).stdout == ""
