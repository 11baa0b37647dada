"""Many targets, of which some fail in the plan, some amid the change, one never answers."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsops.testing import Result
from tests.conftest import Call, Loopback

Cli = Callable[..., Result]
NAMES = ["well", "unplanned", "refused", "hanging-plan", "hanging", "gone", "well2"]
WIPE = """
@command(mutates=True)
def all(aws: Aws):
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    yield Plan((Change("wipe", "orders", why_no_undo="it is gone"),))
    sqs.purge_queue(QueueUrl=url)
    yield Row("wiped")
"""


@pytest.fixture
def environ(loopback: Loopback, write_plugin: Callable[..., Path]) -> Iterator[dict[str, str]]:
    write_plugin("wipe", WIPE)
    environ = loopback.accounts(NAMES)
    config = loopback.folder / "config"
    gone = "[profile gone]\nendpoint_url = http://127.0.0.1:9\n"
    config.write_text(config.read_text().replace("[profile gone]\n", gone))
    for name in NAMES[:-2] + NAMES[-1:]:
        text = config.read_text()
        own = f"[profile {name}]\nendpoint_url = {loopback.url}\n"
        config.write_text(text.replace(f"[profile {name}]\n", own))
    over = threading.Event()

    def answer(call: Call) -> Any:
        who = NAMES[int(call.account) - 1]
        if (who, call.operation) == ("unplanned", "GetQueueUrl"):
            return Loopback.refusal(call, "AccessDenied", status=403)
        if (who, call.operation) == ("refused", "PurgeQueue"):
            return Loopback.refusal(call, "AccessDenied", status=403)
        if (who, call.operation) in (("hanging-plan", "GetQueueUrl"), ("hanging", "PurgeQueue")):
            over.wait(30)
        if call.operation == "GetQueueUrl":
            return 200, f'{{"QueueUrl": "{loopback.url}/{call.account}/orders"}}'
        return Loopback.usual(call)

    loopback.answer = answer
    environ.pop("AWS_ENDPOINT_URL")
    yield environ
    over.set()


def errors(result: Result) -> dict[str, str]:
    """The code of each target's error."""
    rows = [row["error"] for row in result.rows if "error" in row]
    return {row["profile"]: row["code"] for row in rows}


def purged(loopback: Loopback) -> list[str]:
    calls = [call for call in loopback.calls if call.operation == "PurgeQueue"]
    return sorted(NAMES[int(call.account) - 1] for call in calls)


def wipe(cli: Cli, environ: dict[str, str], *words: str) -> Result:
    return cli(["wipe", "all", *words], environ)


FOUR = ["-p", "well*", "-p", "unplanned", "-p", "refused", "-p", "gone"]


def test_every_target_is_told_of_in_a_row_or_an_error(
    cli: Cli, environ: dict[str, str], loopback: Loopback
) -> None:
    result = wipe(cli, environ, *FOUR, "-y")
    assert result.exit_code == 6
    assert errors(result) == {
        "unplanned": "AccessDenied",
        "refused": "AccessDenied",
        "gone": "EndpointConnection",
    }
    assert sorted(r["profile"] for r in result.rows if "error" not in r) == ["well", "well2"]
    assert purged(loopback) == ["refused", "well", "well2"]


def test_a_plan_that_fails_fast_says_of_each_other_that_it_is_unchanged(
    cli: Cli, environ: dict[str, str], loopback: Loopback
) -> None:
    result = wipe(cli, environ, "-p", "*", "-y", "--fail-fast", "-j", "1")
    assert (result.exit_code, purged(loopback)) == (4, [])
    found = errors(result)
    assert found.pop("unplanned") == "AccessDenied"
    assert found == {name: "FailFast" for name in NAMES if name != "unplanned"}
    assert "[well/eu-west-1]: FailFast: planned, and nothing was changed" in result.stderr


def interrupted_at(loopback: Loopback, operation: str, who: str) -> None:
    """Ctrl-C once this target hangs in this call (and every other has been answered it)."""
    usual, others = loopback.answer, threading.Semaphore(0)

    def answer(call: Call) -> Any:
        if call.operation != operation:
            return usual(call)
        if NAMES[int(call.account) - 1] == who:
            others.acquire(timeout=30)
            os.kill(os.getpid(), signal.SIGINT)
        else:
            others.release()
        return usual(call)

    loopback.answer = answer


def test_a_run_that_ends_while_one_plans_says_of_each_that_it_is_unchanged(
    cli: Cli, environ: dict[str, str], loopback: Loopback
) -> None:
    interrupted_at(loopback, "GetQueueUrl", "hanging-plan")
    result = wipe(cli, environ, "-p", "well", "-p", "hanging-plan", "-y", "-j", "1")
    assert (result.exit_code, purged(loopback)) == (130, [])
    assert errors(result).keys() == {"well", "hanging-plan"}
    assert "did not stop within 5 s; nothing was changed there" in result.stderr


def test_a_change_that_hangs_is_told_as_in_doubt_and_the_others_as_made(
    cli: Cli, environ: dict[str, str], loopback: Loopback
) -> None:
    interrupted_at(loopback, "PurgeQueue", "hanging")
    result = wipe(cli, environ, "-p", "well", "-p", "hanging", "-y")
    assert (result.exit_code, errors(result)) == (130, {"hanging": "Pending"})
    assert "a call may still have been carried out" in result.stderr
    run = cli(["history", "ls"], environ).rows[0]["run"]
    shown = cli(["history", "show", run, "--changes"], environ)
    found = {row["account"][-1]: row["status"] for row in shown.rows}
    assert found == {"1": "made", "5": "unknown"}


def test_more_targets_than_allowed_are_refused_before_anything_is_asked(
    cli: Cli, environ: dict[str, str], loopback: Loopback
) -> None:
    result = wipe(cli, environ, "-p", "*", "-y", "--max-targets", "2")
    assert (result.exit_code, loopback.calls) == (2, [])
    assert "7 targets are more than --max-targets 2" in result.stderr


def test_the_name_of_one_account_is_no_yes_for_the_others(
    cli: Cli, environ: dict[str, str], loopback: Loopback
) -> None:
    result = wipe(cli, environ, "-p", "well*", "-p", "refused", "--yes-i-mean", "well")
    assert (result.exit_code, purged(loopback)) == (2, [])
    assert "nothing was changed" in result.stderr
