"""Asking a person from a program whose own streams belong to another one."""

from __future__ import annotations

import os
from collections.abc import Callable

from awsops.api import Aws
from awsops.env import TerminalPrompter


def ask_on_terminal(aws: Aws) -> Callable[[str], str]:
    """As `aws.ask_mfa`, and where streams are pipes, on the terminal that started it all.

    An SDK that runs `credential_process` keeps both stdout and stderr for itself, while a person
    sits at the terminal. Where there is none, nobody is asked: CredentialsError.
    """

    def ask(question: str) -> str:
        if not aws.env.interactive and _has_terminal():
            with open("/dev/tty") as terminal, open("/dev/tty", "w") as screen:
                return TerminalPrompter(terminal, screen, aws.cancelled).text(question, secret=True)
        return aws.ask_mfa(question)

    return ask


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
