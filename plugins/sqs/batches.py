"""Batch calls whose entries are answered one by one: what failed is tried again, alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from awsops.retry import retry_remainder

from .client import Answer, error_code, is_transient_code

_TOO_LONG = ("BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong")

Entry = dict[str, Any]
Call = Callable[[list[Entry]], Answer]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an entry was not accepted. `lasting` says that the same entry would fail again."""

    code: str
    text: str
    lasting: bool

    def __str__(self) -> str:
        return f"{self.code}: {self.text}" if self.text else self.code


@dataclass(slots=True)
class Outcome:
    """What became of each entry, by its Id. Filled as answers come in, so it is right even when
    a later call raises."""

    done: dict[str, Answer] = field(default_factory=dict)
    failed: dict[str, Failure] = field(default_factory=dict)


def run_batch(
    call: Call,
    entries: Sequence[Entry],
    outcome: Outcome,
    *,
    sleep: Callable[[float], None],
    stopping: Callable[[], bool],
) -> None:
    """Make one batch call, then again for the entries that may do better, into `outcome`.

    Waits with `sleep` (seconds) as awsops.retry does, and stops trying when `stopping`.
    A call refused as a whole is raised; entries not in `outcome` were then not accepted.
    """
    _attempt(call, list(entries), outcome)
    if not _remainder(entries, outcome) or stopping():
        return

    def attempt() -> bool:
        _attempt(call, _remainder(entries, outcome), outcome)
        return bool(_remainder(entries, outcome))

    retry_remainder(attempt, sleep=sleep, stopping=stopping)


def _remainder(entries: Sequence[Entry], outcome: Outcome) -> list[Entry]:
    failed = outcome.failed
    if not failed:
        return []
    return [e for e in entries if e["Id"] in failed and not failed[e["Id"]].lasting]


def _attempt(call: Call, entries: list[Entry], outcome: Outcome) -> None:
    try:
        answer = call(entries)
    except Exception as error:
        # We count bytes as AWS documents; should a queue count otherwise, nothing was accepted.
        if error_code(error) not in _TOO_LONG or len(entries) == 1:
            raise
        middle = len(entries) // 2
        _attempt(call, entries[:middle], outcome)
        _attempt(call, entries[middle:], outcome)
        return
    for success in answer.get("Successful", []):
        outcome.done[success["Id"]] = success
        outcome.failed.pop(success["Id"], None)
    for failed in answer.get("Failed", []):
        outcome.failed[failed["Id"]] = _failure(failed)
    for entry in entries:  # an entry that the answer does not name was not accepted
        if entry["Id"] not in outcome.done and entry["Id"] not in outcome.failed:
            outcome.failed[entry["Id"]] = Failure("NoAnswer", "", lasting=False)


def _failure(failed: Answer) -> Failure:
    code = str(failed.get("Code", ""))
    lasting = bool(failed.get("SenderFault")) and not is_transient_code(code)
    return Failure(code, str(failed.get("Message", "")), lasting)
