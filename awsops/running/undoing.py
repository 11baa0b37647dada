"""Undo what a run has changed: the command line that each change left behind, newest first.

Each is planned before it is run. A resource that has changed since, by this tool's own journal or
by what the plan finds there, is left alone.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from awsops.errors import AwsopsError, ExitCode, NothingThereError
from awsops.targets import Target

if TYPE_CHECKING:
    from awsops.command_line.options import CommonOptions
    from awsops.journal import Journal
    from awsops.journal.entries import ChangeEntry
    from awsops.running.tasks import Outcome


class Undoer(Protocol):
    """What undoing needs of the command that does it; a Host is one."""

    @property
    def run_id(self) -> str: ...

    @property
    def options(self) -> CommonOptions: ...

    @property
    def journal(self) -> Journal: ...

    def parse(self, words: Sequence[str]) -> tuple[str, str, dict[str, object], CommonOptions]: ...

    def run(
        self,
        noun: str,
        verb: str,
        params: Mapping[str, object],
        *,
        quiet: bool = False,
        targets: Sequence[Target] | None = None,
        dry_run: bool | None = None,
    ) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Undone:
    """What becomes of one change: `status` is undone, planned, nothing to do, cannot, refused or
    failed; `change` is its number, `undo` the command line.
    """

    change: int
    account: str
    region: str
    action: str
    resource: str
    status: str
    undo: str | None
    detail: str


def undo_changes(
    host: Undoer, changes: Sequence[ChangeEntry], *, run_id: str | None = None
) -> Iterator[Undone]:
    """Undo changes, the newest first; in a dry run only plan that. It stops at the first that
    fails: what is older may rest on it. `run_id`: they are all that this run has changed.
    """
    own = [host.run_id, *([run_id] if run_id else [])]
    stopped = ""
    for entry in reversed(changes):
        if stopped:
            yield _row(entry, "not run", f"not undone: change {stopped} could not be")
            continue
        row = _undo(host, entry, own)
        yield row
        if row.status in ("failed", "refused"):
            stopped = str(entry.change_id)


def _undo(host: Undoer, entry: ChangeEntry, own: Sequence[str]) -> Undone:
    change = entry.change
    if not entry.begun:
        return _row(entry, "nothing to do", change.detail)
    if change.undo is None:
        why = change.why_no_undo or "its command gave no way back"
        return _row(entry, "cannot", why)
    try:
        return _carry_out(host, entry, own)
    except NothingThereError as error:
        return _row(entry, "nothing to do", error.message)
    except AwsopsError as error:
        return _row(
            entry, "failed", f"{error.message}; {error.hint}" if error.hint else error.message
        )


def _carry_out(host: Undoer, entry: ChangeEntry, own: Sequence[str]) -> Undone:
    words = shlex.split(str(entry.change.undo))
    if words[:1] == ["awsops"]:
        words = words[1:]
    noun, verb, params, options = host.parse(words)
    profile = options.profile[0] if options.profile else entry.profile or None
    region = options.region[0] if options.region else entry.region or None
    target = Target(profile, region, account=entry.account or None, role=options.role)
    planned = host.run(noun, verb, params, targets=[target], dry_run=True, quiet=True)
    if planned.exit_code is not ExitCode.OK:
        raise planned.errors[0] if planned.errors else AwsopsError("it could not be planned")
    found = [change for plan in planned.plans for change in plan.changes]
    if not found:
        return _row(entry, "nothing to do", "it is already as it was")
    later = host.journal.later_change(entry, own)
    if later is not None:
        return _row(entry, "refused", f"run {later} has changed it since")
    same = [c for c in found if c.resource == entry.change.resource and c.before is not None]
    # One that was cut off may have left anything on the way there.
    left = None if entry.status in ("answered", "unknown") else entry.change.after
    if left is not None and same and same[0].before != left:
        text = f"it has changed since: {left} was left, {same[0].before} is there"
        return _row(entry, "refused", text)
    if host.options.dry_run:
        return _row(entry, "planned", "; ".join(_words(c.before, c.after, c.action) for c in found))
    done = host.run(noun, verb, params, targets=[target])
    if done.exit_code is not ExitCode.OK:
        raise done.errors[0] if done.errors else AwsopsError("it failed")
    return _row(entry, "undone", "")


def _words(before: str | None, after: str | None, action: str) -> str:
    return action if before is None and after is None else f"{action} {before} -> {after}"


def _row(entry: ChangeEntry, status: str, detail: str) -> Undone:
    change = entry.change
    return Undone(
        change=entry.change_id,
        account=entry.account,
        region=entry.region,
        action=change.action,
        resource=change.resource,
        status=status,
        undo=change.undo,
        detail=detail,
    )
