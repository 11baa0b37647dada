"""Alarms that evaluate by themselves, composite ones, and their history."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.cbor import Epoch
from awsops.sandbox.cloudwatch.queries import (
    check_period,
    dimensions_of,
    evaluate_queries,
    missing,
    refused_token,
    validation,
)
from awsops.sandbox.cloudwatch.rules import STATES, Rule, RuleError, parse_rule
from awsops.sandbox.cloudwatch.series import Series, metric_key
from awsops.sandbox.paging import take_page

Params = Mapping[str, Any]

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
MISSING_DATA = ("missing", "notBreaching", "breaching", "ignore")
LONGEST_TICK = 60  # alarms are evaluated once a minute, with a period of 10 or 30 s as often


@dataclass
class Alarm:
    """One alarm. settings: as it was put; rule: of a composite one."""

    name: str
    arn: str
    settings: dict[str, Any]
    updated: float
    rule: Rule | None = None
    state: str = "INSUFFICIENT_DATA"
    reason: str = "Unchecked: Initial alarm creation"
    changed: float = 0.0
    due: float = 0.0  # when it is evaluated next
    held_until: float = 0.0  # SetAlarmState decided until then
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return "MetricAlarm" if self.rule is None else "CompositeAlarm"

    @property
    def seconds(self) -> int:
        """Seconds from one evaluation to the next."""
        return min(int(self.settings.get("Period") or LONGEST_TICK), LONGEST_TICK)

    def describe(self) -> dict[str, Any]:
        return {
            "ActionsEnabled": True,
            "OKActions": [],
            "AlarmActions": [],
            "InsufficientDataActions": [],
            **self.settings,
            "AlarmName": self.name,
            "AlarmArn": self.arn,
            "AlarmConfigurationUpdatedTimestamp": Epoch(self.updated),
            "StateValue": self.state,
            "StateReason": self.reason,
            "StateUpdatedTimestamp": Epoch(self.changed),
            "StateTransitionedTimestamp": Epoch(self.changed),
        }

    def note(self, kind: str, summary: str, at: float, data: Mapping[str, Any]) -> None:
        self.history.append(
            {
                "AlarmName": self.name,
                "AlarmType": self.kind,
                "Timestamp": Epoch(at),
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps({"version": "1.0", **data}),
            }
        )

    def enter(self, state: str, reason: str, at: float) -> None:
        """Takes on a state; the history tells of a change alone."""
        before, self.state, self.reason = self.state, state, reason
        if before != state or not self.changed:
            self.changed = at
        if before != state:
            self.note(
                "StateUpdate",
                f"Alarm updated from {before} to {state}",
                at,
                {"oldState": {"stateValue": before}, "newState": {"stateValue": state}},
            )


class Alarms:
    """The alarms of one account in one region."""

    def __init__(self, account: str, region: str, series: Series) -> None:
        self._prefix = f"arn:aws:cloudwatch:{region}:{account}:alarm:"
        self._series = series
        self.all: dict[str, Alarm] = {}

    def put_metric_alarm(self, params: Params, now: float) -> dict[str, Any]:
        settings = _checked(params)
        alarm = self._put(settings, now, None)
        alarm.due = (now // alarm.seconds + 1) * alarm.seconds
        return {}

    def put_composite_alarm(self, params: Params, now: float) -> dict[str, Any]:
        if not params.get("AlarmRule"):
            raise missing("AlarmRule")
        try:
            rule = parse_rule(str(params["AlarmRule"]))
        except RuleError as error:
            raise validation(str(error)) from None
        if params.get("AlarmName") in rule.children:
            raise validation("A composite alarm must not depend on itself.")
        self._put(dict(params), now, rule)
        return {}

    def _put(self, settings: dict[str, Any], now: float, rule: Rule | None) -> Alarm:
        name = str(settings.pop("AlarmName", "") or "")
        if not name:
            raise missing("AlarmName")
        known = self.all.get(name)
        if known is not None and (known.rule is None) != (rule is None):
            raise validation(f"An alarm of another type is called {name}.")
        alarm = Alarm(name, self._prefix + name, settings, now, rule, changed=now)
        if known is not None:
            alarm.state, alarm.reason, alarm.changed = known.state, known.reason, known.changed
            alarm.history = known.history
        word = "updated" if known else "created"
        alarm.note("ConfigurationUpdate", f'Alarm "{name}" {word}', now, {"type": word})
        self.all[name] = alarm
        return alarm

    def set_state(self, params: Params, now: float) -> dict[str, Any]:
        alarm = self._named(params.get("AlarmName"))
        if params.get("StateValue") not in STATES:
            raise validation(f"StateValue must be one of {', '.join(STATES)}.")
        self.evaluate(now)
        alarm.enter(str(params["StateValue"]), str(params.get("StateReason") or ""), now)
        # Until the next evaluation, as in AWS.
        alarm.due = alarm.held_until = now + alarm.seconds
        return {}

    def delete(self, params: Params, now: float) -> dict[str, Any]:
        names = params.get("AlarmNames") or []
        if len(names) > 100:
            raise validation("At most 100 alarms can be deleted in one operation.")
        for name in names:
            self._named(name)
        for name in names:
            self.all.pop(name, None)
        return {}

    def switch_actions(self, params: Params, on: bool) -> dict[str, Any]:
        for name in params.get("AlarmNames") or []:
            if name in self.all:
                self.all[name].settings["ActionsEnabled"] = on
        return {}

    def _named(self, name: Any) -> Alarm:
        if name not in self.all:
            raise AwsError("ResourceNotFound", f"Unknown alarm: {name}", status=404)
        return self.all[str(name)]

    def describe(self, params: Params, now: float) -> dict[str, Any]:
        names = params.get("AlarmNames") or []
        limit = int(params.get("MaxRecords") or 100 if names else params.get("MaxRecords") or 50)
        if len(names) > 100 or not 1 <= limit <= 100:
            raise validation("AlarmNames and MaxRecords are at most 100.")
        self.evaluate(now)
        kinds = params.get("AlarmTypes") or ["MetricAlarm"]
        found = [a for _, a in sorted(self.all.items()) if self._wanted(a, params, names, kinds)]
        page, token = take_page(found, params.get("NextToken"), limit, refused_token)
        return {
            "MetricAlarms": [a.describe() for a in page if a.rule is None],
            "CompositeAlarms": [a.describe() for a in page if a.rule is not None],
            "NextToken": token,
        }

    def _wanted(self, alarm: Alarm, params: Params, names: list[str], kinds: list[str]) -> bool:
        return (
            alarm.kind in kinds
            and (not names or alarm.name in names)
            and alarm.name.startswith(str(params.get("AlarmNamePrefix") or ""))
            and params.get("StateValue") in (None, alarm.state)
        )

    def history(self, params: Params, now: float) -> dict[str, Any]:
        self.evaluate(now)
        name, kinds = params.get("AlarmName"), params.get("AlarmTypes") or ["MetricAlarm"]
        items = [
            item
            for alarm in self.all.values()
            if alarm.name == name or (name is None and alarm.kind in kinds)
            for item in alarm.history
            if params.get("HistoryItemType") in (None, item["HistoryItemType"])
            and float(params.get("StartDate") or 0) <= item["Timestamp"]
            and item["Timestamp"] <= float(params.get("EndDate") or now)
        ]
        newest = params.get("ScanBy") != "TimestampAscending"
        items.sort(key=lambda item: float(item["Timestamp"]), reverse=newest)
        return {"AlarmHistoryItems": items[: int(params.get("MaxRecords") or 100)]}

    def evaluate(self, now: float) -> None:
        """Brings every alarm to the state it has now."""
        for alarm in self.all.values():
            if alarm.rule is None and now >= alarm.due:
                alarm.due = (now // alarm.seconds + 1) * alarm.seconds
                state, reason = judge(alarm, self._series, now)
                alarm.enter(state, reason, now)
        for _ in range(len(self.all)):  # composites of composites: until nothing changes
            changed = [a for a in self.all.values() if a.rule and self._composite(a, a.rule, now)]
            if not changed:
                return

    def _composite(self, alarm: Alarm, rule: Rule, now: float) -> bool:
        if now < alarm.held_until:
            return False
        before = alarm.state
        state = "ALARM" if rule.holds(self._state_of) else "OK"
        alarm.enter(state, f"{alarm.settings['AlarmRule']} is {state == 'ALARM'}", now)
        return before != state

    def _state_of(self, name: str) -> str:
        alarm = self.all.get(name.removeprefix(self._prefix))
        return alarm.state if alarm else "INSUFFICIENT_DATA"


def _checked(params: Params) -> dict[str, Any]:
    """The settings of a metric alarm; AwsError where CloudWatch refuses them."""
    for name in ("EvaluationPeriods", "ComparisonOperator"):
        if not params.get(name):
            raise missing(name)
    if params["ComparisonOperator"] not in COMPARISONS:
        raise validation(f"The sandbox plays these alone: {', '.join(COMPARISONS)}.")
    if params.get("TreatMissingData", "missing") not in MISSING_DATA:
        raise validation(f"TreatMissingData must be one of {', '.join(MISSING_DATA)}.")
    if "Threshold" not in params:
        raise missing("Threshold")
    wanted = int(params.get("DatapointsToAlarm") or params["EvaluationPeriods"])
    if wanted > int(params["EvaluationPeriods"]):
        raise validation("DatapointsToAlarm must not exceed EvaluationPeriods.")
    if "Metrics" not in params:
        if not params.get("MetricName") or not params.get("Namespace"):
            raise missing("MetricName")
        if not params.get("Statistic") and not params.get("ExtendedStatistic"):
            raise missing("Statistic")
        check_period(int(params.get("Period") or 0))
        dimensions_of(params.get("Dimensions"))
    return dict(params)


def judge(alarm: Alarm, series: Series, now: float) -> tuple[str, str]:
    """The state that an alarm's data say, and why.

    The period under way counts once it breaches, else those that are over; missing ones count as
    TreatMissingData says.
    """
    settings = alarm.settings
    points = _points(settings, series, now)
    period = _period(settings)
    newest = int(now // period * period)
    state, reason = _judged(alarm, points, newest)
    if newest in points and state == "ALARM":
        return state, reason
    before, why = _judged(alarm, points, newest - period)
    return (state, reason) if before == "INSUFFICIENT_DATA" and newest in points else (before, why)


def _judged(alarm: Alarm, points: Mapping[int, float], newest: int) -> tuple[str, str]:
    """The state by the periods up to the one that begins at `newest`."""
    settings, period = alarm.settings, _period(alarm.settings)
    count = int(settings["EvaluationPeriods"])
    window = [points.get(newest - n * period) for n in range(count)]
    treatment = settings.get("TreatMissingData", "missing")
    if all(point is None for point in window) and treatment in ("missing", "ignore"):
        if treatment == "ignore":
            return alarm.state, alarm.reason
        return "INSUFFICIENT_DATA", f"Insufficient Data: {count} datapoints were unknown."
    beyond = COMPARISONS[settings["ComparisonOperator"]]
    threshold = float(settings["Threshold"])
    breaching = sum(
        treatment == "breaching" if point is None else beyond(point, threshold) for point in window
    )
    needed = int(settings.get("DatapointsToAlarm") or count)
    state = "ALARM" if breaching >= needed else "OK"
    return state, f"Threshold Crossed: {breaching} of {count} datapoints beyond {threshold:g}."


def _period(settings: Params) -> int:
    if "Metrics" not in settings:
        return int(settings["Period"])
    stats = [int(q["MetricStat"]["Period"]) for q in settings["Metrics"] if "MetricStat" in q]
    return max(stats, default=60)


def _points(settings: Params, series: Series, now: float) -> dict[int, float]:
    period = _period(settings)
    start = now - period * (int(settings["EvaluationPeriods"]) + 2)
    if "Metrics" in settings:
        found = evaluate_queries(series, settings["Metrics"], start, now + 1)
        [returned] = [q["Id"] for q in settings["Metrics"] if q.get("ReturnData", True)]
        return found[returned]
    key = metric_key(
        settings["Namespace"], settings["MetricName"], dimensions_of(settings.get("Dimensions"))
    )
    name = str(settings.get("Statistic") or settings.get("ExtendedStatistic"))
    values = {
        at: aggregate.statistic(name)
        for at, aggregate in series.periods(key, period, start, now + 1).items()
    }
    return {at: value for at, value in values.items() if value is not None}
