"""Which run a person means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awsops.api import Choice, Host, NotFoundError, UsageError

if TYPE_CHECKING:
    from awsops.journal import Journal
    from awsops.journal_entries import RunRecord

MOST_OFFERED = 50


def complete_runs(host: Host) -> Iterator[Choice]:
    """The latest runs that changed something, the newest first."""
    for run in host.journal.runs(MOST_OFFERED, None):
        yield Choice(run.run_id, f"{run.command}, {run.changes} changes")


def one_run(journal: Journal, prefix: str) -> RunRecord:
    """The run whose id begins so; NotFoundError, UsageError when there are several."""
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
