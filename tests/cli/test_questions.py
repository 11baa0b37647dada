"""What stands on a real terminal while a person is asked: the question, and nothing else."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from awsops.testing import Sandbox
from tests.core.output.test_console import Terminal

COLUMNS = 80
_PROGRAM = "from awsops.cli import entry_point; entry_point()"
# A sequence of which only the beginning has been read.
_CUT_OFF = re.compile(r"(\x1b(\[[0-9;]*)?)?$")
_PATIENCE = 60.0  # seconds until the test gives up; nothing is judged by it
_MANY_FRAMES = 0.7  # seconds in which the live lines were drawn several times before

# Its commands wait for what the test does, by a file, and not for a time.
PLUGIN = '''
"""Wait for a person."""
import time
from dataclasses import dataclass
from pathlib import Path
from awsops.api import Annotated, Aws, AwsopsError, Change, Note, Option, Plan, Progress, command

@dataclass(frozen=True, slots=True)
class Counted:
    number: int

def happened(what):
    return (Path.home() / what).exists()

@command(mutates=True)
def long(aws: Aws, count: Annotated[int, Option(help="How many rows.", short="-n")] = 60):
    """Show more rows than the screen has lines, and fail."""
    yield Plan(())
    for number in range(count):
        yield Counted(number)
    raise AwsopsError("it broke", hint="begin again with: awsops wait long")

@command(mutates=True)
def plan(aws: Aws):
    """Draw a bar, then have the plan confirmed."""
    while not happened("counted"):
        yield Progress(3, 10, "messages", "counting")
        time.sleep(0.02)
    yield Plan((Change("paint", "wall", why_no_undo="paint does not come off a wall"),))
    yield Progress(1, 2, "walls", "painting")

@command()
def code(aws: Aws):
    """Ask from one target while the others go on."""
    if aws.target.profile == "demo-dev":
        while not happened("at work"):
            time.sleep(0.02)
        answer = aws.ask("The code")
        yield Note(f"the code is {answer}")
    told, done = False, 0
    while not aws.cancelled.is_set():
        yield Progress(done % 400, 400, "messages", f"at work {done}")
        time.sleep(0.02)
        done += 1
        if not told and happened("asked"):
            yield Note("half way")
            (Path.home() / f"told {aws.target.profile}").touch()
            told = True
'''


class OnTerminal:
    """A command line on a pty, and what a person sees there."""

    def __init__(self, argv: list[str], environ: dict[str, str], *, lines: bool = True) -> None:
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, COLUMNS))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ,
            start_new_session=True,
        )
        os.close(slave)
        self._terminal = Terminal(COLUMNS) if lines else None
        self._cut = ""
        self.text = ""

    def read_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._read(left)

    def read_until(self, found: Callable[[str], bool]) -> None:
        until = time.monotonic() + _PATIENCE
        while not found(self.text):
            assert time.monotonic() < until, self.text
            self._read(1.0)

    def _read(self, wait: float) -> bool:
        if not select.select([self._master], [], [], wait)[0]:
            return False
        try:
            piece = os.read(self._master, 65536).decode()
        except OSError:
            piece = ""
        self.text += piece
        if self._terminal is None:
            return bool(piece)
        whole = self._cut + piece
        self._cut = _CUT_OFF.search(whole)[0]  # type: ignore[index]
        self._terminal.feed(whole.removesuffix(self._cut) if self._cut else whole)
        return bool(piece)

    @property
    def lines(self) -> list[str]:
        assert self._terminal is not None
        return self._terminal.lines

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def resize(self, columns: int) -> None:
        termios.tcsetwinsize(self._master, (24, columns))

    def exit_code(self) -> int:
        until = time.monotonic() + _PATIENCE
        while self._process.poll() is None:
            assert time.monotonic() < until, self.text
            self._read(0.1)
        while self._read(0.1):
            pass  # what it wrote last
        return self._process.returncode

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(awsops_sandbox: Sandbox, tmp_path: Path) -> Iterator[Callable[..., OnTerminal]]:
    (tmp_path / "wait.py").write_text(PLUGIN)
    opened: list[OnTerminal] = []
    environ = {
        **awsops_sandbox.environ,
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "TERM": "xterm",
        "NO_COLOR": "1",
        "AWSOPS_PLUGIN_PATH": str(tmp_path),
    }

    def start(*argv: str, lines: bool = True) -> OnTerminal:
        opened.append(OnTerminal(["wait", *argv], environ, lines=lines))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def test_the_bar_is_gone_while_the_plan_is_confirmed(
    terminal: Callable[..., OnTerminal], tmp_path: Path
) -> None:
    screen = terminal("plan", "-p", "demo-*")
    screen.read_until(lambda text: "counting" in text)
    (tmp_path / "counted").touch()
    screen.read_until(lambda text: "[y/N]" in text)
    screen.read_for(_MANY_FRAMES)
    assert not any("counting" in line for line in screen.lines)
    assert screen.lines[-1].endswith("[y/N]")
    screen.type("y\n")
    assert screen.exit_code() == 0


def test_the_bars_and_notes_of_other_targets_wait_for_the_answer(
    terminal: Callable[..., OnTerminal], tmp_path: Path
) -> None:
    screen = terminal("code", "-p", "demo-*")
    screen.read_until(lambda text: "at work" in text)
    (tmp_path / "at work").touch()
    screen.read_until(lambda text: "The code: " in text)
    (tmp_path / "asked").touch()
    screen.read_until(lambda _: len(list(tmp_path.glob("told *"))) == 2)
    screen.read_for(_MANY_FRAMES)
    assert screen.lines == ["The code:"]
    screen.type("123\n")
    screen.read_until(lambda text: "the code is 123" in text)
    screen.read_until(lambda text: "at work" in text.rpartition("the code is 123")[2])
    assert screen.lines[0] == "The code: 123"
    assert screen.text.count("half way") == 2


def test_what_to_type_next_stands_below_a_table_that_is_longer_than_the_screen(
    terminal: Callable[..., OnTerminal],
) -> None:
    screen = terminal("long", "-p", "demo-dev")
    screen.exit_code()
    assert screen.lines[-3].split() == ["59"]
    assert screen.lines[-2].startswith("awsops: wait long [demo-dev/eu-west-1]: OperationFailed:")
    assert screen.lines[-1] == "hint: begin again with: awsops wait long"
    assert screen.text.count("hint: ") == 2


def test_an_error_that_is_still_on_the_screen_is_told_once(
    terminal: Callable[..., OnTerminal],
) -> None:
    screen = terminal("long", "-n", "3", "-p", "demo-dev")
    screen.exit_code()
    assert screen.text.count("hint: ") == 1


def test_what_was_typed_before_the_plan_was_shown_does_not_confirm_it(
    terminal: Callable[..., OnTerminal], tmp_path: Path
) -> None:
    screen = terminal("plan", "-p", "demo-dev")
    screen.read_until(lambda text: "counting" in text)
    screen.type("y\n")
    screen.read_until(lambda text: "y\r\n" in text)  # its echo: the terminal has it
    (tmp_path / "counted").touch()
    screen.read_until(lambda text: "[y/N]" in text)
    screen.type("n\n")
    assert screen.exit_code() == 1
    assert "the plan was not confirmed" in screen.text


def test_a_question_longer_than_the_screen_is_wide_is_folded_between_words(
    terminal: Callable[..., OnTerminal], tmp_path: Path
) -> None:
    screen = terminal("plan", "-p", "demo-*")
    screen.resize(40)
    (tmp_path / "counted").touch()
    screen.read_until(lambda text: "[y/N]" in text)
    *_, before, last = screen.lines
    assert before.startswith("Apply this in 3 targets: 111111111111,")
    assert last.split() == ["222222222222,", "333333333333?", "[y/N]"]


LISTED = '''
"""Choose one."""
from dataclasses import dataclass
from awsops.api import Annotated, Argument, Choice, Host, command

@dataclass(frozen=True, slots=True)
class Chosen:
    name: str

def complete_names(host: Host):
    yield from (Choice(f"queue-{number:05d}", f"{number} messages") for number in range(10_000))

@command()
def one(host: Host, name: Annotated[str, Argument(help="A name.", complete=complete_names)]):
    """Show what was chosen."""
    yield Chosen(name)
'''


@pytest.fixture
def listed(terminal: Callable[..., OnTerminal], tmp_path: Path) -> OnTerminal:
    """Ten thousand names to choose from, on 24 lines."""
    (tmp_path / "wait.py").write_text(LISTED)
    screen = terminal("one", "-o", "csv", lines=False)
    screen.read_until(lambda text: "10000 names" in text)
    return screen


def test_what_is_typed_narrows_the_list_down(listed: OnTerminal) -> None:
    listed.type("0712\r")
    assert listed.exit_code() == 0
    assert listed.text.rstrip().endswith("queue-00712")


def test_enter_chooses_nothing_where_nothing_matches(listed: OnTerminal) -> None:
    listed.type("zzz\r")
    listed.type("\x15queue-00003\r")
    assert listed.exit_code() == 0
    assert listed.text.rstrip().endswith("queue-00003")


@pytest.mark.parametrize("key", ["\x03", "\x1b"])
def test_a_list_is_left_as_by_ctrl_c(listed: OnTerminal, key: str) -> None:
    listed.type(key)
    assert listed.exit_code() == 130
