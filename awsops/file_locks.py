"""Locks between processes, on a file or folder that is open: they end with who holds them.

Windows has none of this kind: there nobody waits, and two at the same moment are not guarded
against. Docker's credential helper has its own code, since it imports nothing of awsops.
"""

from __future__ import annotations

import time
from collections.abc import Callable


def lock(file: int) -> None:
    """Wait until the lock is ours. OSError where the filesystem gives none."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(file, fcntl.LOCK_EX)


def try_lock(file: int) -> bool:
    """Whether the lock is ours now, and nobody else's. OSError where the filesystem gives none."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_unless(given_up: Callable[[], bool], file: int, *, poll_seconds: float) -> bool:
    """Wait until the lock is ours; False, and it is not, when `given_up` says True meanwhile."""
    while not try_lock(file):
        if given_up():
            return False
        time.sleep(poll_seconds)
    return True
