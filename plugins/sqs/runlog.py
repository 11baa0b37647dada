"""The record of a redrive on disk: what `--resume` goes on from after a crash.

One file for each run and dead-letter queue, lines of JSON, appended before and after each send and
after each delete. A process that is killed leaves every line that it wrote (the kernel holds them);
the header is synced to disk before the first message is sent. The file holds message ids, never
bodies. It is rewritten when it grows, so its size does not depend on the number of messages.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from awsops.errors import AwsopsError, NotFoundError, UsageError

from .record import MemoryRecord

VERSION = 1
REWRITE_BYTES = 16_000_000
# SQS keeps a message at most 14 days (API reference, MessageRetentionPeriod): an older record
# knows of no message that could still exist.
KEPT_SECONDS = 14 * 86_400


class RecordError(AwsopsError):
    """The record of a run cannot be written; the run stops before it sends more."""

    code = "Record"


@dataclass(frozen=True, slots=True)
class Header:
    """What a resumed run takes over. `started` is seconds since the epoch by the service's clock,
    `to` the URL of the queue that takes everything (None: each message's own source takes it),
    `lease` the seconds for which messages in work are hidden."""

    run: str
    dlq_arn: str
    to: str | None
    started: float
    lease: int


class RunLog:
    """A `Record` in a file. Made by `begin` or `resume`; `close` it."""

    def __init__(self, path: Path, header: Header, memory: MemoryRecord, copies: list[str]) -> None:
        self.path = path
        self.header = header
        self.early_copies = copies
        self._memory = memory
        self._lock = threading.Lock()
        self._claim = _claim(path)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._size = os.fstat(self._file).st_size

    @classmethod
    def begin(cls, folder: Path, header: Header) -> RunLog:
        """A new record; old ones in `folder` are removed. RecordError when it cannot be written."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _remove_old(folder, header.started)
            path = _path(folder, header.run, header.dlq_arn)
            log = cls(path, header, MemoryRecord(), [])
            log._rewrite()  # the header, synced
        except OSError as error:
            raise RecordError(
                f"the record of the run cannot be written: {error}",
                hint="nothing was sent; AWSOPS_STATE_DIR says where else to write",
            ) from error
        return log

    @classmethod
    def resume(cls, folder: Path, run: str, dlq_arn: str) -> RunLog | None:
        """The record of an interrupted run; None when that run knows other queues, but not this.

        NotFoundError when nothing is recorded of the run, UsageError when it still runs.
        """
        path = _path(folder, run, dlq_arn)
        if not path.exists():
            if any(folder.glob(f"{run}.*.ndjson")):
                return None
            raise NotFoundError(
                f"there is no record of a run {run}", hint=_known_runs(folder, dlq_arn)
            )
        header, memory, copies = _load(path)
        return cls(path, header, memory, copies)

    def raise_lease(self, seconds: int) -> None:
        """This process hides messages for so long: a later one must wait as long for them."""
        with self._lock:
            self.header = replace(self.header, lease=max(seconds, self.header.lease))
            self._rewrite()

    def add_sending(self, message_ids: Sequence[str]) -> None:
        with self._lock:
            self._append("sending", message_ids)
            self._memory.add_sending(message_ids)

    def add_answered(
        self, accepted: Sequence[str], refused: Sequence[str], copies: Sequence[str] = ()
    ) -> None:
        with self._lock:
            self._append("sent", accepted)
            self._append("refused", refused)
            self._append("copies", copies)
            self.early_copies += copies
            self._memory.add_answered(accepted, refused)

    def add_deleted(self, message_ids: Sequence[str]) -> int:
        with self._lock:
            self._append("deleted", message_ids)
            new = self._memory.add_deleted(message_ids)
            if self._size > REWRITE_BYTES:
                self._rewrite()
            return new

    def was_sent(self, message_id: str) -> bool:
        return self._memory.was_sent(message_id)

    def was_deleted(self, message_id: str) -> bool:
        return self._memory.was_deleted(message_id)

    @property
    def unfinished(self) -> int:
        return self._memory.unfinished

    @property
    def doubtful(self) -> int:
        return self._memory.doubtful

    @property
    def resumed(self) -> int:
        return self._memory.resumed

    def close(self, *, finished: bool) -> None:
        """Make it small, sync it to disk and let others resume it.

        `finished`: nothing is left to resume, whatever the record still waits for.
        """
        with self._lock:
            if finished:
                self._memory.forget()
            self._rewrite()
            os.close(self._file)
            os.close(self._claim)

    def _append(self, kind: str, ids: Sequence[str]) -> None:
        if not ids:
            return
        line = _line([kind, list(ids)])
        try:
            # One write a line, at the end of the file: a killed process leaves whole lines.
            written = os.write(self._file, line)
        except OSError as error:
            raise RecordError(f"the record {self.path} cannot be written: {error}") from error
        if written < len(line):
            raise RecordError(f"the record {self.path} cannot be written: the disk is full")
        self._size += written

    def _rewrite(self) -> None:
        parts = {"copies": self.early_copies, **self._memory.open_items()}
        lines = [_line({"version": VERSION, **asdict(self.header)})]
        lines += [_line([kind, ids]) for kind, ids in parts.items() if ids]
        beside = self.path.with_suffix(".new")
        file = os.open(beside, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC, 0o600)
        content = b"".join(lines)
        self._size = os.write(file, content)
        if self._size < len(content):  # the old record stays: it is whole
            os.close(file)
            beside.unlink(missing_ok=True)
            raise RecordError(f"the record {self.path} cannot be written: the disk is full")
        os.fsync(file)
        beside.replace(self.path)
        os.close(self._file)
        self._file = file


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _path(folder: Path, run: str, dlq_arn: str) -> Path:
    if not run or "/" in run or run.startswith("."):
        raise UsageError(f"{run!r} is not the id of a run")
    _, _, _, region, account, name = dlq_arn.split(":")
    return folder / f"{run}.{account}.{region}.{name}.ndjson"


@dataclass(slots=True)
class _State:
    sent: set[str] = field(default_factory=set)
    sending: set[str] = field(default_factory=set)
    doubtful: list[str] = field(default_factory=list)


def _load(path: Path) -> tuple[Header, MemoryRecord, list[str]]:
    state = _State()
    copies: list[str] = []
    with path.open("rb") as lines:
        header = _read_header(path, next(lines, b""))
        for line in lines:
            if not line.endswith(b"\n"):
                break  # a power cut tore it: what it says was not relied upon
            kind, ids = json.loads(line)
            if kind == "copies":
                copies += ids
            else:
                _replay(state, kind, ids)
    memory = MemoryRecord()
    memory.restore(state.sent, state.sending, state.doubtful)
    return header, memory, copies


def _replay(state: _State, kind: str, ids: list[str]) -> None:
    if kind == "sending":  # again, without an answer to the first: its copy may exist
        state.doubtful += state.sending.intersection(ids)
        state.sending.update(ids)
    elif kind == "sent":
        state.sending.difference_update(ids)
        state.sent.update(ids)
    elif kind == "refused":
        state.sending.difference_update(ids)
    elif kind == "deleted":
        state.sent.difference_update(ids)
    elif kind == "doubtful":
        state.doubtful += ids


def _read_header(path: Path, line: bytes) -> Header:
    try:
        fields: dict[str, Any] = json.loads(line)
        if fields.pop("version") != VERSION:
            raise UsageError(f"{path} was written by another version of awsops")
        return Header(**fields)
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{path} is not the record of a redrive") from error


def _claim(path: Path) -> int:
    """Hold the record for this process, or UsageError: two would send the same messages."""
    file = os.open(path.with_suffix(".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # not a POSIX system: nothing to lock with
        pass
    except OSError:
        os.close(file)
        raise UsageError(
            f"run {path.name.partition('.')[0]} is still under way in another process"
        ) from None
    return file


def _known_runs(folder: Path, dlq_arn: str) -> str:
    name = dlq_arn.rpartition(":")[2]
    runs = sorted(path.name.partition(".")[0] for path in folder.glob(f"*.{name}.ndjson"))
    if not runs:
        return f"no run of {name} was recorded on this machine"
    return f"recorded runs of {name}: {', '.join(runs[-5:])}"


def _remove_old(folder: Path, now: float) -> None:
    for path in folder.glob("*.*"):
        if path.suffix not in (".ndjson", ".lock", ".new"):
            continue
        try:
            age = now - path.stat().st_mtime
        except FileNotFoundError:
            continue  # another target's record was just renamed over the old one
        if age > KEPT_SECONDS:
            path.unlink(missing_ok=True)
