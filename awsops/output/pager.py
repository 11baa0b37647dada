"""What is longer than the screen goes through the person's pager, as `less` by default."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from awsops.interrupts import left_to_another

if TYPE_CHECKING:
    from awsops.env import Env

# less: end at once where all fits (-F), keep colours (-R) and the screen as it was (-X), and long
# lines whole (-S is left out: a table is laid out for the width that there is).
_LESS = "FRX"
_LINK = "\x1b]8;;"
_LINKS = re.compile(r"\x1b\]8;;[^\x1b]*\x1b\\")
_VERSION = re.compile(r"less (\d+)")
_KNOWS_LINKS = 566  # the first release of less with OSC 8 (its NEWS)


def show(text: str, env: Env) -> bool:
    """Show a text in the pager; False where it has to be written in the ordinary way.

    AWSOPS_PAGER, else PAGER, names the program; an empty AWSOPS_PAGER, or cat, means none.
    """
    if not _wanted(text, env):
        return False
    environ = dict(env.environ)
    environ.setdefault("LESS", _LESS)
    command = _command(environ)
    if command is None:
        return False
    if _is_less(command) and "\x1b" in text:
        command.append("-R")  # a LESS of one's own may lack it, and colours would be rubbish
        text = text if _LINK not in text or _knows_links(command[0]) else _LINKS.sub("", text)
    env.stdout.flush()
    try:
        with (
            left_to_another(),
            subprocess.Popen(command, stdin=subprocess.PIPE, env=environ) as process,
        ):
            process.communicate(text.encode("utf-8", "replace"))
    except OSError:
        return False
    return process.returncode <= 0  # a pager that failed has shown nothing that can be relied on


def _command(environ: Mapping[str, str]) -> list[str] | None:
    """The words of the pager; None where there is none to run."""
    named = environ.get("AWSOPS_PAGER", environ.get("PAGER") or "less")
    try:
        command = shlex.split(named)
    except ValueError:  # a quote that is not closed
        return None
    if not command or command[0] == "cat" or shutil.which(command[0]) is None:
        return None
    return command


def _is_less(command: Sequence[str]) -> bool:
    return command[0].rpartition("/")[2] == "less"


def _knows_links(less: str) -> bool:
    """Whether this less passes links on; older ones, and busybox's, show their text."""
    try:
        answer = subprocess.run([less, "--version"], capture_output=True, text=True, timeout=2)
    except (OSError, subprocess.SubprocessError):
        return False
    version = _VERSION.match(answer.stdout)
    return version is not None and int(version[1]) >= _KNOWS_LINKS


def _wanted(text: str, env: Env) -> bool:
    if not (env.paging and env.stdout_tty and env.stdin_tty):
        return False
    if env.environ.get("TERM") in (None, "", "dumb"):
        return False
    return text.count("\n") >= shutil.get_terminal_size((80, 24)).lines
