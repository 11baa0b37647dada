from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from awsops_plugins.sqs import runlog
from awsops_plugins.sqs.guard import LoopGuard
from awsops_plugins.sqs.runlog import Header, RunLog
from hypothesis import given, settings
from hypothesis import strategies as st

from awsops.errors import NotFoundError, UsageError
from awsops.records import RecordError, RunRecord

ARN = "arn:aws:sqs:eu-west-1:123456789012:orders-dlq"
NOW = 1_700_000_000.0
HEADER = Header("run-1", ARN, None, NOW, 60)


def begin(folder: Path, **changes: Any) -> RunLog:
    return RunLog.begin(folder, Header(**{**_fields(HEADER), **changes}))


def _fields(header: Header) -> dict[str, Any]:
    return {name: getattr(header, name) for name in Header.__slots__}


def killed(log: RunLog) -> None:
    """What a `kill -9` leaves: the lines written so far, and no lock."""
    os.close(log._record._claim)
    os.close(log._record._file)


def resume(folder: Path, run: str = "run-1", arn: str = ARN) -> RunLog:
    log = RunLog.resume(folder, run, arn)
    assert log is not None
    return log


def test_the_header_is_on_disk_before_anything_is_sent(tmp_path: Path) -> None:
    log = begin(tmp_path, to="https://queue")
    header = json.loads(log.path.read_text().splitlines()[0])
    assert (header["run"], header["to"], header["dlq_arn"]) == ("run-1", "https://queue", ARN)
    assert log.path.stat().st_mode & 0o777 == 0o600


def test_a_killed_run_knows_what_it_sent_deleted_and_was_not_answered(tmp_path: Path) -> None:
    log = begin(tmp_path)
    log.add_sending(["a", "b", "c"])
    log.add_answered(["a", "b"], ["c"], ["copy-a", "copy-b"])
    log.add_deleted(["a"])
    log.add_sending(["d"])
    killed(log)
    again = resume(tmp_path)
    assert [again.was_sent(m) for m in "abcd"] == [False, True, False, False]
    assert (again.unfinished, again.doubtful) == (2, 1)
    assert again.early_copies == ["copy-a", "copy-b"]
    assert again.header == HEADER


def test_what_an_earlier_process_sent_counts_as_resumed_when_it_is_deleted(tmp_path: Path) -> None:
    log = begin(tmp_path)
    log.add_sending(["a", "b"])
    log.add_answered(["a", "b"], [])
    killed(log)
    again = resume(tmp_path)
    assert again.add_deleted(["a"]) == 1
    assert (again.resumed, again.unfinished) == (1, 1)


def test_a_line_that_a_power_cut_tore_is_left_out(tmp_path: Path) -> None:
    log = begin(tmp_path)
    log.add_sending(["a"])
    killed(log)
    with log.path.open("ab") as file:
        file.write(b'["sent",["a"')
    assert resume(tmp_path).doubtful == 1


def test_a_message_sent_again_without_an_answer_to_the_first_stays_doubtful(
    tmp_path: Path,
) -> None:
    log = begin(tmp_path)
    log.add_sending(["a"])
    killed(log)
    again = resume(tmp_path)
    again.add_sending(["a"])
    again.add_answered(["a"], [])
    assert again.unfinished == 0
    killed(again)
    assert resume(tmp_path).doubtful == 1


def test_two_processes_cannot_go_on_with_one_run(tmp_path: Path) -> None:
    begin(tmp_path)
    with pytest.raises(UsageError, match="still under way"):
        RunLog.resume(tmp_path, "run-1", ARN)


def test_a_closed_run_can_be_resumed_and_a_finished_one_waits_for_nothing(tmp_path: Path) -> None:
    log = begin(tmp_path)
    log.add_sending(["a"])
    log.add_answered(["a"], [])
    log.close(finished=False)
    again = resume(tmp_path)
    assert again.unfinished == 1
    assert again.add_vanished() == 1
    again.close(finished=True)
    done = resume(tmp_path)
    assert (done.unfinished, done.deleted_before) == (0, 1)


def test_an_unknown_run_names_those_that_are_known(tmp_path: Path) -> None:
    killed(begin(tmp_path))
    with pytest.raises(NotFoundError) as caught:
        RunLog.resume(tmp_path, "run-2", ARN)
    assert "run-1" in str(caught.value.hint)


def test_a_run_that_did_not_come_to_this_queue_begins_here(tmp_path: Path) -> None:
    killed(begin(tmp_path))
    assert RunLog.resume(tmp_path, "run-1", ARN.replace("123456789012", "210987654321")) is None


def test_a_run_of_another_queue_is_not_gone_on_with(tmp_path: Path) -> None:
    killed(begin(tmp_path))
    with pytest.raises(UsageError, match="moves the messages of orders-dlq, not of refunds-dlq"):
        RunLog.resume(tmp_path, "run-1", ARN.replace("orders-dlq", "refunds-dlq"))


