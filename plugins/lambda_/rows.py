"""What a shift tells of itself, and the error by which it ends when it was taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from awsops.api import AwsopsError

from .gates import Seen


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


def shift_step(
    alias: str,
    step: int,
    weight: float,
    *,
    versions: tuple[str, str],
    seen: Seen,
    verdict: str,
    at: float,
) -> ShiftStep:
    """The row of a step. `weight` is per cent, `versions` the old one and the new, `seen` what the
    new one did meanwhile, `at` seconds since the epoch.
    """
    return ShiftStep(
        alias=alias,
        step=step,
        weight=weight,
        old_version=versions[0],
        new_version=versions[1],
        invocations=seen.invocations,
        errors=seen.errors,
        error_rate=round(seen.error_rate * 100, 3),
        p99_ms=round(seen.p99_ms, 1) if seen.p99_ms is not None else None,
        verdict=verdict,
        at=datetime.fromtimestamp(round(at, 3), UTC),
    )


class RolledBackError(AwsopsError):
    """The shift was stopped and the alias is where it was before."""

    code = "RolledBack"


class Record(Protocol):
    """Where it is written down what is about to be done and what was done."""

    def append(self, entry: object, *, sync: bool = False) -> None: ...
