"""An interactive shell on a terminal, with keys pressed.

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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from awsops.completion import FILE_NAMES

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

_ANSWERS = """#!/bin/sh
{ printf '%s\\n' "$AWS_PROFILE" "$@"; echo '--end--'; } >> "$TRAP_LOG"
[ "$1" = __names ] && cat "$ANSWERS"
"""

CONFIG = """
[default]
region = eu-west-1

[profile demo-dev]
region=eu-central-1
[profile demo-prod]
role_arn = arn:aws:iam::222222222222:role/team/ops
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

    def asked(self, line: str, keys: str = "") -> list[str]:
        """What awsops is asked for when Tab is pressed on a line after some more keys, with the
        profile of its environment first; `answers` must have been given.
        """
        self.press(f"{line}{keys}\t{CLEAR_LINE}")
        calls = self.started()
        assert [call[1] for call in calls] == ["__names"]
        return [calls[-1][0], *calls[-1][2:]]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


def open_terminal(
    shell: str,
    folder: Path,
    loading: Sequence[str],
    extra: Mapping[str, str] | None = None,
    answers: Sequence[str] | None = None,
) -> Terminal:
    """Start a shell whose home is `folder` and whose startup file has these lines.

    With `extra` in its environment, its `awsops` answers when it is asked for names; with `answers`
    it gives these, and writes down what it was asked.
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
    if answers is not None:
        (folder / "answers").write_text("".join(f"{line}\n" for line in answers))
        (folder / "bin" / "awsops").write_text(_ANSWERS)
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
        "ANSWERS": str(folder / "answers"),
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


def need(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed: its completion cannot be tried here")
