"""Messages taken out of a queue for good, each written to a file before it is deleted."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from awsops.errors import AwsopsError, CancelledError, PartialError
from awsops.events import Change, Note, Plan, Progress

from .archive import count_messages, open_archive
from .client import SqsClient, is_over_limit
from .deleting import Deleter
from .hands import Hands
from .leases import Leases
from .messages import BATCH, Message, chunks, receive
from .patience import patience_for
from .planning import counted
from .queues import QueueFacts
from .record import MemoryRecord
from .tally import EMPTY_POLLS, Tally


@dataclass(frozen=True, slots=True)
class Drained:
    """The row of `sqs drain`: `drained` are in the file and no longer in the queue, `skipped` were
    not selected and stay. `in_file` are all messages of the file, with those that an earlier,
    interrupted drain had written."""

    queue: str
    file: str
    drained: int
    skipped: int
    in_file: int


def file_of(path: Path, *, account: str, region: str, queue: str) -> Path:
    """The file with `{account}`, `{region}` and `{queue}` put in: one for each target of a run."""
    text = str(path)
    for name, value in (("account", account), ("region", region), ("queue", queue)):
        text = text.replace(f"{{{name}}}", value)
    return Path(text)


def describe_drain(
    queue: QueueFacts, path: Path, *, selective: bool, limit: int | None, where: Sequence[str]
) -> Plan:
    """The plan; `where` are the options that name the target in the line that undoes it."""
    about = f"about {counted(queue.visible)}"
    detail = f"{'what is selected of ' if selective else ''}{about}, written to {path} first"
    if limit is not None:
        detail += f", at most {limit:,}"
    undo = shlex.join(["awsops", "sqs", "import", queue.ref.name, str(path), *where])
    warnings = []
    if queue.ref.fifo and selective:
        warnings.append(f"{queue.ref.name} is a FIFO queue: what stays holds up what is behind it")
    if path.exists() and path.stat().st_size:
        warnings.append(f"{path} has messages already: the undo would send those too")
    change = Change("drain", queue.ref.name, detail, undo=undo)
    return Plan((change,), "written: body, attributes, trace header, group", tuple(warnings))


def nothing_to_drain(facts: QueueFacts) -> Iterator[Plan | Note]:
    """The plan for a queue of which nothing could be received, and what hides the rest."""
    unseen = facts.in_flight + facts.delayed
    yield Plan((), f"{facts.ref.name} has no visible message: there is nothing to drain")
    if unseen:
        yield Note(
            f"about {counted(unseen)} of {facts.ref.name} are in flight or delayed, and were not "
            "looked at",
            "warning",
        )


@dataclass(eq=False)
class Drain:
    """One drain: what it holds, and what it did. `limit` None is no limit."""

    sqs: SqsClient
    queue: QueueFacts
    selects: Callable[[Message], bool] | None
    limit: int | None
    sleep: Callable[[float], None]
    clock: Callable[[], float]
    stopped: Callable[[], bool]

    def __post_init__(self) -> None:
        self.hands, self.tally, record = Hands(), Tally(), MemoryRecord()
        self.leases = Leases(
            self.sqs, self.queue.ref, self.hands, self.tally, sleep=self.sleep, clock=self.clock
        )
        self.deleter = Deleter(
            self.sqs,
            self.queue.ref,
            record=record,
            hands=self.hands,
            tally=self.tally,
            sleep=self.sleep,
            clock=self.clock,
        )
        self.record = record
        self.patience = patience_for(self.clock)
        self.written = 0

    def run(self, path: Path) -> Iterator[Progress | Note | Drained]:
        """Until three long polls bring nothing new, or `limit`. Then, and also on an error, all
        that was not deleted is given back. CancelledError or PartialError after the row."""
        empty = troubles = 0
        try:
            with open_archive(path, self.queue.arn) as write:
                assert write is not None
                while self._goes_on(empty):
                    try:
                        found = self._round(write)
                        self.patience.worked()
                        troubles = 0
                    except Exception as error:
                        troubles += 1
                        self.sleep(self.patience.wait(self._explained(error), troubles))
                        continue
                    empty = 0 if found else empty + 1
                    done = self.tally.moved + self.tally.skipped
                    yield Progress(done, max(self.queue.visible, done), "messages")
        finally:
            for chunk in chunks(self.hands.parked()):
                self.leases.give_back(chunk)
        yield from self._end(path)

    def _end(self, path: Path) -> Iterator[Note | Drained]:
        name = self.queue.ref.name
        if self.tally.unreleased:
            yield Note(f"{self.tally.unreleased:,} messages stay hidden for up to 15 minutes")
        in_file = count_messages(path)
        yield Drained(name, str(path), self.tally.moved, self.tally.skipped, in_file)
        if self.stopped():
            raise CancelledError(f"stopped: {counted(self.tally.moved)} of {name} were drained")
        if self.hands.owed():
            raise PartialError(
                f"{counted(self.hands.owed())} are in {path} and could not be deleted from {name}",
                hint="drain again into another file; they will be in both",
            )

    def _goes_on(self, empty: int) -> bool:
        if self.stopped():
            return False
        # What is written and could not be deleted comes again when its lease ends.
        if self.clock() < self.hands.owed_until:
            return True
        return empty < EMPTY_POLLS and self._left() > 0

    def _left(self) -> int:
        return BATCH if self.limit is None else self.limit - self.written

    def _round(self, write: Callable[[Sequence[Message]], None]) -> bool:
        """Receive, write, delete; whether anything came that was not known."""
        self.leases.renew_parked()
        self.deleter.delete_owed()
        fresh = self.hands.take(
            receive(
                self.sqs,
                self.queue.ref.url,
                count=max(1, min(BATCH, self._left())),
                visibility=self.hands.lease,
            )
        )
        chosen: list[Message] = []
        gone: list[str] = []
        for message in fresh:
            if self.hands.claim(message.id) or self.record.was_deleted(message.id):
                gone.append(message.id)  # it is in the file already
            elif self._left() > len(chosen) and (self.selects is None or self.selects(message)):
                chosen.append(message)
            else:
                self.hands.park(message.id, self.clock())
                self.tally.add_skipped()
        try:
            if chosen:
                write(chosen)
                self.written += len(chosen)
        except BaseException:
            self.leases.give_back([message.id for message in chosen])
            raise
        ids = [message.id for message in chosen]
        self.record.add_answered(ids, [])
        self.deleter.delete_sent([*gone, *ids])
        return bool(fresh)

    def _explained(self, error: Exception) -> Exception:
        if not (is_over_limit(error) and self.hands.parked()):
            return error
        return AwsopsError(
            f"SQS hides no more than {len(self.hands.parked()):,} messages of "
            f"{self.queue.ref.name} that stay",
            hint="select a part at a time, with --since and --until",
        )
