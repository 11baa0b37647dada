"""The commands that print credentials: `auth export` for a shell, `auth process` for an SDK."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from awsops.api import Annotated, Aws, Document, Note, Option, command
from awsops.credentials.mfa_session import read_duration

from .handing_on import credentials_to_hand_on, stale, stamp, variables
from .login import CodeOption, DurationOption
from .shells import SHELLS, render
from .terminal import ask_on_terminal

ShellOption = Annotated[
    str | None, Option(help="For which shell; default: the one in $SHELL.", choices=SHELLS)
]


@command(exports_secrets=True, one_target=True, document=True)
def export(
    aws: Aws,
    shell: ShellOption = None,
    code: CodeOption = None,
    duration: DurationOption = "12h",
) -> Iterator[Document | Note]:
    """Print the credentials of a profile as a shell's variables."""
    handed = yield from credentials_to_hand_on(aws, read_duration(duration), code, aws.ask_mfa)
    values = variables(aws, handed)
    chosen = shell or _shell_of(aws.env.environ.get("SHELL", ""))
    yield Document(render(chosen, values, stale(aws, values)) + "\n")
    if handed.token is None:
        yield Note("these are long-term keys: they do not expire", level="warning")


@command(exports_secrets=True, one_target=True, document=True)
def process(
    aws: Aws, code: CodeOption = None, duration: DurationOption = "12h"
) -> Iterator[Document | Note]:
    """Print credentials as the AWS config file's credential_process wants them."""
    ask = ask_on_terminal(aws)
    handed = yield from credentials_to_hand_on(aws, read_duration(duration), code, ask)
    # SDKs and tools reference guide, "Process credential provider".
    answer: dict[str, object] = {
        "Version": 1,
        "AccessKeyId": handed.access_key,
        "SecretAccessKey": handed.secret_key.reveal(),
    }
    if handed.token is not None:
        answer["SessionToken"] = handed.token.reveal()
    if handed.expires_at is not None:
        answer["Expiration"] = stamp(handed.expires_at)
    yield Document(json.dumps(answer) + "\n")


def _shell_of(path: str) -> str:
    name = os.path.basename(path)
    return name if name in SHELLS else "bash"
