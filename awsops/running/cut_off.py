"""What a run that was cut off has changed: its confirmed plan held against the calls that left.

A process that is killed tells nothing of what it was doing. Its plan was written before its first
call, and each call before it left: so it is known what may have been done, and what undoes it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from awsops.journal.entries import CallEntry, ChangeEntry, ChangeStatus

if TYPE_CHECKING:
    from awsops.journal import Journal

_PARTS = re.compile(r"[^\s,;:/|@#()\"']+")


def changes_of(journal: Journal, run_id: str) -> list[ChangeEntry]:
    """The changes of a run in their order: those that it told, then those that were confirmed and
    of which it could no longer tell, each with how far it came."""
    return [*journal.changes(run_id), *cut_off_changes(journal, run_id)]


def begun_changes(journal: Journal, run_id: str) -> list[ChangeEntry]:
    """The changes of a run that were made or may have been: what there is to undo."""
    return [entry for entry in changes_of(journal, run_id) if entry.begun]


def cut_off_changes(journal: Journal, run_id: str) -> list[ChangeEntry]:
    """The confirmed changes of which a run could no longer tell, judged by its calls."""
    left = journal.unsettled(run_id)
    if not left:
        return []
    concerned = _concerned(journal.planned(run_id), journal.calls(run_id))
    return [_judged(entry, concerned[entry.change_id]) for entry in left]


def _concerned(
    planned: Sequence[ChangeEntry], calls: Sequence[CallEntry]
) -> dict[int, list[CallEntry]]:
    """The calls that were made for each change: those in its place that name what it changes. One
    that names none of them (it has an id of its own) may be for any; so may one in a place that
    has no plan, the other end of a move."""
    found: dict[int, list[CallEntry]] = {entry.change_id: [] for entry in planned}
    parts = {entry.change_id: _parts(entry) for entry in planned}
    places = {_place(entry) for entry in planned}
    for call in calls:
        where = (call.record.account, call.record.region, call.record.profile)
        here = [e for e in planned if where not in places or _place(e) == where]
        for entry in _named(call, here, parts) or here:
            if call.call_id > entry.change_id:
                found[entry.change_id].append(call)
    return found


def _named(
    call: CallEntry, entries: Sequence[ChangeEntry], parts: Mapping[int, frozenset[str]]
) -> Sequence[ChangeEntry]:
    """Those whose resource the call names; where it names none, those that it says most of."""
    said = frozenset(_PARTS.findall(call.record.params_json))
    whole = [entry for entry in entries if parts[entry.change_id] <= said]
    if whole:
        return whole
    scores = [len(parts[entry.change_id] & said) for entry in entries]
    most = max(scores, default=0)
    return [e for e, score in zip(entries, scores, strict=True) if most and score == most]


def _parts(entry: ChangeEntry) -> frozenset[str]:
    return frozenset(_PARTS.findall(entry.change.resource))


def _place(entry: ChangeEntry) -> tuple[str, str, str]:
    return entry.account, entry.region, entry.profile


def _judged(entry: ChangeEntry, calls: Sequence[CallEntry]) -> ChangeEntry:
    status, said = _status(calls)
    change = entry.change
    detail = f"{change.detail}; {said}" if change.detail else said
    return replace(entry, change=replace(change, detail=detail), status=status)


def _status(calls: Sequence[CallEntry]) -> tuple[ChangeStatus, str]:
    outcomes = {call.outcome for call in calls}
    told = {
        "ok": "answered",
        "error": "refused",
        "unknown": "without an answer",
    }
    said = [
        f"{_operations(calls, outcome)} {word}"
        for outcome, word in told.items()
        if outcome in outcomes
    ]
    detail = f"cut off: {', '.join(said)}" if said else "cut off before any call"
    if "unknown" in outcomes:
        return "unknown", detail
    if "ok" in outcomes:
        return "answered", detail
    return ("refused" if outcomes else "not begun"), detail


def _operations(calls: Sequence[CallEntry], outcome: str) -> str:
    """What was called with that outcome and how often: `UpdateAlias (2)`."""
    counts = Counter(call.record.operation for call in calls if call.outcome == outcome)
    return ", ".join(f"{name} ({n})" if n > 1 else name for name, n in counts.items())
