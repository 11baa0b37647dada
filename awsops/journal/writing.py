"""One entry of the journal on its way into the file: chained by hash, counted in the summaries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3


PLANNED = "planned"  # a confirmed change, before the first call of its run
SETTLED = "settled"  # what became of planned ones has been recorded


class Entry:
    """One entry on its way into the file; `seq` or `failure` is set once it was tried."""

    __slots__ = ("body", "durable", "failure", "kind", "run_id", "seq", "text")

    def __init__(self, run_id: str, kind: str, body: dict[str, Any], *, durable: bool) -> None:
        self.run_id = run_id
        self.kind = kind
        self.body = body
        self.durable = durable
        # Here, in the thread that brings it, and not while all the others wait.
        self.text = json.dumps(body, sort_keys=True, separators=(",", ":"))
        self.seq: int | None = None
        self.failure: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Announced:
    """Confirmed changes of one target of a run, on their way into the file or in it."""

    run_id: str
    entries: Sequence[Entry]


def insert(
    db: sqlite3.Connection, entries: Sequence[Entry], after: tuple[int, str] | None = None
) -> None:
    """Add entries behind the last (or behind `after`: its number and hash); sets their `seq`."""
    last = db.execute("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
    seq, digest = after or last or (0, "")
    for entry in entries:
        seq += 1
        run_id = _run_of(db, entry)
        digest = chained(digest, seq, run_id, entry.kind, entry.text)
        values = (seq, run_id, entry.kind, entry.text, digest)
        db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", values)
        _summarize(db, run_id, entry)
        entry.seq = seq


def _run_of(db: sqlite3.Connection, entry: Entry) -> str:
    if entry.kind != "call_end":
        return entry.run_id
    row = db.execute("SELECT run_id FROM entries WHERE seq = ?", (entry.body["call"],)).fetchone()
    return str(row[0]) if row else ""


def _summarize(db: sqlite3.Connection, run_id: str, entry: Entry) -> None:
    """Bring `runs` and `run_scopes` up to an entry."""
    body = entry.body
    if entry.kind == "run":
        db.execute(
            "INSERT INTO runs (run_id, command, argv, started_at) VALUES (?, ?, ?, ?)"
            # A run that is resumed goes on.
            " ON CONFLICT (run_id) DO UPDATE SET ended_at = NULL, exit_code = NULL",
            (run_id, body["command"], json.dumps(body["argv"]), body["started_at"]),
        )
    elif entry.kind == "run_end":
        ended = (body["ended_at"], body["exit_code"], run_id)
        db.execute("UPDATE runs SET ended_at = ?, exit_code = ? WHERE run_id = ?", ended)
    elif entry.kind in ("call", "change"):
        begun = (run_id, body["at"])
        db.execute("INSERT OR IGNORE INTO runs VALUES (?, '', '[]', ?, NULL, NULL, 0, 0)", begun)
        column = "calls" if entry.kind == "call" else "changes"
        db.execute(f"UPDATE runs SET {column} = {column} + 1 WHERE run_id = ?", (run_id,))
        scope = (run_id, body["account"], body.get("service", ""))
        db.execute("INSERT OR IGNORE INTO run_scopes VALUES (?, ?, ?)", scope)


def chained(previous: str, seq: int, run_id: str, kind: str, body: str) -> str:
    """The hash of an entry: SHA-256, in hex, over the one before and all that stands in it."""
    text = "\n".join((previous, str(seq), run_id, kind, body))
    return hashlib.sha256(text.encode()).hexdigest()
