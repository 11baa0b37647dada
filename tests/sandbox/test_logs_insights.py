"""The sandbox's Insights, held to the examples of AWS's documentation.

CWL_QuerySyntax-Parse: parse; CWL_QuerySyntax-Stats: bin and the aggregates; -Filter: comparisons,
like, in; -Dedup, -Limit, -Sort, -Display. Amazon CloudWatch Logs User Guide.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from awsops.sandbox.logs.service import LogsService
from tests.plugins.logs_place import ACCOUNT, GROUP, REGION, START, LocalLogs, ServiceError


@pytest.fixture
def logs() -> LocalLogs:
    return LocalLogs()


def rows(logs: LocalLogs, text: str, **params: Any) -> list[dict[str, str]]:
    started = logs.start_query(
        logGroupName=GROUP, startTime=START - 3600, endTime=START, queryString=text, **params
    )
    logs.sleep(1)
    answer = logs.get_query_results(queryId=started["queryId"])
    assert answer["status"] == "Complete"
    return [
        {cell["field"]: cell["value"] for cell in row if cell["field"] != "@ptr"}
        for row in answer["results"]
    ]


def put_json(logs: LocalLogs, *events: dict[str, Any]) -> None:
    for number, event in enumerate(events):
        logs.put((START - 600 + number, json.dumps(event)))


def test_a_glob_gives_fields_to_average_by(logs: LocalLogs) -> None:
    # CWL_QuerySyntax-Parse: the query of the page's example of a glob.
    logs.put((START - 9, "user=ann, method:GET, latency := 10"))
    logs.put((START - 8, "user=ann, method:GET, latency := 30"))
    logs.put((START - 7, "user=bob, method:PUT, latency := 5"))
    found = rows(
        logs,
        'parse @message "user=*, method:*, latency := *" as @user, @method, @latency '
        "| stats avg(@latency) by @method, @user",
    )
    assert found == [
        {"@method": "GET", "@user": "ann", "avg(@latency)": "20"},
        {"@method": "PUT", "@user": "bob", "avg(@latency)": "5"},
    ]


def test_a_named_group_of_a_regular_expression_becomes_a_field(logs: LocalLogs) -> None:
    # CWL_QuerySyntax-Parse: the ENI of a flow log.
    logs.put((START - 9, "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 ..."))
    found = rows(logs, "parse @message /(?<NetworkInterface>eni-.*?) / | display NetworkInterface")
    assert found == [{"NetworkInterface": "eni-1235b8ca123456789"}]


def test_bin_counts_by_period(logs: LocalLogs) -> None:
    for second in (0, 10, 299, 300):
        logs.put((START - 3600 + second, "x"))
    found = rows(logs, "stats count(*) as n by bin(5m) as t | sort t asc")
    assert [row["n"] for row in found] == ["3", "1"]
    assert all(row["t"].endswith(":00.000") for row in found)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("n > 2", ["3", "10"]),
        ("n >= 3 and n < 10", ["3"]),
        ('word = "b" or n = 10', ["2", "10"]),
        ('not word = "a"', ["2", "3", "10"]),
        ("word in ['a', 'b']", ["1", "2"]),
        ("word not in ['a', 'b']", ["3", "10"]),
        ("@message like /(?i)WORD.*C/", ["3"]),
        ('word like "d"', ["10"]),
        ('word not like "d"', ["1", "2", "3"]),
        ("word =~ /^[ab]$/", ["1", "2"]),
        ("n * 2 + 1 = 7", ["3"]),
        ("ispresent(extra)", ["1"]),
        ("nested.deep = 'yes'", ["2"]),
        ("(n = 1 or n = 2) and word != 'a'", ["2"]),
    ],
)
def test_a_filter_keeps_what_its_condition_says(
    logs: LocalLogs, condition: str, expected: list[str]
) -> None:
    put_json(
        logs,
        {"n": 1, "word": "a", "extra": True},
        {"n": 2, "word": "b", "nested": {"deep": "yes"}},
        {"n": 3, "word": "c"},
        {"n": 10, "word": "d"},
    )
    found = rows(logs, f"filter {condition} | fields n | sort @timestamp asc")
    assert [row["n"] for row in found] == expected


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("count(*)", "4"),
        ("count(a)", "3"),
        ("count_distinct(word)", "2"),
        ("sum(a)", "6"),
        ("avg(a)", "2"),
        ("min(a)", "1"),
        ("max(a)", "3"),
        ("pct(a, 50)", "2"),
        ("earliest(word)", "x"),
        ("latest(word)", "y"),
        ("stddev(a)", "0.8165"),
    ],
)
def test_an_aggregate_is_over_the_events_that_have_the_field(
    logs: LocalLogs, aggregate: str, expected: str
) -> None:
    put_json(
        logs,
        {"a": 1, "word": "x"},
        {"a": 2, "word": "x"},
        {"a": 3, "word": "x"},
        {"word": "y"},
    )
    assert rows(logs, f"stats {aggregate} as r") == [{"r": expected}]


def test_dedup_keeps_the_newest_of_each(logs: LocalLogs) -> None:
    put_json(logs, {"id": "a", "n": 1}, {"id": "a", "n": 2}, {"id": "b", "n": 3})
    found = rows(logs, "fields id, n | sort @timestamp desc | dedup id")
    assert found == [{"id": "b", "n": "3"}, {"id": "a", "n": "2"}]


def test_events_come_newest_first_unless_sorted(logs: LocalLogs) -> None:
    put_json(logs, {"n": 1}, {"n": 2}, {"n": 3})
    assert [row["n"] for row in rows(logs, "fields n | limit 2")] == ["3", "2"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("fields @message | filtre x", 18),
        ("fields @message | filter x ==", 28),
        ("stats total(x)", 6),
        ("fields nosuch(x)", 7),
        ('parse @message "a * b" as x, y', 15),
        ("limit 0", 6),
        ("fields a |", 10),
    ],
)
def test_a_malformed_query_is_refused_with_its_place(logs: LocalLogs, text: str, at: int) -> None:
    with pytest.raises(ServiceError) as refused:
        rows(logs, text)
    assert refused.value.response["queryCompileError"]["location"]["startCharOffset"] == at


def test_a_query_passes_through_its_states(logs: LocalLogs) -> None:
    started = logs.start_query(
        logGroupName=GROUP, startTime=1, endTime=START, queryString="fields @message"
    )
    seen = []
    for _ in range(5):
        seen.append(logs.get_query_results(queryId=started["queryId"])["status"])
        logs.sleep(0.05)
    assert seen == ["Scheduled", "Running", "Running", "Complete", "Complete"]


def test_a_stopped_query_cannot_be_stopped_again(logs: LocalLogs) -> None:
    started = logs.start_query(
        logGroupName=GROUP, startTime=1, endTime=START, queryString="fields @message"
    )
    logs.stop_query(**started)
    with pytest.raises(ServiceError, match="not in a running state"):
        logs.stop_query(**started)


def test_the_hundred_and_first_query_at_a_time_is_refused(logs: LocalLogs) -> None:
    asked = {"startTime": 1, "endTime": START, "queryString": "fields @message"}
    for _ in range(100):
        logs.start_query(logGroupName=GROUP, **asked)
    with pytest.raises(ServiceError, match="concurrency limit") as refused:
        logs.start_query(logGroupName=GROUP, **asked)
    assert refused.value.response["Error"]["Code"] == "LimitExceededException"


def test_results_come_in_pages(logs: LocalLogs) -> None:
    put_json(logs, *({"n": n} for n in range(5)))
    started = logs.start_query(
        logGroupName=GROUP, startTime=START - 3600, endTime=START, queryString="fields n"
    )
    logs.sleep(1)
    first = logs.get_query_results(queryId=started["queryId"], maxItems=3)
    more = logs.get_query_results(
        queryId=started["queryId"], maxItems=3, nextToken=first["nextToken"]
    )
    assert (len(first["results"]), len(more["results"]), "nextToken" in more) == (3, 2, False)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        # FilterAndPatternSyntax: terms, optional terms, exclusions, phrases, JSON.
        ("ERROR", ["0", "1"]),
        ("ERROR 4", ["1"]),
        ("?WARN ?INFO", ["2", "3"]),
        ("-ERROR -INFO", ["2"]),
        ('"ERROR\\" "', []),
        ("%n.: [01]%", ["0", "1"]),
        ("{ $.n = 2 }", ["2"]),
        ("{ $.n >= 1 && $.level != ERROR }", ["2", "3"]),
        ("{ ($.n = 0) || ($.level = INF*) }", ["0", "3"]),
        ("{ $.nothing NOT EXISTS && $.n < 1 }", ["0"]),
        ("{ $.ok IS TRUE }", ["3"]),
        ("{ $.list[1].x = 9 }", ["3"]),
    ],
)
def test_a_filter_pattern_finds_what_the_guide_says(
    logs: LocalLogs, pattern: str, expected: list[str]
) -> None:
    put_json(
        logs,
        {"level": "ERROR", "n": 0},
        {"level": "ERROR", "n": 1, "code": 4},
        {"level": "WARN", "n": 2},
        {"level": "INFO", "n": 3, "ok": True, "list": [1, {"x": 9}]},
    )
    answer = logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern)
    assert [str(json.loads(e["message"])["n"]) for e in answer["events"]] == expected


def test_a_page_of_filtered_events_may_be_empty_and_go_on(logs: LocalLogs) -> None:
    region = logs.service.of(ACCOUNT, REGION)
    group = region.group(GROUP)
    from awsops.sandbox.logs.events import SCAN_EVENTS, add

    for number in range(SCAN_EVENTS):
        add(region, group, "s", number, "nothing", number)
    add(region, group, "s", SCAN_EVENTS + 1, "needle", 1)
    first = logs.filter_log_events(logGroupName=GROUP, filterPattern="needle")
    assert first["events"] == []
    more = logs.filter_log_events(
        logGroupName=GROUP, filterPattern="needle", nextToken=first["nextToken"]
    )
    assert [event["message"] for event in more["events"]] == ["needle"]


def test_a_demo_account_has_something_to_look_at() -> None:
    service = LogsService()
    answer = service.answer("DescribeLogGroups", {}, ACCOUNT, REGION)
    assert [group["logGroupName"] for group in answer["logGroups"]] == [
        "/aws/lambda/orders",
        "/demo/cloudtrail",
        "/demo/orders-api",
        "/demo/vpc-flow",
    ]
