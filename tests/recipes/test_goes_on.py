"""A step whose command keeps a record of its own goes on with it: `max` holds for all together."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.sandbox import control
from awsops.sandbox.seed import seed
from awsops.testing import Result, Sandbox
from tests.plugins.kinesis_place import SLOW_TAG

Start = Callable[..., "subprocess.Popen[str]"]
PATIENCE = 60.0
DEAD, MOST = 60, 25
TEXT = f"""
name: some
summary: Move some.
steps:
  - id: move
    run: sqs redrive
    with: {{dlq: orders-dlq, max: {MOST}, rate: 10/s, lanes: 1, visibility: 10s}}
    show: true
"""


@pytest.fixture
def recipe(tmp_path: Path, awsops_sandbox: Sandbox) -> str:
    awsops_sandbox.renew()
    seed(awsops_sandbox.info, messages=DEAD)
    path = tmp_path / "some.yaml"
    path.write_text(TEXT)
    return str(path)


def moved_so_far(home: Path) -> int:
    """How many messages the record of the redrive says were deleted."""
    count = 0
    for path in (home / ".local/state/awsops/sqs").glob("*.ndjson"):
        for line in path.read_text().splitlines()[1:]:
            kind, ids, *_ = json.loads(line)
            count += len(ids) if kind == "deleted" else 0
    return count


def wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def depths(awsops: Callable[..., Result]) -> dict[str, int]:
    rows = awsops(["sqs", "ls", "orders*", "-p", "demo-dev"]).rows
    return {row["name"]: row["visible"] + row["in_flight"] for row in rows}


def run_id(home: Path) -> str:
    (record,) = (home / ".local/state/awsops/recipe").glob("*.ndjson")
    return record.stem


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_a_redrive_with_a_maximum_goes_on_where_it_was_cut_off(
    end: signal.Signals,
    recipe: str,
    process: Start,
    awsops: Callable[..., Result],
    awsops_sandbox: Sandbox,
    tmp_path: Path,
) -> None:
    words = ["recipe", "run", recipe, "-p", "demo-dev", "-y"]
    running: Any = process(words, awsops_sandbox.environ)
    wait_until(lambda: moved_so_far(tmp_path) >= 5)
    running.send_signal(end)
    running.communicate(timeout=PATIENCE)
    assert running.returncode != 0
    assert depths(awsops)["orders"] < MOST
    again = awsops(["recipe", "resume", run_id(tmp_path), "-y"])
    assert again.exit_code == 0, again.stderr
    assert "going on with what it had begun" in again.stderr
    (row,) = again.rows
    assert row["moved"] == MOST
    assert (depths(awsops)["orders"], depths(awsops)["orders-dlq"]) == (MOST, DEAD - MOST)


DRAIN = f"""
name: drain
summary: Take some out.
steps:
  - id: drain
    run: sqs drain
    with: {{queue: orders-dlq, file: {{file}}, max: {MOST}}}
    show: true
"""


def test_a_drain_that_was_killed_goes_on_and_loses_no_message_and_no_line(
    process: Start,
    awsops: Callable[..., Result],
    recipe: str,
    awsops_sandbox: Sandbox,
    tmp_path: Path,
) -> None:
    file, path = tmp_path / "poison.ndjson", tmp_path / "drain.yaml"
    path.write_text(DRAIN.replace("{file}", str(file)))
    control.set_chaos(awsops_sandbox.info, "latency=100ms")
    running: Any = process(
        ["recipe", "run", str(path), "-p", "demo-dev", "-y"], awsops_sandbox.environ
    )
    try:
        wait_until(lambda: file.exists() and len(file.read_text().splitlines()) >= 5)
        running.kill()
        running.communicate(timeout=PATIENCE)
    finally:
        control.set_chaos(awsops_sandbox.info, "")
    again = awsops(["recipe", "resume", run_id(tmp_path), "-y"])
    assert again.exit_code == 0, again.stderr
    assert "going on with what it had begun" in again.stderr
    (row,) = again.rows
    ids = {json.loads(line)["message_id"] for line in file.read_text().splitlines()}
    assert (row["drained"], row["in_file"], len(ids)) == (MOST, MOST, MOST)
    assert depths(awsops)["orders-dlq"] == DEAD - MOST


SPLIT = """
name: split
summary: Split a shard.
steps:
  - {id: split, run: kinesis split, with: {stream: clicks, shard: shardId-000000000002, into: 2}}
"""


def slow_down(sandbox: Sandbox, stream: str) -> None:
    """A change of it takes long enough for a process to be killed meanwhile."""
    import botocore.session

    session = botocore.session.Session(profile="demo-dev")
    for name, file in (("config_file", "config"), ("credentials_file", "credentials")):
        session.set_config_variable(name, str(sandbox.info.folder / file))
    kinesis = session.create_client("kinesis", region_name="eu-west-1")
    kinesis.add_tags_to_stream(StreamName=stream, Tags={SLOW_TAG: "2"})
    kinesis.close()


def test_what_a_killed_process_has_changed_can_be_undone_at_once_and_when_the_run_has_gone_on(
    process: Start, awsops: Callable[..., Result], awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    awsops_sandbox.renew()
    path = tmp_path / "split.yaml"
    path.write_text(SPLIT)
    slow_down(awsops_sandbox, "clicks")
    control.reset_calls(awsops_sandbox.info)
    words = ["recipe", "run", str(path), "-p", "demo-dev", "-y"]
    running: Any = process(words, awsops_sandbox.environ)
    wait_until(lambda: "kinesis.SplitShard" in control.calls(awsops_sandbox.info).calls)
    running.kill()
    running.communicate(timeout=PATIENCE)
    run = run_id(tmp_path)
    [row] = awsops(["history", "show", run, "--changes"]).rows
    assert (row["action"], row["resource"]) == ("split", "clicks")
    assert row["status"] in ("answered", "unknown")  # it was killed about when the answer came
    assert "kinesis merge" in row["undo"]
    assert f"split clicks ({row['status']})" in awsops(["recipe", "report", run]).stdout
    again = awsops(["recipe", "resume", run, "-y"])
    assert again.exit_code == 0, again.stderr
    [row] = awsops(["history", "show", run, "--changes"]).rows
    assert row["status"] == "made"
    assert row["detail"].endswith("begun before the run was cut off")
    [row] = awsops(["history", "undo", run, "--dry-run"]).rows
    assert (row["action"], row["resource"], row["status"]) == ("split", "clicks", "planned")
    assert "kinesis merge" in row["undo"]
