"""The process that a rehearsal runs command lines in: it reads the sandbox's MFA devices itself."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

FOLDER = "AWSOPS_REHEARSAL_FOLDER"  # of the sandbox whose name is NAME
NAME = "rehearsal"


def start() -> NoReturn:
    """As the console script; codes of MFA devices are those that the sandbox's devices show."""
    from awsops.cli import leave, main
    from awsops.env import Env

    env = Env.from_process()
    env.mfa_code = shown_by
    leave(main(sys.argv[1:], env))


def shown_by(serial: str) -> str:
    """What a device of the sandbox shows now; KeyError for one that it does not have."""
    from pathlib import Path

    from awsops.sandbox import control, lifecycle

    info = lifecycle.find(Path(os.environ[FOLDER]), NAME)
    if info is None:
        raise KeyError(serial)
    return control.mfa_code(info, serial)[0]
