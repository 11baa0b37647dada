"""`history undo`, `export` and `prune`: back to what was, out of the house, no more than kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.sandbox.seed import seed
from awsops.testing import FakeClock, Result, Sandbox

Awsops = Callable[..., Result]

# A command with a way back: it writes a queue's visibility timeout.
PAINT = """
@command(mutates=True)
def set(
    aws: Aws,
    queue: Annotated[str, Argument(help="Name.")],
    value: Annotated[str, Argument(help="Colour.")],
):
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    before = sqs.list_queue_tags(QueueUrl=url).get("Tags", {}).get("colour", "none")
    if before == value:
        yield Plan(())
        return
    yield Plan((Change("paint", queue, before=before, after=value,
                       undo=f"awsops paint set {queue} {before}"),))
    sqs.tag_queue(QueueUrl=url, Tags={"colour": value})
    yield Row(f"{before} {value}")

@command(mutates=True)
def spill(aws: Aws, queue: Annotated[str, Argument(help="Name.")]):
    yield Plan((Change("spill", queue, why_no_undo="spilt paint stays spilt"),))
    sqs = aws.client("sqs")
    sqs.tag_queue(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"], Tags={"spilt": "yes"})
    yield Row("spilt")
"""
PLACE = ["-p", "demo-dev"]


@pytest.fixture
def colour(
    awsops: Awsops, write_plugin: Callable[..., Path], awsops_sandbox: Sandbox
) -> Callable[[], str]:
    """`colour()` of the queue orders, which is `none` at first."""
    write_plugin("paint", PAINT)
    seed(awsops_sandbox.info, messages=1)
    assert awsops(["paint", "set", "orders", "none", *PLACE, "-y"]).exit_code == 0

    def look() -> str:
        plan = awsops(["paint", "set", "orders", "?", *PLACE, "--dry-run"])
        return str(plan.rows[0]["before"])

    return look


def paint(awsops: Awsops, value: str) -> str:
    """Paint orders; the run's id."""
    result = awsops(["paint", "set", "orders", value, *PLACE, "-y"])
    assert result.exit_code == 0, result.stderr
    return str(awsops(["history", "ls"]).rows[0]["run"])


def test_a_run_is_undone_after_its_plan(awsops: Awsops, colour: Callable[[], str]) -> None:
    run = paint(awsops, "red")
    planned = awsops(["history", "undo", run, "--dry-run"])
    assert [(r["status"], r["detail"]) for r in planned.rows] == [("planned", "paint red -> none")]
    assert colour() == "red"
    done = awsops(["history", "undo", run, "-y"])
    assert (done.exit_code, [row["status"] for row in done.rows]) == (0, ["undone"]), done.stderr
    assert colour() == "none"


def test_undoing_twice_finds_nothing_left_to_do(awsops: Awsops, colour: Callable[[], str]) -> None:
    run = paint(awsops, "red")
    awsops(["history", "undo", run, "-y"])
    again = awsops(["history", "undo", run, "-y"])
    assert (again.exit_code, [row["status"] for row in again.rows]) == (0, ["nothing to do"])


def test_what_another_run_has_changed_since_is_left_alone(
    awsops: Awsops, colour: Callable[[], str]
) -> None:
    run = paint(awsops, "red")
    later = paint(awsops, "blue")
    result = awsops(["history", "undo", run, "-y"])
    assert (result.exit_code, result.rows[0]["status"]) == (1, "refused")
    assert f"run {later} has changed it since" in result.stderr
    assert colour() == "blue"


def test_what_somebody_else_has_changed_since_is_left_alone(
    awsops: Awsops, colour: Callable[[], str], tmp_path: Path
) -> None:
    run = paint(awsops, "red")
    elsewhere = tmp_path / "elsewhere"  # another person, with a journal of their own
    words = ["paint", "set", "orders", "green", *PLACE, "-y"]
    assert awsops(words, environ={"AWSOPS_STATE_DIR": str(elsewhere)}).exit_code == 0
    result = awsops(["history", "undo", run, "-y"])
    assert (result.exit_code, result.rows[0]["status"]) == (1, "refused")
    assert "red was left, green is there" in result.stderr
    assert colour() == "green"


def test_one_change_is_undone_by_its_number(awsops: Awsops, colour: Callable[[], str]) -> None:
    run = paint(awsops, "red")
    number = awsops(["history", "show", run, "--changes"]).rows[0]["change"]
    assert awsops(["history", "undo", str(number), "-y"]).exit_code == 0
    assert colour() == "none"


def test_what_cannot_be_undone_says_why(awsops: Awsops, colour: Callable[[], str]) -> None:
    awsops(["paint", "spill", "orders", *PLACE, "-y"])
    run = str(awsops(["history", "ls"]).rows[0]["run"])
    result = awsops(["history", "undo", run, "-y"])
    assert (result.exit_code, result.rows[0]["status"]) == (1, "cannot")
    assert "spilt paint stays spilt" in result.stderr


def test_an_undo_that_is_not_confirmed_changes_nothing(
    awsops: Awsops, colour: Callable[[], str]
) -> None:
    run = paint(awsops, "red")
    assert awsops(["history", "undo", run]).rows[0]["status"] == "failed"
    assert awsops(["history", "undo", run], tty=True, answers=["n"]).exit_code == 1
    assert colour() == "red"


@pytest.mark.parametrize("what", ["20300101", "999999"])
def test_a_run_or_change_that_there_is_not_is_not_found(
    what: str, awsops: Awsops, colour: Callable[[], str]
) -> None:
    assert awsops(["history", "undo", what]).exit_code == 5


# -- export and prune -----------------------------------------------------------------------


def entries(awsops: Awsops, *words: str) -> list[dict[str, Any]]:
    return awsops(["history", "export", *words]).rows


def test_every_entry_is_exported_with_a_hash_that_can_be_checked(
    awsops: Awsops, colour: Callable[[], str]
) -> None:
    from hashlib import sha256

    paint(awsops, "red")
    before = ""
    found = entries(awsops)
    kinds = {"run", "planned", "call", "call_end", "change", "settled", "run_end"}
    assert {entry["kind"] for entry in found} == kinds
    for entry in found:
        body = json.dumps(entry["body"], sort_keys=True, separators=(",", ":"))
        text = "\n".join((before, str(entry["entry"]), entry["run"], entry["kind"], body))
        before = sha256(text.encode()).hexdigest()
        assert entry["hash"] == before


def test_old_runs_are_pruned_and_the_rest_still_verifies(
    awsops: Awsops, colour: Callable[[], str]
) -> None:
    old = paint(awsops, "red")
    clock = FakeClock(2_000_000_000.0)
    awsops(["paint", "set", "orders", "blue", *PLACE, "-y"], clock=clock)
    new = awsops(["history", "ls"]).rows[0]["run"]
    refused = awsops(["history", "prune", "--older-than", "1d"], clock=clock)
    assert refused.exit_code == 2
    assert old in [row["run"] for row in awsops(["history", "ls"]).rows]
    pruned = awsops(["history", "prune", "--older-than", "1d", "-y"], clock=clock)
    assert pruned.rows[0]["removed"] >= 5
    assert [row["run"] for row in awsops(["history", "ls"]).rows] == [new]
    assert awsops(["history", "show", old]).exit_code == 5
    assert awsops(["history", "verify"]).rows[0]["status"] == "ok"
    assert awsops(["history", "prune", "--older-than", "1d", "-y"], clock=clock).rows == []


def test_without_an_age_nothing_is_pruned(awsops: Callable[..., Result]) -> None:
    refused = awsops(["history", "prune", "-y"])
    assert (refused.exit_code, "--older-than 90d" in refused.stderr) == (2, True)


def test_an_entry_removed_after_a_prune_is_found(
    awsops: Awsops, colour: Callable[[], str], tmp_path: Path
) -> None:
    import sqlite3

    clock = FakeClock(2_000_000_000.0)
    awsops(["paint", "set", "orders", "blue", *PLACE, "-y"], clock=clock)
    awsops(["history", "prune", "--older-than", "1d", "-y"], clock=clock)
    first = entries(awsops)[0]["entry"]
    with sqlite3.connect(tmp_path / ".local/state/awsops/journal.sqlite3") as db:
        db.execute("DELETE FROM entries WHERE seq = ?", (first,))
    result = awsops(["history", "verify"])
    assert (result.exit_code, f"entry {first} is missing" in result.stderr) == (1, True)
