"""Events into files: whole, once each, and still so after a kill; and export tasks."""

from __future__ import annotations

import gzip as gz
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from awsops_plugins.logs.export_files import MANIFEST, folder_name, pieces_of
from awsops_plugins.logs.exporting import Export
from awsops_plugins.logs.quotas import Pace
from hypothesis import given, settings
from hypothesis import strategies as st

from awsops.api import AwsopsError, CancelledError, RunRecord
from awsops.sandbox import control
from awsops.testing import Result, Sandbox
from tests.plugins.logs_place import ARN, GROUP, START, LocalLogs, ServiceError
from tests.plugins.test_logs_engine import SameThread

Run = Callable[..., Result]
SCALE = int(os.environ.get("AWSOPS_TEST_SCALE", "1"))
FACTS = {"logGroupName": GROUP, "logGroupArn": ARN}
PLACE = ["-p", "demo-dev"]


class KilledError(BaseException):
    """As SIGKILL: nothing of ours runs after it."""


def dead(*_: object, **__: object) -> None:
    raise KilledError


def exporting(
    logs: LocalLogs,
    record: RunRecord,
    folder: Path,
    *,
    count: int = 8,
    pattern: str | None = None,
    gzip: bool = False,
    stopped: Callable[[], bool] = lambda: False,
) -> Export:
    pieces = pieces_of(FACTS, (START - 120) * 1000, START * 1000, count, gzip=gzip)
    pace = Pace(1e9, lambda: logs.now)
    return Export(
        logs,
        record,
        folder,
        pieces,
        pattern=pattern,
        gzip=gzip,
        pace=pace,
        sleep=logs.sleep,
        stopped=stopped,
    )


def begin(folder: Path) -> RunRecord:
    return RunRecord.begin(folder / "records", "run", {}, keep_seconds=60)


def messages(folder: Path) -> list[str]:
    found = []
    for path in folder.rglob("*.ndjson*"):
        if path.parent.name == "records" or path.name.endswith(".part"):
            continue
        data = path.read_bytes()
        text = gz.decompress(data) if path.name.endswith(".gz") else data
        found += [json.loads(line)["message"] for line in text.splitlines()]
    return sorted(found)


class Killer:
    """Lets so many calls through, and kills the process at the next one."""

    def __init__(self, logs: LocalLogs, record: RunRecord, calls: int) -> None:
        self._original = logs._call
        self._record = record
        self._left = calls

    def __call__(self, operation: str, params: dict[str, Any]) -> Any:
        self._left -= 1
        if self._left < 0:
            self._record.append = dead  # type: ignore[method-assign]
            raise KilledError
        return self._original(operation, params)


@settings(max_examples=20 * SCALE, deadline=None)
@given(
    seconds=st.lists(st.integers(0, 119), max_size=40),
    count=st.integers(1, 12),
    kills=st.lists(st.integers(0, 11), max_size=3),
    gzip=st.booleans(),
)
def test_every_event_is_there_once_however_often_the_run_is_killed(
    seconds: list[int], count: int, kills: list[int], gzip: bool
) -> None:
    logs = LocalLogs()
    logs.put(*((START - 120 + s, f"event {n}") for n, s in enumerate(sorted(seconds))))
    original = logs._call
    with tempfile.TemporaryDirectory() as name, SameThread() as pool:
        folder = Path(name)
        begin(folder).close(finished=False)
        for calls in [*(kill % count for kill in kills), 10_000]:
            record = RunRecord.resume(folder / "records", "run")
            logs._call = Killer(logs, record, calls)  # type: ignore[method-assign]
            export = exporting(logs, record, folder, count=count, gzip=gzip)
            try:
                list(export.run(pool))
                export.finish({})
                break
            except KilledError:
                record.close(finished=False)
            finally:
                logs._call = original  # type: ignore[method-assign]
        assert messages(folder) == sorted(f"event {n}" for n in range(len(seconds)))
        assert json.loads((folder / MANIFEST).read_text())["events"] == len(seconds)


