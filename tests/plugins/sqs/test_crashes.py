"""`kill -9` at any moment, again and again, and resumed until done.

AWSOPS_TEST_SCALE=20 makes it 200 kills over 10,000 messages.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.sqs.on_sandbox import DEV, Queues, chaos, queues

__all__ = ["chaos", "queues"]

SCALE = max(1, int(os.environ.get("AWSOPS_TEST_SCALE", "1")))
KILLS, MESSAGES, LANES = 10 * SCALE, 500 * SCALE, 2
# Seconds of a process before it is killed: from before its record exists to the middle of its work.
EARLIEST, LATEST = 0.3, 1.6
_DOUBT = re.compile(r"up to ([\d,]+) messages? may arrive once more")


def doubted(stderr: str) -> int:
    """How many copies the run says may be too many."""
    said = _DOUBT.search(stderr)
    return int(said[1].replace(",", "")) if said else 0


def recorded_run(home: Path) -> list[str]:
    found = list((home / ".local/state/awsops/sqs").glob("*.ndjson"))
    return ["--resume", found[0].name.partition(".")[0]] if found else []


@pytest.mark.slow
@pytest.mark.timeout(60 * SCALE + 60)
def test_killed_again_and_again_a_run_moves_as_many_as_its_limit_and_no_more(
    awsops: Any, awsops_sandbox: Any, queues: Queues, process: Any, tmp_path: Path
) -> None:
    dice, limit = random.Random(11), 120 * SCALE
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    queues.fill("dead", 2 * limit)
    argv = ["sqs", "redrive", dlq, "--engine", "client", "-y", "--visibility", "10s", *DEV]
    argv += ["--lanes", str(LANES), "--rate", "60/s"]
    kills = 0
    for _ in range(2 * SCALE):
        first = ["--max", str(limit)] if not recorded_run(tmp_path) else recorded_run(tmp_path)
        running = process([*argv, *first], environ=awsops_sandbox.environ)
        try:
            running.wait(dice.uniform(2 * EARLIEST, 1.5 * LATEST))
            break
        except subprocess.TimeoutExpired:
            running.kill()
            running.communicate()
            kills += 1
    first = ["--max", str(limit)] if not recorded_run(tmp_path) else recorded_run(tmp_path)
    result = awsops([*argv, *first])
    assert result.exit_code == 0, result.stderr
    arrived = [message["Body"] for message in queues.drain("orders")]
    left: list[str] = []
    while len(left) < limit:  # a killed process hides some for up to ten seconds
        left += [message["Body"] for message in queues.drain("dead")]
        time.sleep(0.2)
    print(f"{kills} kills, {limit} of {2 * limit}: {len(arrived)} arrived, {result.rows[-1]}")
    assert len(set(arrived)) == limit == result.rows[-1]["moved"]
    assert not set(arrived) & set(left)
    assert len(set(arrived) | set(left)) == 2 * limit
    assert len(arrived) - limit <= doubted(result.stderr)


@pytest.mark.slow
@pytest.mark.timeout(60 * SCALE + 60)
def test_killed_again_and_again_nothing_is_lost_and_no_more_doubled_than_the_run_says(
    awsops: Any,
    awsops_sandbox: Any,
    queues: Queues,
    process: Any,
    tmp_path: Path,
) -> None:
    dice = random.Random(7)
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    queues.fill("dead", MESSAGES)
    argv = ["sqs", "redrive", dlq, "--engine", "client", "-y", "--visibility", "10s", *DEV]
    argv += ["--lanes", str(LANES), "--rate", "200/s"]  # or it is over before it is killed
    kills = 0
    while kills < KILLS:
        running = process([*argv, *recorded_run(tmp_path)], environ=awsops_sandbox.environ)
        try:
            running.wait(dice.uniform(EARLIEST, LATEST))
            assert running.returncode == 0, running.communicate()
            break  # it was done before its time had come
        except subprocess.TimeoutExpired:
            running.kill()
            running.communicate()
            kills += 1
    result = awsops([*argv, *recorded_run(tmp_path)])
    assert result.exit_code == 0, result.stderr
    assert queues.depth("dead") == (0, 0)
    arrived = [message["Body"] for message in queues.drain("orders")]
    assert set(arrived) == {f"body-{n}" for n in range(MESSAGES)}
    assert result.rows[-1]["moved"] == MESSAGES
    doubled, said = len(arrived) - MESSAGES, doubted(result.stderr)
    print(f"{kills} kills, {MESSAGES} messages: 0 lost, {doubled} doubled, {said} said")
    assert doubled <= said <= kills * LANES * 10  # a batch for each lane and kill
