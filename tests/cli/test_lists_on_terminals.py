"""A list to choose from, on a real terminal: what is typed into it, and how it is left."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .test_questions import OnTerminal

PLUGIN = '''
"""Open boxes."""
import time
from dataclasses import dataclass
from pathlib import Path
from awsops.api import Annotated, Argument, Choice, Host, Note, command

@dataclass(frozen=True, slots=True)
class Opened:
    box: str

def complete_boxes(host: Host):
    while not (Path.home() / "typed").exists():
        time.sleep(0.02)
    for number in range(2_000):
        yield Choice(f"box-{number:04}", f"of {number} kg")
    yield Choice("größe 请求", "wide letters")

@command()
def show(host: Host, box: Annotated[str, Argument(help="A box.", complete=complete_boxes)]):
    """Open one."""
    yield Opened(box)
'''
SHOWN = "type to search"
ESCAPE, CTRL_C, ENTER, DOWN = "\x1b", "\x03", "\r", "\x1b[B"


class Listing(OnTerminal):
    """A terminal that keeps what is written as it came: questionary paints in many ways."""

    def _read(self, wait: float) -> bool:
        if not select.select([self._master], [], [], wait)[0]:
            return False
        try:
            piece = os.read(self._master, 65536).decode(errors="replace")
        except OSError:
            piece = ""
        self.text += piece
        return bool(piece)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Listing]]:
    (tmp_path / "box.py").write_text(PLUGIN)
    environ = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "TERM": "xterm",
        "PROMPT_TOOLKIT_NO_CPR": "1",
        "AWSOPS_PLUGIN_PATH": str(tmp_path),
    }
    terminals: list[Listing] = []

    def open_(*argv: str) -> Listing:
        terminals.append(Listing(["box", *argv], environ))
        return terminals[-1]

    yield open_
    for terminal in terminals:
        terminal.close()


@pytest.fixture
def box_list(opened: Callable[..., Listing], tmp_path: Path) -> Listing:
    """The list of 2,001 boxes, as it stands on the screen."""
    (tmp_path / "typed").touch()
    terminal = opened("show", "-o", "json")
    terminal.read_until(lambda text: SHOWN in text and "box-0001" in text)
    return terminal


@pytest.mark.parametrize(("key", "name"), [(ESCAPE, "Esc"), (CTRL_C, "Ctrl-C")])
def test_a_list_is_left_with_one_key(box_list: Listing, key: str, name: str) -> None:
    box_list.type(key)
    assert box_list.exit_code() == 130
    assert "Interrupted" in box_list.text
    assert "Traceback" not in box_list.text


def test_typing_finds_one_of_two_thousand(box_list: Listing) -> None:
    box_list.type("1987" + ENTER)
    assert box_list.exit_code() == 0
    assert '"box": "box-1987"' in box_list.text


def test_an_arrow_key_is_no_escape(box_list: Listing) -> None:
    box_list.type(DOWN + ENTER)
    assert box_list.exit_code() == 0
    assert '"box": "box-0001"' in box_list.text


def test_enter_that_was_pressed_before_the_list_was_there_chooses_nothing(
    opened: Callable[..., Listing], tmp_path: Path
) -> None:
    terminal = opened("show", "-o", "json")
    terminal.read_until(lambda text: "listing what BOX may be" in text)
    lines = terminal.text.count("\n")
    terminal.type(ENTER)
    terminal.read_until(lambda text: text.count("\n") > lines)  # its echo: the terminal has it
    (tmp_path / "typed").touch()
    terminal.read_until(lambda text: SHOWN in text and "box-0001" in text)
    terminal.type("0003" + ENTER)
    assert terminal.exit_code() == 0
    assert '"box": "box-0003"' in terminal.text