def test_the_manifest_has_size_and_digest_of_every_file(tmp_path: Path) -> None:
    logs = LocalLogs()
    logs.put(*((START - n, f"event {n}") for n in range(100, 0, -1)))
    export = exporting(logs, begin(tmp_path), tmp_path, gzip=True)
    with ThreadPoolExecutor(4) as pool:
        list(export.run(pool))
    export.finish({"run": "run"})
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    for entry in manifest["files"]:
        data = (tmp_path / entry["file"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (
            entry["file_bytes"],
            entry["sha256"],
        )
    assert sum(entry["events"] for entry in manifest["files"]) == manifest["events"] == 100


def test_a_file_that_was_removed_meanwhile_is_written_again(tmp_path: Path) -> None:
    logs = LocalLogs()
    logs.put((START - 5, "x"))
    record = begin(tmp_path)
    with SameThread() as pool:
        list(exporting(logs, record, tmp_path).run(pool))
        next(iter(tmp_path.rglob("+test+app/*.ndjson"))).unlink()
        list(exporting(logs, record, tmp_path).run(pool))
    record.close(finished=True)
    assert messages(tmp_path) == ["x"]


def test_throttles_at_every_call_lose_and_repeat_nothing(tmp_path: Path) -> None:
    logs = LocalLogs()
    logs.put(*((START - n, f"event {n}") for n in range(50, 0, -1)))
    logs.throttle = 0.5
    export = exporting(logs, begin(tmp_path), tmp_path)
    with SameThread() as pool:
        list(export.run(pool))
    export.finish({})
    assert len(messages(tmp_path)) == len(set(messages(tmp_path))) == 50


def many(logs: LocalLogs, number: int) -> None:
    from awsops.sandbox.logs.events import add
    from tests.plugins.logs_place import ACCOUNT, REGION

    region = logs.service.of(ACCOUNT, REGION)
    for n in range(number):
        at = (START - 50) * 1000 + n
        add(region, region.group(GROUP), "s", at, f"event {n}", at)


def test_a_token_that_expires_begins_its_slice_again(tmp_path: Path) -> None:
    logs = LocalLogs()
    many(logs, 5_010)  # more than the sandbox looks at for one page
    expired = iter([True])
    original = logs._call

    def call(operation: str, params: dict[str, Any]) -> Any:
        if "nextToken" in params and next(expired, False):
            raise ServiceError("InvalidParameterException", "The specified nextToken is invalid.")
        return original(operation, params)

    logs._call = call  # type: ignore[method-assign]
    export = exporting(logs, begin(tmp_path), tmp_path, count=1)
    with SameThread() as pool:
        list(export.run(pool))
    export.finish({})
    assert len(messages(tmp_path)) == len(set(messages(tmp_path))) == 5_010


def test_an_empty_page_with_a_token_is_read_on(tmp_path: Path) -> None:
    logs = LocalLogs()
    many(logs, 5_010)
    export = exporting(logs, begin(tmp_path), tmp_path, count=1, pattern='"event 5005"')
    with SameThread() as pool:
        list(export.run(pool))
    export.finish({})
    assert messages(tmp_path) == ["event 5005"]


def test_a_full_disk_is_an_error_that_names_the_file_and_leaves_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    logs = LocalLogs()
    logs.put((START - 5, "x"))
    record = begin(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("awsops_plugins.logs.export_files.os.fsync", full)
    with SameThread() as pool, pytest.raises(AwsopsError, match="No space left"):
        list(exporting(logs, record, tmp_path, count=1).run(pool))
    monkeypatch.undo()
    record.close(finished=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_stop_keeps_what_is_done_and_nothing_half(tmp_path: Path) -> None:
    logs = LocalLogs()
    logs.put(*((START - n, f"event {n}") for n in range(100, 0, -1)))
    record = begin(tmp_path)
    asked = iter([False] * 5)
    export = exporting(logs, record, tmp_path, stopped=lambda: next(asked, True))
    with SameThread() as pool, pytest.raises(CancelledError):
        list(export.run(pool))
    assert len(list(record.replay())) == len(export.done) == 5
    assert list(tmp_path.rglob("*.part")) == []
    record.close(finished=True)


NAMES = st.text("._-/#Aa0", min_size=1, max_size=512)


@given(st.lists(NAMES, max_size=5, unique=True))
def test_each_group_has_a_folder_of_its_own_inside_the_export(names: list[str]) -> None:
    folders = [folder_name(name) for name in names]
    assert len(set(folders)) == len(names)
    for folder in folders:
        assert "/" not in folder
        assert not folder.startswith(".")
        assert len(folder) < 255


def asking(sandbox: Sandbox) -> Any:
    """Somebody else's client."""
    import botocore.session

    session = botocore.session.Session(profile="demo-dev")
    session.set_config_variable("config_file", sandbox.environ["AWS_CONFIG_FILE"])
    session.set_config_variable("credentials_file", sandbox.environ["AWS_SHARED_CREDENTIALS_FILE"])
    return session.create_client("logs", region_name="eu-west-1", endpoint_url=sandbox.endpoint)


# -- through the front door ---------------------------------------------------------------


def test_a_window_of_groups_is_written_and_counted(awsops: Run, tmp_path: Path) -> None:
    words = ["logs", "export", "/demo/*", "--since", "2h", "--folder", str(tmp_path), "--gzip"]
    result = awsops([*words, *PLACE])
    assert result.exit_code == 0, result.stderr
    assert "nothing changes in AWS: 3 log groups" in result.stderr
    rows = {row["group"]: row["events"] for row in result.rows}
    assert len(messages(tmp_path)) == sum(rows.values()) > 100
    query = ["logs", "query", "stats count(*) as n", "-g", "/demo/orders-api", "--since", "2h"]
    counted = int(awsops([*query, *PLACE]).rows[0]["n"])
    assert abs(rows["/demo/orders-api"] - counted) < 20  # both to now, which has gone on


def test_a_filter_leaves_out_what_it_does_not_match(awsops: Run, tmp_path: Path) -> None:
    words = ["logs", "export", "/demo/orders-api", "--since", "3h", "--folder", str(tmp_path)]
    result = awsops([*words, "--filter", "{ $.level = ERROR }", *PLACE])
    assert result.exit_code == 0, result.stderr
    found = [json.loads(message)["level"] for message in messages(tmp_path)]
    assert found == ["ERROR"] * len(found)
    assert found


def test_a_folder_that_is_in_use_is_refused(awsops: Run, tmp_path: Path) -> None:
    words = ["logs", "export", "/demo/orders-api", "--folder", str(tmp_path), *PLACE]
    assert awsops(words).exit_code == 0
    again = awsops(words)
    assert (again.exit_code, "whole export" in again.stderr) == (2, True)


def test_each_account_has_a_folder_of_its_own(awsops: Run, tmp_path: Path) -> None:
    words = ["logs", "export", "/demo/vpc-flow", "--since", "1h", "--folder", str(tmp_path)]
    result = awsops([*words, "-p", "demo-dev", "-p", "demo-prod"])
    assert result.exit_code == 0, result.stderr
    manifests = [json.loads(path.read_text()) for path in tmp_path.glob(f"*/{MANIFEST}")]
    events = {found["account"]: found["events"] for found in manifests}
    assert events == {row["account"]: row["events"] for row in result.rows}
    assert len(events) == 2


def test_a_dry_run_writes_nothing(awsops: Run, tmp_path: Path) -> None:
    words = ["logs", "export", "/demo/orders-api", "--folder", str(tmp_path / "x"), *PLACE]
    assert awsops([*words, "--dry-run"]).exit_code == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["/demo/orders-api"], "--folder DIR, or --bucket"),
        (["/demo/orders-api", "--engine", "task"], "needs --bucket"),
        (["/demo/orders-api", "--bucket", "my-logs", "--filter", "x"], "knows no filter"),
        (["--folder", "x"], "say which log groups"),
        (["--resume", "nobody"], "no record of a run"),
    ],
)
def test_what_is_missing_is_said(awsops: Run, words: list[str], said: str) -> None:
    result = awsops(["logs", "export", *words, *PLACE])
    assert said in result.stderr
    assert result.exit_code in (2, 5)


def test_a_task_is_made_and_followed_to_its_end(awsops: Run, renewed: Sandbox) -> None:
    words = ["logs", "export", "/demo/vpc-flow", "--bucket", "my-logs"]
    result = awsops([*words, *PLACE, "--yes"])
    assert result.exit_code == 0, result.stderr
    assert "up to 12 hours" in result.stderr
    assert [(row["group"], row["status"]) for row in result.rows] == [
        ("/demo/vpc-flow", "COMPLETED")
    ]
    assert awsops(["logs", "exports", *PLACE]).rows == result.rows
    assert result.rows[0]["prefix"] == "exportedlogs/+demo+vpc-flow"


def task_of_another(sandbox: Sandbox) -> str:
    now = int(time.time() * 1000)
    window = {"from": now - 60_000, "to": now, "destination": "my-logs"}
    answer = asking(sandbox).create_export_task(logGroupName="/demo/vpc-flow", **window)
    return str(answer["taskId"])


def test_a_task_waits_for_the_one_before_it(awsops: Run, renewed: Sandbox) -> None:
    task_of_another(renewed)
    result = awsops(["logs", "export", "/demo/orders-api", "--bucket", "my-logs", *PLACE, "--yes"])
    assert result.exit_code == 0, result.stderr
    statuses = [row["status"] for row in awsops(["logs", "exports", *PLACE]).rows]
    assert statuses == ["COMPLETED", "COMPLETED"]


def test_a_task_that_is_active_can_be_cancelled(awsops: Run, renewed: Sandbox) -> None:
    for _ in range(10):  # on a slow machine it may end first
        task = task_of_another(renewed)
        result = awsops(["logs", "exports-cancel", task, *PLACE, "--yes"])
        if result.rows[0]["status"] == "CANCELLED":
            return
    pytest.fail("not one of ten could be cancelled")


def test_a_run_that_is_killed_goes_on_and_its_counts_add_up(
    awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    control.set_chaos(awsops_sandbox.info, "latency=100ms,only=logs")  # it does not end meanwhile
    environ = {**os.environ, **awsops_sandbox.environ, "HOME": str(tmp_path)}
    argv = [str(Path(sys.executable).with_name("awsops")), "logs", "export", *PLACE]
    words = ["/demo/*", "--since", "3h", "--folder", str(tmp_path / "out")]
    process = subprocess.Popen([*argv, *words], env=environ, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    run = ""
    for line in process.stderr:
        if "--resume" in line:
            run = line.split("--resume ")[1].split()[0]
            break
    while not list((tmp_path / "out").rglob("*.ndjson")):
        assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    control.set_chaos(awsops_sandbox.info, "")
    assert not list(tmp_path.rglob(MANIFEST))
    gone_on = subprocess.run(
        [*argv, "--resume", run], env=environ, capture_output=True, text=True, check=True
    )
    rows = [json.loads(line) for line in gone_on.stdout.splitlines()]
    manifest = json.loads(next(tmp_path.rglob(MANIFEST)).read_text())
    lines = messages(tmp_path / "out")
    assert len(lines) == sum(row["events"] for row in rows) == manifest["events"]
    ids = [
        json.loads(line)["event_id"]
        for path in (tmp_path / "out").rglob("*.ndjson")
        for line in path.read_text().splitlines()
    ]
    assert len(ids) == len(set(ids))


@pytest.fixture
def renewed(awsops_sandbox: Sandbox) -> Sandbox:
    awsops_sandbox.renew()
    return awsops_sandbox
