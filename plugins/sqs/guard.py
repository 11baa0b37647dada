"""The loop guard: a poison message that fails again during the run is not redriven again."""

from __future__ import annotations

from collections.abc import Iterable

from .messages import Message

# The service's Date header has whole seconds, and its hosts' clocks differ a little.
MARGIN = 3.0


class LoopGuard:
    """Tells the messages that were sent after the run began, by the service's own clock.

    A standard dead-letter queue keeps the time at which a message was first sent; so a message
    that failed during the run, but was sent before it, is still redriven, and a copy that this
    run sent is not. `started` is seconds since the epoch, rounded down by the service: messages
    sent within that second are let through, and copies sent so early are known by their ids
    (a message keeps its id when SQS moves it to its dead-letter queue).
    """

    def __init__(self, started: float, early_copies: Iterable[str] = ()) -> None:
        self._cutoff = started + 1
        self._early_copies = set(early_copies)
        self._told_apart = False

    @property
    def wants_copies(self) -> bool:
        """Whether copies are still sent so early that their time does not tell them apart."""
        return not self._told_apart

    def add_copies(self, copy_ids: Iterable[str], now: float) -> None:
        """Note copies accepted at `now`, by the service's clock."""
        if now < self._cutoff + MARGIN:
            self._early_copies.update(copy_ids)
        else:
            self._told_apart = True

    def is_late(self, message: Message) -> bool:
        return message.sent_at >= self._cutoff or message.id in self._early_copies
