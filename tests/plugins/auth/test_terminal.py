"""The question for a code, on a real terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import sys
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from .conftest import Auth

PATIENCE = 60.0


@dataclass
class Terminal:
    """A program on a pseudo-terminal."""

    process: int
    descriptor: int
    said: str = ""

    def wait_for(self, text: str) -> None:
        until = time.monotonic() + PATIENCE
        while text not in self.said:
            assert time.monotonic() < until, self.said
            if select.select([self.descriptor], [], [], 0.1)[0]:
                self.said += os.read(self.descriptor, 4096).decode(errors="replace")

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.descriptor)[3] & termios.ECHO)


@pytest.fixture
def terminal(auth: Auth) -> Iterator[Terminal]:
    """`awsops auth login -p demo-dev`, as a person starts it."""
    environ = {
        **auth.sandbox.environ,
        "HOME": str(auth.home),
        "PATH": os.environ["PATH"],
        "TERM": "xterm",
    }
    program = str(Path(sys.executable).parent / "awsops")
    # Once around it, so that the terminal outlives awsops and can be looked at.
    script = (
        f"trap : INT; {program} auth login -p demo-dev; code=$?; echo code $code; exec sleep 60"
    )
    process, descriptor = pty.fork()
    if process == 0:
        os.execve("/bin/sh", ["sh", "-c", script], environ)
    opened = Terminal(process, descriptor)
    yield opened
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, 9)
    os.waitpid(process, 0)
    os.close(descriptor)


def test_the_code_is_not_echoed(auth: Auth, terminal: Terminal) -> None:
    terminal.wait_for("MFA code of")
    code = auth.code()
    terminal.type(f"{code}\n")
    terminal.wait_for("code 0")
    assert code not in terminal.said


def test_ctrl_c_at_the_question_ends_it_and_gives_the_terminal_back(terminal: Terminal) -> None:
    terminal.wait_for("MFA code of")
    assert not terminal.echoes()
    terminal.type("\x03")
    terminal.wait_for("code 130")
    assert terminal.echoes()
    assert "interrupted at a question" in terminal.said
