"""The alarms that guard a shift: metric and composite ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from awsops.api import NotFoundError, UsageError

from .client import CloudWatchClient

NAMES_PER_CALL = 100  # DescribeAlarms, API reference
GONE = "GONE"


def alarm_states(client: CloudWatchClient, names: Sequence[str]) -> dict[str, str]:
    """The state of each alarm by name; GONE for one that does not exist."""
    states = dict.fromkeys(names, GONE)
    for start in range(0, len(names), NAMES_PER_CALL):
        answer = client.describe_alarms(
            AlarmNames=list(names[start : start + NAMES_PER_CALL]),
            # Without it composite alarms are left out (DescribeAlarms, API reference).
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            MaxRecords=NAMES_PER_CALL,
        )
        for alarm in [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]:
            states[str(alarm["AlarmName"])] = str(alarm["StateValue"])
    return states


def check_alarms(states: Mapping[str, str], ignored: Sequence[str]) -> None:
    """Refuse to begin when an alarm is not there or already on; nothing has been changed yet."""
    gone = [name for name, state in states.items() if state == GONE]
    if gone:
        raise NotFoundError(
            f"there is no alarm {', '.join(gone)} here",
            hint="names are those of DescribeAlarms, metric or composite, of this region",
        )
    on = [n for n, state in states.items() if state == "ALARM" and n not in ignored]
    if on:
        more = " ".join(f"--ignore-alarm {name}" for name in on)
        raise UsageError(
            f"already in ALARM: {', '.join(on)}; nothing was changed",
            hint=f"{more} goes on without it, for the release that mends what it warns of",
            code="AlarmOn",
        )


def alarm_breach(states: Mapping[str, str]) -> str | None:
    """Why the alarms say no; an alarm that was deleted can no longer say that all is well."""
    for name, state in states.items():
        if state == "ALARM":
            return f"alarm {name} went off"
        if state == GONE:
            return f"alarm {name} was deleted"
    return None
