"""A file that a person named: its text, or an error that says why not and which one is like it."""

from __future__ import annotations

from pathlib import Path

from awsops.errors import UsageError
from awsops.suggesting import did_you_mean


def read_given(path: Path, option: str = "") -> str:
    """The text of a file, line ends as they are; `option` (`--params`) is what it was given for.

    UsageError when it cannot be read or is not UTF-8, with the names beside it that are like its.
    """
    name = f"{option} {path}".strip()
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise unreadable(path, name, error) from error


def unreadable(path: Path, name: str, error: Exception) -> UsageError:
    """The error for a file that cannot be read; `name` is what the message calls it."""
    if isinstance(error, UnicodeDecodeError):
        return UsageError(f"{name} is not UTF-8 text", hint="save it as UTF-8")
    reason = getattr(error, "strerror", None) or str(error)
    return UsageError(f"{name} cannot be read: {reason}", hint=_hint(path, error))


def _hint(path: Path, error: Exception) -> str:
    if not isinstance(error, FileNotFoundError):
        return "check the file's mode and owner"
    try:
        beside = [str(path.with_name(other.name)) for other in path.parent.iterdir()]
    except OSError:
        return f"there is no folder {path.parent}"
    return did_you_mean(str(path), beside) or f"nothing in {path.parent.absolute()} is called so"
