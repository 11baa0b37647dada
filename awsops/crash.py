"""A defect: one line for the person, the trace in a file, and no secret in either."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from awsops.atomic_files import private_folder
from awsops.blame import whose
from awsops.errors import AwsopsError, DefectError

if TYPE_CHECKING:
    from awsops.env import Env

_MASK = "****"
# Access key ids as IAM makes them; the value of whatever is called a secret, a token or a password;
# and anything that looks like a secret access key (40 characters of base64) or a longer token.
_PATTERNS = (
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"),
    re.compile(r"(?i)((?:secret|token|passwd|password)[\w-]*[\"' ]*[:=][\"' ]*)[^\s\"',)}]+"),
    re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+=]{40,}(?![A-Za-z0-9/+=])"),
)


def record_crash(env: Env, error: BaseException, secrets: Sequence[str]) -> AwsopsError:
    """Write the trace of an unforeseen exception to the state folder and say where it is.

    Tracebacks carry source lines and the message, never the values of local variables; known
    secrets and what looks like one are masked in both.
    """
    lines = traceback.format_exception(error)
    text = scrub("".join(lines), secrets)
    summary = scrub(_summary(error), secrets)
    stamp = datetime.fromtimestamp(env.clock(), UTC).strftime("%Y%m%dT%H%M%S")
    path = env.folders.state / f"crash-{stamp}-{os.getpid()}.log"
    try:
        private_folder(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(text)
        hint = f"this is a defect of {whose(error)}; the trace is in {path}"
    except OSError as failure:
        hint = f"this is a defect; its trace could not be written to {path}: {failure.strerror}"
    return DefectError(summary[:300], hint=hint, code="UnexpectedError")


def _summary(error: BaseException) -> str:
    try:
        lines = str(error).splitlines()
    except Exception:  # the trace says so; this line must come all the same
        lines = []
    name = type(error).__name__
    return f"{name}: {lines[0]}" if lines else name


def scrub(text: str, secrets: Sequence[str]) -> str:
    """Text with every known secret, and whatever looks like one, masked."""
    for secret in sorted({s for s in secrets if len(s) >= 8}, key=len, reverse=True):
        text = text.replace(secret, _MASK)
    # Paths in a trace can be long runs of these characters too: they are told by their prefix.
    return "".join(
        line if line.lstrip().startswith("File ") else _mask(line)
        for line in text.splitlines(keepends=True)
    )


def _mask(line: str) -> str:
    for pattern in _PATTERNS:
        line = pattern.sub(lambda m: (m.group(1) if m.re.groups else "") + _MASK, line)
    return line
