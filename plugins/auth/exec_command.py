"""The command `auth exec`: run a program with a profile's credentials and nothing else of AWS."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Handover,
    Note,
    NotFoundError,
    UsageError,
    command,
)
from awsops.credentials.mfa_session import read_duration
from awsops.suggesting import did_you_mean

from .handing_on import cleaned, credentials_to_hand_on, variables
from .login import CodeOption, DurationOption

CommandArgument = Annotated[
    list[str],
    Argument(help="The program and its arguments, after --.", metavar="CMD", program=True),
]


@command(exports_secrets=True, one_target=True, document=True)
def exec_(
    aws: Aws, cmd: CommandArgument, code: CodeOption = None, duration: DurationOption = "12h"
) -> Iterator[Note | Handover]:
    """Run a program with a profile's credentials in its environment."""
    if not cmd:
        raise UsageError("which program?", hint="awsops auth exec -p NAME -- PROGRAM ARGUMENTS")
    environ = aws.env.environ
    path = shutil.which(cmd[0], path=environ.get("PATH"))
    if path is None:
        near = did_you_mean(cmd[0], _programs(environ))
        hint = near or "name it with its folder, or add the folder to PATH"
        raise NotFoundError(f"there is no program {cmd[0]!r} on PATH", hint=hint, code="NoProgram")
    handed = yield from credentials_to_hand_on(aws, read_duration(duration), code, aws.ask_mfa)
    if handed.token is None:
        yield Note("these are long-term keys: they do not expire", level="warning")
    # The program keeps what it starts with; one that outlives it uses credential_process instead.
    yield Handover(path, tuple(cmd), cleaned(environ, variables(aws, handed)))


def _programs(environ: Mapping[str, str]) -> Iterator[str]:
    """The names of what lies in the folders of PATH."""
    for folder in environ.get("PATH", "").split(os.pathsep):
        with contextlib.suppress(OSError):
            yield from os.listdir(folder or os.curdir)
