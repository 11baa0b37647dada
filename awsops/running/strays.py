"""Threads that a plugin started by itself: nobody waits for them, so the kernel listens.

Such a thread works for no target. It cannot sign, the gate refuses it every change, and what it
dies of would be a trace on stderr and exit code 0.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from awsops.errors import AwsopsError, DefectError


@dataclass(eq=False)
class Strays:
    """What became of them: `refused` calls by name, and the errors they died of."""

    refused: list[str] = field(default_factory=list)
    died: list[BaseException] = field(default_factory=list)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Take note of threads that die, in place of Python's trace on stderr."""
        before = threading.excepthook

        def note(args: Any) -> None:
            if not issubclass(args.exc_type, SystemExit) and args.exc_value is not None:
                self.died.append(args.exc_value)

        threading.excepthook = note
        try:
            yield
        finally:
            threading.excepthook = before

    def defect(self, crash: Callable[[BaseException], AwsopsError]) -> AwsopsError | None:
        """The error for the worst of them; None when there was none. `crash` keeps a trace."""
        if self.refused:
            return DefectError(
                f"a thread without a target tried to call {self.refused[0]}; it was refused",
                hint="use aws.pool(n) for threads: it carries the target with it",
                code="Refused",
            )
        if not self.died:
            return None
        error = self.died[0]
        if isinstance(error, AwsopsError):
            return DefectError(error.message, hint=error.hint, code=error.code)
        return crash(error)
