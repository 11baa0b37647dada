"""The middle of a move: a batch is sent, and the record told before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from awsops.errors import NotFoundError
from awsops.service_clock import service_time

from .batches import Entry, Failure, Outcome, run_batch
from .client import Answer, SqsClient, is_no_such_queue, is_refusal
from .guard import LoopGuard
from .messages import Message, copy_entry
from .packing import dedup_id
from .record import Record
from .routing import Destination


@dataclass(slots=True)
class Copies:
    """What became of a batch: ids whose copies were accepted, and why others were not."""

    accepted: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)  # of the copies, in the order of `accepted`
    doubtful: list[str] = field(default_factory=list)  # whether it was accepted is not known
    refused: list[tuple[Message, Failure]] = field(default_factory=list)


class Copier:
    """Sends copies of messages. Safe to share by lanes; `clock` and `sleep` are in seconds."""

    def __init__(
        self,
        sqs: SqsClient,
        *,
        run_id: str,
        record: Record,
        guard: LoopGuard,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
        stopping: Callable[[], bool],
        keep_dedup_id: bool = False,
    ) -> None:
        self._sqs = sqs
        self._run_id = run_id
        self._record = record
        self._guard = guard
        self._sleep = sleep
        self._clock = clock
        self._stopping = stopping
        self._keep_dedup_id = keep_dedup_id

    @property
    def doubtful(self) -> int:
        """How many copies may be there twice, or although nobody was told."""
        return self._record.doubtful

    def copy(
        self,
        destination: Destination,
        messages: Sequence[Message],
        copies: Copies,
        *,
        until: float = 0.0,
    ) -> None:
        """Send one batch; `copies` is right even when this raises.

        A message that is in no part of `copies` was not accepted. Nobody else can receive the
        originals before `until` (seconds since the epoch).
        """
        entries = self._entries(destination, messages)
        outcome = Outcome()
        now = self._clock()

        def send(remaining: list[Entry]) -> Answer:
            nonlocal now
            answer = self._sqs.send_message_batch(QueueUrl=destination.ref.url, Entries=remaining)
            if self._guard.wants_copies:
                now = service_time(answer) or self._clock()
            return answer

        self._record.add_sending(
            [message.id for message in messages], [message.handle for message in messages], until
        )
        answered = False
        try:
            run_batch(send, entries, outcome, sleep=self._sleep, stopping=self._stopping)
            answered = True
        except Exception as error:
            answered = is_refusal(error)
            if is_no_such_queue(error):
                raise _gone(destination) from error
            raise
        finally:
            # Before it is recorded: what was accepted is deleted even if the record fails.
            copies.accepted += [messages[int(number)].id for number in outcome.done]
            copies.ids += [str(answer.get("MessageId", "")) for answer in outcome.done.values()]
            copies.doubtful += self._note(messages, outcome, now, answered=answered)
        copies.refused += [(messages[int(n)], failure) for n, failure in outcome.failed.items()]

    def _entries(self, destination: Destination, messages: Sequence[Message]) -> list[Entry]:
        entries = []
        for number, message in enumerate(messages):
            entry = copy_entry(message)
            entry["Id"] = str(number)
            if destination.fifo:
                own = message.system.get("MessageDeduplicationId") if self._keep_dedup_id else None
                entry["MessageDeduplicationId"] = own or dedup_id(self._run_id, message.id)
            entries.append(entry)
        return entries

    def _note(
        self, messages: Sequence[Message], outcome: Outcome, now: float, *, answered: bool
    ) -> list[str]:
        """Record the answers; `answered` False: that of the last call is missing. Returns the ids
        of those that it would have told of."""
        accepted = [messages[int(number)].id for number in outcome.done]
        settled = {number for number, failure in outcome.failed.items() if failure.lasting}
        refused = [
            message.id
            for number, message in enumerate(messages)
            if str(number) not in outcome.done and (answered or str(number) in settled)
        ]
        ids: list[str] = []
        if self._guard.wants_copies:
            ids = [str(answer.get("MessageId", "")) for answer in outcome.done.values()]
            self._guard.add_copies(ids, now)
        self._record.add_answered(accepted, refused, ids)
        told = {*accepted, *refused}
        return [message.id for message in messages if message.id not in told]


def _gone(destination: Destination) -> NotFoundError:
    # The service's own error names no queue, and a move has two.
    return NotFoundError(
        f"{destination.name} has been deleted: what was not sent stays where it is",
        hint="say where the rest goes with --to QUEUE, in a new run",
    )
