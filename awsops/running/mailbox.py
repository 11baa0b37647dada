"""How what a worker yields reaches the main thread: in its order, and in bunches.

A message for each row would wake the main thread for each row, and two threads of one interpreter
that take turns at every row do little else. So a worker wakes the main thread once, and what it
yields until that thread gets its turn is handled in one go.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Literal

Kind = Literal["event", "row", "error", "done"]


class Mailbox:
    """Of one worker, emptied by the main thread. At most `limit` messages wait (the worker waits
    then): memory stays flat behind a slow pipe. `wake` is called when there is something to take.
    """

    def __init__(self, wake: Callable[[], None], limit: int) -> None:
        self._wake = wake
        self._limit = limit
        self._waiting: deque[tuple[Kind, Any]] = deque()
        self._woken = False
        self._room = threading.Event()

    def put(self, kind: Kind, value: object = None) -> None:
        """Called by the worker; returns once there is room for the message."""
        while len(self._waiting) >= self._limit:
            # In this order: whoever takes something after the look sets the event after it, too.
            self._room.clear()
            if len(self._waiting) >= self._limit:
                self._room.wait()
        self._waiting.append((kind, value))
        if not self._woken:
            self._woken = True
            self._wake()

    def take(self) -> Iterator[tuple[Kind, Any]]:
        """What waits at this moment; what is put while it is handled wakes again."""
        self._woken = False  # before the first look, so that nothing is put unseen
        for _ in range(len(self._waiting)):
            yield self._waiting.popleft()
        self._room.set()
