"""Ctrl-C and SIGTERM: the first asks the run to end tidily, the second quits at once."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def left_to_another() -> Iterator[None]:
    """Ctrl-C is answered by the program that has the terminal meanwhile: a pager, an editor, an
    external command. Here it does nothing, by a handler: what is ignored stays so in a program that
    is started, and no shell script could then be stopped.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signal handlers belong to the main thread
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends what is inside as Ctrl-C does: through its `finally` blocks."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signal handlers belong to the main thread
        return

    def end(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Interrupts:
    """Turns the first signal into a call and the second into KeyboardInterrupt.

    Only while `watching`: a prompt in between is interrupted by Python's own handler. The first
    one also sets `cancelled`, which the whole process looks at.
    """

    def __init__(self, cancelled: threading.Event) -> None:
        self.interrupted = False
        self._cancelled = cancelled

    @contextlib.contextmanager
    def watching(self, on_first: Callable[[], None]) -> Iterator[None]:
        """Call `on_first`, in the signal handler, at the first SIGINT or SIGTERM."""
        if threading.current_thread() is not threading.main_thread():
            yield  # signal handlers belong to the main thread
            return

        def handle(signum: int, frame: FrameType | None) -> None:
            if self.interrupted:
                raise KeyboardInterrupt
            self.interrupted = True
            self._cancelled.set()
            on_first()

        before = {s: signal.signal(s, handle) for s in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
