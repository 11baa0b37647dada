"""How long the calls of a move that fail are made again.

The clients of long runs do not retry by themselves: a send whose answer was lost and that is made
again may arrive twice, and the record has to know of it.
"""

from __future__ import annotations

from collections.abc import Callable

from awsops.patience import Patience, Waits

from .client import is_transient

GIVE_UP_SECONDS = 300.0  # without a single call that worked, in any lane
WAITS = Waits(first=0.5, longest=15.0)  # seconds


def patience_for(clock: Callable[[], float]) -> Patience:
    """What the lanes of one run share of their troubles. `clock` is seconds."""
    return Patience(clock, waits_for=is_transient, waits=WAITS, give_up=GIVE_UP_SECONDS)
