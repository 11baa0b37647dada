"""The journal: nothing is lost, whoever writes at the same time and however it ends."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from awsops.errors import ExitCode
from awsops.events import Change
from awsops.journal import CallRecord, Journal, Verification
from awsops.journal.file import JournalError

CHANGE = Change("redrive", "orders-dlq", "500 messages", before="500", after="0", undo="awsops x")


def record(run_id: str = "run-1", **changed: str) -> CallRecord:
    values = {
        "caller_arn": "arn:aws:iam::111111111111:user/ada",
        "account": "111111111111",
        "region": "eu-west-1",
        "profile": "dev",
        "service": "sqs",
        "operation": "SendMessageBatch",
        "params_json": '{"QueueUrl": "q"}',
    }
    return CallRecord(run_id=run_id, **{**values, **changed})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "awsops" / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with closing(open_journal(path)) as opened:
        yield opened


def open_journal(path: Path) -> Journal:
    ticks = count(1_000)
    return Journal(path, lambda: float(next(ticks)))


def in_process(script: str, *args: str) -> subprocess.CompletedProcess[str]:
    code = textwrap.dedent(script)
    # -B: under a limit on files Python would leave a half of what it compiles to all others.
    command = [sys.executable, "-B", "-W", "error", "-c", code, *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def sql(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement, values)
        db.commit()


def test_what_was_written_is_read_back(journal: Journal) -> None:
    journal.begin_run("run-1", "sqs redrive", ["sqs", "redrive", "orders-dlq"], 990.0)
    call = journal.begin_call(record())
    journal.end_call(call, "ok", "req-1", None)
    failed = journal.begin_call(record(service="lambda", operation="UpdateAlias", account="2"))
    journal.end_call(failed, "error", "req-2", "AccessDenied")
    journal.record_change("run-1", "111111111111", "eu-west-1", "dev", CHANGE)
    journal.end_run("run-1", 6)

    (run,) = journal.runs()
    assert (run.run_id, run.command, run.argv) == (
        "run-1",
        "sqs redrive",
        ("sqs", "redrive", "orders-dlq"),
    )
    assert (run.started_at, run.ended_at, run.exit_code) == (990.0, 1005.0, 6)
    assert (run.calls, run.changes) == (2, 1)
    assert (run.accounts, run.services) == (("111111111111", "2"), ("lambda", "sqs"))
    first, second = journal.calls("run-1")
    assert first.record == record()
    assert (first.at, first.ended_at, first.outcome) == (1000.0, 1001.0, "ok")
    assert (first.request_id, first.error_code) == ("req-1", None)
    assert (second.outcome, second.error_code) == ("error", "AccessDenied")
    (change,) = journal.changes("run-1")
    assert change.change == CHANGE
    assert (change.account, change.region, change.profile) == ("111111111111", "eu-west-1", "dev")


def test_reading_and_runs_that_change_nothing_make_no_file(journal: Journal, path: Path) -> None:
    journal.begin_run("run-1", "sqs redrive", [], 0.0)
    journal.end_run("run-1", 1)
    assert journal.runs() == []
    assert journal.calls("run-1") == []
    assert journal.changes("run-1") == []
    assert journal.verify() == Verification(0)
    assert not path.parent.exists()


def test_sqlite_is_not_imported_before_it_is_needed() -> None:
    script = "import sys, awsops.journal; sys.exit('sqlite3' in sys.modules)"
    assert in_process(script).returncode == 0


def test_folder_and_files_are_private(path: Path) -> None:
    old = os.umask(0)
    try:
        with closing(open_journal(path)) as journal:
            journal.begin_call(record())
            modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in path.parent.iterdir()}
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert modes[path.name] == 0o600
    assert set(modes.values()) == {0o600}


def test_what_comes_after_a_mark_is_known_although_the_clock_was_put_back(path: Path) -> None:
    with closing(Journal(path, lambda: 2_000.0)) as before:
        before.begin_call(record())
        mark = before.mark()
    with closing(Journal(path, lambda: 1_000.0)) as after:
        late = after.begin_call(record())
        assert [entry.call_id for entry in after.calls("run-1") if entry.call_id > mark] == [late]


def test_a_path_with_special_characters_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=memory %41#" / "journal.sqlite3"
    with closing(open_journal(path)) as journal:
        journal.begin_call(record())
    assert path.stat().st_size > 0


def outcomes(path: Path) -> list[str]:
    """Of the calls of run-1, as another process reads them."""
    with closing(open_journal(path)) as other:
        return [entry.outcome for entry in other.calls("run-1")]


@pytest.mark.parametrize(("soon", "first"), [(0.0, "ok"), (float("inf"), "unknown")])
def test_in_a_fast_process_ends_are_written_with_the_next_begin_and_by_the_last(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch, soon: float, first: str
) -> None:
    monkeypatch.setattr("awsops.journal.SOON_SECONDS", soon)
    one, two = journal.begin_call(record()), journal.begin_call(record())
    journal.end_call(one, "ok", None, None)
    assert outcomes(path) == [first, "unknown"]
    three = journal.begin_call(record())
    assert outcomes(path) == ["ok", "unknown", "unknown"]
    journal.end_call(three, "ok", None, None)
    journal.end_call(two, "ok", None, None)
    assert outcomes(path) == ["ok", "ok", "ok"]


def test_the_end_of_a_run_writes_the_ends_of_its_calls(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awsops.journal.SOON_SECONDS", float("inf"))
    one, _never_ended = journal.begin_call(record()), journal.begin_call(record())
    journal.end_call(one, "ok", None, None)
    journal.end_run("run-1", 0)
    assert outcomes(path) == ["ok", "unknown"]


def test_a_call_whose_answer_never_came_reads_as_unknown(path: Path) -> None:
    with closing(open_journal(path)) as journal:
        journal.begin_call(record())
    with closing(open_journal(path)) as later:
        (call,) = later.calls("run-1")
    assert (call.outcome, call.ended_at) == ("unknown", None)


def test_what_was_begun_is_there_after_the_process_was_killed(path: Path) -> None:
    script = """
        import os, signal, sys
        from pathlib import Path
        from awsops.journal import CallRecord, Journal
        journal = Journal(Path(sys.argv[1]), lambda: 1.0)
        journal.begin_run("run-1", "sqs redrive", [], 1.0)
        for n in range(10):
            call = journal.begin_call(CallRecord("run-1", "", "1", "", "", "sqs", f"Op{n}", "{}"))
            if n < 9:
                journal.end_call(call, "ok", None, None)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    assert in_process(script, str(path)).returncode == -9
    with closing(open_journal(path)) as journal:
        assert [c.outcome for c in journal.calls("run-1")] == ["ok"] * 9 + ["unknown"]
        assert journal.runs()[0].exit_code is None
        assert journal.verify() == Verification(20)


