"""A run that is killed at any moment goes on: no step done twice, none skipped.

The suite kills a few runs; AWSOPS_TEST_SCALE=500 kills five hundred.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsops.completion.names import Name
from awsops.testing import Result, Sandbox

SCALE = int(os.environ.get("AWSOPS_TEST_SCALE", "3"))
PATIENCE = 60.0
QUEUE = "kill.fifo"
SENDS = [1, 2, 3, 5, 6, 7, 9, 10, 11, 12]
MOST_KILLS = 6  # of one run; then it is let go


def recipe(*, idempotent: bool = True) -> str:
    lines = ["name: twelve", "summary: Twelve steps.", "steps:"]
    for number in range(1, 13):
        if number not in SENDS:
            lines.append(f"  - {{id: look{number}, run: sqs ls, with: {{pattern: 'kill*'}}}}")
            continue
        lines += [
            f"  - id: send{number}",
            "    run: sqs send",
            f"    idempotent: {'true' if idempotent else 'false'}",
            f"    with: {{queue: {QUEUE}, body: body {number}, group_id: g, "
            f"dedup_id: '{{{{ run.id }}}}-{number}'}}",
        ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def _queue(awsops_sandbox: Sandbox) -> Iterator[Any]:
    """A plain client of the demo-dev account, with the queue of these tests."""
    import botocore.session

    session = botocore.session.Session(profile="demo-dev")
    session.set_config_variable("config_file", str(awsops_sandbox.info.config_file))
    session.set_config_variable("credentials_file", str(awsops_sandbox.info.credentials_file))
    client: Any = session.create_client("sqs", "eu-west-1", endpoint_url=awsops_sandbox.endpoint)
    url = client.create_queue(QueueName=QUEUE, Attributes={"FifoQueue": "true"})["QueueUrl"]
    yield client
    client.delete_queue(QueueUrl=url)


@pytest.fixture
def sqs(_queue: Any) -> Any:
    """That client, the queue empty."""
    drain(_queue)
    return _queue


def drain(sqs: Any) -> list[str]:
    """Every body in the queue, which is empty afterwards."""
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    bodies: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


Start = Callable[..., "subprocess.Popen[str]"]


def records(home: Path) -> list[Path]:
    return sorted((home / ".local/state/awsops/recipe").glob("*.ndjson"))


def killed_until_done(
    process: Start, home: Path, environ: dict[str, str], chance: random.Random
) -> tuple[str, int]:
    """Runs the recipe, killing it again and again; the run's id and how often it was killed."""
    words = ["recipe", "run", str(home / "twelve.yaml"), "-p", "demo-dev", "-y"]
    known = set(records(home))
    kills = 0
    while True:
        running = process(words, environ)
        try:
            limit = chance.uniform(0.25, 1.1) if kills < MOST_KILLS else PATIENCE
            code = running.wait(limit)
            _, said = running.communicate()
            # Killed after its last word was written: there is nothing to go on with.
            assert code == 0 or "has ended" in said, said
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            running.communicate()
            kills += 1
        else:
            (record,) = set(records(home)) - known
            return record.stem, kills
        begun = set(records(home)) - known
        if begun:
            words = ["recipe", "resume", begun.pop().stem, "-y"]


@pytest.mark.timeout(120 + 20 * SCALE)
def test_a_killed_run_does_every_step_once(
    process: Start, tmp_path: Path, awsops_sandbox: Sandbox, sqs: Any
) -> None:
    (tmp_path / "twelve.yaml").write_text(recipe())
    chance = random.Random(4242)
    killed = 0
    while killed < SCALE:
        run, kills = killed_until_done(process, tmp_path, awsops_sandbox.environ, chance)
        killed += kills > 0
        assert Counter(drain(sqs)) == Counter(f"body {number}" for number in SENDS)
        lines = records(tmp_path)[0].with_name(f"{run}.ndjson").read_text().splitlines()
        over: set[str] = set()
        for entry in map(json.loads, lines[1:]):
            if entry["kind"] == "begin":
                assert entry["step"] not in over, f"{entry['step']} began again after its end"
            elif entry["kind"] == "call" and entry["result"]["exit_code"] == 0:
                over.add(entry["step"])
        assert len(over) == 12


