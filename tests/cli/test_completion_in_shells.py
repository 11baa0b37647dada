"""Completion, tried where it happens: in real shells, on a terminal, with Tab pressed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from awsops.completion import render
from awsops.completion.__main__ import builtin_grammar
from awsops.completion.grammar import Grammar
from awsops.testing import Sandbox, run

from .shell_terminal import CLEAR_LINE, TABBED, WAIT, Terminal, load_script, need, open_terminal

ROLES = "arn:aws:iam::222222222222:role"


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return builtin_grammar()


@pytest.fixture(scope="module", params=TABBED)
def terminal(
    request: pytest.FixtureRequest, grammar: Grammar, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Terminal]:
    need(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    loading = load_script(request.param, folder, render(grammar, request.param))
    opened = open_terminal(request.param, folder, loading)
    yield opened
    opened.end()


def test_the_traps_notice_a_python(terminal: Terminal) -> None:
    terminal.press("python3 -c 1\r")
    assert terminal.started() == [["python3", "-c", "1"]]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("awsops sq", ["sqs"]),
        ("awsops sqs pe", ["sqs", "peek"]),
        ("awsops -p demo-dev sq", ["-p", "demo-dev", "sqs"]),
        ("awsops sqs --region=eu-west-1 pe", ["sqs", "--region=eu-west-1", "peek"]),
        ("awsops sqs peek --coun", ["sqs", "peek", "--count"]),
        (
            "awsops sqs peek -n 3 orders --raise",
            ["sqs", "peek", "-n", "3", "orders", "--raise-receive-count"],
        ),
        ("awsops sqs redrive orders-dlq --dry", ["sqs", "redrive", "orders-dlq", "--dry-run"]),
        ("awsops sqs ls -o nd", ["sqs", "ls", "-o", "ndjson"]),
        ("awsops sqs ls --output=nd", ["sqs", "ls", "--output=ndjson"]),
        ("awsops completion show ba", ["completion", "show", "bash"]),
        ("awsops sqs ls -p demo-d", ["sqs", "ls", "-p", "demo-dev"]),
        ("awsops sqs ls --profile=demo-d", ["sqs", "ls", "--profile=demo-dev"]),
        ("awsops sqs ls -p blu", ["sqs", "ls", "-p", "blue team"]),
        ("awsops sqs ls -p mail@example.org:a", ["sqs", "ls", "-p", "mail@example.org:admin"]),
        ("awsops -p demo-pr", ["-p", "demo-prod"]),
        ("awsops sqs ls -p mail@exa", ["sqs", "ls", "-p", "mail@example.org:admin"]),
        ("awsops sqs ls -p @pay", ["sqs", "ls", "-p", "@payments"]),
        ("awsops sqs ls --profile=@bl", ["sqs", "ls", "--profile=@blue-team"]),
        ("awsops sqs ls -r ap", ["sqs", "ls", "-r", "ap-southeast-2"]),
        ("awsops sqs send orders --body-file som", ["sqs", "send", "orders", "--body-file"]),
        ("awsops ecr push som", ["ecr", "push", "some notes.txt"]),
        ("awsops sqs ls --fields vi", ["sqs", "ls", "--fields", "visible"]),
        ("awsops sqs ls --fields name,vi", ["sqs", "ls", "--fields", "name,visible"]),
        ("awsops sqs ls --fields=name,vi", ["sqs", "ls", "--fields=name,visible"]),
        (r"awsops sqs ls --query \[\].vi", ["sqs", "ls", "--query", "[].visible"]),
        ("awsops sqs ls --role tea", ["sqs", "ls", "--role", "team/ops"]),
        ("awsops sqs ls --role arn:a", ["sqs", "ls", "--role", f"{ROLES}/team/ops"]),
        (f"awsops sqs ls --role {ROLES}/t", ["sqs", "ls", "--role", f"{ROLES}/team/ops"]),
        ("awsops auth exec -- awso", ["auth", "exec", "--", "awsops"]),
        ("awsops auth exec -- cat som", ["auth", "exec", "--", "cat", "some notes.txt"]),
        ("awsops doctor --off", ["doctor", "--offline"]),
        ("awsops doctor -o nd", ["doctor", "-o", "ndjson"]),
        ("awsops -p demo-dev doctor --off", ["-p", "demo-dev", "doctor", "--offline"]),
        ("awsops help --inst", ["help", "--install"]),
    ],
)
def test_tab_completes(terminal: Terminal, line: str, words: list[str]) -> None:
    expected = [*words, "some notes.txt"] if line.endswith("--body-file som") else words
    assert terminal.completed(line) == expected


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("awsops sqs ls --dry", "--dry"),  # changes nothing
        ("awsops sandbox stop --prof", "--prof"),  # is about awsops itself
        ("awsops sqs ls -p demo-ss", "demo-ss"),  # an sso-session is no profile
        ("awsops sqs ls -r not", "not"),  # a region of one service's settings
        ("awsops logs record -- --fi", "--fi"),
        ("awsops logs record som", "som"),  # a pointer, not a file
    ],
)
def test_tab_does_not_offer_what_would_be_wrong(terminal: Terminal, line: str, word: str) -> None:
    assert terminal.completed(line)[-1] == word


def test_all_nouns_are_offered(terminal: Terminal, grammar: Grammar) -> None:
    nouns = [noun.name for noun in grammar.nouns]
    screen = terminal.offered("awsops ", nouns[-1])
    assert [noun for noun in nouns if noun not in screen] == []


def test_all_verbs_of_a_noun_are_offered(terminal: Terminal, grammar: Grammar) -> None:
    (verbs,) = [[verb.name for verb in n.verbs] for n in grammar.nouns if n.name == "sandbox"]
    screen = terminal.offered("awsops sandbox ", verbs[-1])
    assert [verb for verb in verbs if verb not in screen] == []


def test_the_columns_that_stand_there_are_not_offered_again(terminal: Terminal) -> None:
    screen = terminal.offered("awsops sqs ls --fields url,name,", "visible")
    words = set(re.findall(r"[\w,]+", screen))
    assert {"type", "dlq", "delayed"} <= {word.rpartition(",")[2] for word in words}
    assert not {"url", "name", "url,name,url", "url,name,name"} & words


def test_own_and_common_options_are_offered(terminal: Terminal) -> None:
    screen = terminal.offered("awsops sqs peek --", "--verbose")
    for flag in ("--count", "--raise-receive-count", "--profile", "--output", "--jobs", "--help"):
        assert flag in screen
    assert "--dry-run" not in screen


@pytest.mark.parametrize("terminal", ["zsh", "fish"], indirect=True)  # bash shows none
def test_help_lines_stand_beside_verbs_and_options(terminal: Terminal, grammar: Grammar) -> None:
    verbs = next(noun.verbs for noun in grammar.nouns if noun.name == "sandbox")
    assert verbs[0].help in terminal.offered("awsops sandbox ", verbs[-1].help)
    flags = grammar.groups["output"]
    assert flags[0].help in terminal.offered("awsops sqs ls --", flags[-1].help)


# A drop-in plugin full of characters that shells act upon.
HOSTILE = '''
"""A noun: it's $(touch pwned) [x] `touch pwned`"""
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from awsops.api import *

