"""Messages taken out of a queue for good, each written to a file before it is deleted."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from awsops.errors import AwsopsError, CancelledError, PartialError
from awsops.events import Change, Note, Plan, Progress

from .archive import count_messages, open_archive
from .budget import Budget, Permit
from .client import SqsClient, error_code, is_over_limit
from .deleting import Deleter
from .drains import DrainRun
from .hands import Hands
from .leases import Leases
from .messages import BATCH, Message, chunks, receive
from .patience import patience_for
from .planning import counted
from .queues import QueueFacts
from .tally import EMPTY_POLLS, Tally
from .unseen import Unseen


@dataclass(frozen=True, slots=True)
class Drained:
    """The row of `sqs drain`: `drained` are in the file and no longer in the queue, counting what
    all processes of a resumed run did; `skipped` were not selected and stay. `in_file` are all
    messages of the file, with those that it had before."""

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
    queue: QueueFacts,
    path: Path,
    *,
    selective: bool,
    limit: int | None,
    unfinished: int,
    where: Sequence[str],
) -> Plan:
    """The plan; `where` are the options that name the target in the line that undoes it, and
    `unfinished` messages were in work when the run that is resumed was interrupted."""
    about = f"about {counted(queue.visible)}"
    detail = f"{'what is selected of ' if selective else ''}{about}, written to {path} first"
    if limit is not None:
        detail += f", at most {limit:,}"
    undo = shlex.join(["awsops", "sqs", "import", queue.ref.name, str(path), *where])
    warnings = []
    if unfinished:
        warnings.append(
            f"{counted(unfinished)} were in work when the run was interrupted: what is in the file "
            "is only deleted"
        )
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
    """One drain: what it holds, and what it did. `clock` is epoch seconds."""

    sqs: SqsClient
    queue: QueueFacts
    run: DrainRun
    selects: Callable[[Message], bool] | None
    sleep: Callable[[float], None]
    clock: Callable[[], float]
    stopped: Callable[[], bool]

    def __post_init__(self) -> None:
        self.record = self.run.record
        self.hands, self.tally = Hands(), Tally()
        self.leases = Leases(
            self.sqs, self.queue.ref, self.hands, self.tally, sleep=self.sleep, clock=self.clock
        )
        self.deleter = Deleter(
            self.sqs,
            self.queue.ref,
            record=self.record,
            hands=self.hands,
            tally=self.tally,
            sleep=self.sleep,
            clock=self.clock,
        )
        self.empty = 0  # polls in a row that brought nothing new
        self.patience = patience_for(self.clock)
        self.unseen = Unseen(self.sqs, self.queue.ref, self.clock)
        self.budget = Budget(
            self.run.room,
            self.clock,
            begun=self.run.begun,
            patient_until=self.clock() + self.run.suspicion,
        )

    def work(self, path: Path) -> Iterator[Progress | Note | Drained]:
        """Until three long polls bring nothing new, or the limit. Then, and also on an error, all
        that was not deleted is given back. CancelledError or PartialError after the row."""
        troubles = 0
        emptied = False
        if self.run.suspicion:
            self.unseen.suspect(self.run.suspicion)
        left = self.record.left_behind()
        for chunk in chunks(list(left)):
            self.deleter.delete_left(chunk, left)
        self.budget.settle(filter(self.record.was_deleted, left))
        try:
            with open_archive(path, self.queue.arn) as write:
                assert write is not None
                while not self.stopped() and not emptied:
                    permit = self.budget.reserve(BATCH)
                    if not permit.count and self.clock() >= self.hands.owed_until:
                        break
                    try:
                        self._round(write, permit)
                        self.patience.worked()
                        troubles = 0
                    except Exception as error:
                        troubles += 1
                        if not error_code(error):  # a receive without its answer hides what it took
                            self.unseen.suspect(self.hands.lease + 1.0)
                        self.sleep(self.patience.wait(self._explained(error), troubles))
                        continue
                    emptied = self._is_empty()
                    done = self.tally.moved + self.tally.skipped
                    yield Progress(done, max(self.queue.visible, done), "messages")
        except Exception:
            drained = counted(self.record.deleted)
            yield Note(f"{drained} were drained; to go on: {self.run.go_on}", "warning")
            raise
        finally:
            for chunk in chunks(self.hands.parked()):
                self.leases.give_back(chunk)
        if emptied:
            self.record.add_vanished()
        yield from self._end(path)

    def _end(self, path: Path) -> Iterator[Note | Drained]:
        name = self.queue.ref.name
        if self.tally.unreleased:
            yield Note(f"{self.tally.unreleased:,} messages stay hidden for up to 15 minutes")
        drained = self.record.deleted + self.record.likely
        yield Drained(name, str(path), drained, self.tally.skipped, count_messages(path))
        if self.stopped():
            raise CancelledError(
                f"stopped: {counted(drained)} of {name} were drained",
                hint=f"to go on: {self.run.go_on}",
            )
        if self.hands.owed():
            raise PartialError(
                f"{counted(self.hands.owed())} are in {path} and could not be deleted from {name}",
                hint=f"to go on: {self.run.go_on}",
            )

    def _is_empty(self) -> bool:
        # What is written and could not be deleted comes again when its lease ends.
        if self.empty < EMPTY_POLLS or self.clock() < self.hands.owed_until:
            return False
        return self.unseen.settled(len(self.hands.parked()) + self.hands.owed())

    def _round(self, write: Callable[[Sequence[Message]], None], permit: Permit) -> None:
        """Receive, write, delete."""
        kept: list[Message] = []
        sent: list[str] = []
        try:
            self.leases.renew_parked()
            self.deleter.delete_owed()
            until = self.clock() + self.hands.lease
            fresh = self._receive(max(1, permit.count))
            chosen, sent = self._sort(fresh, permit)
            kept = self._write(write, chosen, until)
            sent += [message.id for message in kept]
            self.deleter.delete_sent(sent)
            self.empty = 0 if fresh else self.empty + 1
        finally:
            self.budget.give_back(permit, [message.id for message in kept], [])
            self.budget.settle(sent)

    def _receive(self, count: int) -> list[Message]:
        return self.hands.take(
            receive(
                self.sqs,
                self.queue.ref.url,
                count=count,
                visibility=self.hands.lease,
            )
        )

    def _sort(self, fresh: Sequence[Message], permit: Permit) -> tuple[list[Message], list[str]]:
        """Which are to be written, and which are in the file already and only to be deleted."""
        chosen: list[Message] = []
        gone: list[str] = []
        for message in fresh:
            known = self.record.was_sent(message.id) or self.record.was_deleted(message.id)
            if self.hands.claim(message.id) or known:
                gone.append(message.id)
            elif (self.selects is None or self.selects(message)) and self.budget.admits(
                message.id, permit
            ):
                chosen.append(message)
            else:
                self.hands.park(message.id, self.clock())
                self.tally.add_skipped()
        return chosen, gone

    def _write(
        self,
        write: Callable[[Sequence[Message]], None],
        chosen: list[Message],
        until: float,
    ) -> list[Message]:
        """Those that are on disk now: all of them, or none and an error."""
        if not chosen:
            return []
        ids = [message.id for message in chosen]
        try:
            self.record.add_sending(ids, [message.handle for message in chosen], until)
            write(chosen)
            self.record.add_answered(ids, [])
        except BaseException:
            self.leases.give_back(ids)
            raise
        return chosen

    def _explained(self, error: Exception) -> Exception:
        if not (is_over_limit(error) and self.hands.parked()):
            return error
        return AwsopsError(
            f"SQS hides no more than {len(self.hands.parked()):,} messages of "
            f"{self.queue.ref.name} that stay",
            hint="select a part at a time, with --since and --until",
        )
