"""What stands in the journal, as whoever reads it gets it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from awsops.events import Change

CallOutcome = Literal["ok", "error", "unknown"]

#: What the detail of a change says whose command failed after its first call.
FAILED_ON_THE_WAY = "perhaps: the command failed"

#: How sure a change is; see ChangeEntry.
ChangeStatus = Literal["made", "perhaps", "answered", "unknown", "refused", "not begun"]


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
    """One change that a command reported, or that a run had confirmed when it was cut off. `at` is
    epoch seconds.

    `status` of a reported one is made, or perhaps where its command failed on the way. Of a run
    that was cut off: answered (AWS has answered all calls that left for it; there may have been
    more to come), unknown (a call left, and no answer to it came), refused or not begun.
    """

    change_id: int
    at: float
    account: str
    region: str
    profile: str
    change: Change
    status: ChangeStatus = "made"

    @property
    def what(self) -> tuple[str, str, str, str, str]:
        """Where, and of what: a command may tell of a change in other words than its plan."""
        change = self.change
        return self.account, self.region, self.profile, change.action, change.resource

    @property
    def begun(self) -> bool:
        """Whether anything of it may have been done."""
        return self.status not in ("refused", "not begun")


def untold(planned: Sequence[ChangeEntry], told: Sequence[ChangeEntry]) -> list[ChangeEntry]:
    """The planned changes that were not told of later; one that was told in the same words goes
    before another of the same action and thing."""
    by_what: dict[object, list[ChangeEntry]] = {}
    for entry in planned:
        by_what.setdefault(entry.what, []).append(entry)
    for entry in told:
        alike = by_what.get(entry.what, [])
        before = [each for each in alike if each.change_id < entry.change_id]
        same = [each for each in before if each.change.detail == entry.change.detail]
        if before:
            alike.remove((same or before)[0])
    left = {entry.change_id for entries in by_what.values() for entry in entries}
    return [entry for entry in planned if entry.change_id in left]


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


def run_record(run_id: str, command: str, argv: str, started_at: float, *rest: Any) -> RunRecord:
    """A row of the list of runs."""
    ended_at, exit_code, calls, changes, accounts, services = rest
    return RunRecord(
        run_id=run_id,
        command=command,
        argv=tuple(json.loads(argv)),
        started_at=started_at,
        ended_at=ended_at,
        exit_code=exit_code,
        calls=calls,
        changes=changes,
        accounts=_names(accounts),
        services=_names(services),
    )


def _names(joined: str | None) -> tuple[str, ...]:
    return tuple(sorted(name for name in (joined or "").split(",") if name))
