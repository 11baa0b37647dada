"""Waiting for a stream to be ACTIVE, no longer than it takes and without fixed pauses."""

from __future__ import annotations

from collections.abc import Callable

from awsops.errors import AwsopsError, NotFoundError

from .client import KinesisClient, is_missing, patiently
from .streams import Stream, read_stream

# DescribeStreamSummary may be called 20 times a second by an account (API reference).
SHORTEST_POLL = 0.1
LONGEST_POLL = 5.0
PATIENCE = 0.2  # a poll comes after so much of what was waited already
EXPECTED = 0.8  # of what the last change took is waited before the first poll


class Waiter:
    """Waits for one stream, and learns from each change how long the next will take.

    `clock` is in seconds; `sleep` ends early once `stopped` says True.
    """

    def __init__(
        self,
        kinesis: KinesisClient,
        stream: str,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        stopped: Callable[[], bool],
    ) -> None:
        self._kinesis = kinesis
        self._stream = stream
        self._clock = clock
        self._sleep = sleep
        self._stopped = stopped
        self._usual = 0.0

    def look(self) -> Stream:
        """The stream as it is; NotFoundError when it was deleted meanwhile."""
        try:
            return patiently(
                lambda: read_stream(self._kinesis, self._stream),
                sleep=self._sleep,
                stopped=self._stopped,
            )
        except Exception as error:
            if is_missing(error):
                raise NotFoundError(f"stream {self._stream} was deleted meanwhile") from error
            raise

    def until_active(self, *, changing: bool = False) -> Stream | None:
        """The stream once it is ACTIVE; None when `stopped` says True before.

        `changing`: a change was begun just now, so that it cannot be ACTIVE yet. AwsopsError when
        somebody deletes the stream.
        """
        began = self._clock()
        if changing:
            self._sleep(max(SHORTEST_POLL, self._usual * EXPECTED))
        while True:
            stream = self.look()
            waited = self._clock() - began
            if stream.status == "ACTIVE":
                if changing:
                    self._usual = waited
                return stream
            if stream.status == "DELETING":
                raise AwsopsError(
                    f"stream {self._stream} is being deleted by somebody", code="Deleted"
                )
            if self._stopped():
                return None
            self._sleep(min(max(waited * PATIENCE, SHORTEST_POLL), LONGEST_POLL))
