"""One drain from its plan to its end, with the record that a later process can go on from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from awsops.errors import UsageError

from .hands import LEASE
from .queues import QueueFacts
from .runlog import Header, RunLog, closed_at_end


@dataclass(frozen=True)
class DrainRun:
    """One drain, which may take several processes. `go_on` is the command line that resumes it.

    With a limit, `room` is how many messages that no process has begun with this one may drain,
    besides `begun`. `suspicion` is how many seconds an earlier process may hide what it held.
    """

    record: RunLog
    go_on: str
    room: int | None
    begun: frozenset[str] = frozenset()
    suspicion: float = 0.0


class OpenDrain:
    """A drain that is planned, and begun after its plan is confirmed."""

    def __init__(self, folder: Path, queue: QueueFacts, run_id: str, log: RunLog | None) -> None:
        self._folder = folder
        self._queue = queue
        self._log = log
        self.id = run_id

    @property
    def unfinished(self) -> int:
        """How many messages an interrupted process of this run had in work."""
        return self._log.unfinished if self._log else 0

    @property
    def drained(self) -> int:
        """How many messages earlier processes of this run have taken out."""
        return self._log.deleted_before if self._log else 0

    def check_file(self, path: Path) -> None:
        """UsageError when the resumed run writes to another file."""
        if self._log is not None and self._log.header.to != str(path.absolute()):
            raise UsageError(
                f"run {self.id} writes to {self._log.header.to}",
                hint="name that file, or begin a new run without --resume",
            )

    def left_of(self, given: int | None) -> int | None:
        """How many messages this process may begin with, of the limit that is given or that the
        resumed run had."""
        if self._log is None:
            return given
        limit = given if given is not None else self._log.header.limit
        return None if limit is None else self._log.room(limit)

    def begin(self, path: Path, limit: int | None, go_on: str, now: float) -> DrainRun:
        """Write the record, before anything is deleted. `now` is seconds since the epoch."""
        room = self.left_of(limit)
        if self._log is None:
            header = Header(
                self.id,
                self._queue.arn,
                str(path.absolute()),
                now,
                LEASE,
                limit=limit,
                engine="drain",
            )
            self._log = RunLog.begin(self._folder, header)
            return DrainRun(self._log, go_on, room)
        self._log.raise_lease(LEASE, limit if limit is not None else self._log.header.limit)
        begun = frozenset(self._log.begun())
        return DrainRun(self._log, go_on, room, begun, suspicion=LEASE + 1.0)

    def close(self, *, finished: bool) -> None:
        if self._log is not None:
            self._log.close(finished=finished)


@contextmanager
def open_drain(
    folder: Path, queue: QueueFacts, *, run_id: str, resume: str | None
) -> Iterator[OpenDrain]:
    """A drain of `queue`, recorded under `folder`: a new one, or the interrupted one `resume`.

    One that is left by an exception can be resumed. NotFoundError when `resume` is unknown.
    """
    log = RunLog.resume(folder, resume, queue.arn) if resume else None
    with closed_at_end(OpenDrain(folder, queue, resume or run_id, log)) as opened:
        yield opened
