"""Completion, tried where it happens: in real shells, on a terminal, with Tab pressed.

`awsops` and `python` on these shells' PATH are traps that write down how they were called: what
stood on the command line after Tab is read from there, and so is that nothing else was started.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from awsops.completion import FILE_NAMES, render
from awsops.completion.__main__ import builtin_grammar
from awsops.completion.grammar import Grammar
from awsops.testing import Sandbox, run

WAIT = 30  # seconds until a shell that says nothing is given up
PROMPT = "ready>"
CLEAR_LINE = "\x15"
LEAVE_LIST = "\x03"
TABBED = ("bash", "zsh", "fish")

_TRAP = """#!/bin/sh
printf '%s\\n' "@NAME@" "$@" '--end--' >> "$TRAP_LOG"
"""

_ANSWERS_NAMES = """#!/bin/sh
if [ "$1" = __names ]; then
    exec "@PYTHON@" -c 'from awsops.cli import entry_point; entry_point()' "$@"
fi
"""

CONFIG = """
[default]
region = eu-west-1

[profile demo-dev]
region=eu-central-1
[profile demo-prod]
s3 =
    region = not-this-one
[profile "blue team"]
region = ap-southeast-2
[sso-session demo-sso]
sso_region = us-east-1
[services demo-services]
"""

GROUPS = """
protected = [
  "ops-prod",
]
[groups]
payments = ["demo-dev"]
"blue-team" = [
  "demo-prod",
]
[defaults]
jobs = 8
"""

CREDENTIALS = """
[mail@example.org:admin]
aws_access_key_id = AKIATEST
"""


@dataclass
class Terminal:
    """An interactive shell on a terminal of its own, 200 columns wide."""

    name: str
    folder: Path
    process: subprocess.Popen[bytes]
    master: int
    seen: str = ""

    def read_until(self, text: str) -> str:
        """Everything up to that text; what comes after it stays for the next call."""
        deadline = time.monotonic() + WAIT
        while text not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"{self.name} never showed {text!r}: {self.seen!r}")
            self.seen += os.read(self.master, 65536).decode(errors="replace")
        before, _, self.seen = self.seen.partition(text)
        return before

    def press(self, keys: str) -> str:
        """Press keys, and come back when they were dealt with: what the screen showed."""
        mark = f"done-{time.monotonic_ns()}"
        # The mark is split, so that the echo of the keys is not taken for the answer.
        os.write(self.master, f"{keys}echo {mark[:9]}''{mark[9:]}\r".encode())
        shown = self.read_until(mark)
        self.read_until(PROMPT)
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)

    def started(self) -> list[list[str]]:
        """How the traps were called, and forget it."""
        log = self.folder / "log"
        text = log.read_text() if log.exists() else ""
        log.unlink(missing_ok=True)
        return [call.split("\n")[:-1] for call in text.split("--end--\n")[:-1]]

    def completed(self, line: str) -> list[str]:
        """The words that awsops gets when Tab and Enter are pressed; nothing else is started."""
        self.press(f"{line}\t\r")
        (call,) = self.started()
        assert call[0] == "awsops"
        return call[1:]

    def offered(self, line: str, last: str) -> str:
        """What the screen shows when Tab is pressed, up to the last word; nothing is started."""
        os.write(self.master, f"{line}\t".encode())
        screen = self.read_until(last)
        # Fish draws when no more keys are waiting, so the line is cleared only now.
        screen += last + self.press(LEAVE_LIST + CLEAR_LINE if self.name == "fish" else CLEAR_LINE)
        assert self.started() == []
        return screen

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


def open_terminal(
    shell: str, folder: Path, loading: Sequence[str], extra: Mapping[str, str] | None = None
) -> Terminal:
    """Start a shell whose home is `folder` and whose startup file has these lines.

    With `extra` in its environment, its `awsops` answers when it is asked for names.
    """
    for name in ("work", "bin"):
        (folder / name).mkdir()
    for trap in ("awsops", "python", "python3"):
        (folder / "bin" / trap).write_text(_TRAP.replace("@NAME@", trap))
        (folder / "bin" / trap).chmod(0o755)
    if extra is not None:
        trapped = (folder / "bin" / "awsops").read_text().split("\n", 1)[1]
        (folder / "bin" / "awsops").write_text(
            _ANSWERS_NAMES.replace("@PYTHON@", sys.executable) + trapped
        )
    (folder / "work" / "some notes.txt").touch()
    (folder / "config").write_text(CONFIG)
    (folder / "credentials").write_text(CREDENTIALS)
    (folder / ".config" / "awsops").mkdir(parents=True, exist_ok=True)
    (folder / ".config" / "awsops" / "config.toml").write_text(GROUPS)
    environ = {
        "HOME": str(folder),
        "ZDOTDIR": str(folder),
        "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
        "TRAP_LOG": str(folder / "log"),
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        **(extra or {}),
    }
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    # The leader of a session gets the first terminal that it opens as its own.
    opening = 'exec "$@" <"$0" >"$0" 2>&1'
    process = subprocess.Popen(
        ["/bin/sh", "-c", opening, os.ttyname(slave), *_command(shell, folder, loading)],
        start_new_session=True,
        cwd=folder / "work",
        env=environ,
    )
    terminal = Terminal(shell, folder, process, master)
    terminal.read_until(PROMPT)
    os.close(slave)
    return terminal


def _command(shell: str, folder: Path, loading: Sequence[str]) -> list[str]:
    if shell == "bash":
        settings = ("show-all-if-ambiguous on", "enable-bracketed-paste off", "bell-style none")
        lines = [*(f"bind 'set {setting}'" for setting in settings), *loading, f"PS1='{PROMPT}'"]
        (folder / ".bashrc").write_text("\n".join(lines))
        return ["bash", "--rcfile", str(folder / ".bashrc"), "-i"]
    if shell == "zsh":
        quiet = "unsetopt beep prompt_sp; unset zle_bracketed_paste; LISTMAX=999"
        (folder / ".zshrc").write_text("\n".join([*loading, quiet, f"PS1='{PROMPT}'"]))
        return ["zsh", "-i"]
    lines = [f"function fish_prompt; echo -n '{PROMPT}'; end", "set fish_greeting", *loading]
    if loading:
        return ["fish", "--no-config", "-i", "-C", "\n".join(lines)]
    # A new user's fish starts a Python of its own, to read manual pages, where this is missing.
    (folder / ".local" / "share" / "fish" / "generated_completions").mkdir(parents=True)
    return ["fish", "-i", "-C", "\n".join(lines)]


def load_script(shell: str, folder: Path, script: str) -> list[str]:
    """The startup lines that load a script, as its first lines say."""
    path = folder / FILE_NAMES[shell]
    path.write_text(script)
    if shell == "zsh":
        return [f"fpath=('{folder}' $fpath)", "autoload -Uz compinit", "compinit"]
    return [f"source '{path}'"]


def _installed(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed: its completion cannot be tried here")


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return builtin_grammar()


@pytest.fixture(scope="module", params=TABBED)
def terminal(
    request: pytest.FixtureRequest, grammar: Grammar, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Terminal]:
    _installed(request.param)
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
        ("awsops sqs ls -- --dl", "--dl"),
        ("awsops sqs ls som", "som"),  # a pattern, not a file
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
    _installed(request.param)
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
    _installed(shell)
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
    _installed("zsh")
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
    asked = [*command, "__names", kind, "=", *words]
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
    _installed(request.param)
    awsops_sandbox.renew()  # how deep the queues are is read
    folder = tmp_path_factory.mktemp(request.param)
    loading = load_script(request.param, folder, render(grammar, request.param))
    environ = {**awsops_sandbox.environ, "HOME": str(folder)}
    _ask_until_known(environ)
    _ask_until_known(environ, "-p", "demo-prod")
    _ask_until_known(environ, kind="lambda:complete_aliases")
    _ask_until_known(environ, kind="help:complete_topics", expected="exit-codes")
    opened = open_terminal(request.param, folder, loading, environ)
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
    ],
)
def test_tab_completes_names_of_resources(
    on_sandbox: Terminal, line: str, words: list[str]
) -> None:
    assert on_sandbox.completed(line) == words


@pytest.mark.parametrize("on_sandbox", ["zsh", "fish"], indirect=True)  # bash shows none
def test_what_matters_stands_beside_a_name(on_sandbox: Terminal) -> None:
    assert "500 messages" in on_sandbox.offered("awsops sqs peek orders", "500 messages")


@pytest.mark.parametrize("shell", TABBED)
def test_where_nothing_answers_tab_says_nothing(
    shell: str, grammar: Grammar, tmp_path: Path
) -> None:
    _installed(shell)
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
