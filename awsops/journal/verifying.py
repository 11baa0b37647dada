"""Whether a journal still holds: its hashes recomputed, its summaries counted again."""

from __future__ import annotations

from collections.abc import Iterator

from awsops.journal.entries import Verification
from awsops.journal.file import JournalFile
from awsops.journal.pruning import PRUNE, edge_of
from awsops.journal.writing import chained


def verify(file: JournalFile) -> Verification:
    """How many entries hold, and the first that does not. Reads the whole file; JournalError."""
    # Read first: entries that others write meanwhile are then more than the list counts.
    listed = file.read("SELECT run_id, calls, changes FROM runs", {})
    pruned = file.read("SELECT body FROM entries WHERE kind = :kind", {"kind": PRUNE})
    last_seq, last_hash = edge_of([body for (body,) in pruned])
    count = 0
    totals: dict[str, list[int]] = {}
    for seq, run_id, kind, body, digest in all_entries(file):
        if seq != last_seq + 1:
            return Verification(count, seq, f"entry {last_seq + 1} is missing")
        if digest != chained(last_hash, seq, run_id, kind, body):
            return Verification(count, seq, f"entry {seq} is not what was written")
        total = totals.setdefault(run_id, [0, 0]) if kind != PRUNE else [0, 0]
        total[0] += kind == "call"
        total[1] += kind == "change"
        last_seq, last_hash, count = seq, digest, count + 1
    for run_id, calls, changes in listed:
        total = totals.get(run_id, [0, 0])
        if total[0] < calls or total[1] < changes:
            return Verification(count, None, f"entries of run {run_id} are missing")
    names = {name for (name,) in file.read("SELECT run_id FROM runs", {})}
    if lost := sorted(totals.keys() - names):
        return Verification(count, None, f"run {lost[0]} is missing from the list of runs")
    return Verification(count)


def all_entries(file: JournalFile) -> Iterator[tuple[int, str, str, str, str]]:
    """Every entry in its order: number, run, kind, its JSON text, hash."""
    last = 0
    query = (
        "SELECT seq, run_id, kind, body, hash FROM entries WHERE seq > :last"
        " ORDER BY seq LIMIT 5000"
    )
    while page := file.read(query, {"last": last}):
        yield from page
        last = page[-1][0]
