"""Turns of lanes at the groups of a FIFO queue, so that no lane overtakes another."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Turn:
    """A lane's place in the line. Messages of `broken` groups must be given back: an earlier
    lane gave some of the group back, and they come first."""

    groups: frozenset[str | None]
    broken: set[str | None] = field(default_factory=set)


class GroupTurns:
    """Lines up what lanes received, in the order in which they received it.

    SQS itself delivers no message of a group while an earlier one is in flight. A lease that
    lapses in a slow call ends that, and a lane would then overtake the slow one.
    """

    def __init__(self) -> None:
        self._receiving = threading.Lock()
        self._changed = threading.Condition()
        self._line: list[Turn] = []

    @contextmanager
    def receiving(self, waiting: AbstractContextManager[object]) -> Iterator[None]:
        """One lane receives and enters at a time, or the line would not be in order.

        `waiting` is entered for as long as another lane receives.
        """
        with waiting:
            self._receiving.acquire()
        try:
            yield
        finally:
            self._receiving.release()

    def enter(self, groups: Iterable[str | None]) -> Turn:
        turn = Turn(frozenset(groups))
        with self._changed:
            self._line.append(turn)
        return turn

    def wait(self, turn: Turn) -> None:
        """Returns when every earlier lane is done with the groups of this turn."""
        with self._changed:
            self._changed.wait_for(lambda: not self._blocked(turn))

    def leave(self, turn: Turn, given_back: Iterable[str | None]) -> None:
        """The lane is done; of the groups in `given_back` it left messages in the queue."""
        broken = set(given_back)
        with self._changed:
            self._line.remove(turn)
            for later in self._line:
                later.broken |= broken & later.groups
            self._changed.notify_all()

    def _blocked(self, turn: Turn) -> bool:
        for earlier in self._line:
            if earlier is turn:
                return False
            if earlier.groups & turn.groups:
                return True
        return False
