"""Many processes that want one session: how often a person and STS are asked."""

from __future__ import annotations

import json
import os
import pty
import select
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .measure import WrongResultError
from .report import Line

if TYPE_CHECKING:
    from .cases import Bench

PROCESSES = 50
PATIENCE = 120.0  # seconds for all of them
SERIAL = "arn:aws:iam::111111111111:mfa/demo"
_PROMPT = b"MFA code of "
# All at once, on the terminal that they share.
_START = (
    'for n in $(seq "$1"); do "$2" auth process -p demo-dev >"$3/$n.out" 2>"$3/$n.err" & done; wait'
)


def together(bench: Bench) -> list[Line]:
    """An expired session, and as many SDKs as want it at the same moment."""
    from awsops.sandbox import control, lifecycle

    folder = bench.folder / "auth"
    folder.mkdir()
    info = lifecycle.start(folder, "auth", parent_pid=os.getpid())
    try:
        environ = {
            **lifecycle.environment(info),
            "HOME": str(folder),
            "PATH": f"{bench.environment.bin}:/usr/bin:/bin",
        }
        _log_in_once(folder, environ, control.mfa_code(info, SERIAL)[0])
        control.reset(info)  # the codes of this half minute count again
        control.reset_calls(info)
        program = bench.environment.program("awsops")
        assert program is not None
        asked, seconds = _run(
            str(program), folder, environ, lambda: control.mfa_code(info, SERIAL)[0]
        )
        calls = control.calls(info).calls.get("sts.GetSessionToken", 0)
    finally:
        lifecycle.stop(folder, "auth")
    _check(folder)
    what = f"{PROCESSES} auth process at once, an expired session"
    return [
        Line.limit("auth-together", f"{what}: codes asked", asked, 1, ""),
        Line.limit("auth-together", f"{what}: GetSessionToken", calls, 1, "calls"),
        Line.limit("auth-together", f"{what}: wall", seconds, PATIENCE, "s"),
    ]


def _log_in_once(folder: Path, environ: Mapping[str, str], code: str) -> None:
    """A session that has ended: the profile is known to use MFA."""
    from awsops.testing import run

    done = run(["auth", "login", "-p", "demo-dev", "--code", code], environ=environ, home=folder)
    if done.exit_code:
        raise WrongResultError(f"auth login: {done.stderr}")
    for path in folder.rglob("*.session"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "expires_at": 1.0}))


def _run(
    program: str, folder: Path, environ: Mapping[str, str], code: Callable[[], str]
) -> tuple[int, float]:
    """Answer whoever asks on the terminal; how often that was, and how long all of it took."""
    began = time.monotonic()
    process, terminal = pty.fork()
    if process == 0:
        os.execve(
            "/bin/sh", ["sh", "-c", _START, "sh", str(PROCESSES), program, str(folder)], environ
        )
    asked, seen = 0, b""
    while time.monotonic() - began < PATIENCE:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            said = os.read(terminal, 4096)
        except OSError:  # the last one has let go of the terminal
            break
        if not said:
            break
        seen += said
        while _PROMPT in seen:
            seen = seen.partition(_PROMPT)[2]
            asked += 1
            os.write(terminal, f"{code()}\n".encode())
    os.waitpid(process, 0)
    os.close(terminal)
    return asked, time.monotonic() - began


def _check(folder: Path) -> None:
    """All of them got the same session."""
    answers = {(folder / f"{n}.out").read_text() for n in range(1, PROCESSES + 1)}
    if len(answers) != 1 or json.loads(answers.pop())["Version"] != 1:
        errors = {(folder / f"{n}.err").read_text() for n in range(1, PROCESSES + 1)}
        raise WrongResultError(f"not one session for all: {sorted(errors)[:3]}")
