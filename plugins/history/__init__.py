"""Read what awsops changed, when, where and as whom."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from awsops.api import (
    Annotated,
    Argument,
    AwsopsError,
    Host,
    Note,
    Option,
    UsageError,
    command,
)
from awsops.local_choices import complete_changing_runs
from awsops.running.cut_off import changes_of, cut_off_changes

from .finding import complete_accounts, complete_services, one_run
from .undoing import undo as undo  # a command of this noun

if TYPE_CHECKING:
    from awsops.journal import Journal
    from awsops.journal.entries import RunRecord

_OUTCOMES = {"ok": "answered", "error": "refused", "unknown": "without an answer"}


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
    """One change, its number, and the command line that reverses it.

    `status` is made, or perhaps where its command failed on the way; of a run that was cut off it
    is answered, unknown, refused or not begun, by the calls that had left for it.
    """

    change: int
    at: datetime
    status: str
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the journal. `hash` is sha256 over the hash before it and this entry."""

    entry: int
    run: str
    kind: str
    body: dict[str, object]
    hash: str


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many entries were removed: those of runs begun before a time."""

    journal: str
    removed: int
    before: datetime


@command()
def ls(
    host: Host,
    since: Annotated[
        str | None, Option(help="Only runs begun since then: 2h, 7d, 2026-03-01.", metavar="TIME")
    ] = None,
    account: Annotated[
        str | None,
        Option(
            help="Only runs that changed this account.",
            complete=complete_accounts,
            metavar="ACCOUNT",
        ),
    ] = None,
    service: Annotated[
        str | None,
        Option(
            help="Only runs that called this service: sqs.",
            complete=complete_services,
            metavar="SERVICE",
        ),
    ] = None,
    limit: Annotated[
        int, Option(help="Show so many, the newest first.", short="-n", min=1, max=100_000)
    ] = 20,
) -> Iterator[Run | Note]:
    """List the runs that changed something, the newest first."""
    from awsops.units import parse_time

    begun = parse_time(since, host.env.clock()) if since is not None else None
    runs = host.journal.runs(limit, begun, account=account, service=service)
    if not runs:
        narrowed = begun is not None or account is not None or service is not None
        what = "no such runs" if narrowed else "nothing was changed yet: no runs"
        yield Note(f"{what} in {host.journal.path}")
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


@command()
def show(
    host: Host,
    run: Annotated[
        str,
        Argument(
            help="A run's id, or as much of it as is unique.", complete=complete_changing_runs
        ),
    ],
    changes: Annotated[
        bool, Option(help="What changed, before and after, in place of the calls.")
    ] = False,
) -> Iterator[Call | Changed | Note]:
    """Show the calls of one run, or its changes."""
    found = one_run(host.journal, run)
    yield Note(_headline(found))
    yield from _of_cut_off(host, found)
    yield from _changes(host.journal, found) if changes else _calls(host.journal, found)


@command()
def export(
    host: Host,
    since: Annotated[
        str | None, Option(help="Only runs begun since then: 2h, 7d, 2026-03-01.", metavar="TIME")
    ] = None,
) -> Iterator[Entry]:
    """Give every entry of the journal as it stands, with its hash."""
    from awsops.units import parse_time

    begun = parse_time(since, host.env.clock()) if since is not None else None
    for number, run, kind, body, digest in host.journal.entries(begun):
        yield Entry(number, run, kind, json.loads(body), digest)


@command()
def prune(
    host: Host,
    older_than: Annotated[
        str | None, Option(help="Remove what began longer ago, like 90d.", metavar="DURATION")
    ] = None,
    yes: Annotated[bool, Option(help="Remove them without asking.", short="-y")] = False,
) -> Iterator[Pruned | Note]:
    """Remove old runs from the journal; what is left can still be verified."""
    from awsops.units import parse_time

    if older_than is None:
        raise UsageError("it is not said how old what goes is", hint="say it: --older-than 90d")
    before = parse_time(older_than, host.env.clock())
    count = host.journal.prune(before, dry_run=True)
    if not count:
        yield Note("nothing in the journal is that old")
        return
    if not yes:
        if not host.env.interactive:
            raise UsageError(
                f"{count} entries would be removed for good, and nobody can be asked",
                hint="awsops history export keeps a copy; --yes removes them",
            )
        if not host.env.prompter.confirm(f"Remove {count} entries for good?"):
            raise AwsopsError("nothing was removed: not confirmed", code="Declined")
    yield Pruned(str(host.journal.path), host.journal.prune(before), _moment(before))


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


def _headline(run: RunRecord) -> str:
    import shlex

    from awsops.units import format_time

    ended = "has not ended" if run.exit_code is None else f"exit code {run.exit_code}"
    words = shlex.join(("awsops", *run.argv))
    return f"{run.run_id}: {words} ({format_time(run.started_at)}, {ended})"


def _of_cut_off(host: Host, run: RunRecord) -> Iterator[Note]:
    """What is known of a run that has not told what it changed."""
    journal = host.journal
    changes = cut_off_changes(journal, run.run_id)
    if not changes and run.exit_code is not None:
        return
    outcomes = Counter[str](call.outcome for call in journal.calls(run.run_id))
    counts = [f"{outcomes[o]} {words}" for o, words in _OUTCOMES.items() if outcomes[o]]
    begun = sum(entry.begun for entry in changes)
    what = f"; {begun} of {len(changes)} confirmed changes were begun" if changes else ""
    undoes = any(entry.begun and entry.change.undo for entry in changes)
    how = f": awsops history undo {run.run_id} undoes what was done" if undoes else ""
    state = "it was cut off, or goes on still" if run.exit_code is None else "it was cut short"
    yield Note(f"{state}; calls: {', '.join(counts) or 'none'}{what}{how}", "warning")
    if run.exit_code is None and (line := _going_on(host, run)):
        yield Note(f"{line} goes on with it")


def _going_on(host: Host, run: RunRecord) -> str:
    """How a run that was cut off is gone on with; empty for a command that cannot be."""
    if run.command == "recipe run":
        return f"awsops recipe resume {run.run_id}"
    noun, _, verb = run.command.partition(" ")
    try:
        spec = host.sources.spec(noun, verb)
    except AwsopsError:  # its plugin is gone
        return ""
    return f"awsops {run.command} ... --resume {run.run_id}" if spec.resumes else ""


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
    for entry in changes_of(journal, run.run_id):
        change = entry.change
        yield Changed(
            change=entry.change_id,
            at=_moment(entry.at),
            status=entry.status,
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
