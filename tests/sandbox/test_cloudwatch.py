"""CloudWatch as the sandbox plays it: metrics, metric math, alarms that evaluate, composites."""

from __future__ import annotations

import uuid

import pytest

from awsops.sandbox import control
from awsops.sandbox.cbor import Epoch, decode, encode
from awsops.sandbox.cloudwatch.alarms import Alarms
from awsops.sandbox.cloudwatch.expressions import ExpressionError, evaluate
from awsops.sandbox.cloudwatch.rules import RuleError, parse_rule
from awsops.sandbox.cloudwatch.series import Series, metric_key


@pytest.fixture
def namespace():
    return f"Tests/{uuid.uuid4().hex[:8]}"


def _stat(name, namespace, stat="Sum", returned=True):
    metric = {"Namespace": namespace, "MetricName": name}
    query = {"Metric": metric, "Period": 60, "Stat": stat}
    return {"Id": name.lower(), "MetricStat": query, "ReturnData": returned}


def test_what_was_put_is_read_back_by_minute(client, sandbox, namespace):
    cloudwatch, now = client("cloudwatch"), control.now(sandbox)
    data = [{"MetricName": "M", "Timestamp": now - 120, "Value": v} for v in (3, 4)]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    window = {"StartTime": now - 600, "EndTime": now}
    [result] = cloudwatch.get_metric_data(MetricDataQueries=[_stat("M", namespace)], **window)[
        "MetricDataResults"
    ]
    assert result["Values"] == [7.0]
    assert result["Timestamps"][0].timestamp() == (now - 120) // 60 * 60


def test_a_percentile_is_of_the_values(client, sandbox, namespace):
    cloudwatch, now = client("cloudwatch"), control.now(sandbox)
    values = {"Values": [10.0, 900.0], "Counts": [98.0, 2.0]}
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "D", **values}])
    statistics = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName="D",
        StartTime=now - 300,
        EndTime=now + 60,
        Period=300,
        ExtendedStatistics=["p50", "p99"],
    )
    values = statistics["Datapoints"][0]["ExtendedStatistics"]
    assert values == {"p50": 10.0, "p99": 900.0}


def test_awss_own_namespaces_are_closed_to_callers_and_open_to_the_control(client, sandbox):
    cloudwatch, now = client("cloudwatch"), control.now(sandbox)
    with pytest.raises(cloudwatch.exceptions.InvalidParameterValueException):
        cloudwatch.put_metric_data(
            Namespace="AWS/SQS", MetricData=[{"MetricName": "M", "Value": 1}]
        )
    queue = uuid.uuid4().hex
    control.record_metric(
        sandbox,
        "AWS/SQS",
        "ApproximateAgeOfOldestMessage",
        {"QueueName": queue},
        [(now, 5.0)],
        account="111111111111",
        region="eu-west-1",
    )
    found = cloudwatch.list_metrics(
        Namespace="AWS/SQS", Dimensions=[{"Name": "QueueName", "Value": queue}]
    )["Metrics"]
    assert [metric["MetricName"] for metric in found] == ["ApproximateAgeOfOldestMessage"]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a/b*100", 50.0),
        ("IF(b > 3, a, 0)", 2.0),
        ("IF(b > 5, a, 0)", 0.0),
        ("SUM(METRICS())", 6.0),
        ("MAX([a, b])", 4.0),
        ("a^2 + -b", 0.0),
        ("FILL(c, 9)", 9.0),
        ("(a > 1 AND b > 1) * 7", 7.0),
    ],
)
def test_metric_math(expression, value):
    known = {"a": {60: 2.0}, "b": {60: 4.0}, "c": {}}
    assert evaluate(expression, known, [known["a"], known["b"]]) == {60: value}


def test_a_division_by_zero_has_no_point():
    assert evaluate("a/b", {"a": {60: 1.0}, "b": {60: 0.0}}, []) == {}


@pytest.mark.parametrize("expression", ["a +", "SEARCH('x')", "__import__('os')", "a.b", "z", ""])
def test_an_expression_that_is_none_is_refused(expression):
    with pytest.raises(ExpressionError):
        evaluate(expression, {"a": {60: 1.0}}, [])


