"""The lanes of a redrive: each receives, sends, records and deletes, strictly in this order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from .batches import Entry, Failure, Outcome, run_batch
from .client import Answer, SqsClient, is_denied, is_transient, service_time
from .guard import LoopGuard
from .hands import VISIBILITY, Hands
from .messages import BATCH, Message, chunks, copy_entry, hide, receive
from .packing import dedup_id, pack, waves
from .queues import QueueRef
from .record import Copied, Record
from .routing import Destination, Router, Unroutable
from .tally import Budget, Emptiness, Tally
from .turns import GroupTurns, Turn

# Seconds. Any wait above 0 is a long poll; a short one lets Ctrl-C through within its 5 seconds.
POLL_WAIT = 1
TROUBLES = 6  # failed calls in a row, each retried by botocore before, until a lane gives up
LONGEST_BACKOFF = 10.0
TIDY_SECONDS = 3.5  # after Ctrl-C, what is not given back by then comes back by itself

_HELD_BACK = "held back behind a failed message of its group"


@dataclass(slots=True)
class _Round:
    """What one receive brought: `left` is still to be decided, `sent` is to be deleted."""

    received_at: float
    left: dict[str, Message]
    sent: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)  # delivered again after their delete
    copied: int = 0
    selected: bool = False
    turn: Turn | None = None  # on a FIFO queue


class Lanes:
    """The work that the lanes of one run share. `work(n)` runs in a thread of its own."""

    def __init__(
        self,
        sqs: SqsClient,
        dlq: QueueRef,
        *,
        router: Router,
        record: Record,
        guard: LoopGuard,
        run_id: str,
        lanes: int,
        limit: int | None,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
        cancelled: threading.Event,
    ) -> None:
        self._sqs = sqs
        self._dlq = dlq
        self._router = router
        self._record = record
        self._guard = guard
        self._run_id = run_id
        self._sleep = sleep
        self._clock = clock
        self._cancelled = cancelled
        self._stop = threading.Event()
        self._budget = Budget(limit)
        self._emptiness = Emptiness(lanes)
        self._turns = GroupTurns() if dlq.fifo else None
        self._held_groups: set[str | None] = set()
        self._used: set[str] = set()
        self.hands = Hands()
        self.tally = Tally()

    def stop(self) -> None:
        """Let every lane finish its batch and end."""
        self._stop.set()

    def stopping(self) -> bool:
        return self._stop.is_set() or self._cancelled.is_set()

    def work(self, lane: int) -> None:
        """Move messages until the queue is empty, the limit is reached, or the run is stopped.

        An error that would meet every lane stops them all and is raised.
        """
        try:
            self._loop(lane)
        except BaseException:
            self.stop()
            raise
        finally:
            self._emptiness.leave(lane)

    def destinations(self) -> list[str]:
        """The names of the queues that copies went to."""
        return list(self._used)

    def finish(self, map_chunks: Callable[..., Iterable[object]]) -> None:
        """After the lanes: do the deletes still owed, give back what was left alone.

        `map_chunks` is an executor's `map`, so that many messages are given back in parallel.
        """
        for attempt in range(TROUBLES):
            if not self.hands.owed() or not self._sweep_all():
                break
            self._sleep(min(0.5 * 2**attempt, LONGEST_BACKOFF))
        until = self._clock() + TIDY_SECONDS if self._cancelled.is_set() else inf
        parked = chunks(self.hands.parked())
        for _ in map_chunks(lambda ids: self._give_back(ids, until), parked):
            pass

    def _loop(self, lane: int) -> None:
        troubles = 0
        while not self.stopping():
            reserved = self._budget.reserve(BATCH)
            if not reserved:
                return
            batch = None
            try:
                self._renew()
                batch = self._receive(lane, reserved)
                self._move(batch)
                troubles = 0
            except Exception as error:
                troubles += 1
                if not is_transient(error) or troubles >= TROUBLES:
                    raise
                self._sleep(min(0.25 * 2**troubles, LONGEST_BACKOFF))
                continue
            finally:
                self._budget.give_back(reserved - (batch.copied if batch else 0))
            self._emptiness.report(lane, empty=not batch.selected)
            if not batch.selected and self._emptiness.believed:
                return

    def _receive(self, lane: int, count: int) -> _Round:
        if self._turns is None:
            return self._poll(count)
        with self._turns.receiving(self._emptiness.waiting(lane)):
            if self.stopping() or self._emptiness.believed:
                return _Round(0.0, {})
            batch = self._poll(count)
            batch.turn = self._turns.enter(message.group for message in batch.left.values())
            return batch

    def _poll(self, count: int) -> _Round:
        now = self._clock()
        messages = receive(
            self._sqs, self._dlq.url, count=count, visibility=VISIBILITY, wait=POLL_WAIT
        )
        return _Round(now, {message.id: message for message in self.hands.take(messages)})

    def _move(self, batch: _Round) -> None:
        """Send what one receive brought, then delete what was accepted, and let the rest go."""
        try:
            if not batch.left:
                self._delete_sent(self.hands.claim_owed())
            if self._turns is not None and batch.turn is not None:
                self._turns.wait(batch.turn)
            for destination, messages in self._sort(batch).items():
                self._send(destination, messages, batch)
        finally:
            try:
                self._delete(batch)
            finally:
                self._give_back(list(batch.left))
                if self._turns is not None and batch.turn is not None:
                    self._turns.leave(batch.turn, [m.group for m in batch.left.values()])

    def _sort(self, batch: _Round) -> dict[Destination, list[Message]]:
        """The messages that are to be sent, by destination; the others are settled here."""
        chosen: dict[Destination, list[Message]] = {}
        for message in list(batch.left.values()):
            if self.hands.claim(message.id):
                self._settle(message, batch)
                batch.sent.append(message.id)
            elif self._record.was_sent(message.id):
                self._settle(message, batch)
                batch.gone.append(message.id)
            elif self._guard.is_late(message):
                self._skip(message, batch)
            elif message.group in self._held_groups:
                self._fail(message, batch, _HELD_BACK)
            else:
                destination = self._router.route(message)
                reason = _why_not(message, destination)
                if isinstance(destination, Unroutable) or reason:
                    self._fail(message, batch, reason)
                else:
                    batch.selected = True
                    chosen.setdefault(destination, []).append(message)
        return chosen

    def _send(self, destination: Destination, messages: list[Message], batch: _Round) -> None:
        for wave in waves(messages) if destination.fifo else [messages]:
            free = []
            for message in wave:
                if message.group in self._held_groups:
                    self._fail(message, batch, _HELD_BACK)
                elif batch.turn is None or message.group not in batch.turn.broken:
                    free.append(message)
            for together in pack(free):
                if self.stopping():
                    return
                self._keep_hidden(batch)
                self._send_batch(destination, together, batch)

    def _send_batch(
        self, destination: Destination, messages: Sequence[Message], batch: _Round
    ) -> None:
        entries = []
        for number, message in enumerate(messages):
            entry = copy_entry(message)
            entry["Id"] = str(number)
            if destination.fifo:
                entry["MessageDeduplicationId"] = dedup_id(self._run_id, message.id)
            entries.append(entry)
        outcome = Outcome()
        now = self._clock()

        def send(remaining: list[Entry]) -> Answer:
            nonlocal now
            answer = self._sqs.send_message_batch(QueueUrl=destination.ref.url, Entries=remaining)
            if self._guard.wants_copies:
                now = service_time(answer) or self._clock()
            return answer

        try:
            run_batch(send, entries, outcome, sleep=self._sleep, stopping=self.stopping)
        finally:
            self._note_sent(destination, messages, outcome, batch, now)
        for entry_id, failure in outcome.failed.items():
            self._note_refused(messages[int(entry_id)], failure, destination, batch)

    def _note_sent(
        self,
        destination: Destination,
        messages: Sequence[Message],
        outcome: Outcome,
        batch: _Round,
        now: float,
    ) -> None:
        copies = [
            Copied(messages[int(number)].id, str(answer.get("MessageId", "")), destination.name)
            for number, answer in outcome.done.items()
        ]
        if not copies:
            return
        self._record.add_sent(copies)
        if self._guard.wants_copies:
            self._guard.add_copies([copy.copy_id for copy in copies], now)
        self._used.add(destination.name)
        batch.copied += len(copies)
        for copy in copies:
            batch.left.pop(copy.message_id, None)
            batch.sent.append(copy.message_id)

    def _note_refused(
        self, message: Message, failure: Failure, destination: Destination, batch: _Round
    ) -> None:
        if not failure.lasting and self.stopping():
            return  # it was not tried to the end: given back with what is left
        self._fail(message, batch, f"{destination.name} refused it: {failure}")

    def _delete(self, batch: _Round) -> None:
        try:
            self._delete_sent(batch.sent)
        finally:
            again = self.hands.handles(batch.gone)
            self.hands.drop(batch.gone)
            self._delete_handles(again, self._record.add_deleted)

    def _delete_sent(self, sent: Sequence[str]) -> None:
        """Delete originals whose copies were accepted; owe those whose delete fails."""
        owed = set(sent)

        def note_deleted(deleted: Sequence[str]) -> None:
            self._record.add_deleted(deleted)
            self.hands.drop(deleted)
            self.tally.add_moved(len(deleted), self._clock())
            owed.difference_update(deleted)

        try:
            for chunk in chunks(sent):
                self._delete_handles(self.hands.handles(chunk), note_deleted)
        finally:
            self.hands.owe(owed)

    def _delete_handles(
        self, handles: Mapping[str, str], note_deleted: Callable[[Sequence[str]], None]
    ) -> None:
        """Delete by id and handle; `note_deleted` hears of the deleted even if this raises."""
        ids = list(handles)
        entries: list[Entry] = [
            {"Id": str(number), "ReceiptHandle": handles[message_id]}
            for number, message_id in enumerate(ids)
        ]
        if not entries:
            return
        outcome = Outcome()
        try:
            run_batch(
                lambda rest: self._sqs.delete_message_batch(QueueUrl=self._dlq.url, Entries=rest),
                entries,
                outcome,
                sleep=self._sleep,
                stopping=lambda: False,  # the copies are sent: leaving now would double them
            )
        finally:
            note_deleted([ids[int(number)] for number in outcome.done])

    def _sweep_all(self) -> bool:
        """Try every owed delete once; whether another try makes sense."""
        try:
            self._delete_sent(self.hands.claim_owed(self.hands.owed()))
        except Exception as error:
            return is_transient(error)
        return True

    def _keep_hidden(self, batch: _Round) -> None:
        now = self._clock()
        if now - batch.received_at < VISIBILITY / 2:
            return
        self._extend([*batch.left, *batch.sent], VISIBILITY)
        batch.received_at = now

    def _renew(self) -> None:
        seconds, due = self.hands.renewals(self._clock())
        if due:
            self._extend(due, seconds)

    def _extend(self, message_ids: Sequence[str], seconds: int) -> None:
        try:
            hide(self._sqs, self._dlq.url, self.hands.handles(message_ids), seconds)
        except Exception as error:
            # A lease that lapses costs a second receive, which Hands recognizes: not the run.
            if not (is_transient(error) or is_denied(error)):
                raise

    def _give_back(self, message_ids: Sequence[str], until: float = inf) -> None:
        """Make messages visible again; a lease that cannot be ended now ends by itself."""
        handles = self.hands.handles(message_ids)
        self.hands.drop(message_ids)
        if not handles:
            return
        if self._clock() > until:
            self.tally.add_unreleased(len(handles))
            return
        try:
            hide(self._sqs, self._dlq.url, handles, 0)
        except Exception:
            self.tally.add_unreleased(len(handles))

    def _settle(self, message: Message, batch: _Round) -> None:
        del batch.left[message.id]

    def _skip(self, message: Message, batch: _Round) -> None:
        self._settle(message, batch)
        self.hands.park(message.id, self._clock())
        self.tally.add_skipped()

    def _fail(self, message: Message, batch: _Round, reason: str) -> None:
        if self._dlq.fifo and message.group is not None:
            self._held_groups.add(message.group)
        batch.selected = True
        self._settle(message, batch)
        self.hands.park(message.id, self._clock())
        self.tally.add_failed(message.id, reason)


def _why_not(message: Message, destination: Destination | Unroutable) -> str:
    """Why a message cannot be sent there, in words; empty when it can."""
    if isinstance(destination, Unroutable):
        return destination.reason
    if destination.fifo and message.group is None:
        return f"it has no message group, which {destination.name} asks for"
    size = message.size()
    if size > destination.max_message_bytes:
        limit = f"{destination.max_message_bytes:,}"
        return f"larger than the {limit} bytes that {destination.name} takes"
    return ""
