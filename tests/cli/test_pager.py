"""What is longer than the screen goes through a pager, on a terminal and nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

import pytest

_PROGRAM = "from awsops.cli import entry_point; entry_point()"
_LINES, _COLUMNS = 20, 80
# A pager that marks what it was given.
_MARKING = "sed s/^/paged:/"


def on_terminal(
    argv: list[str], home: Path, environ: Mapping[str, str], stdin: str = "terminal"
) -> str:
    """What stands on a terminal of 20 lines when the command line has ended."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (_LINES, _COLUMNS))
    base = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm", "NO_COLOR": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *argv],
        stdin=slave if stdin == "terminal" else subprocess.DEVNULL,
        stdout=slave,
        stderr=subprocess.PIPE,
        env={**base, **environ},
    )
    os.close(slave)
    seen = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # the last holder of the terminal has gone
            break
        if not piece:
            break
        seen += piece
    process.wait()
    if process.stderr is not None:
        process.stderr.close()
    os.close(master)
    return seen.decode()


LONG = {
    "a long table": ["help"],
    "a long page": ["help", "security"],
}


@pytest.mark.parametrize("argv", LONG.values(), ids=LONG)
def test_what_is_long_is_paged(argv: list[str], tmp_path: Path) -> None:
    lines = on_terminal(argv, tmp_path, {"PAGER": _MARKING}).splitlines()
    assert len(lines) > _LINES
    assert all(line.startswith("paged:") for line in lines)


PLAIN: dict[str, tuple[list[str], dict[str, str], str]] = {
    "it fits": (["recipe", "ls", "--fields", "name"], {}, "terminal"),
    "no pager is wanted": (["help"], {"AWSOPS_PAGER": ""}, "terminal"),
    "the pager is cat": (["help"], {"AWSOPS_PAGER": "cat"}, "terminal"),
    "there is no such pager": (["help"], {"AWSOPS_PAGER": "no-such-pager"}, "terminal"),
    "the terminal is dumb": (["help"], {"TERM": "dumb"}, "terminal"),
    "stdin is no terminal": (["help"], {}, "nothing"),
    "the format is for a program": (["help", "-o", "json"], {}, "terminal"),
}


@pytest.mark.parametrize(("argv", "environ", "stdin"), PLAIN.values(), ids=PLAIN)
def test_it_is_written_in_the_ordinary_way_where(
    argv: list[str], environ: dict[str, str], stdin: str, tmp_path: Path
) -> None:
    shown = on_terminal(argv, tmp_path, {"PAGER": _MARKING, **environ}, stdin)
    assert shown
    assert "paged:" not in shown


def test_a_pager_that_is_left_early_is_no_error(tmp_path: Path) -> None:
    shown = on_terminal(["help"], tmp_path, {"PAGER": "head -n 1"})
    assert shown.splitlines()[0].startswith("TOPIC")
    assert "awsops:" not in shown
