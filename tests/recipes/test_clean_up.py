"""`always` runs in the end whatever came before: a failure, Ctrl-C, a defect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.errors import CancelledError, ExitCode
from awsops.running.tasks import Outcome
from awsops.sandbox.seed import seed
from awsops.testing import Result, Sandbox, ScriptedPrompter

Awsops = Callable[..., Result]
PLUGIN = """
import os, signal
from collections.abc import Iterator

@command()
def interrupt(aws: Aws) -> Iterator[Row]:
    '''Be interrupted, as by Ctrl-C, and end tidily.'''
    os.kill(os.getpid(), signal.SIGINT)
    aws.cancelled.wait(20)
    yield Row("tidied")

@command()
def wait(aws: Aws) -> Iterator[Row]:
    '''Wait for ever.'''
    aws.cancelled.wait(60)
    yield Row("waited")

@command()
def break_(host: Host) -> Iterator[Row]:
    '''Have a defect.'''
    raise ValueError("boom")
    yield Row("never")
"""
STEPS = """
name: tidy
summary: Something happens, then clean-up.
params: {hook: {default: look}}
steps:
  - {id: first, run: sqs send, with: {queue: orders, body: first}}
  - {id: event, run: EVENT}
  - {id: last, run: sqs send, with: {queue: orders, body: last}}
always:
  - {id: clean, run: CLEAN}
