"""What awsops changed, when, where and as whom: an append-only, hash-chained SQLite file.

Every entry carries sha256(hash of the entry before, its number, its text), so that an edited or
missing entry is found. `runs` and `run_scopes` are summaries for `history ls`, kept in the same
transaction; the entries are the truth.

Several threads and several processes write at once. Threads that arrive while a commit is under
way share the next one (one fsync for all of them); processes take turns by SQLite's write lock.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from awsops.events import Change
from awsops.journal.entries import (
    CallEntry,
    CallOutcome,
    CallRecord,
    ChangeEntry,
    RunRecord,
    Verification,
)
from awsops.journal.file import JournalError, JournalFile
from awsops.journal.pruning import PRUNE, edge_of, first_kept, remove_before
from awsops.journal.writing import Entry, chained, insert

__all__ = [
    "CallEntry",
    "CallOutcome",
    "CallRecord",
    "ChangeEntry",
    "Journal",
    "RunRecord",
    "Verification",
]

_PLACE = ("at", "account", "region", "profile")
SOON_SECONDS = 0.05
_CALL_FIELDS = tuple(field.name for field in fields(CallRecord))
_NOT_MADE = "the change was not made because it could not be journalled"
_NOT_CLOSED = "what was done could not be journalled to its end"


class Journal:
    """The file at `path`; it is made by the first change, never by reading.

    `clock` gives epoch seconds. Every method raises JournalError; when a writer does, its entry
    is not in the file.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self.path = path
        self._clock = clock
        self._file = JournalFile(path)
        self._turn = threading.Lock()  # held by the thread that writes for all that wait
        self._queue_lock = threading.Lock()  # guards the two below, never held while writing
        self._queue: list[Entry] = []
        self._announced: dict[str, Entry] = {}
        self._open = 0  # calls of this process that have begun and not ended
        self._written_at = float("-inf")  # by time.monotonic

    def begin_run(
        self, run_id: str, command: str, argv_redacted: Sequence[str], started_at: float
    ) -> None:
        """Announce a run; it is written together with its first call or change."""
        body = {"command": command, "argv": list(argv_redacted), "started_at": started_at}
        with self._queue_lock:
            self._announced[run_id] = Entry(run_id, "run", body, durable=False)

    def end_run(self, run_id: str, exit_code: int) -> None:
        """Note how a run ended; one that changed nothing leaves no trace."""
        with self._queue_lock:
            if self._announced.pop(run_id, None) is not None:
                return
        if self.path.exists():
            body = {"ended_at": self._clock(), "exit_code": exit_code}
            self._append(Entry(run_id, "run_end", body, durable=True), _NOT_CLOSED)

    def begin_call(self, record: CallRecord) -> int:
        """Write, and sync to disk, that this call is about to leave; returns its id."""
        body = {"at": self._clock(), **{name: getattr(record, name) for name in _CALL_FIELDS}}
        entry = Entry(record.run_id, "call", body, durable=True)
        with self._queue_lock:
            self._open += 1
        try:
            return self._append(entry, _NOT_MADE)
        except BaseException:
            with self._queue_lock:
                self._open -= 1
            raise

    def end_call(
        self,
        call_id: int,
        outcome: CallOutcome,
        request_id: str | None,
        error_code: str | None,
    ) -> None:
        """Write how a call ended.

        It is not synced by itself: after a power cut the call would read as unknown, which is
        what it then is. Nor does it wait for a thread that is writing: that one writes it next. In
        a process that makes calls by the hundred a second it goes with the begin of the next.
        """
        body: dict[str, Any] = {"at": self._clock(), "call": call_id, "outcome": outcome}
        body |= {"request_id": request_id, "error_code": error_code}
        entry = Entry("", "call_end", body, durable=False)
        with self._queue_lock:
            self._queue.append(entry)
            self._open -= 1
        if not self._writes_again_soon():
            self._write_what_waits()

    def record_change(
        self, run_id: str, account: str, region: str, profile: str, change: Change
    ) -> None:
        """Write a change that a command reports as done."""
        where = {"account": account, "region": region, "profile": profile}
        body = {"at": self._clock(), **where, **asdict(change)}
        self._append(Entry(run_id, "change", body, durable=False), _NOT_CLOSED)

    def runs(
        self,
        limit: int = 20,
        since: float | None = None,
        *,
        account: str | None = None,
        service: str | None = None,
    ) -> list[RunRecord]:
        """The newest `limit` runs that began at or after `since` (epoch seconds), newest first.

        `account` and `service` keep those that called that service, or anything, in that account.
        """
        scope = (
            " AND EXISTS (SELECT 1 FROM run_scopes s WHERE s.run_id = runs.run_id"
            " AND (:account IS NULL OR s.account = :account)"
            " AND (:service IS NULL OR s.service = :service))"
        )
        where = "started_at >= :since" + (scope if account or service else "")
        values = {"since": since or 0.0, "account": account, "service": service, "limit": limit}
        return self._select_runs(where, values)

    def find_runs(self, prefix: str, limit: int = 10) -> list[RunRecord]:
        """The newest `limit` runs whose id begins with `prefix`."""
        where = "substr(run_id, 1, length(:prefix)) = :prefix"
        return self._select_runs(where, {"prefix": prefix, "limit": limit})

    def _select_runs(self, where: str, values: Mapping[str, object]) -> list[RunRecord]:
        scoped = (
            "(SELECT group_concat(DISTINCT {0}) FROM run_scopes s WHERE s.run_id = runs.run_id)"
        )
        rows = self._file.read(
            "SELECT run_id, command, argv, started_at, ended_at, exit_code, calls, changes,"
            f" {scoped.format('account')}, {scoped.format('service')}"
            f" FROM runs WHERE {where} ORDER BY started_at DESC, run_id DESC LIMIT :limit",
            values,
        )
        return [_run_record(*row) for row in rows]

    def calls(self, run_id: str) -> list[CallEntry]:
        """The calls of a run, in the order in which they left."""
        found: dict[int, CallEntry] = {}
        for seq, kind, body in self._entries_of(run_id, "call", "call_end"):
            at = body.pop("at")
            if kind == "call":
                found[seq] = CallEntry(seq, at, CallRecord(**body))
            elif body["call"] in found:
                call_id = body.pop("call")
                found[call_id] = replace(found[call_id], ended_at=at, **body)
        return list(found.values())

    def changes(self, run_id: str) -> list[ChangeEntry]:
        """The changes that the commands of a run reported, in their order."""
        found = []
        for seq, _, body in self._entries_of(run_id, "change"):
            found.append(_change_entry(seq, body))
        return found

    def later_change(self, entry: ChangeEntry, but: Sequence[str] = ()) -> str | None:
        """The run, of all `but` these, that changed the same resource after a change."""
        rows = self._file.read(
            "SELECT run_id, body FROM entries WHERE kind = 'change' AND seq > :seq ORDER BY seq",
            {"seq": entry.change_id},
        )
        for run_id, text in rows:
            body = json.loads(text)
            where = (body["account"], body["region"], body["resource"])
            same = (entry.account, entry.region, entry.change.resource)
            if where == same and run_id not in but:
                return str(run_id)
        return None

    def change(self, change_id: int) -> tuple[str, ChangeEntry] | None:
        """The run and the change of that number; None when there is none."""
        query = "SELECT run_id, body FROM entries WHERE seq = :seq AND kind = 'change'"
        for run_id, text in self._file.read(query, {"seq": change_id}):
            return str(run_id), _change_entry(change_id, json.loads(text))
        return None

    def entries(self, since: float | None = None) -> Iterator[tuple[int, str, str, str, str]]:
        """Every entry of the runs begun since then: number, run, kind, its JSON text, hash."""
        began = {}
        if since is not None:
            found = self._file.read("SELECT run_id, started_at FROM runs", {})
            began = dict(found)
        for entry in self._all_entries():
            if since is None or began.get(entry[1], since) >= since:
                yield entry

    def prune(self, before: float, *, dry_run: bool = False) -> int:
        """Remove the runs begun before a time (epoch seconds); how many entries left.

        From the beginning of the file on: what is older than one that stays, stays too.
        """
        if not self.path.exists():
            return 0
        try:
            with self._file.transaction(durable=True) as db:
                seq = first_kept(db, before)
                if seq is None:
                    return 0
                if dry_run:
                    query = "SELECT count(*) FROM entries WHERE seq < ?"
                    return int(db.execute(query, (seq,)).fetchone()[0])
                last = db.execute("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1")
                after = last.fetchone()
                removed = remove_before(db, seq)
                if removed is None:
                    return 0
                body = {"at": self._clock(), **removed[1]}
                insert(db, [Entry("", PRUNE, body, durable=True)], after)
                return removed[0]
        except JournalError:
            raise
        except Exception as error:
            raise self._file.failed("the journal cannot be pruned", error) from None

    def verify(self) -> Verification:
        """Recompute the hash chain and the summaries; reads the whole file."""
        # Read first: entries that others write meanwhile are then more than the list counts.
        listed = self._file.read("SELECT run_id, calls, changes FROM runs", {})
        pruned = self._file.read("SELECT body FROM entries WHERE kind = :kind", {"kind": PRUNE})
        last_seq, last_hash = edge_of([body for (body,) in pruned])
        count = 0
        totals: dict[str, list[int]] = {}
        for seq, run_id, kind, body, digest in self._all_entries():
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
        names = {name for (name,) in self._file.read("SELECT run_id FROM runs", {})}
        if lost := sorted(totals.keys() - names):
            return Verification(count, None, f"run {lost[0]} is missing from the list of runs")
        return Verification(count)

    def _append(self, entry: Entry, failing: str) -> int:
        with self._queue_lock:
            self._queue.append(entry)
        with self._turn:
            if entry.seq is None and entry.failure is None:
                self._write_queue()
        if entry.kind != "call" or not self._writes_again_soon():
            self._write_what_waits()
        if entry.failure is not None:
            raise self._file.failed(failing, entry.failure) from None
        assert entry.seq is not None
        return entry.seq

    def _writes_again_soon(self) -> bool:
        """Whether calls follow one another so fast that ends need no writing of their own: others
        are still open, the last of which writes all."""
        return self._open > 0 and time.monotonic() - self._written_at < SOON_SECONDS

    def _write_what_waits(self) -> None:
        """Write what is queued, unless another thread writes: it looks again when it is done."""
        while self._queue and self._turn.acquire(blocking=False):
            try:
                batch = self._write_queue()
            finally:
                self._turn.release()
            # Of a call's begin its own thread hears; nobody waits for its end.
            failed = next((e for e in batch if e.failure and e.kind == "call_end"), None)
            if failed is not None:
                raise self._file.failed(_NOT_CLOSED, failed.failure or Exception()) from None

    def _write_queue(self) -> list[Entry]:
        with self._queue_lock:
            batch, self._queue = self._queue, []
        self._write_all(batch)
        return batch

    def _write_all(self, batch: list[Entry]) -> None:
        """Write what several threads queued in one transaction; it holds for all or for none."""
        with self._queue_lock:
            runs = {
                e.run_id: self._announced[e.run_id] for e in batch if e.run_id in self._announced
            }
        try:
            with self._file.transaction(durable=any(e.durable for e in batch)) as db:
                insert(db, [*runs.values(), *batch])
        except BaseException as error:
            for entry in batch:
                entry.seq, entry.failure = None, error
            if not isinstance(error, Exception):
                raise
        else:
            self._written_at = time.monotonic()
            with self._queue_lock:
                for run_id in runs:
                    self._announced.pop(run_id, None)

    def _all_entries(self) -> Iterator[tuple[int, str, str, str, str]]:
        last = 0
        query = (
            "SELECT seq, run_id, kind, body, hash FROM entries WHERE seq > :last"
            " ORDER BY seq LIMIT 5000"
        )
        while page := self._file.read(query, {"last": last}):
            yield from page
            last = page[-1][0]

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._file.close()

    def _entries_of(self, run_id: str, *kinds: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
        query = "SELECT seq, kind, body FROM entries WHERE run_id = :run_id ORDER BY seq"
        for seq, kind, body in self._file.read(query, {"run_id": run_id}):
            if kind in kinds:
                yield seq, kind, json.loads(body)


def _change_entry(seq: int, body: dict[str, Any]) -> ChangeEntry:
    at, account, region, profile = (body.pop(key) for key in _PLACE)
    return ChangeEntry(seq, at, account, region, profile, Change(**body))


def _run_record(run_id: str, command: str, argv: str, started_at: float, *rest: Any) -> RunRecord:
    ended_at, exit_code, calls, changes, accounts, services = rest
    return RunRecord(
        run_id=run_id,
        command=command,
        argv=tuple(json.loads(argv)),
        started_at=started_at,
        ended_at=ended_at,
        exit_code=exit_code,
        calls=calls,
        changes=changes,
        accounts=_names(accounts),
        services=_names(services),
    )


def _names(joined: str | None) -> tuple[str, ...]:
    return tuple(sorted(name for name in (joined or "").split(",") if name))
