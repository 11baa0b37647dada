"""The record of a run: whole after a kill, a full disk and a torn line, and held by one process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsops.api import NotFoundError, RecordError, RunRecord, UsageError

DAY = 86_400.0
HEADER = {"stream": "orders", "steps": 4}


def begin(folder: Path, name: str = "run-1", **header: Any) -> RunRecord:
    return RunRecord.begin(folder, name, header or HEADER, keep_seconds=DAY)


def in_another_process(source: str, folder: Path) -> subprocess.CompletedProcess[str]:
    script = f"import os, sys\nfrom pathlib import Path\nfrom awsops.records import *\n{source}"
    # -B: under a limit on files Python would leave a half of what it compiles to all others.
    argv = [sys.executable, "-B", "-c", script, str(folder)]
    return subprocess.run(argv, check=False, capture_output=True, text=True)


def test_what_was_appended_is_there_for_whoever_resumes(tmp_path: Path) -> None:
    record = begin(tmp_path)
    record.append(["split", 1])
    record.append({"done": True}, sync=True)
    record.close(finished=False)
    again = RunRecord.resume(tmp_path, "run-1")
    assert again.header == HEADER
    assert again.entries == [["split", 1], {"done": True}]
    again.close(finished=True)


def test_a_killed_process_leaves_every_line_it_wrote(tmp_path: Path) -> None:
    done = in_another_process(
        "r = RunRecord.begin(Path(sys.argv[1]), 'run-1', {'a': 1}, keep_seconds=60)\n"
        "for n in range(500): r.append(n)\n"
        "os.kill(os.getpid(), 9)\n",
        tmp_path,
    )
    assert done.returncode == -signal.SIGKILL
    record = RunRecord.resume(tmp_path, "run-1")
    assert record.entries == list(range(500))
    record.close(finished=False)


def test_a_torn_last_line_is_left_out_and_not_glued_to_the_next(tmp_path: Path) -> None:
    record = begin(tmp_path)
    record.append("whole")
    record.close(finished=False)
    with record.path.open("ab") as file:
        file.write(b'"to')
    again = RunRecord.resume(tmp_path, "run-1")
    again.append("next")
    assert again.entries == ["whole", "next"]
    again.close(finished=False)


def test_a_run_that_is_under_way_is_not_resumed_by_another_process(tmp_path: Path) -> None:
    record = begin(tmp_path)
    assert RunRecord.is_held(tmp_path, "run-1")
    done = in_another_process("RunRecord.resume(Path(sys.argv[1]), 'run-1')\n", tmp_path)
    assert "UsageError" in done.stderr
    assert "still under way" in done.stderr
    record.close(finished=False)
    assert not RunRecord.is_held(tmp_path, "run-1")


def test_a_finished_run_leaves_nothing(tmp_path: Path) -> None:
    record = begin(tmp_path)
    record.close(finished=True)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotFoundError):
        RunRecord.resume(tmp_path, "run-1")


def test_an_unknown_run_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    begin(tmp_path, "run-7").close(finished=False)
    with pytest.raises(NotFoundError) as error:
        RunRecord.resume(tmp_path, "run-8")
    assert "run-7" in str(error.value.hint)


@pytest.mark.parametrize("name", ["", "../run", "a/b", ".hidden"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="not the id of a run"):
        begin(tmp_path, name)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 99}', "\x00\x00", "{"])
def test_a_file_that_is_no_record_is_said_to_be_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "run-1.ndjson").write_text(content)
    with pytest.raises(UsageError, match=r"run-1\.ndjson"):
        RunRecord.resume(tmp_path, "run-1")
    assert not RunRecord.is_held(tmp_path, "run-1")


def test_a_folder_that_cannot_be_written_is_an_error_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="cannot be written"):
        begin(tmp_path / "file")


def test_a_full_disk_leaves_the_record_as_it_was(tmp_path: Path) -> None:
    done = in_another_process(
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "r = RunRecord.begin(Path(sys.argv[1]), 'run-1', {'a': 1}, keep_seconds=60)\n"
        "r.append('first')\n"
        "sys.dont_write_bytecode = True\n"  # a cache cut short would break who comes next
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))\n"
        "failed = 0\n"
        "for work in (lambda: r.append('x' * 100), lambda: r.rewrite(['y' * 100])):\n"
        "    try: work()\n"
        "    except RecordError: failed += 1\n"
        "sys.exit(failed)\n",
        tmp_path,
    )
    assert done.returncode == 2, done.stderr
    record = RunRecord.resume(tmp_path, "run-1")
    assert (record.header, record.entries) == ({"a": 1}, ["first"])
    record.close(finished=False)


def test_old_records_are_removed_and_those_under_way_are_kept(tmp_path: Path) -> None:
    held = begin(tmp_path, "held")
    begin(tmp_path, "old").close(finished=False)
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    begin(tmp_path, "new").close(finished=False)
    assert sorted(RunRecord.known(tmp_path)) == ["held", "new"]
    assert RunRecord.is_held(tmp_path, "held")
    held.close(finished=False)


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    record = begin(tmp_path / "lambda")
    assert record.path.stat().st_mode & 0o777 == 0o600
    assert record.path.parent.stat().st_mode & 0o777 == 0o700
    record.close(finished=True)


def test_threads_append_whole_lines(tmp_path: Path) -> None:
    record = begin(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(record.append, range(400)))
    assert sorted(record.entries) == list(range(400))
    record.close(finished=True)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(lines=st.lists(PLAIN, max_size=6), kept=st.lists(PLAIN, max_size=3), rewrites=st.booleans())
def test_any_plain_value_comes_back_as_it_was(
    lines: list[Any], kept: list[Any], rewrites: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        record = begin(Path(folder))
        for line in lines:
            record.append(line)
        if rewrites:
            record.rewrite(kept, {"again": 1})
        record.close(finished=False)
        again = RunRecord.resume(Path(folder), "run-1")
        assert again.entries == (kept if rewrites else lines)
        assert again.header == ({"again": 1} if rewrites else HEADER)
        assert again.size == again.path.stat().st_size
        again.close(finished=True)