def test_threads_lose_nothing_and_the_chain_holds(journal: Journal) -> None:
    def work(n: int) -> None:
        call = journal.begin_call(record(operation=f"Op{n}"))
        journal.end_call(call, "ok", f"req-{n}", None)

    journal.begin_run("run-1", "x", [], 0.0)
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(work, range(400)))
    calls = journal.calls("run-1")
    assert {(c.record.operation, c.request_id, c.outcome) for c in calls} == {
        (f"Op{n}", f"req-{n}", "ok") for n in range(400)
    }
    assert journal.runs()[0].calls == 400
    assert journal.verify() == Verification(801)


def test_processes_that_begin_at_the_same_moment_lose_nothing(path: Path) -> None:
    script = """
        import sys
        from pathlib import Path
        from awsops.journal import CallRecord, Journal
        run, path = sys.argv[1:]
        sys.stdin.readline()
        journal = Journal(Path(path), lambda: 1.0)
        journal.begin_run(run, "x", [], 1.0)
        for n in range(50):
            call = journal.begin_call(CallRecord(run, "", "1", "", "", "sqs", f"Op{n}", "{}"))
            journal.end_call(call, "ok", None, None)
        journal.end_run(run, 0)
        journal.close()
    """
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(script)]
    writers = [
        subprocess.Popen([*command, f"run-{n}", str(path)], stdin=subprocess.PIPE) for n in range(8)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.close()
    assert [writer.wait(60) for writer in writers] == [0] * 8
    with closing(open_journal(path)) as journal:
        runs = journal.runs(100)
        assert {r.run_id: (r.calls, r.exit_code) for r in runs} == {
            f"run-{n}": (50, 0) for n in range(8)
        }
        assert journal.verify() == Verification(8 * 102)


def test_runs_are_filtered_and_the_newest_come_first(journal: Journal) -> None:
    for n, (account, service) in enumerate([("1", "sqs"), ("1", "lambda"), ("2", "sqs")]):
        journal.begin_run(f"run-{n}", "x", [], float(n))
        journal.begin_call(record(f"run-{n}", account=account, service=service))

    def ids(*args: int, **filters: object) -> list[str]:
        return [run.run_id for run in journal.runs(*args, **filters)]  # type: ignore[arg-type]

    assert ids() == ["run-2", "run-1", "run-0"]
    assert ids(2) == ["run-2", "run-1"]
    assert ids(since=1.0) == ["run-2", "run-1"]
    assert ids(account="1") == ["run-1", "run-0"]
    assert ids(service="sqs") == ["run-2", "run-0"]
    assert ids(account="1", service="sqs") == ["run-0"]
    assert ids(account="2", service="lambda") == []


def test_a_run_is_found_by_the_beginning_of_its_id(journal: Journal) -> None:
    for run in ("20260301-ab%1", "20260301-cd", "2025"):
        journal.begin_call(record(run))
    assert [r.run_id for r in journal.find_runs("20260301-c")] == ["20260301-cd"]
    assert len(journal.find_runs("2026")) == 2
    assert journal.find_runs("%") == []


def test_a_run_that_is_resumed_goes_on(journal: Journal) -> None:
    journal.begin_run("run-1", "x", [], 1.0)
    journal.begin_call(record())
    journal.end_run("run-1", 130)
    journal.begin_run("run-1", "x", ["--resume"], 5.0)
    journal.begin_call(record())
    (run,) = journal.runs()
    assert (run.calls, run.exit_code, run.started_at) == (2, None, 1.0)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE entries SET body = replace(body, 'sqs', 'sns') WHERE seq = 3", "entry 3 is not"),
        ("UPDATE entries SET run_id = 'other' WHERE seq = 2", "entry 2 is not"),
        ("DELETE FROM entries WHERE seq = 4", "entry 4 is missing"),
        ("DELETE FROM entries WHERE seq = 1", "entry 1 is missing"),
        ("DELETE FROM entries WHERE seq = 6", "entries of run run-1 are missing"),
        ("DELETE FROM entries", "entries of run run-1 are missing"),
        ("DELETE FROM runs", "run run-1 is missing"),
    ],
)
def test_an_edited_or_missing_entry_is_found(path: Path, damage: str, problem: str) -> None:
    with closing(open_journal(path)) as journal:
        journal.begin_run("run-1", "x", [], 0.0)
        for _ in range(5):
            journal.begin_call(record())
        assert journal.verify() == Verification(6)
    sql(path, damage)
    with closing(open_journal(path)) as journal:
        found = journal.verify()
    assert found.problem is not None
    assert found.problem.startswith(problem)


