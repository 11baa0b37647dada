"""Files that are whole whenever somebody reads them, also after a crash or a power cut.

A file is written beside the one it replaces, put on the disk, and renamed over it; then the folder,
which holds the name, is put on the disk as well. Four writers differ, each for a reason that stands
there: `records` goes on appending to the file that it has renamed, an export of logs hashes what it
has streamed, and docker's credential helper imports nothing that costs its user time.

A symlink is replaced like a file: who wants it kept hands in where it leads (`Path.resolve`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

OWNER_ONLY = 0o600
ANYBODY = 0o666  # less the person's umask, as of any file that a program makes
_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EROFS})
UNFINISHED_SECONDS = 60.0  # a writer takes milliseconds: what is older was killed


def write_private(path: Path, content: str | bytes) -> None:
    """Put `content` in the place of a file that is for its owner alone, whatever its mode was.

    OSError leaves what was there.
    """
    with written_beside(path, content) as beside:
        _give_to_owner_of(path, beside)
        os.replace(beside, path)
    sync_folder(path.parent)


def replace_file(
    path: Path,
    content: str | bytes,
    *,
    new_mode: int,
    locked: bool = False,
    check: Callable[[Path], object] | None = None,
) -> None:
    """Put `content` in the place of a file and leave its mode as it was; OSError leaves all of it.

    `new_mode`, less the umask, is for a file that was not there. `check` looks at the new file
    before it takes the place; what it raises is raised, and nothing has changed. `locked`: nobody
    else writes it now, so that what a killed writer left goes at once.
    """
    try:
        kept = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        kept = None
    if locked:
        _remove_unfinished(path, 0.0)
    with written_beside(path, content, new_mode if kept is None else OWNER_ONLY) as beside:
        if kept is not None:
            _give_to_owner_of(path, beside)
            beside.chmod(kept)
        if check is not None:
            check(beside)
        os.replace(beside, path)
    sync_folder(path.parent)


def private_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each for its owner alone whatever the
    umask (`Path.mkdir` heeds the mode for the last one only). OSError when one cannot be made."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


@contextlib.contextmanager
def written_beside(path: Path, content: str | bytes, mode: int = OWNER_ONLY) -> Iterator[Path]:
    """A new file in the folder of `path`, of `mode` (less the umask) from its first byte, whole and
    on the disk. Text is UTF-8. It is gone afterwards unless it was renamed.

    A folder that is not there is made: for its owner alone when the file is. OSError when either
    cannot be written. Who is killed leaves the file behind, and a later writer removes it.
    """
    if mode & 0o077:
        path.parent.mkdir(parents=True, exist_ok=True)
    else:
        private_folder(path.parent)
    _remove_unfinished(path, UNFINISHED_SECONDS)
    beside = path.with_name(_prefix(path) + os.urandom(8).hex())
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        yield beside
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def _give_to_owner_of(path: Path, beside: Path) -> None:
    """Under sudo the file would be root's from here on, and its owner locked out of it."""
    with contextlib.suppress(OSError, AttributeError):  # only root may give away; not on Windows
        found, new = path.stat(), beside.stat()
        if (found.st_uid, found.st_gid) != (new.st_uid, new.st_gid):
            os.chown(beside, found.st_uid, found.st_gid)


def sync_folder(folder: Path) -> None:
    """Put the names of a folder's files on the disk; OSError when the disk fails.

    Nothing where that is not to be had: Windows opens no folders, some filesystems sync none.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(descriptor)


def _prefix(path: Path) -> str:
    """Hidden: a folder of plugins or of a shell's scripts takes nothing of it for one of them."""
    return f".{path.name}.awsops-"


def _remove_unfinished(path: Path, seconds: float) -> None:
    """Remove what writers of `path` left that have written nothing for so long."""
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if entry.name.startswith(_prefix(path)):
                with contextlib.suppress(OSError):
                    if time.time() - entry.stat().st_mtime >= seconds:
                        os.unlink(entry)
