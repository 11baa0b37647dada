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
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from awsops.events import Change
from awsops.journal.entries import (
    FAILED_ON_THE_WAY,
    CallEntry,
    CallOutcome,
    CallRecord,
    ChangeEntry,
    ChangeStatus,
    RunRecord,
    Verification,
    run_record,
    untold,
)
from awsops.journal.file import JournalError, JournalFile
from awsops.journal.pruning import PRUNE, first_kept, remove_before
from awsops.journal.verifying import all_entries, verify
from awsops.journal.writing import PLANNED, SETTLED, Announced, Entry, insert

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
_CHANGE_FIELDS = tuple(field.name for field in fields(Change))
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
        self._planned: dict[str, list[Entry]] = {}  # confirmed, and no call has left yet
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
            self._planned.pop(run_id, None)
            if self._announced.pop(run_id, None) is not None:
                return
        if self.path.exists():
            body = {"ended_at": self._clock(), "exit_code": exit_code}
            self._append(Entry(run_id, "run_end", body, durable=True), _NOT_CLOSED)

    def announce(
        self, run_id: str, account: str, region: str, profile: str, changes: Sequence[Change]
    ) -> Announced:
        """Changes that were confirmed; they are written together with the first call of the run,
        so that who is killed in the midst of them leaves what there is to undo."""
        where = {"account": account, "region": region, "profile": profile}
        entries = [
            Entry(run_id, PLANNED, {"at": self._clock(), **where, **_plain(change)}, durable=True)
            for change in changes
        ]
        with self._queue_lock:
            self._planned.setdefault(run_id, []).extend(entries)
        return Announced(run_id, entries)

    def settle(self, announced: Announced) -> None:
        """What became of these changes has been recorded: what was announced is of no more use."""
        with self._queue_lock:
            waiting = self._planned.get(announced.run_id, [])
            mine = set(map(id, announced.entries))
            waiting[:] = [entry for entry in waiting if id(entry) not in mine]
        written = [entry.seq for entry in announced.entries if entry.seq is not None]
        if written:
            body = {"at": self._clock(), "first": min(written), "last": max(written)}
            self._append(Entry(announced.run_id, SETTLED, body, durable=False), _NOT_CLOSED)

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
        body = {"at": self._clock(), **where, **_plain(change)}
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
        return [run_record(*row) for row in rows]

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

    def mark(self) -> int:
        """The number of the last entry: what is written from here on has a higher one, whatever
        the clock is set to meanwhile."""
        rows = self._file.read("SELECT max(seq) FROM entries", {})
        return int(rows[0][0] or 0) if rows else 0

    def changes(self, run_id: str) -> list[ChangeEntry]:
        """The changes that the commands of a run reported, in their order."""
        found = []
        for seq, _, body in self._entries_of(run_id, "change"):
            found.append(_change_entry(seq, body))
        return found

    def planned(self, run_id: str) -> list[ChangeEntry]:
        """The confirmed changes of a run that has made a call, whatever became of them."""
        return [_change_entry(seq, body) for seq, _, body in self._entries_of(run_id, PLANNED)]

    def unsettled(self, run_id: str) -> list[ChangeEntry]:
        """The confirmed changes of a run of which nobody has told what became of them: it was cut
        off, or goes on still."""
        planned: list[ChangeEntry] = []
        told: list[ChangeEntry] = []
        settled: set[int] = set()
        for seq, kind, body in self._entries_of(run_id, PLANNED, SETTLED, "change"):
            if kind == SETTLED:
                settled.update(range(body["first"], body["last"] + 1))
            else:
                (planned if kind == PLANNED else told).append(_change_entry(seq, body))
        left = [entry for entry in planned if entry.change_id not in settled]
        return untold(left, told) if left else []

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
        """The run and the change of that number, told or only confirmed; None without one."""
        query = "SELECT run_id, kind, body FROM entries WHERE seq = :seq"
        for run_id, kind, text in self._file.read(query, {"seq": change_id}):
            if kind in ("change", PLANNED):
                return str(run_id), _change_entry(change_id, json.loads(text))
        return None

    def entries(self, since: float | None = None) -> Iterator[tuple[int, str, str, str, str]]:
        """Every entry of the runs begun since then: number, run, kind, its JSON text, hash."""
        began = {}
        if since is not None:
            found = self._file.read("SELECT run_id, started_at FROM runs", {})
            began = dict(found)
        for entry in all_entries(self._file):
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
        return verify(self._file)

    def _append(self, entry: Entry, failing: str) -> int:
        with self._queue_lock:
            self._queue.append(entry)
        with self._turn:
            if entry.seq is None and entry.failure is None:
                self._write_queue()
        if entry.kind != "call" or not self._writes_again_soon():
            self._write_what_waits()
        if entry.failure is not None:
            after = failing == _NOT_CLOSED
            raise self._file.failed(failing, entry.failure, after_call=after) from None
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
                failure = failed.failure or Exception()
                raise self._file.failed(_NOT_CLOSED, failure, after_call=True) from None

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
            called = {e.run_id for e in batch if e.kind == "call"}
            planned = {run_id: self._planned.pop(run_id, []) for run_id in called}
        confirmed = [entry for entries in planned.values() for entry in entries]
        try:
            with self._file.transaction(durable=any(e.durable for e in batch)) as db:
                insert(db, [*runs.values(), *confirmed, *batch])
        except BaseException as error:
            for entry in (*confirmed, *batch):
                entry.seq = None
            for entry in batch:
                entry.failure = error
            with self._queue_lock:  # with the next call, which may find room
                for run_id, entries in planned.items():
                    self._planned[run_id] = [*entries, *self._planned.get(run_id, [])]
            if not isinstance(error, Exception):
                raise
        else:
            self._written_at = time.monotonic()
            with self._queue_lock:
                for run_id in runs:
                    self._announced.pop(run_id, None)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._file.close()

    def _entries_of(self, run_id: str, *kinds: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
        query = "SELECT seq, kind, body FROM entries WHERE run_id = :run_id ORDER BY seq"
        for seq, kind, body in self._file.read(query, {"run_id": run_id}):
            if kind in kinds:
                yield seq, kind, json.loads(body)


def _plain(change: Change) -> dict[str, Any]:
    # Not asdict, which copies each value: ten times as slow, and there are changes by the thousand.
    return {name: getattr(change, name) for name in _CHANGE_FIELDS}


def _change_entry(seq: int, body: dict[str, Any]) -> ChangeEntry:
    at, account, region, profile = (body.pop(key) for key in _PLACE)
    change = Change(**body)
    status: ChangeStatus = "perhaps" if FAILED_ON_THE_WAY in change.detail else "made"
    return ChangeEntry(seq, at, account, region, profile, change, status)
