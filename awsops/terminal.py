"""Reading a line from a terminal without being deaf to Ctrl-C.

A read in a worker thread cannot be interrupted: the signal goes to the main thread, and the reader
would keep the terminal, without echo, until somebody pressed Enter.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any, TextIO

from awsops.errors import CancelledError

POLL_SECONDS = 0.05


def ask_line(
    question: str, stream: TextIO, screen: TextIO, cancelled: Any, *, secret: bool = False
) -> str:
    """The line that answers a question, without its end; not echoed when it is `secret`.

    CancelledError as soon as `cancelled` (an Event) is set, EOFError at the end of the input.
    """
    try:
        descriptor = stream.fileno()
        is_terminal = os.isatty(descriptor)
    except (OSError, ValueError):
        is_terminal = False
    # The echo is off before anybody is asked: a quick answer would be seen otherwise.
    with _no_echo(descriptor) if is_terminal and secret else contextlib.nullcontext():
        screen.write(question)
        screen.flush()
        if is_terminal:
            _await_input(descriptor, cancelled)
        line = stream.readline()
    if not line:
        raise EOFError("the input has ended")
    return line.rstrip("\r\n")


def line_comes(stream: TextIO, seconds: float) -> bool:
    """Whether a line, or the end of the input, is there to be read within so many seconds."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return True  # nothing of an operating system: it is read as it is
    import select

    return bool(select.select([descriptor], [], [], seconds)[0])


def forget_typed(stream: TextIO) -> None:
    """Throw away what was typed on a terminal and not yet read."""
    try:
        import termios

        if stream.isatty():
            termios.tcflush(stream.fileno(), termios.TCIFLUSH)
    except (ImportError, OSError, ValueError):  # not POSIX, or nothing of an operating system
        return


def folded(question: str, screen: TextIO) -> str:
    """The question between words on the terminal that it is shown on."""
    from awsops.output.folding import fold

    try:
        width = os.get_terminal_size(screen.fileno()).columns
    except (OSError, ValueError):
        return question
    return "\n".join(fold(question, width - 2)) if width > 20 else question


def _await_input(descriptor: int, cancelled: Any) -> None:
    """Until a whole line can be read: a terminal hands out nothing less."""
    try:
        import select
    except ImportError:  # pragma: no cover
        return
    while not select.select([descriptor], [], [], POLL_SECONDS)[0]:
        if cancelled.is_set():
            raise CancelledError("interrupted at a question")


@contextlib.contextmanager
def _no_echo(descriptor: int) -> Iterator[None]:
    try:
        import termios
    except ImportError:  # not a POSIX system: getpass's way is not open either
        yield
        return
    before = termios.tcgetattr(descriptor)
    silent = list(before)
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
