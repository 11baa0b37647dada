"""Messages that a receive without its answer took: hidden for a lease, in nobody's hands."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .client import SqsClient
from .queues import QueueRef

CHECK_SECONDS = 1.0  # between two looks at how many messages are in flight
# The count is approximate (SQS API reference, GetQueueAttributes): it is believed the second time.
CALM_LOOKS = 2


class Unseen:
    """What the lanes suspect. `clock` is seconds; safe from any thread."""

    def __init__(self, sqs: SqsClient, queue: QueueRef, clock: Callable[[], float]) -> None:
        self._sqs = sqs
        self._queue = queue
        self._clock = clock
        self._lock = threading.Lock()
        self._until = 0.0
        self._looked = 0.0
        self._calm = 0

    def suspect(self, seconds: float) -> None:
        """A receive was not answered: what it took is hidden for so long."""
        with self._lock:
            self._until = max(self._until, self._clock() + seconds)
            self._calm = 0

    def settled(self, held: int) -> bool:
        """Whether nothing is hidden but the `held` messages that are known of."""
        with self._lock:
            now = self._clock()
            if now >= self._until or self._calm >= CALM_LOOKS:
                return True
            if now - self._looked >= CHECK_SECONDS:
                self._looked = now
                self._calm = self._calm + 1 if self._in_flight() <= held else 0
            return self._calm >= CALM_LOOKS

    def _in_flight(self) -> float:
        try:
            answer = self._sqs.get_queue_attributes(
                QueueUrl=self._queue.url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
            )
        except Exception:
            return float("inf")  # not known: it is waited for
        return float(answer["Attributes"]["ApproximateNumberOfMessagesNotVisible"])
