"""What a shift tells of itself, and the error by which it ends when it was taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from awsops.api import AwsopsError


@dataclass(frozen=True, slots=True)
class ShiftStep:
    """One step of a shift as it ended. weight and error_rate are per cent."""

    alias: str
    step: int
    weight: float
    old_version: str
    new_version: str
    invocations: int
    errors: int
    error_rate: float
    p99_ms: float | None
    verdict: str
    at: datetime


class RolledBackError(AwsopsError):
    """The shift was stopped and the alias is where it was before."""

    code = "RolledBack"


class Record(Protocol):
    """Where it is written down what is about to be done and what was done."""

    def append(self, entry: object, *, sync: bool = False) -> None: ...
