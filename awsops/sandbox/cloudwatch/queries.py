"""GetMetricData, GetMetricStatistics, ListMetrics and PutMetricData."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.cbor import Epoch
from awsops.sandbox.cloudwatch import expressions
from awsops.sandbox.cloudwatch.expressions import ExpressionError, Points
from awsops.sandbox.cloudwatch.series import (
    KEPT_SECONDS,
    SIMPLE,
    Aggregate,
    MetricKey,
    Series,
    is_statistic,
    metric_key,
)
from awsops.sandbox.paging import take_page

Params = Mapping[str, Any]

MAX_QUERIES = 500  # GetMetricData, API reference
MAX_DATA = 1_000  # PutMetricData, API reference: metrics in a request
MAX_DIMENSIONS = 30  # PutMetricData, API reference
MAX_STATISTICS = 1_440  # GetMetricStatistics, API reference: data points in an answer
LISTED = 500  # ListMetrics, API reference: metrics on a page
RECENT_SECONDS = 3 * 3600  # ListMetrics RecentlyActive PT3H
FUTURE_SECONDS = 2 * 3600  # PutMetricData takes time stamps up to two hours ahead
_ID = re.compile(r"[a-z][A-Za-z0-9_]*")


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message, shape="InvalidParameterValueException")


def validation(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def missing(name: str) -> AwsError:
    shape = "MissingRequiredParameterException"
    return AwsError("MissingParameter", f"The parameter {name} is required.", shape=shape)


def dimensions_of(given: Any) -> dict[str, str]:
    """Dimensions as a mapping; refused where CloudWatch refuses them."""
    found = {str(d["Name"]): str(d.get("Value", "")) for d in given or []}
    if len(found) != len(given or []) or len(found) > MAX_DIMENSIONS:
        raise invalid(f"Dimensions must be distinct and at most {MAX_DIMENSIONS}.")
    return found


def key_of(given: Params) -> MetricKey:
    for name in ("Namespace", "MetricName"):
        if not given.get(name):
            raise missing(name)
    return metric_key(
        str(given["Namespace"]), str(given["MetricName"]), dimensions_of(given.get("Dimensions"))
    )


def put_metric_data(series: Series, params: Params, now: float) -> dict[str, Any]:
    namespace = str(params.get("Namespace") or "")
    if not namespace:
        raise missing("Namespace")
    if namespace.startswith("AWS/"):
        raise invalid(f"The value {namespace} for parameter Namespace is invalid.")
    data = params.get("MetricData") or []
    if len(data) > MAX_DATA:
        raise invalid(f"The collection MetricData must not have a size greater than {MAX_DATA}.")
    for datum in data:
        at = float(datum.get("Timestamp", now))
        if not now - KEPT_SECONDS <= at <= now + FUTURE_SECONDS:
            raise invalid("The parameter MetricData.member.Timestamp must be within two weeks.")
        _put(series, key_of({**datum, "Namespace": namespace}), at, datum)
    return {}


def _put(series: Series, key: MetricKey, at: float, datum: Params) -> None:
    if "StatisticValues" in datum:
        found = datum["StatisticValues"]
        counts = [float(found[n]) for n in ("SampleCount", "Sum", "Minimum", "Maximum")]
        series.put_set(key, at, *counts)
    elif "Values" in datum:
        counts = datum.get("Counts") or [1.0] * len(datum["Values"])
        if len(counts) != len(datum["Values"]):
            raise invalid("The parameters Values and Counts must have the same size.")
        for value, count in zip(datum["Values"], counts, strict=True):
            series.put(key, at, float(value), float(count))
    elif "Value" in datum:
        series.put(key, at, float(datum["Value"]))
    else:
        raise missing("MetricData.member.1.Value")


def list_metrics(series: Series, params: Params, now: float) -> dict[str, Any]:
    wanted = params.get("Dimensions") or []

    def matches(key: MetricKey) -> bool:
        has = dict(key.dimensions)
        return (
            params.get("Namespace") in (None, key.namespace)
            and params.get("MetricName") in (None, key.name)
            and all(d["Name"] in has and d.get("Value") in (None, has[d["Name"]]) for d in wanted)
            and (not params.get("RecentlyActive") or series.last(key) >= now - RECENT_SECONDS)
        )

    found = sorted((k for k in series.keys() if matches(k)), key=lambda k: repr(k))  # noqa: SIM118
    page, token = take_page(found, params.get("NextToken"), LISTED, refused_token)
    return {"Metrics": [describe(key) for key in page], "NextToken": token}


def describe(key: MetricKey) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in key.dimensions]
    return {"Namespace": key.namespace, "MetricName": key.name, "Dimensions": dimensions}


def refused_token() -> AwsError:
    """For a NextToken that was never given out."""
    return AwsError("InvalidNextToken", "The next token specified is invalid.")


def check_period(period: int) -> int:
    """1, 5, 10, 20, 30 or a multiple of 60 seconds (API reference, MetricStat)."""
    if period not in (1, 5, 10, 20, 30) and (period <= 0 or period % 60):
        raise validation(f"The value {period} for parameter Period is invalid.")
    return period


def get_metric_statistics(series: Series, params: Params) -> dict[str, Any]:
    key = key_of(params)
    period = check_period(int(params.get("Period") or 0))
    start, end = float(params["StartTime"]), float(params["EndTime"])
    names = [*(params.get("Statistics") or []), *(params.get("ExtendedStatistics") or [])]
    if not names:
        raise missing("Statistics")
    if start >= end:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    if (end - start) / period > MAX_STATISTICS:
        raise AwsError(
            "InvalidParameterCombination",
            f"You have requested up to {(end - start) / period:.0f} datapoints, which exceeds the "
            f"limit of {MAX_STATISTICS}.",
            shape="InvalidParameterCombinationException",
        )
    points = [
        _datapoint(at, aggregate, names)
        for at, aggregate in series.periods(key, period, start, end).items()
    ]
    return {"Label": key.name, "Datapoints": points}


def _datapoint(at: int, aggregate: Aggregate, names: list[str]) -> dict[str, Any]:
    point: dict[str, Any] = {"Timestamp": Epoch(at), "Unit": "None"}
    for name in names:
        value = aggregate.statistic(name)
        if value is None:
            continue
        if name in SIMPLE:
            point[name] = value
        else:
            point.setdefault("ExtendedStatistics", {})[name] = value
    return point


def get_metric_data(series: Series, params: Params) -> dict[str, Any]:
    queries = params.get("MetricDataQueries") or []
    start, end = float(params["StartTime"]), float(params["EndTime"])
    if not queries:
        raise missing("MetricDataQueries")
    if len(queries) > MAX_QUERIES:
        raise validation(f"The collection MetricDataQueries must have at most {MAX_QUERIES}.")
    if start >= end:
        raise validation("The parameter StartTime must be less than the parameter EndTime.")
    found = evaluate_queries(series, queries, start, end)
    newest_first = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    results = []
    for query in queries:
        if not query.get("ReturnData", True):
            continue
        points = sorted(found[query["Id"]].items(), reverse=newest_first)
        results.append(
            {
                "Id": query["Id"],
                "Label": query.get("Label") or _label(query),
                "Timestamps": [Epoch(at) for at, _ in points],
                "Values": [float(value) for _, value in points],
                "StatusCode": "Complete",
            }
        )
    return {"MetricDataResults": results, "Messages": []}


def _label(query: Params) -> str:
    if "MetricStat" in query:
        return str(query["MetricStat"]["Metric"].get("MetricName"))
    return str(query["Id"])


def evaluate_queries(
    series: Series, queries: list[Params], start: float, end: float
) -> dict[str, Points]:
    """Every query's series by id, expressions after what they are made of."""
    ids = [str(query.get("Id", "")) for query in queries]
    for name in ids:
        if not _ID.fullmatch(name) or ids.count(name) > 1:
            raise validation(f"The value {name!r} for parameter Id is invalid or there twice.")
    found = {q["Id"]: _stat(series, q, start, end) for q in queries if "MetricStat" in q}
    metrics = list(found.values())
    waiting = {q["Id"]: str(q.get("Expression", "")) for q in queries if "MetricStat" not in q}
    try:
        while waiting:
            ready = [i for i, e in waiting.items() if not expressions.referenced(e) & set(waiting)]
            if not ready:
                raise ExpressionError("the expressions refer to one another in a circle")
            for name in ready:
                found[name] = expressions.evaluate(waiting.pop(name), found, metrics)
    except ExpressionError as error:
        raise validation(str(error)) from None
    return found


def _stat(series: Series, query: Params, start: float, end: float) -> Points:
    stat = query["MetricStat"]
    name = str(stat.get("Stat", ""))
    if not is_statistic(name):
        raise validation(f"The value {name} for parameter Stat is invalid.")
    period = check_period(int(stat.get("Period") or 0))
    points = series.periods(key_of(stat["Metric"]), period, start, end)
    values = {at: aggregate.statistic(name) for at, aggregate in points.items()}
    return {at: value for at, value in values.items() if value is not None}
