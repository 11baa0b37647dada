"""Files that only their owner may read, and that are whole whenever somebody reads them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def written_beside(path: Path, text: str) -> Iterator[Path]:
    """A new file beside `path`, mode 0600 from its first byte, whole and on the disk.

    Its folder is made with mode 0700 where there is none. On an OSError, also of what is done with
    it, it is removed and the error goes on; whoever is killed leaves it behind.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield beside
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def write_private(path: Path, text: str) -> None:
    """Put `text` in the place of a file in one step; OSError leaves what was there."""
    with written_beside(path, text) as beside:
        beside.replace(path)
