"""Folders for secrets: gone with their process, however it ended, and never with another's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from awsops.errors import AwsopsError
from awsops.secret_folders import left_behind, secret_folder, sweep

KILLED = """
import os, sys
from pathlib import Path
from awsops.secret_folders import secret_folder
with secret_folder(Path(sys.argv[1])) as folder:
    (folder / "sub").mkdir()
    (folder / "sub" / "secret").write_text("s")
    os.kill(os.getpid(), 9)
"""


def kill_one(state: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(state)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_nothing_is_left_of_one_that_ended(tmp_path: Path) -> None:
    with secret_folder(tmp_path) as folder:
        (folder / "secret").write_text("s")
    assert list(folder.parent.iterdir()) == []


def test_nothing_is_left_of_one_that_failed(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), secret_folder(tmp_path) as folder:
        raise ZeroDivisionError
    assert list(folder.parent.iterdir()) == []


def test_only_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    kill_one(tmp_path)
    with secret_folder(tmp_path) as alive:
        [left] = left_behind(tmp_path)
        assert (left / "sub" / "secret").exists()
        sweep(tmp_path)
        assert (left.exists(), alive.exists()) == (False, True)
        assert left_behind(tmp_path) == []


def test_a_link_in_what_was_left_is_removed_and_not_followed(tmp_path: Path) -> None:
    kill_one(tmp_path / "state")
    kept = tmp_path / "contexts"
    kept.mkdir()
    (kept / "mine").touch()
    [left] = left_behind(tmp_path / "state")
    (left / "contexts").symlink_to(kept)
    sweep(tmp_path / "state")
    assert (left.exists(), (kept / "mine").exists()) == (False, True)


def test_a_lock_without_its_folder_is_swept_too(tmp_path: Path) -> None:
    """Killed between the two, at the beginning or at the end."""
    kill_one(tmp_path)
    [left] = left_behind(tmp_path)
    for path in (left / "sub" / "secret", left / "sub", left):
        path.unlink() if path.is_file() else path.rmdir()
    sweep(tmp_path)
    assert list(left.parent.iterdir()) == []


def test_sweepers_never_take_a_folder_that_is_being_made(tmp_path: Path) -> None:
    done = threading.Event()

    def sweep_on() -> None:
        while not done.is_set():
            sweep(tmp_path)

    def make() -> int:
        for number in range(50):
            with secret_folder(tmp_path) as folder:
                (folder / "secret").write_text(str(number))
                sweep(tmp_path)
                assert (folder / "secret").read_text() == str(number)
        return 50

    with ThreadPoolExecutor(6) as pool:
        sweepers = [pool.submit(sweep_on) for _ in range(2)]
        makers = [pool.submit(make) for _ in range(4)]
        assert [maker.result() for maker in makers] == [50] * 4
        done.set()
        assert [sweeper.result() for sweeper in sweepers] == [None] * 2


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_made_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with (
        pytest.raises(AwsopsError, match="cannot be written to"),
        secret_folder(tmp_path / "state"),
    ):
        pass
    tmp_path.chmod(0o700)


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "passing").touch()
    with pytest.raises(AwsopsError, match="cannot be written to"), secret_folder(tmp_path):
        pass
