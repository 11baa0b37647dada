"""What is longer than the screen goes through a pager, on a terminal and nowhere else."""

from __future__ import annotations

import os
import pty
import signal
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
    return ended_on_terminal(argv, home, environ, stdin)[0]


def ended_on_terminal(
    argv: list[str], home: Path, environ: Mapping[str, str], stdin: str = "terminal"
) -> tuple[str, int]:
    """The same, and the exit code."""
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
    code = process.wait()
    if process.stderr is not None:
        process.stderr.close()
    os.close(master)
    return seen.decode(), code


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
    "the pager cannot be read": (["help"], {"AWSOPS_PAGER": "less 'x"}, "terminal"),
    "the pager fails": (["help"], {"AWSOPS_PAGER": "false"}, "terminal"),
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


def test_the_exit_code_is_the_commands(tmp_path: Path) -> None:
    plugins = tmp_path / ".config/awsops/plugins"
    plugins.mkdir(parents=True)
    (plugins / "torn.py").write_text("import no_such_module\n")
    shown, code = ended_on_terminal(["plugin", "ls"], tmp_path, {"PAGER": _MARKING})
    assert code == 7
    assert shown.startswith("paged:")


def less_of(folder: Path, version: int) -> dict[str, str]:
    """An environment with a less of that version, which says how it was called."""
    program = folder / "bin" / "less"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "less {version} (POSIX)" && exit\n'
        'echo "called: $*"\ncat\n'
    )
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}


def test_a_less_with_settings_of_ones_own_still_shows_colours(tmp_path: Path) -> None:
    environ = {**less_of(tmp_path, 590), "LESS": "F", "NO_COLOR": ""}
    assert on_terminal(["help"], tmp_path, environ).startswith("called: -R")


@pytest.mark.parametrize(("version", "linked"), [(551, False), (590, True)])
def test_links_go_to_a_less_that_knows_them(tmp_path: Path, version: int, linked: bool) -> None:
    plugins = tmp_path / ".config/awsops/plugins"
    plugins.mkdir(parents=True)
    (plugins / "things.py").write_text(
        '"""Things."""\n'
        "from dataclasses import dataclass\n"
        "from awsops.api import Host, command\n"
        "@dataclass(frozen=True)\nclass Row:\n    arn: str\n"
        "@command()\ndef ls(host: Host):\n    'List.'\n"
        "    for n in range(30):\n        yield Row(f'arn:aws:iam::111111111111:user/u{n}')\n"
    )
    environ = {**less_of(tmp_path, version), "FORCE_HYPERLINK": "1", "NO_COLOR": ""}
    shown = on_terminal(["things", "ls"], tmp_path, environ)
    assert ("\x1b]8;;https://console" in shown) is linked
    assert "arn:aws:iam::111111111111:user/u29" in shown
    assert "\x1b\\" not in shown or linked


def test_ctrl_c_reaches_an_external_command_and_its_code_comes_back(tmp_path: Path) -> None:
    program = tmp_path / "awsops-napper"
    program.write_text("#!/bin/bash\ntrap 'exit 9' INT\necho ready\nread -r line\n")
    program.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, "napper"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.wait(timeout=60) == 9
