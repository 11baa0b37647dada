"""Received messages kept hidden for as long as a run needs them, and then given back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

from awsops.service_errors import is_denied

from .client import SqsClient, is_stale_handle, is_transient
from .hands import Hands
from .messages import hide
from .queues import QueueRef
from .tally import Tally

GIVE_BACK_ATTEMPTS = 4


class Leases:
    """The visibility of what `hands` holds. Safe to share by lanes; `clock` is epoch seconds."""

    def __init__(
        self,
        sqs: SqsClient,
        queue: QueueRef,
        hands: Hands,
        tally: Tally,
        *,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        self._sqs = sqs
        self._queue = queue
        self._hands = hands
        self._tally = tally
        self._sleep = sleep
        self._clock = clock

    def extend(self, message_ids: Sequence[str], seconds: int) -> None:
        """Hide messages for `seconds` from now.

        A lease that lapses costs a second receive, which Hands recognizes, and not the run: so a
        caller without the right to change visibility, or a throttled one, goes on.
        """
        try:
            hide(self._sqs, self._queue.url, self._hands.handles(message_ids), seconds)
        except Exception as error:
            if not (is_transient(error) or is_denied(error)):
                raise

    def renew_parked(self) -> None:
        """Extend some parked messages whose leases are half over, if there are any."""
        seconds, due = self._hands.renewals(self._clock())
        if due:
            self.extend(due, seconds)

    def give_back(self, message_ids: Sequence[str], until: float = inf) -> None:
        """Make messages visible at once; after `until`, and where it fails, leases end alone."""
        handles = self._hands.handles(message_ids)
        self._hands.drop(message_ids)
        if not handles:
            return
        if self._clock() > until:
            self._tally.add_unreleased(len(handles))
            return
        for attempt in range(GIVE_BACK_ATTEMPTS):
            try:
                refused = hide(self._sqs, self._queue.url, handles, 0)
            except Exception as error:
                if not is_transient(error):
                    break
            else:
                # A handle that has expired says that the message is visible already, or gone.
                handles = {m: handles[m] for m in refused if not is_stale_handle(refused[m])}
                if not handles:
                    return
            self._sleep(0.2 * 2**attempt)
        self._tally.add_unreleased(len(handles))