def test_a_record_of_another_machine_is_said_to_be_missing_here(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        RunLog.resume(tmp_path, "run-1", ARN)
    assert "no run of orders-dlq was recorded on this machine" in str(caught.value.hint)


@pytest.mark.parametrize("run", ["../x", "", ".hidden", "a/b"])
def test_a_run_id_cannot_leave_the_folder(tmp_path: Path, run: str) -> None:
    with pytest.raises(UsageError):
        RunLog.resume(tmp_path, run, ARN)


def test_a_file_that_is_no_record_is_refused(tmp_path: Path) -> None:
    log = begin(tmp_path)
    killed(log)
    log.path.write_text("{}\n")
    with pytest.raises(UsageError, match="not the record"):
        RunLog.resume(tmp_path, "run-1", ARN)


def test_records_older_than_any_message_are_removed(tmp_path: Path) -> None:
    old = begin(tmp_path, run="run-0")
    killed(old)
    os.utime(old.path, (NOW - 15 * 86_400, NOW - 15 * 86_400))
    begin(tmp_path)
    assert not old.path.exists()


def test_a_longer_lease_is_remembered_for_those_who_resume(tmp_path: Path) -> None:
    log = begin(tmp_path)
    log.raise_lease(300)
    log.raise_lease(10)
    killed(log)
    assert resume(tmp_path).header.lease == 300


def test_a_folder_that_cannot_be_written_is_an_error_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="cannot be written"):
        begin(tmp_path / "file")


def test_targets_that_begin_at_the_same_moment_do_not_disturb_each_other(tmp_path: Path) -> None:
    def one(account: int) -> None:
        for number in range(25):
            arn = f"arn:aws:sqs:eu-west-1:{account:012d}:dlq-{number}"
            begin(tmp_path, dlq_arn=arn).close(finished=True)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(one, account) for account in range(8)]:
            done.result()
    assert len(list(tmp_path.glob("*.ndjson"))) == 8 * 25


def test_a_record_that_cannot_be_written_anew_stays_as_it_was(tmp_path: Path) -> None:
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from awsops.records import RecordError\n"
        "from awsops_plugins.sqs.runlog import Header, RunLog\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"log = RunLog.begin(Path(sys.argv[1]), Header('run-1', {ARN!r}, None, {NOW}, 60))\n"
        "log.add_sending([f'message-{n}' for n in range(100)])\n"
        "sys.dont_write_bytecode = True\n"  # it would be cut short as well
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))\n"
        "try:\n"
        "    log.raise_lease(90)\n"
        "except (RecordError, OSError):\n"
        "    sys.exit(7)\n"
    )
    # -B: bytecode that is cut off is kept by Python 3.11, and no process could import it any more.
    done = subprocess.run([sys.executable, "-B", "-c", script, str(tmp_path)], check=False)
    assert done.returncode == 7
    assert resume(tmp_path).doubtful == 100


def test_a_record_that_cannot_be_written_anew_is_let_go_of_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = begin(tmp_path)
    log.add_sending(["a", "b"])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(RunRecord, "_replace", full)
        log.close(finished=False)
    assert resume(tmp_path).doubtful == 2


def test_the_guard_of_a_resumed_run_knows_the_early_copies(tmp_path: Path) -> None:
    log = begin(tmp_path)
    log.add_answered(["a"], [], ["copy-a"])
    killed(log)
    again = resume(tmp_path)
    guard = LoopGuard(again.header.started, again.early_copies)
    from awsops_plugins.sqs.messages import Message

    sent = str(int(NOW * 1000) + 500)
    assert guard.is_late(Message("copy-a", "h", "b", {}, {"SentTimestamp": sent}))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), tiny=st.booleans())
def test_however_often_it_is_killed_the_record_tells_sent_from_unsent(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, tiny: bool
) -> None:
    """Against a plain model: what was accepted and not deleted is known to be sent."""
    folder = tmp_path_factory.mktemp("record")
    limit = runlog.REWRITE_BYTES
    runlog.REWRITE_BYTES = 200 if tiny else limit
    try:
        log = begin(folder)
        fresh, waiting, sent, deleted = 0, set(), set(), set()
        for _ in range(data.draw(st.integers(0, 40))):
            step = data.draw(st.sampled_from(["send", "answer", "answer", "delete", "kill"]))
            if step == "send":
                ids = [f"m{n}" for n in range(fresh, fresh + data.draw(st.integers(1, 4)))]
                fresh += len(ids)
                log.add_sending(ids)
                waiting.update(ids)
            elif step == "answer" and waiting:
                accepted = data.draw(st.sets(st.sampled_from(sorted(waiting))))
                log.add_answered(sorted(accepted), sorted(waiting - accepted))
                sent |= accepted
                waiting = set()
            elif step == "delete" and sent:
                gone = data.draw(st.sets(st.sampled_from(sorted(sent))))
                assert log.add_deleted(sorted(gone)) == len(gone)
                sent -= gone
                deleted |= gone
            elif step == "kill":
                killed(log)
                log = resume(folder)
            for n in range(fresh):
                assert log.was_sent(f"m{n}") == (f"m{n}" in sent)
            assert log.doubtful == len(waiting)
        killed(log)
    finally:
        runlog.REWRITE_BYTES = limit


def test_the_file_does_not_grow_with_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runlog, "REWRITE_BYTES", 5_000)
    log = begin(tmp_path)
    for number in range(2_000):
        log.add_sending([f"m{number}"])
        log.add_answered([f"m{number}"], [])
        log.add_deleted([f"m{number}"])
    assert log.path.stat().st_size < 6_000
    log.close(finished=False)
    assert resume(tmp_path).unfinished == 0
