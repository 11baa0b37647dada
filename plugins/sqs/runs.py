"""One redrive from its plan to its end, with the record that a later process can go on from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from awsops.errors import UsageError
from awsops.service_clock import service_time
from awsops.units import parse_duration

from .client import SqsClient
from .guard import LoopGuard
from .planning import GLANCE_SECONDS, RedrivePlan
from .queues import QueueFacts, QueueRef
from .record import MemoryRecord, Record
from .runlog import Header, RunLog, closed_at_end

SHORTEST_LEASE = 10  # seconds; a batch with its retries takes a few
LONGEST_VISIBILITY = 43_200  # SQS API reference, VisibilityTimeout: 12 hours


@dataclass(frozen=True)
class Run:
    """One run, which may take several processes. `go_on` is the command line that resumes it.

    `patience` is how many seconds messages of an interrupted process may still be hidden, `earlier`
    how many messages were moved before. With a limit, `room` is how many that no process has begun
    with this one may move (None: as many as its plan says), besides `begun`. `suspicion` is
    how many seconds a receive of a killed process may hide what it took after that process's end:
    SQS goes on with a long poll that nobody waits for any more.
    """

    id: str
    record: Record
    guard: LoopGuard
    go_on: str
    patience: float = 0.0
    room: int | None = None
    begun: frozenset[str] = frozenset()
    earlier: int = 0
    suspicion: float = 0.0


def service_now(sqs: SqsClient, queue: QueueRef, clock: Callable[[], float]) -> float:
    """Seconds since the epoch by the service's clock (ours may be minutes off); else by `clock`."""
    answer = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["QueueArn"])
    return service_time(answer) or clock()


def read_lease(text: str) -> int:
    """The seconds of `--visibility`; UsageError below 10 s or above what SQS allows."""
    seconds = parse_duration(text)
    if not SHORTEST_LEASE <= seconds <= LONGEST_VISIBILITY:
        raise UsageError(f"--visibility {text} is not between 10s and 12h")
    return int(seconds)


class OpenRun:
    """A run that is planned, and begun after its plan is confirmed."""

    def __init__(self, folder: Path, dlq: QueueFacts, run_id: str, log: RunLog | None) -> None:
        self._folder = folder
        self._dlq = dlq
        self._log = log
        self._limit: int | None = None
        self.id = run_id

    @property
    def unfinished(self) -> int:
        """About how many messages an interrupted process of this run had in work."""
        return max(self._log.unfinished, self._dlq.in_flight) if self._log else 0

    @property
    def moved_by_sqs_since(self) -> float | None:
        """When the resumed run had SQS begin, by the service's clock; None for one of our own."""
        if self._log is None or self._log.header.engine != "aws":
            return None
        return self._log.header.started

    def destination(self, given: QueueRef | None) -> str | None:
        """The URL of the queue that takes everything, as given or as the resumed run had it.

        UsageError when both speak and disagree: part of the messages went elsewhere.
        """
        url = given.url if given else None
        if self._log is None:
            return url
        recorded = self._log.header.to
        if url is not None and url != recorded:
            where = recorded or "each message's own source"
            raise UsageError(
                f"run {self.id} moves its messages to {where}",
                hint="leave out --to, or begin a new run without --resume",
            )
        return recorded

    def left_of(self, given: int | None) -> int | None:
        """How many messages this process may move at most, of the limit that is given or that the
        resumed run had: what was in work counts, what was moved before does not.
        """
        if self._log is None:
            return given
        self._limit = given if given is not None else self._log.header.limit
        return None if self._limit is None else self._log.room(self._limit) + self._log.unfinished

    def begin(self, plan: RedrivePlan, started: float, go_on: str, *, lease: int) -> Run:
        """Write the record, before anything is sent. `started` is by the service's clock, `lease`
        the seconds for which this process hides what it has in work."""
        earlier = self._log.deleted_before if self._log else 0
        if plan.empty:
            return Run(self.id, MemoryRecord(), LoopGuard(started), go_on, earlier=earlier)
        patience = 0.0
        suspicion = GLANCE_SECONDS + 1.0 if plan.hidden else 0.0
        room, begun = plan.limit, frozenset[str]()
        if self._log is not None:
            patience = self._log.header.lease + 1.0 if plan.unfinished else 0.0
            suspicion = self._log.header.lease + 1.0
            self._log.raise_lease(lease, self._limit)
            if self._limit is not None:
                room, begun = self._log.room(self._limit), frozenset(self._log.begun())
        else:
            to = plan.to.ref.url if plan.to else None
            header = Header(self.id, self._dlq.arn, to, started, lease, plan.limit)
            self._log = RunLog.begin(self._folder, header)
        guard = LoopGuard(self._log.header.started, self._log.early_copies)
        return Run(self.id, self._log, guard, go_on, patience, room, begun, earlier, suspicion)

    def begin_move(self, plan: RedrivePlan, started: float) -> None:
        """Write down that SQS is asked to move them itself, before it is."""
        to = plan.to.ref.url if plan.to else None
        header = Header(self.id, self._dlq.arn, to, started, lease=0, engine="aws")
        self._log = RunLog.begin(self._folder, header)

    def close(self, *, finished: bool) -> None:
        if self._log is not None:
            self._log.close(finished=finished)


@contextmanager
def open_run(
    folder: Path, dlq: QueueFacts, *, run_id: str, resume: str | None
) -> Iterator[OpenRun]:
    """A run of `dlq`, recorded under `folder`: a new one, or the interrupted one `resume`.

    A run that is left by an exception can be resumed. NotFoundError when `resume` is unknown.
    """
    log = RunLog.resume(folder, resume, dlq.arn) if resume else None
    with closed_at_end(OpenRun(folder, dlq, resume or run_id, log)) as run:
        yield run