def _alarms(**settings):
    series = Series()
    alarms = Alarms("111111111111", "eu-west-1", series)
    usual = {
        "AlarmName": "high",
        "Namespace": "N",
        "MetricName": "M",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Statistic": "Sum",
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    alarms.put_metric_alarm({**usual, **settings}, 1000.0)
    return alarms, series


def _state(alarms, now, name="high"):
    found = alarms.describe(
        {"AlarmNames": [name], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}, now
    )
    return [a["StateValue"] for a in found["MetricAlarms"] + found["CompositeAlarms"]]


def test_an_alarm_goes_off_by_itself_and_recovers():
    alarms, series = _alarms(TreatMissingData="notBreaching")
    series.put(metric_key("N", "M", {}), 1021.0, 5.0)
    assert _state(alarms, 1019.0) == ["INSUFFICIENT_DATA"]  # not evaluated yet
    assert _state(alarms, 1025.0) == ["ALARM"]
    assert _state(alarms, 1150.0) == ["OK"]


def test_a_minute_that_has_just_begun_does_not_hide_the_one_before():
    alarms, series = _alarms(TreatMissingData="notBreaching")
    for at in range(1020, 1082):
        series.put(metric_key("N", "M", {}), at, 0.1)
    assert _state(alarms, 1081.0) == ["ALARM"]


@pytest.mark.parametrize(
    ("treatment", "state"),
    [("missing", "INSUFFICIENT_DATA"), ("breaching", "ALARM"), ("notBreaching", "OK")],
)
def test_missing_data_are_treated_as_the_alarm_says(treatment, state):
    alarms, _ = _alarms(TreatMissingData=treatment)
    assert _state(alarms, 1100.0) == [state]


def test_m_of_n_datapoints():
    alarms, series = _alarms(EvaluationPeriods=3, DatapointsToAlarm=2)
    series.put(metric_key("N", "M", {}), 1030.0, 5.0)
    assert _state(alarms, 1090.0) == ["OK"]
    series.put(metric_key("N", "M", {}), 1090.0, 5.0)
    assert _state(alarms, 1150.0) == ["ALARM"]


def test_a_state_that_was_set_holds_until_the_next_evaluation():
    alarms, _ = _alarms(TreatMissingData="notBreaching")
    alarms.set_state({"AlarmName": "high", "StateValue": "ALARM", "StateReason": "t"}, 1025.0)
    assert _state(alarms, 1030.0) == ["ALARM"]
    assert _state(alarms, 1085.0) == ["OK"]
    changes = alarms.history({"AlarmName": "high", "HistoryItemType": "StateUpdate"}, 1090.0)
    assert len(changes["AlarmHistoryItems"]) == 3  # OK at first, then ALARM, then OK


def test_a_composite_alarm_follows_its_children():
    alarms, _ = _alarms(TreatMissingData="notBreaching")
    rule = 'ALARM("high") AND NOT ALARM(other)'
    alarms.put_composite_alarm({"AlarmName": "both", "AlarmRule": rule}, 1000.0)
    alarms.set_state({"AlarmName": "high", "StateValue": "ALARM", "StateReason": "t"}, 1025.0)
    assert _state(alarms, 1030.0, "both") == ["ALARM"]
    assert _state(alarms, 1085.0, "both") == ["OK"]


def test_composite_alarms_are_listed_only_when_asked_for(client):
    cloudwatch, name = client("cloudwatch"), f"c{uuid.uuid4().hex[:8]}"
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule="TRUE")
    assert cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []
    found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
    assert found["CompositeAlarms"][0]["StateValue"] == "ALARM"


@pytest.mark.parametrize("rule", ["", "ALARM(", "ALARM(a) ALARM(b)", "a AND b", "(TRUE", "AND"])
def test_a_rule_that_is_none_is_refused(rule):
    with pytest.raises(RuleError):
        parse_rule(rule)


def test_more_than_a_hundred_names_are_refused(client):
    cloudwatch = client("cloudwatch")
    with pytest.raises(cloudwatch.exceptions.ClientError, match="at most 100"):
        cloudwatch.describe_alarms(AlarmNames=[f"a{n}" for n in range(101)])


@pytest.mark.parametrize(
    "value", [0, 23, 24, 255, 256, 70_000, 2**40, -1, -300, 1.5, "ü", b"x", [1, {"a": True}]]
)
def test_cbor_reads_what_it_writes(value):
    assert decode(encode(value)) == value


def test_cbor_keeps_times_apart_from_numbers():
    assert isinstance(decode(encode(Epoch(5.0))), Epoch)
    assert not isinstance(decode(encode(5.0)), Epoch)


@pytest.mark.parametrize("data", [b"", b"\x61", b"\x82\x01", b"\x1c", b"\x62\xff\xff"])
def test_what_is_not_cbor_is_refused(data):
    with pytest.raises(ValueError, match="not CBOR"):
        decode(data)
