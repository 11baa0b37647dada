"""Read what awsops changed, when, where and as whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from awsops.api import (
    Annotated,
    Argument,
    AwsopsError,
    Choice,
    Host,
    Note,
    NotFoundError,
    Option,
    UsageError,
    command,
)

if TYPE_CHECKING:
    from awsops.journal import Journal
    from awsops.journal_entries import RunRecord

MOST_OFFERED = 50  # runs, to choose from


@dataclass(frozen=True, slots=True)
class Run:
    """One run that changed something; `seconds` and `exit_code` are None when it never ended."""

    run: str
    command: str
    started_at: datetime
    seconds: float | None
    exit_code: int | None
    changes: int
    calls: int
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One API call that could change something.

    `outcome` is ok, error, or unknown when the answer never came: it may have been made.
    """

    at: datetime
    account: str
    region: str
    service: str
    operation: str
    params: dict[str, object]
    request_id: str | None
    outcome: str
    error: str | None
    caller: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One change as its command reported it, and the command line that reverses it."""

    at: datetime
    account: str
    region: str
    action: str
    resource: str
    detail: str
    before: str | None
    after: str | None
    undo: str | None
    why_no_undo: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """How many entries of the journal are what was written, and the first that is not."""

    journal: str
    entries: int
    status: str
    problem: str | None


@command()
def ls(
    host: Host,
    since: Annotated[
        str | None, Option(help="Only runs begun since then: 2h, 7d, 2026-03-01.", metavar="TIME")
    ] = None,
    account: Annotated[str | None, Option(help="Only runs that changed this account.")] = None,
    service: Annotated[str | None, Option(help="Only runs that called this service: sqs.")] = None,
    limit: Annotated[int, Option(help="How many runs.", short="-n", min=1, max=100_000)] = 20,
) -> Iterator[Run | Note]:
    """List the runs that changed something, the newest first."""
    from awsops.units import parse_time

    begun = parse_time(since, host.env.clock()) if since is not None else None
    runs = host.journal.runs(limit, begun, account=account, service=service)
    if not runs:
        yield Note(f"no such runs in {host.journal.path}")
    for run in runs:
        yield Run(
            run=run.run_id,
            command=run.command,
            started_at=_moment(run.started_at),
            seconds=None if run.ended_at is None else round(run.ended_at - run.started_at, 3),
            exit_code=run.exit_code,
            changes=run.changes,
            calls=run.calls,
            accounts=run.accounts,
        )


def complete_runs(host: Host) -> Iterator[Choice]:
    """The latest runs that changed something, the newest first."""
    for run in host.journal.runs(MOST_OFFERED, None):
        yield Choice(run.run_id, f"{run.command}, {run.changes} changes")


@command()
def show(
    host: Host,
    run: Annotated[
        str,
        Argument(help="A run's id, or as much of it as is unique.", complete=complete_runs),
    ],
    changes: Annotated[
        bool, Option(help="What changed, before and after, in place of the calls.")
    ] = False,
) -> Iterator[Call | Changed | Note]:
    """Show the calls of one run, or its changes."""
    found = _one_run(host.journal, run)
    yield Note(_headline(found))
    yield from _changes(host.journal, found) if changes else _calls(host.journal, found)


@command()
def verify(host: Host) -> Iterator[Verified]:
    """Check that no entry of the journal was edited or removed."""
    found = host.journal.verify()
    status = "broken" if found.problem else "ok"
    yield Verified(str(host.journal.path), found.entries, status, found.problem)
    if found.problem:
        raise AwsopsError(
            f"the journal does not hold: {found.problem}",
            hint="compare it with CloudTrail; the entries before that one are as they were written",
            code="JournalBroken",
        )


def _one_run(journal: Journal, prefix: str) -> RunRecord:
    found = journal.find_runs(prefix)
    exact = [run for run in found if run.run_id == prefix]
    if len(found) == 1 or exact:
        return (exact or found)[0]
    if not found:
        raise NotFoundError(
            f"no run whose id begins with {prefix!r} changed anything",
            hint="awsops history ls shows the latest runs",
        )
    raise UsageError(
        f"{prefix!r} is the beginning of several runs: {', '.join(r.run_id for r in found)}",
        hint="give more of the id",
    )


def _headline(run: RunRecord) -> str:
    import shlex

    from awsops.units import format_time

    ended = "has not ended" if run.exit_code is None else f"exit code {run.exit_code}"
    words = shlex.join(("awsops", *run.argv))
    return f"{run.run_id}: {words} ({format_time(run.started_at)}, {ended})"


def _calls(journal: Journal, run: RunRecord) -> Iterator[Call]:
    for entry in journal.calls(run.run_id):
        record = entry.record
        yield Call(
            at=_moment(entry.at),
            account=record.account,
            region=record.region,
            service=record.service,
            operation=record.operation,
            params=json.loads(record.params_json),
            request_id=entry.request_id,
            outcome=entry.outcome,
            error=entry.error_code,
            caller=record.caller_arn,
        )


def _changes(journal: Journal, run: RunRecord) -> Iterator[Changed]:
    for entry in journal.changes(run.run_id):
        change = entry.change
        yield Changed(
            at=_moment(entry.at),
            account=entry.account,
            region=entry.region,
            action=change.action,
            resource=change.resource,
            detail=change.detail,
            before=change.before,
            after=change.after,
            undo=change.undo,
            why_no_undo=change.why_no_undo,
        )


def _moment(epoch: float) -> datetime:
    return datetime.fromtimestamp(round(epoch, 3), UTC)
