"""What a redrive writes down, so that `--resume` can go on after a crash.

One record for each run and dead-letter queue (`awsops.records`): its header, and a line before each
send, after each answer and after each delete. It holds message ids, never bodies, and is rewritten
when it grows, so its size does not depend on the number of messages.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from awsops.errors import NotFoundError, UsageError
from awsops.records import RecordError, RunRecord

from .messages import chunks
from .record import MemoryRecord

REWRITE_BYTES = 16_000_000
LINE_IDS = 500  # of one line of a rewritten record: a long one is held in memory four times over
# SQS keeps a message at most 14 days (API reference, MessageRetentionPeriod): an older record
# knows of no message that could still exist.
KEPT_SECONDS = 14 * 86_400


@dataclass(frozen=True, slots=True)
class Header:
    """What a resumed run takes over. `started` is seconds since the epoch by the service's clock,
    `to` the URL of the queue that takes everything (None: each message's own source takes it),
    `lease` the seconds for which messages in work are hidden. At most `limit` messages are moved by
    all processes of the run together; `copied` and `deleted` are those that the lines of the record
    no longer tell of. A run of the `engine` aws has no lines: SQS knows how far it is. That of
    `drain` moves into the file `to`: what it has sent is on disk."""

    run: str
    dlq_arn: str
    to: str | None
    started: float
    lease: int
    limit: int | None = None
    copied: int = 0
    deleted: int = 0
    engine: str = "client"


class RunLog:
    """A `Record` on disk. Made by `begin` or `resume`; `close` it.

    Whatever cannot be written is a RecordError, and the run stops before it sends more.
    """

    def __init__(
        self,
        record: RunRecord,
        header: Header,
        memory: MemoryRecord,
        copies: list[str],
        state: _State | None = None,
    ) -> None:
        self.header = header
        self.early_copies = copies
        self._record = record
        self._memory = memory
        self._held = dict(state.held) if state else {}
        self._lock = threading.Lock()
        self._copied = header.copied + (state.copied if state else 0)
        self._deleted = self.deleted_before = header.deleted + (state.deleted if state else 0)

    @property
    def path(self) -> Path:
        return self._record.path

    @classmethod
    def begin(cls, folder: Path, header: Header) -> RunLog:
        """A new record; old ones in `folder` are removed. RecordError when it cannot be written."""
        record = RunRecord.begin(
            folder, _name(header.run, header.dlq_arn), asdict(header), keep_seconds=KEPT_SECONDS
        )
        return cls(record, header, MemoryRecord(), [])

    @classmethod
    def resume(cls, folder: Path, run: str, dlq_arn: str) -> RunLog | None:
        """The record of an interrupted run; None when that run knows other queues, but not this.

        NotFoundError when nothing is recorded of the run, UsageError when it still runs.
        """
        name = _name(run, dlq_arn)
        known = RunRecord.known(folder)
        if name not in known:
            _check_known(run, known, dlq_arn)
            return None
        if RunRecord.is_held(folder, name):
            raise UsageError(
                f"run {run} of {_queue_of(name)} is still under way in another process",
                hint="wait for it, or end it there with Ctrl-C",
            )
        record = RunRecord.resume(folder, name)
        try:
            header = _read_header(record)
            memory, copies, state = _replay_all(record)
        except BaseException:
            record.close(finished=False)
            raise
        return cls(record, header, memory, copies, state)

    def raise_lease(self, seconds: int, limit: int | None = None) -> None:
        """This process hides messages for so long: a later one must wait as long for them. It
        moves at most `limit` messages, with those that earlier ones have moved.
        """
        with self._lock:
            self.header = replace(self.header, lease=max(seconds, self.header.lease), limit=limit)
            self._rewrite()

    def room(self, limit: int) -> int:
        """How many messages that no process has begun with may still be moved."""
        with self._lock:
            return max(0, limit - self._copied - len(self._memory.open_items()["sending"]))

    def begun(self) -> set[str]:
        """The messages that an earlier process had in work when it ended."""
        with self._lock:
            items = self._memory.open_items()
            return {*items["sent"], *items["sending"]}

    def add_sending(
        self, message_ids: Sequence[str], handles: Sequence[str] = (), until: float = 0.0
    ) -> None:
        with self._lock:
            self._append("sending", message_ids, list(handles), until)
            self._held.update(_held(message_ids, handles, until))
            self._memory.add_sending(message_ids)

    def add_answered(
        self, accepted: Sequence[str], refused: Sequence[str], copies: Sequence[str] = ()
    ) -> None:
        with self._lock:
            self._append("sent", accepted)
            self._append("refused", refused)
            self._append("copies", copies)
            self.early_copies += copies
            self._copied += len(accepted)
            self._let_go(refused)
            self._memory.add_answered(accepted, refused)

    def add_deleted(self, message_ids: Sequence[str]) -> int:
        with self._lock:
            self._append("deleted", message_ids)
            self._let_go(message_ids)
            new = self._memory.add_deleted(message_ids)
            self._deleted += new
            if self._record.size > REWRITE_BYTES:
                self._rewrite()
            return new

    def was_sent(self, message_id: str) -> bool:
        return self._memory.was_sent(message_id)

    def was_deleted(self, message_id: str) -> bool:
        return self._memory.was_deleted(message_id)

    @property
    def unfinished(self) -> int:
        return self._memory.unfinished

    def sent_before(self) -> set[str]:
        return self._memory.sent_before()

    @property
    def deleted(self) -> int:
        """How many messages all processes of the run have moved."""
        return self._deleted

    @property
    def likely(self) -> int:
        return self._memory.likely

    def add_likely(self, message_ids: Sequence[str]) -> None:
        self._memory.add_likely(message_ids)

    def add_vanished(self) -> int:
        with self._lock:
            gone = self._memory.sent_before()
            self._append("deleted", sorted(gone))
            self._let_go(gone)
            self._deleted += len(gone)
            return self._memory.add_vanished()

    def left_behind(self) -> dict[str, tuple[str, float]]:
        with self._lock:
            before = self._memory.sent_before()
            return {m: held for m, held in self._held.items() if m in before}

    @property
    def doubtful(self) -> int:
        return self._memory.doubtful

    @property
    def resumed(self) -> int:
        return self._memory.resumed

    def close(self, *, finished: bool) -> None:
        """Make it small, sync it to disk and let others resume it.

        `finished`: the run came to its end, and what it had in work is forgotten, but for what an
        earlier process left and nobody has seen since: that can be looked for again. The header
        stays: where a run over several queues is resumed, those that are done are told by it.
        """
        with self._lock:
            if finished and not self._memory.unfinished:
                # What was sent without an answer may have arrived: it took up room of the limit.
                self._copied += len(self._memory.open_items()["sending"])
                self._memory.forget()
                self._held.clear()
            try:
                self._rewrite()
            except RecordError:  # a full disk: it stays as long as it is, and is whole
                pass
            finally:
                self._record.close(finished=False)

    def _append(self, kind: str, ids: Sequence[str], *more: object) -> None:
        if ids:
            self._record.append([kind, list(ids), *more])

    def _let_go(self, message_ids: Iterable[str]) -> None:
        for message_id in message_ids:
            self._held.pop(message_id, None)

    def _rewrite(self) -> None:
        # The lines of those that are open are counted again when they are read.
        told = len(self._memory.open_items()["sent"])
        counts = {"copied": self._copied - told, "deleted": self._deleted}
        self._record.rewrite(self._open_lines(), asdict(self.header) | counts)

    def _open_lines(self) -> Iterator[list[Any]]:
        parts = {"copies": self.early_copies, **self._memory.open_items()}
        for kind, ids in parts.items():
            for some in chunks(ids, LINE_IDS):
                yield [kind, list(some)]
        by_time: dict[float, list[str]] = {}
        for message_id, (_, until) in self._held.items():
            by_time.setdefault(until, []).append(message_id)
        for until, ids in by_time.items():
            for some in chunks(ids, LINE_IDS):
                yield ["held", list(some), [self._held[one][0] for one in some], until]


def _held(
    message_ids: Sequence[str], handles: Sequence[str], until: float
) -> dict[str, tuple[str, float]]:
    return {m: (handle, until) for m, handle in zip(message_ids, handles, strict=False)}


def _name(run: str, dlq_arn: str) -> str:
    if not run or "/" in run or run.startswith("."):
        raise UsageError(f"{run!r} is not the id of a run")
    _, _, _, region, account, name = dlq_arn.split(":")
    return f"{run}.{account}.{region}.{name}"


@dataclass(slots=True)
class _State:
    sent: set[str] = field(default_factory=set)
    sending: set[str] = field(default_factory=set)
    doubtful: list[str] = field(default_factory=list)
    held: dict[str, tuple[str, float]] = field(default_factory=dict)
    copied: int = 0
    deleted: int = 0


def _read_header(record: RunRecord) -> Header:
    try:
        return Header(**record.header)
    except TypeError as error:
        raise UsageError(f"{record.path} is not the record of a redrive") from error


def _replay_all(record: RunRecord) -> tuple[MemoryRecord, list[str], _State]:
    state = _State()
    copies: list[str] = []
    for kind, ids, *held in record.replay():
        if kind == "copies":
            copies += ids
        else:
            _replay(state, kind, ids)
        if held:
            state.held.update(_held(ids, *held))
    still = state.sent | state.sending
    state.held = {m: held for m, held in state.held.items() if m in still}
    memory = MemoryRecord()
    memory.restore(state.sent, state.sending, state.doubtful)
    return memory, copies, state


def _replay(state: _State, kind: str, ids: list[str]) -> None:
    if kind == "sending":  # again, without an answer to the first: its copy may exist
        state.doubtful += state.sending.intersection(ids)
        state.sending.update(ids)
    elif kind == "sent":
        state.sending.difference_update(ids)
        state.sent.update(ids)
        state.copied += len(ids)
    elif kind == "refused":
        state.sending.difference_update(ids)
    elif kind == "deleted":
        state.deleted += len(state.sent.intersection(ids))
        state.sent.difference_update(ids)
    elif kind == "doubtful":
        state.doubtful += ids


def _queue_of(name: str) -> str:
    return name.split(".", 3)[-1]  # a FIFO queue has a dot of its own


def _check_known(run: str, known: Sequence[str], dlq_arn: str) -> None:
    """Whether the run is one over several accounts that did not come to this queue."""
    queue = dlq_arn.rpartition(":")[2]
    queues = {_queue_of(one) for one in known if one.startswith(f"{run}.")}
    if queue in queues:
        return
    if queues:
        raise UsageError(
            f"run {run} moves the messages of {', '.join(sorted(queues))}, not of {queue}",
            hint="name that queue, or begin a new run without --resume",
        )
    raise NotFoundError(f"there is no record of a run {run}", hint=_known_runs(known, queue))


def _known_runs(known: Sequence[str], queue: str) -> str:
    runs = sorted(one.partition(".")[0] for one in known if _queue_of(one) == queue)
    if not runs:
        return (
            f"no run of {queue} was recorded on this machine; a new run moves what is left, and "
            "what that one had sent but not deleted once more"
        )
    return f"recorded runs of {queue}: {', '.join(runs[-5:])}"


class Recorded(Protocol):
    """What writes a record while it is done: a redrive, a drain."""

    def close(self, *, finished: bool) -> None: ...


R = TypeVar("R", bound=Recorded)


@contextmanager
def closed_at_end(recorded: R) -> Iterator[R]:
    """Close it as finished at the end of the block; left by an exception it can be resumed."""
    finished = False
    try:
        yield recorded
        finished = True
    finally:
        recorded.close(finished=finished)
