"""What stands in the journal, as whoever reads it gets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from awsops.events import Change

CallOutcome = Literal["ok", "error", "unknown"]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One API call that is about to leave; `params_json` is already redacted."""

    run_id: str
    caller_arn: str
    account: str
    region: str
    profile: str
    service: str
    operation: str
    params_json: str


@dataclass(frozen=True, slots=True)
class CallEntry:
    """One API call as it was recorded. Times are epoch seconds.

    `outcome` is "unknown" when the answer did not arrive or the process ended before it did: the
    call may have been made.
    """

    call_id: int
    at: float
    record: CallRecord
    ended_at: float | None = None
    outcome: CallOutcome = "unknown"
    request_id: str | None = None
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """One change that a command reported. `at` is epoch seconds."""

    change_id: int
    at: float
    account: str
    region: str
    profile: str
    change: Change


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run and what it came to; `ended_at` and `exit_code` are None until its end."""

    run_id: str
    command: str
    argv: tuple[str, ...]
    started_at: float
    ended_at: float | None
    exit_code: int | None
    calls: int
    changes: int
    accounts: tuple[str, ...]
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """How many entries hold, and the first that does not (`broken_at` None with a `problem`: it
    is known of the run alone)."""

    entries: int
    broken_at: int | None = None
    problem: str | None = None
