"""How long calls that fail are made again: a throttle slows a run down, it does not end it.

The clients of long runs do not retry by themselves: a send whose answer was lost and that is made
again may arrive twice, and the record has to know of it.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable

from .client import error_code, is_transient

GIVE_UP_SECONDS = 300.0  # without a single call that worked, in any lane
FIRST_WAIT, LONGEST_WAIT = 0.25, 15.0  # seconds


class Patience:
    """What the lanes of one run share of their troubles. `clock` is seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._good_until = clock()
        self.troubles: Counter[str] = Counter()  # by the service's code, or the error's name

    def worked(self) -> None:
        """Calls get through."""
        self._good_until = self._clock()

    def wait(self, error: Exception, times: int) -> float:
        """Seconds to wait before trying again after `times` (1..) failures in a row.

        Raises the error itself when it would come again, or when nothing has worked for minutes.
        """
        if not is_transient(error) or self._clock() - self._good_until >= GIVE_UP_SECONDS:
            raise error
        with self._lock:
            self.troubles[error_code(error) or type(error).__name__] += 1
        longest = min(FIRST_WAIT * 2.0 ** min(times, 16), LONGEST_WAIT)
        return random.uniform(longest / 2, longest)

    def summary(self) -> str:
        """`12 calls were turned away (RequestThrottled)`; empty when none was."""
        if not self.troubles:
            return ""
        count = self.troubles.total()
        kinds = ", ".join(name for name, _ in self.troubles.most_common(3))
        return f"{count:,} call{' was' if count == 1 else 's were'} turned away ({kinds})"
