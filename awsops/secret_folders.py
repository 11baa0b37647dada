"""Folders for a secret that a program reads from a file: gone with the process that made them.

Each has a random name and a lock beside it, held for as long as its process lives: the operating
system lets go of it however the process ends, and no later process can be taken for the dead one,
as happens with process ids. So what a killed process left behind is known, and only that.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from awsops.atomic_files import private_folder
from awsops.errors import AwsopsError
from awsops.file_locks import try_lock

_PARENT = "passing"  # in the state folder
_LOCK = ".lock"
# Where there is no lock to ask (Windows), what is as old as this is left over: a token of ECR is
# valid for 12 hours (ECR API reference, GetAuthorizationToken), and no push takes as long.
_OUTLIVED_SECONDS = 12 * 3600.0


@contextmanager
def secret_folder(state: Path) -> Iterator[Path]:
    """A new folder of mode 0700 in the state folder, removed with all that is in it at the end.

    AwsopsError when it cannot be made.
    """
    parent = state / _PARENT
    try:
        private_folder(parent)
        parent.chmod(0o700)
        lock, file = _take_lock(parent)
    except OSError as error:
        raise _not_made(parent, error) from error
    folder = lock.with_suffix("")
    try:
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise _not_made(parent, error) from error
        yield folder
    finally:
        _remove(lock)
        os.close(file)


def left_behind(state: Path) -> list[Path]:
    """The folders whose process is gone."""
    found = []
    for lock in _locks(state / _PARENT):
        file = _dead(lock)
        if file is not None:
            os.close(file)
            found.append(lock.with_suffix(""))
    return found


def sweep(state: Path, finish: Callable[[Path], Collection[str]] = lambda _: ()) -> None:
    """Remove the folders that processes have left which were killed, and no other.

    `finish` does with one what its process could not do any more, and names the files in it that
    have to stay for another try. What cannot be removed stays, and `left_behind` goes on saying so.
    """
    for lock in _locks(state / _PARENT):
        file = _dead(lock)
        if file is not None:
            try:
                _remove(lock, keep=finish(lock.with_suffix("")))
            finally:
                os.close(file)


def _locks(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if path.suffix == _LOCK)
    except OSError:
        return []


def _take_lock(parent: Path) -> tuple[Path, int]:
    """A lock of a new name, held: before the folder is there, so that no folder is without one."""
    while True:
        lock = parent / f"{secrets.token_hex(8)}{_LOCK}"
        file = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        # Another process that swept between the two lines has removed the name.
        if _hold(file) and lock.exists():
            return lock, file
        os.close(file)


def _dead(lock: Path) -> int | None:
    """The lock, held by us now, of a process that is gone; None while it lives."""
    try:
        file = os.open(lock, os.O_WRONLY)
    except OSError:
        return None
    try:
        import fcntl  # noqa: F401
    except ImportError:
        gone = os.fstat(file).st_mtime < time.time() - _OUTLIVED_SECONDS
    else:
        gone = _hold(file)
    if gone:
        return file
    os.close(file)
    return None


def _hold(file: int) -> bool:
    try:
        return try_lock(file)
    except OSError:
        return False


def _remove(lock: Path, keep: Collection[str] = ()) -> None:
    """The folder first: whoever is killed here leaves its lock, and the next one goes on."""
    folder = lock.with_suffix("")
    if keep:
        _empty(folder, keep)
        return
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        with suppress(OSError):
            lock.unlink(missing_ok=True)


def _empty(folder: Path, keep: Collection[str]) -> None:
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name not in keep:
                path.unlink(missing_ok=True)


def _not_made(parent: Path, error: OSError) -> AwsopsError:
    return AwsopsError(
        f"{parent} cannot be written to: {error.strerror}",
        hint="check the folder's owner and mode; AWSOPS_STATE_DIR says where else to write",
    )