def test_a_damaged_file_stops_the_change_and_says_how_to_go_on(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no database\n" * 500)
    with closing(open_journal(path)) as journal:
        with pytest.raises(JournalError, match="the change was not made because") as caught:
            journal.begin_call(record())
        with pytest.raises(JournalError, match="the journal cannot be read") as unread:
            journal.runs()
    assert caught.value.exit_code == ExitCode.FAILED
    assert str(path) in caught.value.message
    for error in (caught.value, unread.value):
        assert error.hint
        assert "mkdir" in error.hint
    command = (caught.value.hint or "").partition(": ")[2].partition(" (")[0]
    subprocess.run(["sh", "-c", command], check=True)
    with closing(open_journal(path)) as journal:
        journal.begin_call(record())
        assert len(journal.calls("run-1")) == 1


def test_a_damaged_page_in_a_good_file_is_told(path: Path) -> None:
    with closing(open_journal(path)) as journal:
        for _ in range(50):
            journal.begin_call(record(params_json="x" * 500))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with (
        closing(open_journal(path)) as journal,
        pytest.raises(JournalError, match="cannot be read"),
    ):
        journal.runs()


def test_a_journal_of_a_newer_version_is_left_alone(path: Path) -> None:
    with closing(open_journal(path)) as journal:
        journal.begin_call(record())
    sql(path, "PRAGMA user_version = 99")
    with closing(open_journal(path)) as journal:
        with pytest.raises(JournalError, match="newer awsops"):
            journal.runs()
        with pytest.raises(JournalError, match="newer awsops"):
            journal.begin_call(record())


def test_an_empty_file_is_taken_as_new(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.touch()
    with closing(open_journal(path)) as journal:
        assert journal.runs() == []
        journal.begin_call(record())
        assert len(journal.calls("run-1")) == 1


def test_a_folder_that_cannot_be_made_stops_the_change(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with closing(open_journal(tmp_path / "file" / "journal.sqlite3")) as journal:
        assert journal.runs() == []
        with pytest.raises(JournalError, match=r"change was not made.*/file: Not a directory"):
            journal.begin_call(record())


def test_a_full_disk_stops_the_next_change_and_keeps_the_file_whole(path: Path) -> None:
    # A limit on the size of files is as real as a full disk: write(2) fails the same way.
    script = """
        import resource, signal, sys
        from pathlib import Path
        from awsops.journal import CallRecord, Journal
        from awsops.journal.file import JournalError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        sys.dont_write_bytecode = True  # it would be cut short as well
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
        journal = Journal(Path(sys.argv[1]), lambda: 1.0)
        journal.begin_run("run-1", "x", [], 1.0)
        for n in range(1_000):
            try:
                journal.begin_call(CallRecord("run-1", "", "1", "", "", "sqs", "Op", "x" * 2_000))
            except JournalError as error:
                print(n, error.message)
                break
    """
    done = in_process(script, str(path))
    written, _, message = done.stdout.partition(" ")
    assert "the change was not made because it could not be journalled" in message, done.stderr
    with closing(open_journal(path)) as journal:
        assert len(journal.calls("run-1")) == int(written) > 10
        assert journal.verify() == Verification(int(written) + 1)
        journal.begin_call(record())


def test_one_failing_entry_fails_every_thread_that_waited_with_it(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no database\n" * 500)
    failed = []
    barrier = threading.Barrier(8)
    with closing(open_journal(path)) as journal:

        def work() -> None:
            barrier.wait()
            try:
                journal.begin_call(record())
            except JournalError as error:
                failed.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert len(failed) == 8


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_a_folder_that_we_may_only_read_is_read_and_not_written() -> None:
    script = """
        import os, sys
        from pathlib import Path
        from awsops.journal import CallRecord, Journal
        from awsops.journal.file import JournalError
        import sqlite3
        if os.geteuid() == 0:
            os.setuid(65534)
        journal = Journal(Path(sys.argv[1]), lambda: 1.0)
        print([run.run_id for run in journal.runs()])
        try:
            journal.begin_call(CallRecord("run-2", "", "1", "", "", "sqs", "Op", "{}"))
        except JournalError as error:
            print(error.message)
    """
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "journal.sqlite3"
        with closing(open_journal(path)) as journal:
            journal.begin_call(record())
        path.chmod(0o444)
        Path(name).chmod(0o555)
        done = in_process(script, str(path))
        Path(name).chmod(0o700)
    runs, _, message = done.stdout.partition("\n")
    assert runs == "['run-1']", done.stderr
    assert message.startswith("the change was not made because it could not be journalled")
