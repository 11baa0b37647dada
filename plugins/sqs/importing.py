"""Messages of a file sent to a queue: what `export` and `redrive --backup` kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from awsops.errors import AwsopsError, CancelledError, PartialError, UsageError
from awsops.events import Change, Note, Plan, Progress
from awsops.patience import Patience

from .archive import LeftOut, read_once
from .copying import Copier, Copies
from .lanes import HELD_BACK
from .messages import Message
from .packing import pack, waves
from .patience import patience_for
from .planning import counted
from .routing import Destination
from .tally import Tally

CHUNK = 200  # messages of the file in memory at a time, for each lane


@dataclass(frozen=True, slots=True)
class Imported:
    """The row of `sqs import`."""

    file: str
    queue: str
    sent: int
    failed: int


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """A file that was read to its end and fits the queue. `count` is messages, `size` bytes."""

    path: Path
    destination: Destination
    count: int
    size: int
    left_out: LeftOut = field(default_factory=LeftOut)

    def describe(self) -> Plan:
        """The plan as a person confirms it."""
        if not self.count:
            return Plan((), f"{self.path} is empty: there is nothing to send")
        change = Change(
            action="import",
            resource=self.destination.name,
            detail=f"{counted(self.count)}, {self.size:,} bytes, from {self.path.name}",
            irreversible=True,
            why_no_undo="the copies are new messages, which consumers may take at once",
        )
        kept = "kept: body, message attributes, trace header, message group"
        return Plan((change,), kept, tuple(self._warnings()))

    def _warnings(self) -> Iterator[str]:
        left = self.left_out
        if left.repeated:
            yield f"{left.repeated:,} lines repeat a message of the file: each message is sent once"
        for number in left.torn:
            yield (
                f"line {number} was torn as it was written and is left out: its message was not "
                "sent or deleted then"
            )


def plan_import(path: Path, destination: Destination) -> ImportPlan:
    """Read the whole file; UsageError names a line that is no message, or that cannot be sent."""
    count = size = 0
    left_out = LeftOut()
    for number, message in enumerate(read_once(path, left_out), 1):
        if destination.fifo and message.group is None:
            raise UsageError(
                f"message {number} of {path} has no group, which {destination.name} asks for"
            )
        if message.size() > destination.max_message_bytes:
            raise UsageError(f"message {number} of {path} is larger than {destination.name} takes")
        count, size = count + 1, size + message.size()
    return ImportPlan(path, destination, count, size, left_out)


def apply_import(
    plan: ImportPlan,
    copier: Copier,
    *,
    pool: Executor,
    lanes: int,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    stopped: Callable[[], bool],
) -> Iterator[Progress | Note | Imported]:
    """Send the messages, `lanes` batches at a time; one at a time to a FIFO queue.

    Raised after the row: CancelledError, PartialError when SQS refused some, or the error that
    stopped it.
    """
    tally = Tally()
    error: BaseException | None = None
    running: set[Future[None]] = set()
    width = 1 if plan.destination.fifo else lanes
    patience = patience_for(clock)
    work = _Import(plan.destination, copier, tally, sleep, stopped, patience)
    for chunk in _chunks(plan.path):
        if error is not None or stopped():
            break
        running.add(pool.submit(work.send, chunk))
        if len(running) >= width:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            error = next((e for f in done if (e := f.exception())), None)
            yield Progress(tally.moved + tally.failed, plan.count, "messages")
    done, _ = wait(running)
    error = error or next((e for f in done if (e := f.exception())), None)
    for reason, count in tally.failures.most_common():
        which = tally.example[reason]
        yield Note(f"{counted(count)} not sent (such as {which}): {reason}", "warning")
    if patience.troubles:
        yield Note(f"{patience.summary()} and made again")
    if copier.doubtful:
        yield Note(
            f"up to {counted(copier.doubtful)} may arrive once more than they should: whether "
            "SQS had accepted them is not known",
            "warning",
        )
    yield Imported(plan.path.name, plan.destination.name, tally.moved, tally.failed)
    if error is not None:
        raise error
    if stopped():
        raise CancelledError(f"stopped: {counted(tally.moved)} of {plan.count:,} were sent")
    if tally.failed:
        kind = PartialError if tally.moved else AwsopsError
        raise kind(f"{counted(tally.failed)} of {plan.path} could not be sent")


def _chunks(path: Path) -> Iterator[list[Message]]:
    messages = read_once(path, LeftOut())
    while chunk := list(islice(messages, CHUNK)):
        yield chunk


@dataclass(frozen=True)
class _Import:
    """What the lanes of one import share. `held` are groups of which a message was refused."""

    destination: Destination
    copier: Copier
    tally: Tally
    sleep: Callable[[float], None]
    stopped: Callable[[], bool]
    patience: Patience
    held: set[str | None] = field(default_factory=set)

    def send(self, messages: list[Message]) -> None:
        """Send them in batches, in order within a group."""
        for wave in waves(messages) if self.destination.fifo else [messages]:
            for message in wave:
                if message.group in self.held:
                    self.tally.add_failed(message.id, HELD_BACK)
            for batch in pack([message for message in wave if message.group not in self.held]):
                if self.stopped():
                    return
                refused = self._send_batch(batch)
                if self.destination.fifo:
                    self.held.update(message.group for message in refused)

    def _send_batch(self, batch: list[Message]) -> list[Message]:
        """Send it, and again what was not answered; returns what was refused."""
        refused: list[Message] = []
        troubles = 0
        while batch and not (troubles and self.stopped()):
            copies = Copies()
            try:
                self.copier.copy(self.destination, batch, copies)
                self.patience.worked()
            except Exception as error:
                troubles += 1
                self.sleep(self.patience.wait(error, troubles))
            finally:
                self.tally.add_moved(len(copies.accepted), 0.0)
            for message, failure in copies.refused:
                self.tally.add_failed(message.id, str(failure))
                refused.append(message)
            settled = {*copies.accepted, *(message.id for message in refused)}
            batch = [message for message in batch if message.id not in settled]
        return refused
