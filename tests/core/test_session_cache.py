"""The folder of sessions: what is kept in it, what is cleared away, and who may touch it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from awsops.credentials.session_cache import Session, SessionCache, source_of
from awsops.errors import AwsopsError

NOW = 1_800_000_000.0
DAY = 86_400.0


def session(name: str = "one", *, ends: float = NOW + 3600, kind: str = "mfa") -> Session:
    return Session(
        kind=kind,
        source=source_of(name),
        profile=name,
        account="111111111111",
        arn="arn:aws:iam::111111111111:user/me",
        serial="arn:aws:iam::111111111111:mfa/me" if kind == "mfa" else None,
        access_key="ASIATEST",
        secret_key="EXAMPLE",
        token="t",
        expires_at=ends,
    )


@pytest.fixture
def cache(tmp_path: Path) -> SessionCache:
    return SessionCache(tmp_path / "sessions", lambda: NOW)


def aged(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_what_a_killed_writer_left_is_removed_by_the_next(
    cache: SessionCache, tmp_path: Path
) -> None:
    cache.put(session())
    left = tmp_path / "sessions" / "0123.89ab.session.4711.99"
    left.write_text("half")
    aged(left, 3600)
    cache.put(session("two"))
    assert not left.exists()


def test_a_file_that_is_being_written_is_left_alone(cache: SessionCache, tmp_path: Path) -> None:
    cache.put(session())
    writing = tmp_path / "sessions" / "0123.89ab.session.4711.99"
    writing.write_text("half")
    cache.put(session("two"))
    assert writing.exists()


def test_a_writer_that_is_killed_leaves_what_is_cleared_away(
    cache: SessionCache, tmp_path: Path
) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from awsops.credentials.session_cache import SessionCache\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "SessionCache(Path(sys.argv[1])).check_room()\n"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path / "sessions"], check=False)
    assert done.returncode == -signal.SIGKILL
    [left] = (tmp_path / "sessions").iterdir()
    aged(left, 3600)
    cache.prune()
    assert not left.exists()


def test_a_roles_session_that_has_ended_is_removed(cache: SessionCache) -> None:
    cache.put(session("old", ends=NOW - 1, kind="role"))
    cache.put(session("new"))
    assert [held.profile for held in cache.all()] == ["new"]


def test_a_session_with_mfa_is_remembered_for_a_while(cache: SessionCache) -> None:
    cache.put(session("recent", ends=NOW - 89 * DAY))
    cache.put(session("old", ends=NOW - 91 * DAY))
    cache.prune()
    assert [held.profile for held in cache.all()] == ["recent"]


def test_locks_of_sources_without_a_session_are_removed(
    cache: SessionCache, tmp_path: Path
) -> None:
    cache.put(session())
    for source in ("gone", session().source):
        with cache.locked(source, lambda: False):
            pass
        aged(tmp_path / "sessions" / f"{source}.lock", 2 * DAY)
    cache.prune()
    locks = {path.stem for path in (tmp_path / "sessions").glob("*.lock")}
    assert locks == {session().source}


def test_a_lock_that_is_held_is_not_removed(cache: SessionCache, tmp_path: Path) -> None:
    with cache.locked("held", lambda: False):
        lock = tmp_path / "sessions" / "held.lock"
        aged(lock, 2 * DAY)
        cache.prune()
        assert lock.exists()


def test_a_session_of_a_source_that_somebody_renews_is_left_to_them(cache: SessionCache) -> None:
    ended = session("busy", ends=NOW - 1, kind="role")
    with cache.locked(ended.source, lambda: False):
        cache.put(ended)
        cache.prune()
        assert len(cache.all()) == 1


def _count(folder: str, turns: int) -> None:
    cache = SessionCache(Path(folder))
    number = Path(folder) / "number"
    for _ in range(turns):
        with cache.locked("one", lambda: False):
            count = int(number.read_text())
            number.write_text(str(count + 1))


def test_a_lock_that_is_removed_meanwhile_still_keeps_others_out(tmp_path: Path) -> None:
    """Whoever waits for the removed file goes on to the new one."""
    (tmp_path / "number").write_text("0")
    context = multiprocessing.get_context("spawn")
    turns = 20
    workers = [context.Process(target=_count, args=(str(tmp_path), turns)) for _ in range(3)]
    for worker in workers:
        worker.start()
    cache = SessionCache(tmp_path)
    while any(worker.is_alive() for worker in workers):
        with contextlib.suppress(OSError):
            aged(tmp_path / "one.lock", 2 * DAY)
        cache.prune()
        time.sleep(0.001)
    for worker in workers:
        worker.join()
    assert (tmp_path / "number").read_text() == str(3 * turns)


def test_room_is_checked_without_leaving_anything(cache: SessionCache, tmp_path: Path) -> None:
    cache.check_room()
    assert list((tmp_path / "sessions").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AwsopsError, match="cannot be kept in"):
        SessionCache(tmp_path / "file" / "sessions").check_room()


def test_a_full_disk_is_found_before_there_is_a_session(
    cache: SessionCache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AwsopsError, match="No space left"):
        cache.check_room()
    assert list((tmp_path / "sessions").iterdir()) == []
