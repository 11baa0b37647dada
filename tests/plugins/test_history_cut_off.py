"""A command that is killed amid its calls: `history` knows what was begun, and undoes it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from awsops.events import Change
from awsops.journal import CallRecord, Journal
from awsops.running.cut_off import changes_of
from awsops.testing import Result, Sandbox
from tests.killing_proxy import KillingProxy, Moment, killing_proxy

Awsops = Callable[..., Result]
Killed = Callable[..., str]
PLACE = ["-p", "demo-dev", "-y"]
SET = ["sqs", "attrs", "orders", "--set", "VisibilityTimeout=77", *PLACE]
KEEP = ["logs", "retention", "/demo/vpc-flow", "/demo/orders-api", "--days", "90", *PLACE]
SHIFT = ["lambda", "shift", "orders:live", "--to", "3", "--steps", "10,50,100", "--every", "1s"]
SHIFT += ["--poll", "1s", "--min-invocations", "0", *PLACE]


@pytest.fixture(scope="module")
def proxy(awsops_sandbox: Sandbox) -> Iterator[tuple[KillingProxy, str]]:
    with killing_proxy(awsops_sandbox.endpoint) as made:
        yield made


@pytest.fixture
def killed(
    proxy: tuple[KillingProxy, str],
    process: Callable[..., subprocess.Popen[str]],
    awsops: Awsops,
    awsops_sandbox: Sandbox,
) -> Killed:
    """`killed(words, number, moment)`: the id of a run that was killed at that changing call."""
    server, url = proxy
    awsops_sandbox.renew()  # what the test before has set is set no more

    def run(words: list[str], number: int, moment: Moment) -> str:
        environ = {**awsops_sandbox.environ, "AWS_ENDPOINT_URL": url}
        code, said = server.run(lambda: process(words, environ), number, moment)
        assert code == -9, said
        return str(awsops(["history", "ls", "-n", "1"]).rows[0]["run"])

    return run


def statuses(awsops: Awsops, run: str) -> dict[str, str]:
    rows = awsops(["history", "show", run, "--changes"]).rows
    return {row["resource"]: row["status"] for row in rows}


def timeout(awsops: Awsops) -> Any:
    found = awsops(["sqs", "attrs", "orders", "-p", "demo-dev"]).rows
    return next(row["value"] for row in found if row["name"] == "VisibilityTimeout")


def days(awsops: Awsops) -> dict[str, Any]:
    rows = awsops(["logs", "groups", "/demo/*", "-p", "demo-dev"]).rows
    return {row["name"]: row["retention_days"] for row in rows}


def test_what_a_killed_command_has_changed_is_undone(killed: Killed, awsops: Awsops) -> None:
    before = timeout(awsops)
    run = killed(SET, 1, "after")
    assert timeout(awsops) != before
    assert statuses(awsops, run) == {"orders": "unknown"}
    done = awsops(["history", "undo", run, "-y"])
    assert [row["status"] for row in done.rows] == ["undone"], done.stderr
    assert timeout(awsops) == before


def test_what_never_arrived_needs_no_undo(killed: Killed, awsops: Awsops) -> None:
    run = killed(SET, 1, "before")
    done = awsops(["history", "undo", run, "-y"])
    assert (done.exit_code, [row["status"] for row in done.rows]) == (0, ["nothing to do"])


def test_each_change_says_how_far_it_came(killed: Killed, awsops: Awsops) -> None:
    before = days(awsops)
    run = killed(KEEP, 2, "before")
    assert sorted(statuses(awsops, run).values()) == ["answered", "unknown"]
    shown = awsops(["history", "show", run])
    assert [row["outcome"] for row in shown.rows] == ["ok", "unknown"]
    assert (
        "calls: 1 answered, 1 without an answer; 2 of 2 confirmed changes were begun"
        in shown.stderr
    )
    assert f"awsops history undo {run} undoes what was done" in shown.stderr
    done = awsops(["history", "undo", run, "-y"])
    assert sorted(row["status"] for row in done.rows) == ["nothing to do", "undone"]
    assert days(awsops) == before


def test_a_change_that_was_not_begun_is_not_undone(killed: Killed, awsops: Awsops) -> None:
    run = killed(KEEP, 1, "after")
    begun = statuses(awsops, run)
    assert sorted(begun.values()) == ["not begun", "unknown"]
    done = awsops(["history", "undo", run, "-y"])
    assert {row["resource"] for row in done.rows} == {
        n for n, s in begun.items() if s != "not begun"
    }


def test_an_alias_that_was_left_on_its_way_is_taken_back(killed: Killed, awsops: Awsops) -> None:
    run = killed(SHIFT, 2, "after")
    shown = awsops(["history", "show", run])
    assert f"awsops lambda shift ... --resume {run} goes on with it" in shown.stderr
    done = awsops(["history", "undo", run, "-y"])
    assert [row["status"] for row in done.rows] == ["undone"], done.stderr
    (alias,) = awsops(["lambda", "aliases", "orders", "-p", "demo-dev"]).rows
    assert (alias["version"], alias["other_version"]) == ("2", None)


def test_a_run_goes_on_in_no_account_that_it_was_not_confirmed_for(
    killed: Killed, awsops: Awsops
) -> None:
    run = killed(["sqs", "redrive", "orders-dlq", *PLACE], 2, "after")
    words = ["sqs", "redrive", "orders-dlq", "--resume", run]
    result = awsops([*words, "-p", "demo-prod", "-y"])
    assert result.exit_code == 4
    assert "the run was confirmed for 111111111111, and demo-prod/eu-west-1 is account" in (
        result.stderr
    )
    assert awsops([*words, *PLACE]).exit_code == 0


def test_a_run_that_ended_has_nothing_in_doubt(awsops: Awsops) -> None:
    assert awsops(SET).exit_code == 0
    run = str(awsops(["history", "ls", "-n", "1"]).rows[0]["run"])
    shown = awsops(["history", "show", run, "--changes"])
    assert [row["status"] for row in shown.rows] == ["made"]
    assert "cut" not in shown.stderr


# -- judged from the journal alone -------------------------------------------------------------

WHERE = ("111111111111", "eu-west-1", "dev")
Told = tuple[Journal, Callable[..., int]]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    """A journal, and `call(params, outcome)` in it."""
    with closing(Journal(tmp_path / "journal.sqlite3", lambda: 1_000.0)) as journal:

        def call(params: str, outcome: str | None = "ok", account: str = WHERE[0]) -> int:
            record = CallRecord("run", "arn", account, *WHERE[1:], "ecr", "BatchDelete", params)
            number = journal.begin_call(record)
            if outcome is not None:
                journal.end_call(number, outcome, None, None)  # type: ignore[arg-type]
            return number

        yield journal, call


def of_run(journal: Journal) -> dict[str, str]:
    return {entry.change.resource: entry.status for entry in changes_of(journal, "run")}


def test_confirmed_changes_without_a_call_leave_no_trace(told: Told) -> None:
    journal, _ = told
    journal.announce("run", *WHERE, [Change("delete", "a@sha256:0001")])
    journal.end_run("run", 1)
    assert not journal.path.exists()


@pytest.mark.parametrize(
    ("outcome", "status"), [("ok", "answered"), ("error", "refused"), (None, "unknown")]
)
def test_a_call_counts_for_the_change_that_it_names(
    told: Told, outcome: str | None, status: str
) -> None:
    journal, call = told
    journal.announce("run", *WHERE, [Change("delete", "a@sha256:0001"), Change("x", "a@sha256:02")])
    call('{"repositoryName": "a", "imageIds": [{"imageDigest": "sha256:0001"}]}', outcome)
    assert of_run(journal) == {"a@sha256:0001": status, "a@sha256:02": "not begun"}


def test_a_call_that_names_none_may_be_for_each(told: Told) -> None:
    journal, call = told
    journal.announce("run", *WHERE, [Change("delete", "first"), Change("delete", "second")])
    call('{"Uuid": "42"}')
    assert of_run(journal) == {"first": "answered", "second": "answered"}


def test_a_call_of_another_planned_account_is_not_of_this_one(told: Told) -> None:
    journal, call = told
    journal.announce("run", *WHERE, [Change("set", "orders")])
    journal.announce("run", "222222222222", *WHERE[1:], [Change("set", "orders")])
    call('{"QueueUrl": "orders"}', account="222222222222")
    found = {e.account: e.status for e in changes_of(journal, "run")}
    assert found == {WHERE[0]: "not begun", "222222222222": "answered"}


def test_what_was_told_of_is_in_doubt_no_longer(told: Told) -> None:
    journal, call = told
    one, two = Change("set", "orders", "one"), Change("set", "orders", "two")
    journal.announce("run", *WHERE, [one, two])
    call('{"QueueUrl": "orders"}')
    journal.record_change("run", *WHERE, two)
    assert [(e.change.detail.partition(";")[0], e.status) for e in changes_of(journal, "run")] == [
        ("two", "made"),
        ("one", "answered"),
    ]


def test_what_is_settled_is_in_doubt_no_longer(told: Told) -> None:
    journal, call = told
    mine = journal.announce("run", *WHERE, [Change("set", "orders")])
    other = journal.announce("run", *WHERE, [Change("set", "bills")])
    call('{"QueueUrl": "orders"}')
    journal.settle(mine)
    assert of_run(journal) == {"bills": "not begun"}
    journal.settle(other)
    assert of_run(journal) == {}
    assert journal.verify().problem is None


def test_a_confirmed_change_has_a_number_to_undo_it_by(told: Told) -> None:
    journal, call = told
    journal.announce("run", *WHERE, [Change("set", "orders", undo="awsops x")])
    call('{"QueueUrl": "orders"}')
    (entry,) = changes_of(journal, "run")
    found = journal.change(entry.change_id)
    assert found is not None
    assert found[1].change.undo == "awsops x"
