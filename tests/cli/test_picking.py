"""A missing argument: chosen from a list on a terminal, an error everywhere else."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from awsops.testing import Result, ScriptedPrompter

Awsops = Callable[..., Result]
PEEK = ["sqs", "peek", "-n", "1", "-p", "demo-dev", "-o", "ndjson"]


class Watching(ScriptedPrompter):
    """Answers as it is told and remembers what stood to choose from."""

    def select(self, question: str, choices: Sequence[str], details: Sequence[str] = ()) -> str:
        self.seen = dict(zip(choices, details, strict=True))
        return super().select(question, choices, details)


def test_what_is_missing_is_chosen(awsops: Awsops) -> None:
    result = awsops(PEEK, tty=True, answers=["orders-dlq"])
    assert result.exit_code == 0, result.stderr
    assert result.rows[0]["source"] == "orders"


def test_what_matters_stands_beside_each(awsops: Awsops) -> None:
    prompter = Watching(["orders-dlq"])
    awsops(PEEK, tty=True, prompter=prompter)
    assert prompter.seen["orders-dlq.fifo"] == "6 messages"


def test_the_question_says_what_is_wanted(awsops: Awsops) -> None:
    prompter = Watching(["orders-dlq"])
    awsops(PEEK, tty=True, prompter=prompter)
    assert prompter.questions == ["QUEUE: Queue name, URL or ARN"]


def test_only_dead_letter_queues_are_offered_where_one_is_wanted(awsops: Awsops) -> None:
    prompter = Watching(["orders-dlq"])
    awsops(["sqs", "moves", "-p", "demo-dev"], tty=True, prompter=prompter)
    assert set(prompter.seen) == {"orders-dlq", "orders-dlq.fifo"}


def test_the_list_is_of_the_account_that_the_line_names(awsops: Awsops) -> None:
    line = ["sqs", "send", "-p", "demo-prod", "--body-file", "/dev/null", "--dry-run"]
    prompter = Watching(["orders"])
    result = awsops(["sqs", "ls", "-p", "demo-prod"])
    awsops(line, tty=True, prompter=prompter)
    assert set(prompter.seen) == {row["name"] for row in result.rows}


def test_off_a_terminal_it_is_an_error(awsops: Awsops) -> None:
    result = awsops(PEEK)
    assert (result.exit_code, [*result.rows[0]]) == (2, ["error"])
    assert "the argument QUEUE is missing" in result.stderr


def test_a_dumb_terminal_cannot_show_a_list(awsops: Awsops) -> None:
    result = awsops(PEEK, tty=True, environ={"TERM": "dumb"})
    assert result.exit_code == 2
    assert "the argument QUEUE is missing" in result.stderr


def test_an_argument_that_nobody_can_list_is_an_error_before_any_question(awsops: Awsops) -> None:
    result = awsops(["sqs", "export", "-p", "demo-dev"], tty=True)
    assert result.exit_code == 2
    assert "is missing" in result.stderr


def test_nothing_to_choose_from_is_said(cli: Callable[..., Result], loopback: Any) -> None:
    result = cli(["sqs", "peek", "-p", "one"], loopback.accounts(["one"]), tty=True)
    assert result.exit_code == 2
    assert "there is none in one/eu-west-1" in " ".join(result.stderr.split())


def test_nothing_to_choose_from_of_something_is_said_with_its_name(awsops: Awsops) -> None:
    result = awsops(["lambda", "revoke", "check-orders", "-p", "demo-dev"], tty=True)
    assert result.exit_code == 2
    said = " ".join(result.stderr.split())
    assert "STATEMENT is missing, and there is none of check-orders in demo-dev/" in said


def test_being_refused_the_list_is_said(cli: Callable[..., Result], loopback: Any) -> None:
    loopback.answer = lambda call: loopback.refusal(call, "AccessDenied", "no list for you", 403)
    result = cli(["sqs", "peek", "-p", "one"], loopback.accounts(["one"]), tty=True)
    assert result.exit_code == 4
    assert "no list for you" in result.stderr


def test_recipes_are_chosen_too(awsops: Awsops) -> None:
    result = awsops(["recipe", "show", "--source"], tty=True, answers=["redrive-dlq"])
    assert result.exit_code == 0
    assert "redrive" in result.stdout


def test_the_journal_has_the_whole_line(awsops: Awsops, tmp_path: Path) -> None:
    line = ["sqs", "send", "-p", "demo-dev", "--body-file", str(tmp_path / "body"), "-y"]
    (tmp_path / "body").write_text("hello")
    assert awsops(line, tty=True, answers=["orders"]).exit_code == 0
    row = awsops(["history", "ls", "-o", "json"]).rows[0]
    assert row["command"].split()[:2] == ["sqs", "send"]
    import sqlite3

    with sqlite3.connect(tmp_path / ".local/state/awsops/journal.sqlite3") as journal:
        argv = [json.dumps(row) for row in journal.execute("select * from runs")]
    assert any("orders" in text for text in argv)


@pytest.mark.parametrize("name", ["orders-dlq"])
def test_what_was_listed_is_known_to_tab(awsops: Awsops, tmp_path: Path, name: str) -> None:
    awsops(PEEK, tty=True, answers=[name])
    kept = [path.read_text() for path in (tmp_path / ".cache/awsops/names").iterdir()]
    assert any(f"{name}\t" in text for text in kept)
