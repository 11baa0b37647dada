"""Insights' calls keep to the account's quotas, and times are counted from the service's clock."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from awsops_plugins.logs.insights import Insights, Question, Tally
from awsops_plugins.logs.quotas import BURST_SECONDS, START_QUERY, Pace, Paces, paces
from hypothesis import given
from hypothesis import strategies as st

from awsops.api import RunRecord
from awsops.once import Once
from awsops.testing import FakeClock, Result
from tests.plugins.logs_place import ACCOUNT, ARN, REGION, START, LocalLogs

Run = Callable[..., Result]


def leave(pace: Pace, clock: FakeClock, pauses: list[float]) -> list[float]:
    """The moments at which calls leave that begin so many seconds after each other."""
    moments = []
    for pause in pauses:
        clock.sleep(pause)
        moments.append(clock() + pace.turn())
    return moments


@given(st.lists(st.sampled_from([0.0, 0.01, 0.3, 7.0]), max_size=150), st.floats(0.5, 20))
def test_no_more_calls_leave_in_any_time_than_the_quota_and_the_burst(
    pauses: list[float], rate: float
) -> None:
    clock = FakeClock(0.0)
    moments = leave(Pace(rate, clock, burst=5.0), clock, pauses)
    for first, begun in enumerate(moments):
        for last in range(first, len(moments)):
            over = last - first + 1 - 5.0 - rate * (moments[last] - begun)
            assert over < 1e-6


def test_after_a_refusal_calls_leave_one_by_one() -> None:
    clock = FakeClock(0.0)
    pace = Pace(10.0, clock)
    pace.refused()
    clock.sleep(60)
    moments = leave(pace, clock, [0.0] * 11)
    assert moments[-1] - moments[0] == pytest.approx(1.0)


def test_targets_of_one_account_and_region_share_their_turns() -> None:
    once: Once[Any] = Once()

    def target(account: str, region: str) -> Any:
        return SimpleNamespace(
            identity=lambda: SimpleNamespace(account=account),
            region=region,
            env=SimpleNamespace(monotonic=FakeClock(0.0)),
            shared=once.get,
        )

    mine = paces(target("1", "eu-west-1"))
    assert paces(target("1", "eu-west-1")) is mine
    assert paces(target("2", "eu-west-1")) is not mine
    assert paces(target("1", "us-east-1")) is not mine


def test_many_queries_are_started_no_faster_than_the_quota(tmp_path: Path) -> None:
    logs = LocalLogs()
    started: list[float] = []
    original = logs._call

    def call(operation: str, params: dict[str, Any]) -> Any:
        if operation == "StartQuery":
            started.append(logs.now)
        return original(operation, params)

    logs._call = call  # type: ignore[method-assign]
    record = RunRecord.begin(tmp_path, f"r-{ACCOUNT}-{REGION}-queries", {}, keep_seconds=60)
    insights = Insights(
        logs,
        record,
        Tally(),
        sleep=logs.sleep,
        stopped=lambda: False,
        paces=Paces.of(REGION, lambda: logs.now),
    )
    with insights:
        for _ in range(99):
            insights.start(Question("fields @message", (ARN,), 1, START, 10))
    burst = START_QUERY * BURST_SECONDS
    assert started[-1] - started[0] == pytest.approx((98 - burst + 1) / START_QUERY)


@pytest.mark.parametrize("operation", ["StartQuery", "GetQueryResults", "StopQuery"])
def test_a_throttled_operation_slows_down_and_the_query_ends_well(
    tmp_path: Path, operation: str
) -> None:
    logs = LocalLogs()
    logs.put((START - 5, "x"))
    refusals = Counter({operation: 3})
    original = logs._call

    def call(name: str, params: dict[str, Any]) -> Any:
        from tests.plugins.logs_place import ServiceError

        if refusals[name] > 0:
            refusals[name] -= 1
            raise ServiceError("ThrottlingException", "Rate exceeded")
        return original(name, params)

    logs._call = call  # type: ignore[method-assign]
    record = RunRecord.begin(tmp_path, f"r-{ACCOUNT}-{REGION}-queries", {}, keep_seconds=60)
    turns = Paces.of(REGION, lambda: logs.now)
    with Insights(
        logs, record, Tally(), sleep=logs.sleep, stopped=lambda: False, paces=turns
    ) as insights:
        rows = insights.fetch(Question("fields @message", (ARN,), START - 60, START, 10))
    assert [row["@message"] for row in rows] == ["x"]


@pytest.mark.parametrize("expired_at", [1, 2, 3])
def test_a_page_whose_token_has_expired_loses_and_repeats_no_row(
    tmp_path: Path, expired_at: int
) -> None:
    from awsops.sandbox.logs import queries

    logs = LocalLogs()
    logs.put(*((START - 60 + n, f"event {n}") for n in range(40)))
    page_rows, queries.PAGE_ROWS = queries.PAGE_ROWS, 10
    pages = 0
    original = logs._call

    def call(name: str, params: dict[str, Any]) -> Any:
        from tests.plugins.logs_place import ServiceError

        nonlocal pages
        pages += "nextToken" in params
        if "nextToken" in params and pages == expired_at:
            raise ServiceError("InvalidParameterException", "The specified nextToken is invalid.")
        return original(name, params)

    logs._call = call  # type: ignore[method-assign]
    record = RunRecord.begin(tmp_path, f"r-{ACCOUNT}-{REGION}-queries", {}, keep_seconds=60)
    try:
        with Insights(logs, record, Tally(), sleep=logs.sleep, stopped=lambda: False) as insights:
            text = "fields @message | sort @timestamp asc"
            rows = insights.fetch(Question(text, (ARN,), START - 90, START, 10_000))
    finally:
        queries.PAGE_ROWS = page_rows
    assert [row["@message"] for row in rows] == [f"event {n}" for n in range(40)]
    assert pages > expired_at


def test_an_empty_page_with_a_token_is_not_the_end_of_a_query(tmp_path: Path) -> None:
    logs = LocalLogs()
    logs.put((START - 5, "x"))
    original = logs._call

    def call(name: str, params: dict[str, Any]) -> Any:
        token = params.pop("nextToken", None)
        answer = original(name, params)
        if name == "GetQueryResults" and answer["status"] == "Complete" and token is None:
            return {**answer, "results": [], "nextToken": "more"}
        return answer

    logs._call = call  # type: ignore[method-assign]
    record = RunRecord.begin(tmp_path, f"r-{ACCOUNT}-{REGION}-queries", {}, keep_seconds=60)
    with Insights(logs, record, Tally(), sleep=logs.sleep, stopped=lambda: False) as insights:
        rows = insights.fetch(Question("fields @message", (ARN,), START - 60, START, 10))
    assert [row["@message"] for row in rows] == ["x"]


@pytest.mark.parametrize(("off", "side"), [(300, "ahead of"), (-300, "behind")])
def test_the_time_asked_for_is_counted_from_the_services_clock(
    awsops: Run, off: float, side: str
) -> None:
    text = "stats min(@timestamp) as oldest, max(@timestamp) as newest"
    words = ["logs", "query", text, "-g", "/demo/orders-api", "-p", "demo-dev"]
    right = awsops([*words, "--since", "1h"])
    wrong = awsops([*words, "--since", "1h"], clock=FakeClock(time.time() + off))
    for edge in ("oldest", "newest"):  # events come every few seconds
        assert abs(float(wrong.rows[0][edge]) - float(right.rows[0][edge])) < 60_000
    assert f"{side} AWS's" in wrong.stderr
    assert "AWS's" not in right.stderr
