"""The error tree and the exit codes.

An error names the thing, says what was expected, and carries a hint: what to type next.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class ExitCode(IntEnum):
    """What the process tells its caller; the table stands in docs/exit-codes.md."""

    OK = 0
    FAILED = 1
    USAGE = 2
    DEFECT = 3
    DENIED = 4
    NOT_FOUND = 5
    PARTIAL = 6
    PLUGIN = 7
    PENDING = 8
    INTERRUPTED = 130


class AwsopsError(Exception):
    """An error that a person can act on: `message`, an optional `hint`, a stable `code`."""

    exit_code: ExitCode = ExitCode.FAILED
    code: str = "OperationFailed"
    # Whether a call that raised this may have been carried out all the same.
    after_call: bool = False

    def __init__(self, message: str, *, hint: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def reworded(self, *, hint: str | None, message: str | None = None) -> Self:
        """The same error with another hint, and another message when one is given: one error may
        be told to several targets, so it is not changed itself."""
        same = self.__class__.__new__(self.__class__)
        same.__dict__.update(self.__dict__)
        same.message, same.hint = self.message if message is None else message, hint
        same.args = (same.message,)
        same.__cause__, same.__context__ = self.__cause__, self.__context__
        return same

    def as_record(self) -> dict[str, object]:
        """Code, message and hint (where there is one), as they stand among rows."""
        record: dict[str, object] = {"code": self.code, "message": self.message}
        return record | {"hint": self.hint} if self.hint else record


class UsageError(AwsopsError):
    """The command line, a configuration file or a recipe is wrong; nothing was done."""

    exit_code = ExitCode.USAGE
    code = "Usage"


class NothingThereError(UsageError):
    """What is to be taken away is not there. An undo that finds so has nothing left to do."""

    code = "NothingThere"


class DefectError(AwsopsError):
    """A command broke the contract (changed something before its plan was confirmed, ...)."""

    exit_code = ExitCode.DEFECT
    code = "Defect"


class CredentialsError(AwsopsError):
    """No usable credentials, a failed MFA, or the service refused the caller."""

    exit_code = ExitCode.DENIED
    code = "Credentials"


class NotFoundError(AwsopsError):
    """A named resource does not exist."""

    exit_code = ExitCode.NOT_FOUND
    code = "NotFound"


class PartialError(AwsopsError):
    """Some items were done and some failed; raised after the last row of a command."""

    exit_code = ExitCode.PARTIAL
    code = "Partial"


class PluginLoadError(AwsopsError):
    """A plugin could not be loaded."""

    exit_code = ExitCode.PLUGIN
    code = "PluginLoad"


class PendingError(AwsopsError):
    """Time ran out, or the operation goes on without us."""

    exit_code = ExitCode.PENDING
    code = "Pending"


class CancelledError(AwsopsError):
    """The person interrupted the run; what was begun was left tidy."""

    exit_code = ExitCode.INTERRUPTED
    code = "Interrupted"
