"""What is longer than the screen goes through the person's pager, as `less` by default."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

from awsops.interrupts import left_to_another

if TYPE_CHECKING:
    from awsops.env import Env

# less: end at once where all fits (-F), keep colours (-R) and the screen as it was (-X), and long
# lines whole (-S is left out: a table is laid out for the width that there is).
_LESS = "FRX"


def show(text: str, env: Env) -> bool:
    """Show a text in the pager; False where it has to be written in the ordinary way.

    AWSOPS_PAGER, else PAGER, names the program; an empty AWSOPS_PAGER, or cat, means none.
    """
    if not _wanted(text, env):
        return False
    environ = dict(env.environ)
    environ.setdefault("LESS", _LESS)
    named = environ.get("AWSOPS_PAGER", environ.get("PAGER") or "less")
    command = shlex.split(named)
    if not command or command[0] == "cat" or shutil.which(command[0]) is None:
        return False
    env.stdout.flush()
    try:
        with (
            left_to_another(),
            subprocess.Popen(command, stdin=subprocess.PIPE, env=environ) as process,
        ):
            process.communicate(text.encode("utf-8", "replace"))
    except OSError:
        return False
    return True


def _wanted(text: str, env: Env) -> bool:
    if not (env.paging and env.stdout_tty and env.stdin_tty):
        return False
    if env.environ.get("TERM") in (None, "", "dumb"):
        return False
    return text.count("\n") >= shutil.get_terminal_size((80, 24)).lines
