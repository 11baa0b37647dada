"""Old entries leave the journal from its beginning, and the chain of hashes still holds.

What is left begins where an entry of the kind `prune` says that it does, with the hash of the last
entry that left. That entry is part of the chain itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

PRUNE = "prune"


def first_kept(db: sqlite3.Connection, before: float) -> int | None:
    """The first entry that stays when runs begun before a time (epoch seconds) leave.

    A run leaves whole or not at all, and only from the beginning. None: there are no entries.
    """
    (last,) = db.execute("SELECT max(seq) FROM entries").fetchone()
    if last is None:
        return None
    found = last + 1
    query = (
        "SELECT min(e.seq) FROM entries e JOIN runs r ON r.run_id = e.run_id"
        " WHERE r.started_at >= ? OR r.run_id IN (SELECT run_id FROM entries WHERE seq >= ?)"
    )
    while True:
        (least,) = db.execute(query, (before, found)).fetchone()
        if least is None or least >= found:
            return int(found)
        found = least


def remove_before(db: sqlite3.Connection, seq: int) -> tuple[int, dict[str, Any]] | None:
    """Remove the entries before `seq`; how many, and the body of the entry to write about it."""
    edge = db.execute(
        "SELECT seq, hash FROM entries WHERE seq < ? ORDER BY seq DESC LIMIT 1", (seq,)
    ).fetchone()
    if edge is None:
        return None
    (count,) = db.execute("SELECT count(*) FROM entries WHERE seq < ?", (seq,)).fetchone()
    db.execute("DELETE FROM entries WHERE seq < ?", (seq,))
    gone = "run_id NOT IN (SELECT run_id FROM entries)"
    db.execute(f"DELETE FROM runs WHERE {gone}")
    db.execute(f"DELETE FROM run_scopes WHERE {gone}")
    return int(count), {"seq": edge[0], "hash": edge[1], "entries": count}


def edge_of(bodies: list[str]) -> tuple[int, str]:
    """Where the chain begins, given the bodies of all prune entries: seq and hash before it."""
    if not bodies:
        return 0, ""
    latest = max((json.loads(body) for body in bodies), key=lambda body: int(body["seq"]))
    return int(latest["seq"]), str(latest["hash"])