"""
SEND = "sqs send, with: {queue: orders-dlq, body: cleaned}"


@pytest.fixture
def recipe(
    tmp_path: Path, write_plugin: Callable[..., Path], awsops_sandbox: Sandbox, awsops: Awsops
) -> Callable[..., list[str]]:
    """`recipe("odd interrupt")` are the words that run the recipe with that event."""
    write_plugin("odd", PLUGIN)
    seed(awsops_sandbox.info, messages=0)

    def write(event: str, clean: str = SEND) -> list[str]:
        path = tmp_path / "tidy.yaml"
        path.write_text(STEPS.replace("EVENT", event).replace("CLEAN", clean))
        return ["recipe", "run", str(path), "-p", "demo-dev", "--steps"]

    return write


def statuses(result: Result) -> dict[str, str]:
    return {row["step"]: row["status"] for row in result.rows if "step" in row}


def depth(awsops: Awsops, queue: str) -> int:
    (row,) = awsops(["sqs", "ls", queue, "-p", "demo-dev"]).rows
    return int(row["visible"])


def run_id(home: Path) -> str:
    (record,) = (home / ".local/state/awsops/recipe").glob("*.ndjson")
    return record.stem


def test_clean_up_is_done_after_ctrl_c_and_said(
    recipe: Callable[..., list[str]], awsops: Awsops, tmp_path: Path
) -> None:
    result = awsops([*recipe("odd interrupt"), "-y"])
    assert result.exit_code == ExitCode.INTERRUPTED
    assert statuses(result) == {
        "first": "done",
        "event": "failed",
        "last": "not run",
        "clean": "done",
    }
    assert (depth(awsops, "orders"), depth(awsops, "orders-dlq")) == (1, 1)
    (clean,) = [row for row in result.rows if row.get("step") == "clean"]
    assert clean["detail"] == "clean-up after Ctrl-C"
    assert f"awsops recipe resume {run_id(tmp_path)} goes on from there" in result.stderr
    assert "clean-up after Ctrl-C" in awsops(["recipe", "report", run_id(tmp_path)]).stdout


def test_a_run_that_goes_on_cleans_up_again_in_its_end(
    recipe: Callable[..., list[str]], awsops: Awsops, tmp_path: Path
) -> None:
    assert awsops([*recipe("odd interrupt"), "-y"]).exit_code == ExitCode.INTERRUPTED
    run = run_id(tmp_path)
    again = awsops(["recipe", "resume", run, "-y"])
    assert again.exit_code == ExitCode.INTERRUPTED
    assert "step 1/4 first: done before the run was cut off" in again.stderr
    assert (depth(awsops, "orders"), depth(awsops, "orders-dlq")) == (1, 2)


def test_clean_up_wants_its_yes_after_ctrl_c_too(
    recipe: Callable[..., list[str]], awsops: Awsops
) -> None:
    result = awsops(recipe("odd interrupt"), tty=True, answers=["y", "n"])
    assert result.exit_code == ExitCode.INTERRUPTED
    assert (depth(awsops, "orders"), depth(awsops, "orders-dlq")) == (1, 0)


def test_ctrl_c_at_a_question_is_an_interruption(
    recipe: Callable[..., list[str]], awsops: Awsops, tmp_path: Path
) -> None:
    class Leaves(ScriptedPrompter):
        def confirm(self, question: str, **limits: Any) -> bool:
            raise KeyboardInterrupt

    words = recipe("sqs ls", clean="sqs ls")
    result = awsops(words, tty=True, prompter=Leaves([]))
    assert result.exit_code == ExitCode.INTERRUPTED
    assert "interrupted at step 1/4 first" in result.stderr
    report = awsops(["recipe", "report", run_id(tmp_path)]).stdout
    assert "### clean: done" in report
    assert depth(awsops, "orders") == 0


def test_a_second_ctrl_c_leaves_the_clean_up_at_once(
    recipe: Callable[..., list[str]], awsops: Awsops, tmp_path: Path
) -> None:
    result = awsops([*recipe("odd interrupt", clean="odd interrupt"), "-y"])
    assert result.exit_code == ExitCode.INTERRUPTED
    assert f"awsops recipe resume {run_id(tmp_path)} goes on from there" in result.stderr
    report = awsops(["recipe", "report", run_id(tmp_path)]).stdout
    assert "interrupted twice" in report
    assert "### clean: cut off" in report


def test_clean_up_is_done_after_a_defect_whose_trace_is_kept(
    recipe: Callable[..., list[str]], awsops: Awsops
) -> None:
    result = awsops([*recipe("odd break"), "-y"])
    assert result.exit_code == ExitCode.DEFECT
    assert statuses(result)["clean"] == "done"
    assert depth(awsops, "orders-dlq") == 1
    assert "boom" in result.stderr


def test_the_timeout_of_a_step_is_no_end_of_the_run(
    recipe: Callable[..., list[str]], awsops: Awsops
) -> None:
    result = awsops([*recipe("odd wait, timeout: 1s, on_error: continue"), "-y"])
    assert result.exit_code == 0, result.stderr
    assert statuses(result) == {"first": "done", "event": "failed", "last": "done", "clean": "done"}


def test_after_ctrl_c_each_step_of_the_clean_up_has_five_seconds_or_its_own_time(
    host: Any, run_recipe: Any
) -> None:
    def interrupt(_: object) -> Outcome:
        host.cancelled.set()
        return Outcome((), (), ExitCode.INTERRUPTED)

    host.answers["carry"] = [interrupt]
    ran = run_recipe(
        "name: t\nsummary: s\nsteps: [{id: x, run: store carry, with: {shelf: s}}]\n"
        "always:\n  - {id: a, run: store ls}\n  - {id: b, run: store ls, timeout: 1m}\n"
    )
    assert (ran.error.exit_code, host.timeouts) == (ExitCode.INTERRUPTED, [None, 5.0, 60.0])


def test_a_dry_run_that_is_interrupted_plans_no_clean_up(host: Any, run_recipe: Any) -> None:
    def interrupt(_: object) -> Outcome:
        host.cancelled.set()
        return Outcome((), (), ExitCode.OK)

    host.answers["ls"] = [interrupt]
    text = "name: t\nsummary: s\nsteps: [{id: x, run: store ls}, {id: y, run: store ls}]\n"
    ran = run_recipe(f"{text}always: [{{id: a, run: store ls}}]\n", dry_run=True)
    assert isinstance(ran.error, CancelledError)
    assert len(host.calls) == 1
