"""Events of log groups read into files, several slices of time at once, and resumable.

A slice is done when its file is on disk, and then said to be so in the record of the run. A run
that goes on leaves those alone and reads the others from their beginning, over what a killed
process has left of them: no event is lost, and none is there twice.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awsops.api import AwsopsError, CancelledError, Progress, RunRecord
from awsops.units import format_size

from .client import LogsClient, Turns, error_code, patiently
from .export_files import MANIFEST, Piece, Written, is_whole, write_manifest, write_piece

LANES = 8  # files at a time; FilterLogEvents' quota of 5 to 25 calls a second is what bounds it
PAGE_BYTES = 1_000_000  # FilterLogEvents: up to 1 MB or 10,000 events a call
PIECE_BYTES = 64_000_000  # about what a file should hold, before it is compressed
MOST_PIECES = 5_000  # of a group
SHORTEST_PIECE = 60_000  # milliseconds; a group with little in it is not worth more calls
EXPIRIES = 5  # times that the token of one slice may expire: each is good for 24 hours


class _ExpiredError(Exception):
    """The service takes a page's token no more."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an export is going to read: bytes as the groups' own count of what they store tells,
    evenly spread over the time since they were made."""

    stored_bytes: int
    calls: int

    def __str__(self) -> str:
        return f"about {format_size(self.stored_bytes)}, {self.calls:,} calls or more"


def stored_within(group: Mapping[str, Any], start: int, end: int, now: float) -> int:
    """About how many bytes a group has from `start` to `end` (milliseconds)."""
    stored = int(group.get("storedBytes") or 0)
    oldest = int(group.get("creationTime") or start)
    if group.get("retentionInDays"):
        oldest = max(oldest, int(now * 1000) - int(group["retentionInDays"]) * 86_400_000)
    age = int(now * 1000) - oldest
    shared = min(end, int(now * 1000)) - max(start, oldest)
    return int(stored * min(1.0, max(0, shared) / age)) if age > 0 else stored


def piece_count(stored: int, start: int, end: int, groups: int) -> int:
    """Into how many files the time of one of so many groups is cut."""
    lanes = -(-LANES * 2 // groups)
    short = max(1, (end - start + 1) // SHORTEST_PIECE)
    return max(1, min(max(stored // PIECE_BYTES + 1, min(lanes, short)), MOST_PIECES))


class Export:
    """One run, which may take several processes: `record` knows which pieces are done."""

    def __init__(
        self,
        logs: LogsClient,
        record: RunRecord,
        folder: Path,
        pieces: Sequence[Piece],
        *,
        pattern: str | None,
        gzip: bool,
        pace: Turns,
        sleep: Callable[[float], None],
        stopped: Callable[[], bool],
    ) -> None:
        self._logs = logs
        self._record = record
        self._folder = folder
        self._pieces = pieces
        self._pattern = pattern
        self._gzip = gzip
        self._pace = pace
        self._sleep = sleep
        self._stopped = stopped
        found = (Written(**entry) for entry in record.replay())
        self.done = {written.file: written for written in found if is_whole(folder, written)}

    def run(self, pool: Executor) -> Iterator[Progress]:
        """Write what is missing. Raises what a slice raised; CancelledError when stopped. What is
        under way is given up then, and what is done stays done."""
        waiting = deque(piece for piece in self._pieces if piece.file not in self.done)
        under_way: set[Future[Written]] = set()
        try:
            while waiting or under_way:
                while waiting and len(under_way) < LANES:
                    under_way.add(pool.submit(self._write, waiting.popleft()))
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    written = future.result()
                    under_way.discard(future)
                    self._keep(written)
                yield self._progress()
        finally:
            for future in under_way:
                future.cancel()
            for future in under_way:
                if not future.cancelled() and future.exception() is None:
                    self._keep(future.result())

    def _keep(self, written: Written) -> None:
        self.done[written.file] = written
        self._record.append(dataclasses.asdict(written), sync=True)

    def _progress(self) -> Progress:
        events = sum(written.events for written in self.done.values())
        return Progress(len(self.done), len(self._pieces), "slices", f"{events:,} events")

    def _write(self, piece: Piece) -> Written:
        for _ in range(EXPIRIES):
            try:
                return write_piece(self._folder, piece, self._pages(piece), gzip=self._gzip)
            except _ExpiredError:
                continue  # from the beginning: the file of this try is gone
        raise AwsopsError(f"the pages of {piece.group} expire faster than they can be read")

    def _pages(self, piece: Piece) -> Iterator[list[dict[str, Any]]]:
        params: dict[str, Any] = {
            "logGroupIdentifier": piece.arn,
            "startTime": piece.start,
            "endTime": piece.end,
        }
        if self._pattern:
            params["filterPattern"] = self._pattern
        while True:
            if self._stopped():
                raise CancelledError("the export was stopped")
            answer = self._page(params)
            yield answer["events"]
            if not answer.get("nextToken"):
                return
            params["nextToken"] = answer["nextToken"]

    def _page(self, params: dict[str, Any]) -> Any:
        try:
            return patiently(
                lambda: self._logs.filter_log_events(**params),
                sleep=self._sleep,
                stopped=self._stopped,
                pace=self._pace,
            )
        except Exception as error:
            if "nextToken" in params and error_code(error) == "InvalidParameterException":
                raise _ExpiredError from error
            raise

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Write the manifest, with `facts` on its top, and close the record: nothing is left."""
        files = [self.done[piece.file] for piece in self._pieces]
        where = {piece.file: piece for piece in self._pieces}
        write_manifest(
            self._folder,
            {
                **facts,
                "events": sum(written.events for written in files),
                "files": [
                    {"group": where[written.file].group, **dataclasses.asdict(written)}
                    for written in files
                    if written.events
                ],
            },
        )
        self._record.close(finished=True)


def is_complete(folder: Path) -> bool:
    """Whether an export has ended in this folder."""
    return (folder / MANIFEST).exists()
