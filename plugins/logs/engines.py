"""Which way a tail follows its groups, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awsops.api import UsageError

from .live_tail import LIVE_GROUPS
from .tailing import period_of

ENGINES = ("auto", "poll", "live")
# From here on a poll is noticeably behind, and Live Tail (about a second) is worth its price.
SLOW_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Choice:
    """`poll` or `live`, and the reason as a clause for the person; empty when they chose."""

    engine: str
    reason: str = ""


def choose_engine(
    engine: str, groups: Sequence[Mapping[str, Any]], *, follow: bool, rate: float
) -> Choice:
    """What to follow with, polling at `rate` calls a second; UsageError for a `live` that cannot.

    Polling is free and shows every event, so `auto` takes it unless it would be slow and a Live
    Tail session can do better: up to 10 groups, all of the Standard class.
    """
    if engine == "live":
        _check_live(groups, follow=follow)
        return Choice("live")
    if engine == "poll" or not follow:
        return Choice("poll")
    period = period_of(len(groups), rate)
    every = f"each of {len(groups)} groups" if len(groups) > 1 else "the group"
    asked = f"polling: {every} is looked at every {period:.1f} s"
    if period <= SLOW_SECONDS:
        return Choice("poll", f"{asked}, late events too")
    if len(groups) > LIVE_GROUPS:
        return Choice("poll", f"{asked} (a Live Tail session has {LIVE_GROUPS} groups at most)")
    if not all(_is_standard(group) for group in groups):
        return Choice("poll", f"{asked} (Live Tail is for groups of the Standard class)")
    return Choice(
        "live",
        f"Live Tail, charged by the minute: polling would look at {every} only every "
        f"{period:.1f} s here",
    )


def _is_standard(group: Mapping[str, Any]) -> bool:
    # A group named by its ARN was not described: its class is not known.
    return group.get("logGroupClass") == "STANDARD"


def _check_live(groups: Sequence[Mapping[str, Any]], *, follow: bool) -> None:
    if not follow:
        raise UsageError("a Live Tail session is for following", hint="add -f")
    if len(groups) > LIVE_GROUPS:
        raise UsageError(
            f"a Live Tail session has {LIVE_GROUPS} log groups at most, not {len(groups)}",
            hint="--engine poll takes any number",
        )
    for group in groups:
        if group.get("logGroupClass", "STANDARD") != "STANDARD":
            raise UsageError(
                f"Live Tail is for log groups of the Standard class; {group['logGroupName']} is "
                f"{group['logGroupClass']}",
                hint="--engine poll",
            )
