"""The process as the kernel sees it: folders, width, colour, prompts."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from awsops.env import Env, Folders, TerminalPrompter
from awsops.testing import ScriptedPrompter


def env(**changes: object) -> Env:
    streams = {name: io.StringIO() for name in ("stdin", "stdout", "stderr")}
    given = {
        **streams,
        "environ": {},
        "stdin_tty": True,
        "stdout_tty": True,
        "stderr_tty": True,
        "folders": Folders.from_environ({"HOME": "/home/a"}),
        "prompter": ScriptedPrompter(),
    }
    return Env(**{**given, **changes})  # type: ignore[arg-type]


def test_folders_are_those_of_the_xdg_specification() -> None:
    folders = Folders.from_environ({"HOME": "/home/a"})
    assert folders.config == Path("/home/a/.config/awsops")
    assert folders.state == Path("/home/a/.local/state/awsops")
    assert folders.cache == Path("/home/a/.cache/awsops")


def test_a_folder_named_in_the_environment_goes_first() -> None:
    environ = {"HOME": "/h", "XDG_STATE_HOME": "/xdg", "AWSOPS_CONFIG_DIR": "/own"}
    folders = Folders.from_environ(environ)
    assert (folders.config, folders.state) == (Path("/own"), Path("/xdg/awsops"))


@pytest.mark.parametrize(
    ("environ", "fixed", "width"),
    [({"COLUMNS": "132"}, None, 132), ({"COLUMNS": "132"}, 40, 40), ({"COLUMNS": "0"}, None, 80)],
)
def test_the_width_is_given_or_that_of_columns(
    environ: dict[str, str], fixed: int | None, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert env(environ=environ, fixed_width=fixed).width() == width


@pytest.mark.parametrize(
    ("choice", "environ", "tty", "colored"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),  # https://no-color.org: when not empty
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {}, True, False),
    ],
)
def test_colour_is_for_terminals_unless_somebody_says_otherwise(
    choice: str, environ: dict[str, str], tty: bool, colored: bool
) -> None:
    assert env(environ=environ, stdout_tty=tty).color(choice) is colored


@pytest.mark.parametrize(("stdin", "stderr"), [(False, True), (True, False), (False, False)])
def test_a_question_needs_a_terminal_for_itself_and_one_for_its_answer(
    stdin: bool, stderr: bool
) -> None:
    assert env().interactive
    assert not env(stdin_tty=stdin, stderr_tty=stderr).interactive


def test_stdin_is_read_once_for_all_targets() -> None:
    here = env(stdin=io.StringIO("body"))
    assert [here.read_stdin(), here.read_stdin()] == ["body", "body"]


@pytest.mark.parametrize(
    ("answer", "yes"),
    [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False), ("yep\n", False), ("", False)],
)
def test_only_yes_is_a_yes(answer: str, yes: bool) -> None:
    stderr = io.StringIO()
    assert TerminalPrompter(io.StringIO(answer), stderr).confirm("Apply this?") is yes
    assert stderr.getvalue() == "Apply this? [y/N] "


@pytest.mark.parametrize(
    ("answer", "yes"),
    [("n\n", False), ("No\n", False), ("y\n", True), ("\n", True), ("eh\n", True)],
)
def test_where_silence_is_a_yes_only_no_is_a_no(answer: str, yes: bool) -> None:
    stderr = io.StringIO()
    prompter = TerminalPrompter(io.StringIO(answer), stderr)
    assert prompter.confirm("Roll back?", silence=True) is yes
    assert stderr.getvalue() == "Roll back? [Y/n] "


@pytest.mark.parametrize("silence", [True, False])
def test_a_question_with_a_time_limit_is_not_waited_for(silence: bool) -> None:
    reader, writer = os.pipe()
    stderr = io.StringIO()
    with open(reader) as nobody:
        assert TerminalPrompter(nobody, stderr).confirm("?", within=0, silence=silence) is silence
    os.close(writer)
    assert stderr.getvalue().endswith("] \n")


def test_an_answer_in_time_counts() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"y\n")
    with open(reader) as somebody:
        assert TerminalPrompter(somebody, io.StringIO()).confirm("?", within=60)
    os.close(writer)


def test_a_text_that_never_comes_is_the_end_of_input() -> None:
    with pytest.raises(EOFError):
        TerminalPrompter(io.StringIO(""), io.StringIO()).text("Code")


@pytest.mark.parametrize(
    ("environ", "ascii_only"),
    [
        ({}, False),
        ({"LANG": "en_GB.UTF-8"}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LC_CTYPE": "UTF-8"}, False),  # macOS
        ({"LANG": "C"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),  # what Python makes of it
        ({"LANG": "C", "LC_CTYPE": "en_GB.UTF-8"}, False),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "POSIX"}, True),
        ({"LANG": "en_GB.UTF-8", "TERM": "dumb"}, True),
        ({"LANG": "en_GB.UTF-8", "TERM": "linux"}, True),
    ],
    ids=str,
)
def test_what_is_drawn_goes_by_the_persons_locale_and_terminal(
    environ: dict[str, str], ascii_only: bool
) -> None:
    there = env(environ=environ)
    assert there.ascii_only(there.stdout) is ascii_only


def test_what_is_drawn_goes_by_the_encoding_of_the_stream() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    assert env(environ={"LANG": "en_GB.UTF-8"}).ascii_only(stream)
