"""The circuit breaker of a redrive: redriven messages that fail again come back."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from zlib import crc32

from awsops.errors import UsageError

REMEMBERED = 50_000  # copies whose ids are known: about 6 MB
FEWEST = 10  # that came back, before a share says anything


def read_share(text: str) -> float:
    """`20%` as 0.2; UsageError outside of 0 to 100 %."""
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,3})?)%", text.strip())
    share = float(match[1]) / 100 if match else 0.0
    if not 0 < share <= 1:
        raise UsageError(f"--stop-if-returned {text!r} is not a share", hint="like 20%")
    return share


class Returns:
    """Tells which messages are copies of this run that are back in the dead-letter queue.

    SQS keeps a message's id when it moves it there. `share` (above 0, to 1) of what was moved may
    come back before `too_many`; at least ten have to. A message may come back hours after it was
    sent, so of a long run a sample is remembered, by the ids: every second, every fourth ...
    """

    def __init__(self, share: float) -> None:
        self.share = share
        self.warned = False
        self._one_in = 1
        self._lock = threading.Lock()
        self._away: set[str] = set()
        self._back: set[str] = set()

    def add_copies(self, copy_ids: Iterable[str]) -> None:
        """These were accepted by a destination."""
        with self._lock:
            self._away.update(filter(self._is_sampled, copy_ids))
            while len(self._away) > REMEMBERED:
                self._one_in *= 2
                self._away = set(filter(self._is_sampled, self._away))
                self._back = set(filter(self._is_sampled, self._back))

    def see(self, message_id: str) -> None:
        """A message that was sent after the run began lies in the dead-letter queue."""
        with self._lock:
            if message_id in self._away:
                self._away.discard(message_id)
                self._back.add(message_id)

    @property
    def too_many(self) -> bool:
        back = len(self._back)
        return back >= FEWEST and back >= self.share * (back + len(self._away))

    def summary(self) -> str:
        back = len(self._back)
        sample = f", a sample of one in {self._one_in}" if self._one_in > 1 else ""
        return f"{back:,} of {back + len(self._away):,} redriven messages{sample} came back"

    def suspicion(self, came: int, moved: int, name: str) -> str:
        """What to say, once, when at least `came` messages came into the queue while `moved` were
        redriven: so many that they would be too many if they were redriven ones. Else empty."""
        if self.warned or came < FEWEST or came < self.share * moved:
            return ""
        self.warned = True
        return (
            f"at least {came:,} messages came into {name} since the run began, and {moved:,} were "
            f"moved: redriven ones that failed again, or others, which its counts do not tell. The "
            f"run goes on until it receives enough that it knows by their ids; so far "
            f"{self.summary()}"
        )

    def _is_sampled(self, copy_id: str) -> bool:
        return self._one_in == 1 or crc32(copy_id.encode()) % self._one_in == 0
