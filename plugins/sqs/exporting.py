"""Messages of a queue copied into a file, and all of them left where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from awsops.errors import AwsopsError
from awsops.events import Note, Progress

from .archive import open_archive
from .client import SqsClient, is_over_limit
from .hands import Hands
from .leases import Leases
from .messages import BATCH, Message, chunks, receive
from .queues import QueueFacts
from .tally import EMPTY_POLLS, Tally


@dataclass(frozen=True, slots=True)
class Exported:
    """The row of `sqs export`: `messages` were written, `skipped` not selected."""

    queue: str
    file: str
    messages: int
    skipped: int


def export_messages(
    sqs: SqsClient,
    queue: QueueFacts,
    path: Path,
    *,
    selects: Callable[[Message], bool] | None,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    stopped: Callable[[], bool],
) -> Iterator[Progress | Note | Exported]:
    """Append every selected message to `path`, until three long polls bring nothing new.

    What was read is hidden until the end, or it would come again and again; then, and also on an
    error, all of it is given back. AwsopsError when SQS hides no more (about 120,000).
    """
    hands, tally = Hands(), Tally()
    leases = Leases(sqs, queue.ref, hands, tally, sleep=sleep, clock=clock)
    written = skipped = empty = 0
    try:
        with open_archive(path, queue.arn) as write:
            while empty < EMPTY_POLLS and not stopped():
                leases.renew_parked()
                fresh = hands.take(_poll(sqs, queue, hands))
                for message in fresh:
                    hands.park(message.id, clock())
                chosen = [m for m in fresh if selects is None or selects(m)]
                if chosen and write is not None:
                    write(chosen)
                written += len(chosen)
                skipped += len(fresh) - len(chosen)
                empty = 0 if fresh else empty + 1
                done = written + skipped
                yield Progress(done, max(queue.visible, done), "messages")
    finally:
        for chunk in chunks(hands.parked()):
            leases.give_back(chunk)
    if queue.ref.fifo and written + skipped < queue.visible:
        yield Note(
            f"about {queue.visible - written - skipped:,} messages were not reached: SQS shows the "
            "next ones of a FIFO group only when the earlier ones are deleted",
            "warning",
        )
    if tally.unreleased:
        yield Note(f"{tally.unreleased:,} messages stay hidden for up to 15 minutes", "warning")
    yield Exported(queue.ref.name, str(path), written, skipped)


def _poll(sqs: SqsClient, queue: QueueFacts, hands: Hands) -> list[Message]:
    try:
        return receive(sqs, queue.ref.url, count=BATCH, visibility=hands.lease)
    except Exception as error:
        if not is_over_limit(error):
            raise
        raise AwsopsError(
            f"SQS hides no more than {len(hands.parked()):,} messages of {queue.ref.name} at once",
            hint="the file has those; redrive --where, or a consumer, makes room for the others",
        ) from error