@pytest.fixture
def cut_off(
    awsops: Callable[..., Result], tmp_path: Path, sqs: Any
) -> Callable[[str], tuple[str, Path]]:
    """A run whose record ends where a kill after the call of `send3` would have ended it."""

    def make(step: str) -> tuple[str, Path]:
        path = tmp_path / "twelve.yaml"
        path.write_text(recipe(idempotent=False))
        words = ["recipe", "run", str(path), "-p", "demo-dev", "-y"]
        assert awsops([*words, "--only", "send1", "--only", step]).exit_code == 0
        (record,) = records(tmp_path)
        lines = record.read_text().splitlines()
        begin = next(
            n
            for n, line in enumerate(lines)
            if '"kind":"begin"' in line and f'"step":"{step}"' in line
        )
        record.write_text("\n".join(lines[: begin + 1]) + "\n")
        return record.stem, record

    return make


def test_a_call_that_may_have_been_made_is_not_made_again_unasked(
    awsops: Callable[..., Result], cut_off: Callable[[str], tuple[str, Path]], sqs: Any
) -> None:
    run, _ = cut_off("send3")
    result = awsops(["recipe", "resume", run, "-y"])
    assert result.exit_code == 1
    assert "send3 was cut off after sqs:SendMessage ok" in result.stderr
    assert f"awsops recipe resume {run} --again send3, or --done send3" in result.stderr
    assert drain(sqs) == ["body 1", "body 3"]


def test_only_the_step_in_doubt_is_offered(
    asked: Callable[..., list[Name]], cut_off: Callable[[str], tuple[str, Path]]
) -> None:
    run, _ = cut_off("send3")
    assert asked("recipe:complete_cut_off", ("run", run)) == [Name("send3", "sqs send")]


@pytest.mark.parametrize(("answer", "calls"), [("--done", 2), ("--again", 3)])
def test_a_person_says_what_becomes_of_a_step_in_doubt(
    answer: str,
    calls: int,
    awsops: Callable[..., Result],
    cut_off: Callable[[str], tuple[str, Path]],
    sqs: Any,
) -> None:
    run, _ = cut_off("send3")
    result = awsops(["recipe", "resume", run, "-y", answer, "send3"])
    assert result.exit_code == 0, result.stderr
    made = [row["operation"] for row in awsops(["history", "show", run]).rows]
    assert made == ["SendMessage"] * calls
    assert drain(sqs) == ["body 1", "body 3"]  # the same deduplication id: SQS keeps one


def test_a_run_that_has_ended_well_is_not_gone_on_with(
    awsops: Callable[..., Result], tmp_path: Path, sqs: Any
) -> None:
    (tmp_path / "twelve.yaml").write_text(recipe())
    assert awsops(["recipe", "run", str(tmp_path / "twelve.yaml"), "-y"]).exit_code == 0
    run = records(tmp_path)[0].stem
    again = awsops(["recipe", "resume", run, "-y"])
    assert (again.exit_code, len(drain(sqs))) == (2, len(SENDS))
    assert f"run {run} has ended" in again.stderr


def test_a_run_that_is_not_recorded_is_not_found(awsops: Callable[..., Result]) -> None:
    assert awsops(["recipe", "resume", "20300101-000000-abcd"]).exit_code == 5


def test_a_run_goes_on_with_the_parameters_that_it_began_with(
    awsops: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(
        "name: two\nsummary: Fails.\nparams: {queue: {help: A queue.}}\nsteps:\n"
        "  - {id: look, run: sqs attrs, with: {queue: '{{ params.queue }}'}}\n"
    )
    words = ["recipe", "run", str(path), "-p", "demo-dev", "-y"]
    assert awsops([*words, "--set", "queue=no-such-queue"]).exit_code == 5
    (record,) = records(tmp_path)
    (tmp_path / "params.yaml").write_text("queue: orders\n")
    result = awsops(["recipe", "resume", record.stem, "--params", str(tmp_path / "params.yaml")])
    assert result.exit_code == 2
    assert "queue is 'orders' there, and" in result.stderr
    assert "began with 'no-such-queue'" in result.stderr
