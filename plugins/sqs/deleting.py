"""The last step of a move: originals whose copies were accepted are deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from awsops.errors import CredentialsError
from awsops.service_errors import is_denied

from .batches import Entry, Outcome, run_batch
from .client import SqsClient
from .hands import Hands
from .messages import chunks
from .queues import QueueRef
from .record import Record
from .tally import Tally

# What `check_allowed` asks to delete: no receipt handle, and so no message.
NO_HANDLE = "awsops-asks-whether-it-may-delete"


class Deleter:
    """Deletes from one queue, and owes what fails. Safe to share by lanes."""

    def __init__(
        self,
        sqs: SqsClient,
        queue: QueueRef,
        *,
        record: Record,
        hands: Hands,
        tally: Tally,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        self._sqs = sqs
        self._queue = queue
        self._record = record
        self._hands = hands
        self._tally = tally
        self._sleep = sleep
        self._clock = clock

    def delete_sent(self, sent: Sequence[str]) -> None:
        """Delete originals by their newest handles; those whose delete fails are owed, and those
        that were delivered once more meanwhile.

        Errors of a whole call are raised, after what was deleted is recorded.
        """
        owed = set(sent)

        def note_deleted(deleted: Mapping[str, str]) -> None:
            sure = self._hands.settled_by(deleted)
            self._tally.add_moved(self._record.add_deleted(sure), self._clock())
            owed.difference_update(self._hands.drop_deleted({m: deleted[m] for m in sure}))

        try:
            for chunk in chunks(sent):
                self._delete(self._hands.handles(chunk), note_deleted)
        finally:
            self._hands.owe(owed, self._clock())

    def delete_again(self, gone: Sequence[str]) -> None:
        """Delete what SQS delivered once more after its delete; nothing is owed or counted."""
        handles = self._hands.handles(gone)
        self._hands.drop(gone)
        self._delete(handles, lambda deleted: self._record.add_deleted(list(deleted)))

    def check_allowed(self) -> None:
        """Ask to delete what is no message, before anything is sent: SQS looks at who asks first.

        CredentialsError when the caller may not: what it sends would be in both queues. Any other
        answer says nothing.
        """
        entry = {"Id": "0", "ReceiptHandle": NO_HANDLE}
        try:
            self._sqs.delete_message_batch(QueueUrl=self._queue.url, Entries=[entry])
        except Exception as error:
            if not is_denied(error):
                return
            raise CredentialsError(
                f"the caller may not delete messages of {self._queue.name}: nothing was sent, as "
                f"it would be in both queues ({error})",
                hint=f"allow sqs:DeleteMessage on {self._queue.name}, then run it again",
                code="AccessDenied",
            ) from error

    def delete_left(self, ids: Sequence[str], left: Mapping[str, tuple[str, float]]) -> None:
        """Try to delete some messages by the handles that an earlier process left (`left`: handle,
        and until when nobody else could receive it). What fails comes again.

        SQS answers as if it had deleted a message even when somebody received it since and it did
        not (API reference, DeleteMessage): then only what could not be received counts as moved.
        """
        done: list[str] = []
        try:
            self._delete({message_id: left[message_id][0] for message_id in ids}, done.extend)
        except Exception:  # not needed: the lanes meet the same error, or do better
            return
        now = self._clock()
        sure = [message_id for message_id in done if now < left[message_id][1]]
        self._tally.add_moved(self._record.add_deleted(sure), now)
        self._record.add_likely([message_id for message_id in done if message_id not in sure])

    def delete_owed(self) -> None:
        """Try some of the owed deletes again."""
        self.delete_sent(self._hands.claim_owed())

    def try_all_owed(self) -> bool:
        """Try every owed delete once more; whether that was good for one at least."""
        before = self._hands.owed()
        self.delete_sent(self._hands.claim_owed(before))
        return self._hands.owed() < before

    def _delete(
        self, handles: Mapping[str, str], note_deleted: Callable[[Mapping[str, str]], object]
    ) -> None:
        """Delete up to ten, by id and handle; `note_deleted` hears of them even if this raises."""
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
                lambda rest: self._sqs.delete_message_batch(QueueUrl=self._queue.url, Entries=rest),
                entries,
                outcome,
                sleep=self._sleep,
                stopping=lambda: False,  # the copies are sent: leaving now would double them
            )
        finally:
            done = [ids[int(number)] for number in outcome.done]
            note_deleted({message_id: handles[message_id] for message_id in done})
