"""The places of `--max`: how many messages the lanes and processes of a run may begin with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

# How long a run whose limit is reached looks for messages of which it does not know whether they
# were sent, or deleted: each holds a place of the limit.
LOOK_SECONDS = 60.0


@dataclass(slots=True)
class Permit:
    """What a lane may do next: receive `count` messages, and begin with `places` of them that hold
    no place yet (None: with all). `admitted` are those it began with."""

    count: int
    places: int | None
    admitted: set[str] = field(default_factory=set)


class Budget:
    """How many messages a run may begin with; None is no limit. Lanes ask before they receive.

    A message whose send was not answered keeps its place: no other is sent in its stead, or more
    than the limit might arrive. `begun` are those that an earlier process had in work: they hold
    places that `limit` does not count. Once every place is taken, lanes look for messages that
    hold one, until LOOK_SECONDS after that or after `patient_until` (seconds, as `clock`): such a
    message may be one in a million, or gone.
    """

    def __init__(
        self,
        limit: int | None,
        clock: Callable[[], float],
        *,
        begun: Iterable[str] = (),
        patient_until: float = 0.0,
    ) -> None:
        self._left = limit
        self._clock = clock
        self._begun = set(begun)
        self._patient_until = patient_until
        self._under_way = 0  # places that lanes asked for and have not used yet
        self._full_since: float | None = None
        self._lock = threading.Lock()

    def reserve(self, count: int) -> Permit:
        """Leave to receive up to `count`; of 0 when there is nothing left to do."""
        if self._left is None:
            return Permit(count, None)
        with self._lock:
            places = min(count, self._left)
            self._left -= places
            self._under_way += places
            if places or not (self._begun and self._looks_on()):
                return Permit(places, places)
            return Permit(count, 0)

    def admits(self, message_id: str, permit: Permit) -> bool:
        """Whether the message may be sent; one that holds no place yet takes one of the permit."""
        if permit.places is None or message_id in self._begun:
            return True
        if len(permit.admitted) == permit.places:
            return False
        permit.admitted.add(message_id)
        return True

    def give_back(self, permit: Permit, copied: Iterable[str], doubtful: Iterable[str]) -> None:
        """The lane is done: the copies of some were accepted, of others that is not known."""
        if self._left is None or permit.places is None:
            return
        with self._lock:
            self._begun.difference_update(copied)
            self._begun.update(doubtful)
            self._under_way -= permit.places
            self._left += permit.places - len(permit.admitted.intersection([*copied, *doubtful]))

    def settle(self, message_ids: Iterable[str]) -> None:
        """They were sent and are deleted: nobody has to look for them."""
        if self._begun:
            with self._lock:
                self._begun.difference_update(message_ids)

    def _looks_on(self) -> bool:
        if self._under_way:  # whoever has those places will look, or has more to do
            return False
        if self._full_since is None:
            self._full_since = self._clock()
        return self._clock() < max(self._full_since, self._patient_until) + LOOK_SECONDS
