"""Messages that come into a dead-letter queue while it is redriven, told from its counts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from .client import SqsClient
from .queues import QueueRef

LOOK_SECONDS = 20.0  # between two looks at the counts: three calls a minute
# How long the counts may lag behind what happened ("at least 1 minute": SQS API reference,
# GetQueueAttributes).
LAG_SECONDS = 60.0
_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class Growth:
    """A lower bound of what came in: what is there and what was taken out, less what there was.

    The counts do not say whose messages they are. They lag, so only what was taken out a minute
    ago is believed to be out of them, and what comes in the first minute counts as having been
    there: the bound is too low rather than too high. `clock` is seconds.
    """

    def __init__(self, sqs: SqsClient, queue: QueueRef, clock: Callable[[], float]) -> None:
        self._sqs = sqs
        self._queue = queue
        self._clock = clock
        self._next = clock()
        self._first: float | None = None  # when the counts were read first
        self._was = 0
        self._out: deque[tuple[float, int]] = deque()
        self.came = 0

    def look(self, taken_out: int) -> None:
        """Look at the counts, when it is time; `taken_out` messages were deleted since the start.

        One call at most. A call that fails leaves things as they are: nothing depends on it.
        """
        now = self._clock()
        if now < self._next:
            return
        self._next = now + LOOK_SECONDS
        try:
            answer = self._sqs.get_queue_attributes(
                QueueUrl=self._queue.url, AttributeNames=list(_COUNTS)
            )
        except Exception:  # counts are a hint: the run itself says what is wrong
            return
        there = sum(int(answer["Attributes"].get(name, 0)) for name in _COUNTS)
        if self._first is None:
            self._first = now
        if now < self._first + LAG_SECONDS:
            self._was = max(self._was, there + taken_out)
        self._out.append((now, taken_out))
        while len(self._out) > 1 and self._out[1][0] <= now - LAG_SECONDS:
            self._out.popleft()
        if self._out[0][0] <= now - LAG_SECONDS:
            self.came = max(self.came, there + self._out[0][1] - self._was)