@dataclass(frozen=True, slots=True)
class Row:
    name: str

@command(name="do:it")
def do_it(
    host: Host,
    where: Annotated[Path, Argument(help="A file.")],
    others: Annotated[list[Path], Argument(help="More files.")] = [],
    flag: Annotated[bool, Option(help="It's [on]: $(touch pwned) `touch pwned` \\\\ %d")] = True,
    pick: Annotated[str, Option(
        help='Say "which"', short="-k", metavar="$(touch pwned):[x]",
        choices=("it's", "two words", "$(touch pwned)", "a:b", "`touch pwned`"))] = "a:b",
    free: Annotated[str | None, Option(help="Any.", metavar="`touch pwned`:'")] = None,
) -> Iterator[Row]:
    """Don't trust "$(touch pwned)" or [brackets]: `touch pwned`"""
    yield Row("x")
'''


@pytest.fixture(scope="module", params=TABBED)
def hostile(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Terminal]:
    """A shell with the script that `awsops completion show` prints where HOSTILE is installed."""
    need(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    plugins = folder / ".config" / "awsops" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "hostile.py").write_text(HOSTILE)
    shown = run(["completion", "show", request.param], home=folder)
    assert shown.exit_code == 0, shown.stderr
    loading = load_script(request.param, folder, shown.stdout)
    opened = open_terminal(request.param, folder, loading)
    yield opened
    opened.end()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("awsops hos", ["hostile"]),
        ("awsops hostile do", ["hostile", "do:it"]),
        ("awsops hostile do:it --no-f", ["hostile", "do:it", "--no-flag"]),
        ("awsops hostile do:it som", ["hostile", "do:it", "some notes.txt"]),
        ("awsops hostile do:it a b c som", ["hostile", "do:it", "a", "b", "c", "some notes.txt"]),
        ("awsops hostile do:it -k it", ["hostile", "do:it", "-k", "it's"]),
        ("awsops hostile do:it -k two", ["hostile", "do:it", "-k", "two words"]),
        ("awsops hostile do:it --pick a", ["hostile", "do:it", "--pick", "a:b"]),
        ("awsops hostile do:it --pick \\$", ["hostile", "do:it", "--pick", "$(touch pwned)"]),
        ("awsops hostile do:it --free x", ["hostile", "do:it", "--free", "x"]),
    ],
)
def test_what_a_plugin_says_is_completed_and_never_run(
    hostile: Terminal, line: str, words: list[str]
) -> None:
    assert hostile.completed(line) == words
    assert os.listdir(hostile.folder / "work") == ["some notes.txt"]


def test_help_lines_of_a_plugin_are_shown_and_never_run(hostile: Terminal) -> None:
    hostile.offered("awsops ", "hostile")
    hostile.offered("awsops hostile do:it --", "--verbose")
    assert os.listdir(hostile.folder / "work") == ["some notes.txt"]


@pytest.mark.parametrize("shell", TABBED)
def test_a_shell_completes_after_install_and_what_it_advises(shell: str, tmp_path: Path) -> None:
    need(shell)
    result = run(["completion", "install", shell], home=tmp_path)
    assert result.exit_code == 0, result.stderr
    advice, *lines = result.stderr.splitlines()
    assert bool(lines) == (shell != "fish")
    terminal = open_terminal(shell, tmp_path, lines)
    try:
        assert terminal.completed("awsops sqs pe") == ["sqs", "peek"], advice
    finally:
        terminal.end()


def test_zsh_completes_when_the_script_is_sourced(grammar: Grammar, tmp_path: Path) -> None:
    need("zsh")
    (tmp_path / "script").write_text(render(grammar, "zsh"))
    loading = ["autoload -Uz compinit", "compinit", f"source <(cat '{tmp_path / 'script'}')"]
    terminal = open_terminal("zsh", tmp_path, loading)
    try:
        assert terminal.completed("awsops sqs pe") == ["sqs", "peek"]
    finally:
        terminal.end()


# -- names of resources -------------------------------------------------------------------


def _ask_until_known(
    environ: Mapping[str, str],
    *words: str,
    kind: str = "sqs:complete_queues",
    expected: str = "orders",
) -> None:
    """Press Tab, as it were, until the process behind it has come back with names."""
    command = [sys.executable, "-c", "from awsops.cli import entry_point; entry_point()"]
    asked = [*command, "__names", kind, "=", "=", *words]
    deadline = time.monotonic() + WAIT
    while (
        expected.encode()
        not in subprocess.run(asked, env=dict(environ), check=True, capture_output=True).stdout
    ):
        assert time.monotonic() < deadline, "no names came"


@pytest.fixture(scope="module", params=TABBED)
def on_sandbox(
    request: pytest.FixtureRequest,
    grammar: Grammar,
    awsops_sandbox: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Terminal]:
    """The shell of somebody who works on the sandbox and has pressed Tab before."""
    need(request.param)
    awsops_sandbox.renew()  # how deep the queues are is read
    folder = tmp_path_factory.mktemp(request.param)
    loading = load_script(request.param, folder, render(grammar, request.param))
    environ = {**awsops_sandbox.environ, "HOME": str(folder)}
    opened = open_terminal(request.param, folder, loading, environ)
    _ask_until_known(environ)
    _ask_until_known(environ, "-p", "demo-prod")
    _ask_until_known(environ, kind="lambda:complete_aliases:shift:stem?")
    versions = "lambda:complete_versions:rollback:alias=1:--to"
    words = ("lambda", "rollback", "orders:live", "--to")
    _ask_until_known(environ, *words, kind=versions, expected="2")
    shards = "kinesis:complete_readable:tail:stream=1:--shard"
    words = ("kinesis", "tail", "clicks", "--shard")
    _ask_until_known(environ, *words, kind=shards, expected="shardId-000000000003")
    _ask_until_known(environ, kind="help:complete_topics", expected="exit-codes")
    _ask_until_known(environ, kind="recipe:complete_recipes", expected="redrive-dlq")
    yield opened
    opened.end()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("awsops sqs peek orders-dlq.", ["sqs", "peek", "orders-dlq.fifo"]),
        ("awsops sqs peek -n 3 orders-dlq.", ["sqs", "peek", "-n", "3", "orders-dlq.fifo"]),
        ("awsops -p demo-prod sqs peek orders.", ["-p", "demo-prod", "sqs", "peek", "orders.fifo"]),
        (
            "awsops sqs peek --profile='demo-prod' orders.",
            ["sqs", "peek", "--profile=demo-prod", "orders.fifo"],
        ),
        ("awsops sqs peek nothing-l", ["sqs", "peek", "nothing-l"]),
        ("awsops lambda shift payments:b", ["lambda", "shift", "payments:beta"]),
        ("awsops lambda shift orders:li", ["lambda", "shift", "orders:live"]),
        ("awsops help exit-", ["help", "exit-codes"]),
        ("awsops recipe show redrive-d", ["recipe", "show", "redrive-dlq"]),
        ("awsops recipe show som", ["recipe", "show", "some notes.txt"]),
    ],
)
def test_tab_completes_names_of_resources(
    on_sandbox: Terminal, line: str, words: list[str]
) -> None:
    assert on_sandbox.completed(line) == words


def test_tab_offers_what_belongs_to_what_was_typed_before(on_sandbox: Terminal) -> None:
    begun = "shardId-00000000000"
    screen = on_sandbox.press(f"awsops kinesis tail clicks --shard \t{CLEAR_LINE}")
    assert begun in screen
    assert begun not in on_sandbox.press(f"awsops kinesis tail other --shard \t{CLEAR_LINE}")


@pytest.mark.parametrize("on_sandbox", ["zsh", "fish"], indirect=True)  # bash shows none
def test_the_versions_are_those_of_the_alias_that_was_typed(on_sandbox: Terminal) -> None:
    assert "live" in on_sandbox.offered("awsops lambda rollback orders:live --to ", "live,")


@pytest.mark.parametrize("on_sandbox", ["zsh", "fish"], indirect=True)  # bash shows none
def test_what_matters_stands_beside_a_name(on_sandbox: Terminal) -> None:
    assert "500 messages" in on_sandbox.offered("awsops sqs peek orders", "500 messages")


@pytest.mark.parametrize("shell", TABBED)
def test_where_nothing_answers_tab_says_nothing(
    shell: str, grammar: Grammar, tmp_path: Path
) -> None:
    need(shell)
    loading = load_script(shell, tmp_path, render(grammar, shell))
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_PROFILE": "no-such-profile"}
    terminal = open_terminal(shell, tmp_path, loading, nowhere)
    try:
        # Nothing but what was typed stands on the line, and none of it is a message.
        assert terminal.completed("awsops sqs peek orders-d") == ["sqs", "peek", "orders-d"]
        screen = terminal.press("awsops sqs peek orders-d\t" + CLEAR_LINE)
        for sign in ("awsops:", "hint", "Error", "Traceback"):
            assert sign not in screen
    finally:
        terminal.end()
