"""How long a run puts up with calls that are turned away: a throttle slows it, it never ends it.

What is here begins where botocore's own few retries have ended, and does not multiply them: it
waits for seconds and minutes, not for milliseconds. Which errors are worth a wait is each
service's to say (`awsops.service_errors.is_passing`, with codes of its own), and so is how long.
What an answer with status 200 left over of a batch is not for here but for awsops.retry.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from awsops.service_errors import error_code

T = TypeVar("T")

_DOUBLINGS = 30  # a float has no room for those of a run of days


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds between two tries: `first` (above 0), then twice as long each time up to `longest`.

    `tries` is how often a call is made at most, the first included (1..); None: without end.
    """

    first: float
    longest: float
    tries: int | None = None

    def after(self, failures: int) -> float:
        """Seconds to wait after so many failures (1..) in a row."""
        return min(self.first * 2.0 ** min(failures - 1, _DOUBLINGS), self.longest)


def patiently(
    call: Callable[[], T],
    *,
    waits_for: Callable[[BaseException], bool],
    waits: Waits,
    sleep: Callable[[float], None],
    stopped: Callable[[], bool],
) -> T:
    """What `call` answers, however often it is turned away before; `sleep` is in seconds.

    Raises the error of the call that `waits_for` says False of, that comes once `stopped` says
    True, or that comes at the last of the tries of `waits`.
    """
    failures = 0
    while True:
        try:
            return call()
        except Exception as error:
            failures += 1
            if stopped() or failures == waits.tries or not waits_for(error):
                raise
        sleep(waits.after(failures))


class Patience:
    """What the threads of one run share of their troubles; each of them waits by itself.

    For calls that are too many to be followed one by one, and whose answers have to be looked
    into before they are made again. `clock` is in seconds. `give_up` is after how many seconds
    without any call that worked, in any thread, the run ends. Safe to share.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        waits_for: Callable[[BaseException], bool],
        waits: Waits,
        give_up: float,
    ) -> None:
        self._clock = clock
        self._waits_for = waits_for
        self._waits = waits
        self._give_up = give_up
        self._lock = threading.Lock()
        self._good_until = clock()
        self.troubles: Counter[str] = Counter()  # by the service's code, or the error's name

    def worked(self) -> None:
        """Calls get through."""
        self._good_until = self._clock()

    def wait(self, error: Exception, failures: int) -> float:
        """Seconds to wait before trying again after so many failures (1..) in a row.

        They differ by chance, by up to a half, so that threads which were turned away together do
        not come back together. Raises the error itself when it would come again, or when nothing
        has worked for `give_up` seconds.
        """
        import random  # some milliseconds, which no command pays that is not turned away

        if not self._waits_for(error) or self._clock() - self._good_until >= self._give_up:
            raise error
        with self._lock:
            self.troubles[error_code(error) or type(error).__name__] += 1
        longest = self._waits.after(failures)
        return random.uniform(longest / 2, longest)

    def summary(self) -> str:
        """`12 calls were turned away (RequestThrottled)`; empty when none was."""
        if not self.troubles:
            return ""
        count = self.troubles.total()
        kinds = ", ".join(name for name, _ in self.troubles.most_common(3))
        return f"{count:,} call{' was' if count == 1 else 's were'} turned away ({kinds})"
