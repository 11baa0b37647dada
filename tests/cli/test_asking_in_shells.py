"""What real shells ask awsops for at Tab: whose names, and of what was typed before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsops.completion import render
from awsops.completion.__main__ import builtin_grammar

from .shell_terminal import CLEAR_LINE, TABBED, Terminal, load_script, need, open_terminal

QUEUES = "sqs:complete_queues"
LEFT = "\x02"


@pytest.fixture(scope="module", params=TABBED)
def terminal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Terminal]:
    """A shell whose awsops knows three names."""
    need(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    loading = load_script(request.param, folder, render(builtin_grammar(), request.param))
    answers = ["orders\t3 messages", "größe bücher 请求\t", "fn:\tmore"]
    opened = open_terminal(request.param, folder, loading, answers=answers)
    yield opened
    opened.end()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("awsops sqs peek ", ["sqs", "peek"]),
        ("awsops -p demo sqs -r eu peek ", ["-p", "demo", "sqs", "-r", "eu", "peek"]),
        ("awsops sqs peek --profile=demo ", ["sqs", "peek", "--profile=demo"]),
        ("awsops sqs peek --profile 'blue team' ", ["sqs", "peek", "--profile", "blue team"]),
        ('awsops sqs peek --profile="blue team" ', ["sqs", "peek", "--profile=blue team"]),
        ("awsops sqs peek -p blue\\ team ", ["sqs", "peek", "-p", "blue team"]),
        ('awsops sqs peek -p "it\'s" ', ["sqs", "peek", "-p", "it's"]),
        ("awsops sqs peek -p 'größe 请求' ", ["sqs", "peek", "-p", "größe 请求"]),
        (
            "awsops sqs peek --role arn:aws:iam::1:role/a@b ",
            ["sqs", "peek", "--role", "arn:aws:iam::1:role/a@b"],
        ),
        (
            "awsops sqs peek --endpoint-url=http://127.0.0.1:9/x=y ",
            ["sqs", "peek", "--endpoint-url=http://127.0.0.1:9/x=y"],
        ),
    ],
)
def test_the_words_before_are_passed_as_awsops_would_get_them(
    terminal: Terminal, line: str, words: list[str]
) -> None:
    at = "=" if terminal.name == "fish" else f"={len(words)}"
    assert terminal.asked(line) == ["", QUEUES, "=", at, *words]


@pytest.mark.parametrize(
    ("line", "before", "after"),
    [
        ("awsops sqs peek @ -p demo", ["sqs", "peek"], ["-p", "demo"]),
        ("awsops sqs peek or@ -p demo", ["sqs", "peek"], ["-p", "demo"]),
        ("awsops sqs peek or@ders --profile='a b'", ["sqs", "peek"], ["--profile=a b"]),
        ("awsops sqs peek or@ders:x -r eu=1", ["sqs", "peek"], ["-r", "eu=1"]),
    ],
)
@pytest.mark.parametrize("terminal", ["bash", "zsh"], indirect=True)  # fish does not show them
def test_words_after_the_cursor_are_passed_too(
    terminal: Terminal, line: str, before: list[str], after: list[str]
) -> None:
    head, _, tail = line.partition("@")
    asked = terminal.asked(head + tail, LEFT * len(tail))
    assert asked[1] == QUEUES
    assert asked[3:] == [f"={len(before)}", *before, *after]


@pytest.mark.parametrize("terminal", ["bash"], indirect=True)  # zsh then offers nothing
def test_a_word_that_begins_at_the_cursor_is_not_the_one_that_is_typed(terminal: Terminal) -> None:
    asked = terminal.asked("awsops sqs peek -p demo", LEFT * len("-p demo"))
    assert asked[3:] == ["=2", "sqs", "peek", "-p", "demo"]


def test_a_word_with_spaces_and_wide_letters_is_put_in_whole(terminal: Terminal) -> None:
    terminal.press("awsops sqs peek gr\t\r")
    assert terminal.started()[-1][1:] == ["sqs", "peek", "größe bücher 请求"]


def test_nothing_follows_what_is_only_a_beginning(terminal: Terminal) -> None:
    terminal.press("awsops sqs peek f\tx\r")
    assert terminal.started()[-1][1:] == ["sqs", "peek", "fn:x"]


def test_what_was_typed_up_to_a_colon_is_asked_for(terminal: Terminal) -> None:
    assert terminal.asked("awsops sqs peek fn:li")[2] in ("=fn:", "=fn:li")


def test_awsops_is_asked_by_the_path_that_was_typed(terminal: Terminal) -> None:
    program = str(terminal.folder / "bin" / "awsops")
    other = terminal.folder / "other"
    other.mkdir()
    (other / "awsops").write_text(Path(program).read_text().replace("$AWS_PROFILE", "other"))
    (other / "awsops").chmod(0o755)
    assert terminal.asked(f"{other / 'awsops'} sqs peek ")[0] == "other"


@pytest.mark.parametrize("terminal", ["zsh", "fish"], indirect=True)  # bash does not show it
def test_a_variable_before_the_command_never_offers_another_accounts_names(
    terminal: Terminal,
) -> None:
    assert terminal.asked("AWS_PROFILE=demo-prod awsops sqs peek ")[0] == "demo-prod"


@pytest.mark.parametrize("terminal", ["zsh"], indirect=True)  # the others offer nothing here
def test_a_variable_that_env_sets_is_one_before_the_command(terminal: Terminal) -> None:
    assert terminal.asked("env AWS_PROFILE=demo-prod awsops sqs peek ")[0] == "demo-prod"


@pytest.mark.parametrize(
    "line",
    [
        "sudo awsops sqs peek ",
        "sudo -u ops AWS_PROFILE=demo awsops sqs peek ",
        "env -u AWS_PROFILE awsops sqs peek ",
        "env -i awsops sqs peek ",
    ],
)
def test_for_somebody_else_no_name_is_offered(terminal: Terminal, line: str) -> None:
    terminal.press(f"{line}\t{CLEAR_LINE}")
    assert [call for call in terminal.started() if "__names" in call] == []


BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")


@pytest.mark.skipif(not BASH_COMPLETION.exists(), reason="bash-completion is not installed")
def test_in_bash_with_its_package_sudo_gets_options_and_no_names(tmp_path: Path) -> None:
    script = load_script("bash", tmp_path, render(builtin_grammar(), "bash"))
    loading = [f"source {BASH_COMPLETION}", *script]
    terminal = open_terminal("bash", tmp_path, loading, answers=["orders\t3 messages"])
    try:
        terminal.press(f"sudo -u ops awsops sqs peek \t{CLEAR_LINE}")
        assert terminal.started() == []
        assert "--group-by" in terminal.press(f"sudo awsops sqs peek --grou\t{CLEAR_LINE}")
        assert terminal.asked("time awsops sqs peek ")[1] == QUEUES
    finally:
        terminal.end()


@pytest.mark.parametrize("terminal", ["zsh"], indirect=True)
def test_a_variable_that_only_the_shell_knows_is_not_guessed(terminal: Terminal) -> None:
    terminal.press(f'AWS_PROFILE="$OTHER" awsops sqs peek \t{CLEAR_LINE}')
    assert terminal.started() == []


def test_a_variable_of_an_earlier_command_is_not_this_ones(terminal: Terminal) -> None:
    assert terminal.asked("AWS_PROFILE=demo true; awsops sqs peek ")[0] == ""


def test_an_alias_of_awsops_completes_as_it_does(terminal: Terminal) -> None:
    alias = "alias ao=awsops" + ("; complete -F _awsops ao" if terminal.name == "bash" else "")
    terminal.press(alias + "\r")
    assert terminal.asked("ao -p demo sqs peek ")[4:] == ["-p", "demo", "sqs", "peek"]


def test_nothing_that_is_typed_is_run(terminal: Terminal) -> None:
    terminal.press(f'awsops sqs peek -p "$(touch pwned)" `touch pwned` \t{CLEAR_LINE}')
    assert os.listdir(terminal.folder / "work") == ["some notes.txt"]
    terminal.started()
