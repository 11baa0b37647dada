"""A run that goes on does so in the accounts where it began.

Its record names profiles. On another machine, or after an edit, one of them may lead elsewhere: so
each target that the run has changed anything in gets the account that the journal has of it, and is
refused when its credentials belong to another.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from awsops.recipe.recording import RunLog
from awsops.targets import Target

if TYPE_CHECKING:
    from awsops.journal import Journal


def accounts_of(journal: Journal, run_id: str) -> dict[tuple[str, str], str]:
    """The account that a run has changed something in, by profile and region; without those that
    were several (roles of one profile)."""
    found: dict[tuple[str, str], set[str]] = {}
    for call in journal.calls(run_id):
        place = (call.record.profile, call.record.region)
        found.setdefault(place, set()).add(call.record.account)
    return {place: accounts.pop() for place, accounts in found.items() if len(accounts) == 1}


def pinned(target: Target, accounts: dict[tuple[str, str], str]) -> Target:
    """The target with the account that it has to turn out to be, where that is known."""
    account = accounts.get((target.profile or "", target.region or ""))
    return replace(target, account=account) if account and target.account is None else target


def pin(log: RunLog, accounts: dict[tuple[str, str], str]) -> None:
    """The same for the targets where steps have gone well."""
    for key, before in log.partly.items():
        targets = tuple(pinned(target, accounts) for target in before.targets)
        log.partly[key] = replace(before, targets=targets)
