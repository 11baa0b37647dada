"""`--each`: a row a message, as it is settled."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass

WAITING = 10_000  # rows, before lanes wait for whoever reads them
_PATIENCE = 0.2  # seconds between looks at whether anybody still reads


@dataclass(frozen=True, slots=True)
class Settled:
    """A row of `sqs redrive --each`: `outcome` is moved or failed, `reason` why it failed."""

    message_id: str
    outcome: str
    destination: str | None
    reason: str | None


class EachRows:
    """Rows from the lanes to the one that prints them. Bounded: a slow reader slows the lanes."""

    def __init__(self) -> None:
        self._rows: queue.Queue[Settled] = queue.Queue(WAITING)

    def put(self, row: Settled, stopping: Callable[[], bool]) -> None:
        """Hand over a row; dropped when the run is stopping and nobody takes it."""
        while True:
            try:
                self._rows.put(row, timeout=_PATIENCE)
            except queue.Full:
                if not stopping():
                    continue
            return

    def take(self) -> Iterator[Settled]:
        """Whatever waits now."""
        while True:
            try:
                yield self._rows.get_nowait()
            except queue.Empty:
                return
