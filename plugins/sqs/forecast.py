"""Where dead letters would go: all of them counted, or the first of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .messages import Message
from .routing import Router, Unroutable

# So many are looked at before a plan: ten receives, and they are back before it is read.
LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a look says of the `seen` messages: how many of the `chosen` go to which queue, and for
    which reasons others stay. `whole`: they are all that SQS counts."""

    seen: int
    chosen: int
    whole: bool
    goes: tuple[tuple[str, int], ...]
    stays: tuple[tuple[str, int], ...]

    def split(self) -> str:
        """`30 to orders, 12 to refunds, 1 stays: it names no source queue`."""
        parts = [f"{count:,} to {name}" for name, count in self.goes]
        for reason, count in self.stays:
            parts.append(f"{count:,} {'stays' if count == 1 else 'stay'}: {reason}")
        return ", ".join(parts)


def forecast(
    messages: Sequence[Message],
    router: Router,
    *,
    selects: Callable[[Message], bool] | None,
    counted: int,
) -> Forecast:
    """What would become of messages that were looked at; SQS counts `counted` of them."""
    goes: Counter[str] = Counter()
    stays: Counter[str] = Counter()
    chosen = [message for message in messages if selects is None or selects(message)]
    for message in chosen:
        destination = router.route(message)
        if isinstance(destination, Unroutable):
            stays[destination.reason] += 1
        else:
            goes[destination.name] += 1
    return Forecast(
        seen=len(messages),
        chosen=len(chosen),
        whole=len(messages) >= counted > 0,
        goes=tuple(goes.most_common()),
        stays=tuple(stays.most_common()),
    )
