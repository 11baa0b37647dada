"""Which run a person means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from awsops.api import Choice, Host, NotFoundError, UsageError

if TYPE_CHECKING:
    from awsops.journal import Journal
    from awsops.journal.entries import RunRecord

MOST_COUNTED = 500


def complete_accounts(host: Host) -> Iterator[Choice]:
    """The accounts that late runs changed."""
    runs = host.journal.runs(MOST_COUNTED, None)
    yield from _counted(account for run in runs for account in run.accounts)


def complete_services(host: Host) -> Iterator[Choice]:
    """The services that late runs called."""
    runs = host.journal.runs(MOST_COUNTED, None)
    yield from _counted(service for run in runs for service in run.services)


def _counted(names: Iterable[str]) -> Iterator[Choice]:
    for name, count in Counter(names).most_common():
        yield Choice(name, f"{count} runs" if count > 1 else "1 run")


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
