"""`history undo`: take back what a run has changed, or one change of it."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awsops.api import (
    Annotated,
    Argument,
    AwsopsError,
    Host,
    Note,
    NotFoundError,
    PartialError,
    command,
)
from awsops.local_choices import complete_changing_runs
from awsops.running.cut_off import begun_changes, changes_of
from awsops.running.undoing import Undone

from .finding import one_run

if TYPE_CHECKING:
    from awsops.journal.entries import ChangeEntry


@command(takes_targets=True)
def undo(
    host: Host,
    what: Annotated[
        str,
        Argument(help="A run's id, or the number of a change.", complete=complete_changing_runs),
    ],
) -> Iterator[Undone | Note]:
    """Undo what a run changed, newest first, each planned and confirmed."""
    from awsops.running.undoing import undo_changes

    run_id, changes = _changes(host, what)
    chosen = [entry for entry in changes if _wanted(host, entry)]
    if not chosen:
        raise NotFoundError(
            f"run {run_id} reported no change here",
            hint=f"awsops history show {run_id} has its calls",
        )
    lost = sum(entry.change.undo is None for entry in chosen)
    count = "1 change" if len(chosen) == 1 else f"{len(chosen)} changes"
    yield Note(f"{count} of run {run_id}, {lost} without a way back")
    whole = run_id if not what.isdigit() else None
    rows = []
    for row in undo_changes(host, chosen, run_id=whole):
        rows.append(row)
        yield row
    _check(rows)


def _changes(host: Host, what: str) -> tuple[str, list[ChangeEntry]]:
    if what.isdigit():
        found = host.journal.change(int(what))
        if found is None:
            raise NotFoundError(
                f"there is no change {what}", hint="awsops history show RUN --changes numbers them"
            )
        of_run = changes_of(host.journal, found[0])  # they say how far each came
        same = [entry for entry in of_run if entry.change_id == found[1].change_id]
        return found[0], same or [found[1]]
    run = one_run(host.journal, what)
    return run.run_id, begun_changes(host.journal, run.run_id)


def _wanted(host: Host, entry: ChangeEntry) -> bool:
    """Whether -p and -r, where they are given, mean the change's place."""
    profiles, regions = host.options.profile, host.options.region
    here = not profiles or any(fnmatch.fnmatchcase(entry.profile, p) for p in profiles)
    return here and (not regions or entry.region in regions)


def _check(rows: list[Undone]) -> None:
    bad = [row for row in rows if row.status in ("failed", "refused", "cannot", "not run")]
    if not bad:
        return
    first = bad[0]
    text = f"change {first.change} ({first.action} {first.resource}): {first.detail}"
    more = f", and {len(bad) - 1} more" if bad[1:] else ""
    kind = AwsopsError if len(bad) == len(rows) else PartialError
    raise kind(f"not undone: {text}{more}", code="NotUndone")
