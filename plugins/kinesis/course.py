"""Where a resharding stands: the map that is expected before and after each step."""

from __future__ import annotations

from collections.abc import Sequence

from .keyspace import Keyspace
from .steps import SetCount, Step


class Course:
    """The steps in order, and the map expected at `position`.

    After UpdateShardCount only the number of shards is expected: the service draws the ranges.
    """

    def __init__(self, keys: Keyspace, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)
        self.position = 0
        self._keys: Keyspace | None = keys.copy()
        self._count = len(keys)

    @property
    def finished(self) -> bool:
        return self.position == len(self.steps)

    @property
    def step(self) -> Step:
        return self.steps[self.position]

    @property
    def left(self) -> tuple[Step, ...]:
        return self.steps[self.position :]

    @property
    def count(self) -> int:
        """Open shards that are expected now."""
        return self._count

    def is_here(self, keys: Keyspace) -> bool:
        """Whether a map is the one expected at this position."""
        if self._keys is None:
            return len(keys) == self._count
        return keys == self._keys

    def is_next(self, keys: Keyspace) -> bool:
        """Whether a map is the one expected after the step at this position."""
        step = self.step
        if len(keys) != self._count + step.grows:
            return False
        if self._keys is None or isinstance(step, SetCount):
            return True
        expected = self._keys.copy()
        step.apply(expected)
        return keys == expected

    def advance(self, keys: Keyspace | None = None) -> None:
        """The step is done; `keys` is the map as it was found afterwards, where it was read."""
        step = self.step
        if keys is not None:
            self._keys = keys
        elif isinstance(step, SetCount):
            self._keys = None
        elif self._keys is not None:
            step.apply(self._keys)
        self._count += step.grows
        self.position += 1

    def seek(self, keys: Keyspace, done: int) -> bool:
        """Go to where a map stands, at least `done` steps on; False when it fits nowhere."""
        while self.position < done:
            self.advance()
        while not self.is_here(keys):
            if self.finished:
                return False
            self.advance()
        if self._keys is None:
            self._keys = keys
        return True
