"""The lanes of a redrive: each receives, sends, records and deletes, strictly in this order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from math import inf

from awsops.errors import AwsopsError

from .budget import Budget, Permit
from .client import SqsClient, error_code, is_over_limit
from .copying import Copier, Copies
from .deleting import Deleter
from .each import Settled
from .guard import LoopGuard
from .hands import Hands
from .leases import Leases
from .messages import BATCH, Message, chunks, receive
from .packing import pack, waves
from .patience import patience_for
from .processor import keep_to_one_processor
from .queues import QueueRef
from .received import Received
from .record import Record
from .rewriting import NotRewrittenError
from .routing import Destination, Router, Unroutable, why_not
from .tally import Emptiness, Tally
from .terms import Terms
from .turns import GroupTurns
from .unseen import Unseen

TIDY_SECONDS = 3.5  # after Ctrl-C, what is not given back by then comes back by itself

HELD_BACK = "held back behind a failed message of its group"


class Lanes:
    """The work that the lanes of one run share. `work(n)` runs in a thread of its own.

    Until `patient_until` (seconds since the epoch) the queue is not believed to be empty: an
    interrupted process may hide messages.
    """

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
        budget: Budget,
        terms: Terms,
        patient_until: float,
        lease: int,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
        cancelled: threading.Event,
    ) -> None:
        self._sqs = sqs
        self._dlq = dlq
        self._router = router
        self._record = record
        self._guard = guard
        self._sleep = sleep
        self._clock = clock
        self._cancelled = cancelled
        self._stop = threading.Event()
        self._terms = terms
        self._patient_until = patient_until
        self._together = terms.pace.batch if terms.pace else BATCH
        # Under a slow pace the rest of ten would be in both queues until the last of them is sent.
        self._at_once = BATCH if terms.selects else self._together
        self._budget = budget
        self._emptiness = Emptiness(lanes)
        self._turns = GroupTurns() if dlq.fifo else None
        self._held_groups: set[str | None] = set()
        self._hands = Hands(lease)
        self.tally = Tally()
        self.emptied = False  # all that could come has been seen
        self.patience = patience_for(clock)
        self.unseen = Unseen(sqs, dlq, clock)
        self._leases = Leases(sqs, dlq, self._hands, self.tally, sleep=sleep, clock=clock)
        self.deleter = Deleter(
            sqs, dlq, record=record, hands=self._hands, tally=self.tally, sleep=sleep, clock=clock
        )
        self._copier = Copier(
            terms.to_sqs or sqs,
            run_id=run_id,
            record=record,
            guard=guard,
            sleep=sleep,
            clock=clock,
            stopping=self.stopping,
            keep_dedup_id=terms.keep_dedup_id,
        )

    def stop(self) -> None:
        """Let every lane finish its batch and end."""
        self._stop.set()

    def stopping(self) -> bool:
        return self._stop.is_set() or self._cancelled.is_set()

    def owed(self) -> int:
        """How many messages this process sent and could not delete."""
        return self._hands.owed()

    def destinations(self) -> list[str]:
        """The names of the queues that copies went to."""
        return sorted(self.tally.sent_to)

    def delete_left_behind(self, map_chunks: Callable[..., Iterable[object]]) -> None:
        """Before the lanes: delete what an earlier process had sent, by the handles it wrote down.

        Not needed, since all of it comes again when its leases end, but then nobody has to wait or
        to look for it. So what fails is left to the lanes.
        """
        left = self._record.left_behind()
        for _ in map_chunks(lambda ids: self.deleter.delete_left(ids, left), chunks(list(left))):
            pass
        self._budget.settle(filter(self._record.was_deleted, left))

    def work(self, lane: int) -> None:
        """Move messages until the queue is empty, the limit is reached, or the run is stopped.

        An error that would meet every lane stops them all and is raised.
        """
        keep_to_one_processor()
        try:
            self._loop(lane)
        except BaseException:
            self.stop()
            raise
        finally:
            self._emptiness.leave(lane)

    def finish(self, map_chunks: Callable[..., Iterable[object]]) -> None:
        """After the lanes: do the deletes still owed, give back what was left alone.

        `map_chunks` is an executor's `map`, so that many messages are given back in parallel.
        """
        self.patience.worked()  # what came before is told; this has minutes of its own
        self._delete_what_is_owed()
        until = self._clock() + TIDY_SECONDS if self._cancelled.is_set() else inf
        parked = chunks(self._hands.parked())
        for _ in map_chunks(lambda ids: self._leases.give_back(ids, until), parked):
            pass

    def _delete_what_is_owed(self) -> None:
        troubles = 0
        while self._hands.owed():
            try:
                if not self.deleter.try_all_owed():
                    return
            except Exception as error:
                troubles += 1
                try:
                    wait = self.patience.wait(error, troubles)
                except Exception:  # no patience is left for it
                    return  # they stay owed: the run says so, and how to go on
                if self._cancelled.is_set():
                    return
                self._sleep(wait)

    def _loop(self, lane: int) -> None:
        troubles = 0
        while not self.stopping():
            permit = self._budget.reserve(self._at_once)
            if not permit.count:
                return
            batch = None
            try:
                self._leases.renew_parked()
                batch = self._receive(lane, permit)
                self._move(batch)
                troubles = 0
                self.patience.worked()
            except Exception as error:
                troubles += 1
                if is_over_limit(error) and self._hands.parked():
                    raise self._too_many_parked() from error
                wait = self.patience.wait(error, troubles)
                if not error_code(error):  # a receive without its answer hides what it took
                    self.unseen.suspect(self._hands.lease + 1.0)
                self._sleep(wait)
                continue
            finally:
                if batch is None:
                    self._budget.give_back(permit, [], [])
                else:
                    self._budget.give_back(permit, batch.copied, batch.doubtful)
            self._emptiness.report(lane, empty=batch.in_vain)
            if batch.in_vain and self._is_empty():
                self.emptied = True
                return

    def _is_empty(self) -> bool:
        # What was sent and not deleted comes back when its lease ends, with a fresh handle.
        until = max(self._patient_until, self._hands.owed_until)
        if not self._emptiness.believed or self._clock() < until:
            return False
        return self.unseen.settled(len(self._hands.parked()) + self._hands.owed())

    def _too_many_parked(self) -> AwsopsError:
        return AwsopsError(
            f"{len(self._hands.parked()):,} messages of {self._dlq.name} that stay are hidden "
            "until the run ends, and SQS hides no more",
            hint="select a part at a time, with --since and --until",
        )

    def _receive(self, lane: int, permit: Permit) -> Received:
        if self._turns is None:
            return self._poll(permit)
        with self._turns.receiving(self._emptiness.waiting(lane)):
            if self.stopping() or self._is_empty():
                return Received(0.0, {}, permit)
            batch = self._poll(permit)
            batch.turn = self._turns.enter(message.group for message in batch.left.values())
            return batch

    def _poll(self, permit: Permit) -> Received:
        now = self._clock()
        messages = receive(
            self._sqs,
            self._dlq.url,
            count=permit.count,
            visibility=self._hands.lease,
        )
        left = {message.id: message for message in self._hands.take(messages)}
        return Received(now, left, permit, full=len(left) >= permit.count)

    def _move(self, batch: Received) -> None:
        """Send what one receive brought, then delete what was accepted, and let the rest go."""
        try:
            if not batch.left:
                self.deleter.delete_owed()
            if self._turns is not None and batch.turn is not None:
                self._turns.wait(batch.turn)
            for destination, messages in self._sort(batch).items():
                self._send(destination, messages, batch)
        finally:
            try:
                self.deleter.delete_sent(batch.sent)
                self._budget.settle(batch.sent)
                self.deleter.delete_again(batch.gone)
            finally:
                self._tell_of_moved(batch)
                self._leases.give_back(list(batch.left))
                if self._turns is not None and batch.turn is not None:
                    self._turns.leave(batch.turn, [m.group for m in batch.left.values()])

    def _tell_of_moved(self, batch: Received) -> None:
        if self._terms.each is not None:
            for message_id in batch.sent:
                if self._record.was_deleted(message_id):
                    row = Settled(message_id, "moved", batch.went.get(message_id), None)
                    self._terms.each.put(row, self.stopping)

    def _sort(self, batch: Received) -> dict[Destination, list[Message]]:
        """The messages that are to be sent, by destination; the others are settled here."""
        chosen: dict[Destination, list[Message]] = {}
        for message in list(batch.left.values()):
            late = self._guard.is_late(message)
            batch.early = batch.early or not late
            if self._hands.claim(message.id) or self._record.was_sent(message.id):
                del batch.left[message.id]
                batch.sent.append(message.id)
            elif self._record.was_deleted(message.id):
                del batch.left[message.id]
                batch.gone.append(message.id)
            elif late:
                self._park(message, batch)
                self.tally.add_late()
                self._watch_returns(message)
            elif self._terms.selects is not None and not self._terms.selects(message):
                self._park(message, batch)
                self.tally.add_skipped()
            elif message.group in self._held_groups:
                self._fail(message, batch, HELD_BACK)
            elif not self._budget.admits(message.id, batch.permit):
                self._park(message, batch)  # it is looked for others: this one would be too many
            else:
                self._choose(message, batch, chosen)
        return chosen

    def _choose(
        self, message: Message, batch: Received, chosen: dict[Destination, list[Message]]
    ) -> None:
        destination = self._router.route(message)
        try:
            made = self._terms.rewriting.of(message) if self._terms.rewriting else message
        except NotRewrittenError as error:
            self._fail(message, batch, str(error))
            return
        reason = why_not(made, destination)
        if isinstance(destination, Unroutable) or reason:
            self._fail(message, batch, reason)
        else:
            chosen.setdefault(destination, []).append(made)

    def _watch_returns(self, message: Message) -> None:
        if self._terms.returns is not None:
            self._terms.returns.see(message.id)
            if self._terms.returns.too_many:
                self.stop()

    def _send(self, destination: Destination, messages: list[Message], batch: Received) -> None:
        for wave in waves(messages) if destination.fifo else [messages]:
            free = []
            for message in wave:
                if message.group in self._held_groups:
                    self._fail(message, batch, HELD_BACK)
                elif batch.turn is None or message.group not in batch.turn.broken:
                    free.append(message)
            for together in pack(free, count=self._together):
                self._await_pace(len(together), batch)
                if self.stopping():
                    return
                self._send_batch(destination, together, batch)

    def _send_batch(
        self, destination: Destination, messages: list[Message], batch: Received
    ) -> None:
        if self._terms.backup is not None:
            # As they lie in the queue, whatever was made of them.
            self._terms.backup([batch.left[message.id] for message in messages])
        copies = Copies()
        try:
            until = batch.received_at + self._hands.lease
            self._copier.copy(destination, messages, copies, until=until)
        finally:
            batch.copied += copies.accepted
            batch.doubtful += copies.doubtful
            batch.sent += copies.accepted
            batch.went.update(dict.fromkeys(copies.accepted, destination.name))
            if self._terms.returns is not None:
                self._terms.returns.add_copies(copies.ids)
            for message_id in copies.accepted:
                del batch.left[message_id]
            if copies.accepted:
                self.tally.add_sent(destination.name, len(copies.accepted))
        for message, failure in copies.refused:
            # One that was not tried to the end is given back with what is left.
            if failure.lasting or not self.stopping():
                self._fail(message, batch, f"{destination.name} refused it: {failure}")

    def _await_pace(self, count: int, batch: Received) -> None:
        """Wait until `count` messages may be sent, and keep them hidden meanwhile."""
        moment = 0.0 if self._terms.pace is None else self._terms.pace.reserve(count)
        while not self.stopping():
            self._keep_hidden(batch)
            wait = moment - self._clock()
            if wait <= 0:
                return
            self._sleep(min(wait, self._hands.lease / 4))

    def _keep_hidden(self, batch: Received) -> None:
        now = self._clock()
        if now - batch.received_at >= self._hands.lease / 2:
            self._leases.extend([*batch.left, *batch.sent], self._hands.lease)
            batch.received_at = now

    def _park(self, message: Message, batch: Received) -> None:
        del batch.left[message.id]
        self._hands.park(message.id, self._clock())

    def _fail(self, message: Message, batch: Received, reason: str) -> None:
        if self._dlq.fifo and message.group is not None:
            self._held_groups.add(message.group)
        self._park(message, batch)
        self.tally.add_failed(message.id, reason)
        if self._terms.each is not None:
            self._terms.each.put(Settled(message.id, "failed", None, reason), self.stopping)
