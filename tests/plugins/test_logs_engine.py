"""Queries, slices and tails against the sandbox's Logs in this process, on bad days too."""

from __future__ import annotations

import json
import os
import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from awsops_plugins.logs.insights import Fetched, Insights, Question, Tally
from awsops_plugins.logs.slicing import all_rows, cut
from awsops_plugins.logs.stopping import choose, going, left_behind, stop_all
from awsops_plugins.logs.tailing import OVERLAP_MS
from awsops_plugins.logs.text import commands_of, slice_order
from hypothesis import given, settings
from hypothesis import strategies as st

from awsops.api import AwsopsError, CancelledError, RunRecord, UsageError
from tests.plugins.logs_place import ACCOUNT, ARN, GROUP, REGION, START, LocalLogs, follower

SCALE = int(os.environ.get("AWSOPS_TEST_SCALE", "1"))
NAME = f"run-{ACCOUNT}-{REGION}-queries"


def asking(logs: LocalLogs, folder: Path, **tally: Any) -> Insights:
    record = RunRecord.begin(folder, NAME, {"account": ACCOUNT}, keep_seconds=60)
    return Insights(logs, record, Tally(**tally), sleep=logs.sleep, stopped=lambda: False)


def question(text: str, start: int, end: int, limit: int = 10_000) -> Question:
    return Question(text, (ARN,), start, end, limit)


class SameThread(ThreadPoolExecutor):
    """A pool that works at once: the order of calls is then the same each time."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


@settings(max_examples=40 * SCALE, deadline=None)
@given(
    seconds=st.lists(st.integers(0, 120), max_size=60),
    limit=st.integers(2, 40),
    width=st.integers(1, 8),
    oldest_first=st.booleans(),
)
def test_sliced_equals_unsliced_row_for_row(
    seconds: list[int], limit: int, width: int, oldest_first: bool
) -> None:
    import tempfile

    fullest = max((seconds.count(second) for second in seconds), default=0)
    limit = max(limit, fullest + 1)  # a second that alone is full cannot be cut
    logs = LocalLogs()
    # A millisecond of its own for each event of a second: the order is then defined.
    logs.put(*((START - 120 + s + n / 1000, f"event {n}") for n, s in enumerate(seconds)))
    text = "fields @timestamp, @message | sort @timestamp " + ("asc" if oldest_first else "desc")
    with (
        tempfile.TemporaryDirectory() as folder,
        asking(logs, Path(folder)) as insights,
        SameThread() as pool,
    ):
        whole = insights.fetch(question(text, START - 120, START))
        pages = all_rows(
            START - 120,
            START,
            limit=limit,
            fetch=lambda a, b: insights.fetch_slice(question(text, a, b, limit)),
            pool=pool,
            width=width,
            newest_first=not oldest_first,
        )
        assert [row for page in pages for row in page] == whole


@given(start=st.integers(0, 1000), length=st.integers(0, 500), pieces=st.integers(1, 80))
def test_slices_cover_every_second_once(start: int, length: int, pieces: int) -> None:
    slices = cut(start, start + length, pieces)
    covered = [second for a, b in slices for second in range(a, b + 1)]
    assert covered == list(range(start, start + length + 1))


def test_the_largest_limit_is_sliced_too(tmp_path: Path) -> None:
    logs = LocalLogs()
    logs.put((START - 5, "x"))

    def fetch(start: int, end: int) -> Fetched:
        found = insights.fetch_slice(question("fields @message", start, end, 100_000))
        return Fetched(found.rows, 90_000)  # as if it had been so many

    with asking(logs, tmp_path) as insights, SameThread() as pool:
        pages = all_rows(START - 10, START, limit=100_000, fetch=fetch, pool=pool, width=1)
        assert [row["@message"] for page in pages for row in page] == ["x"]


def test_a_second_that_is_full_is_an_error_and_loses_nothing_silently(tmp_path: Path) -> None:
    logs = LocalLogs()
    logs.put(*((START - 5, str(n)) for n in range(5)))
    with asking(logs, tmp_path) as insights, SameThread() as pool:
        pages = all_rows(
            START - 10,
            START,
            limit=5,
            fetch=lambda a, b: insights.fetch_slice(question("fields @message", a, b, 5)),
            pool=pool,
            width=2,
        )
        with pytest.raises(AwsopsError, match="alone has 5 rows"):
            list(pages)


@pytest.mark.parametrize(
    "text",
    [
        "stats count(*) by bin(5m)",
        "fields a | dedup a",
        "fields a | sort a desc",
        "sort @timestamp desc | limit 5",
        "fields a # | x\n| stats count(*)",
    ],
)
def test_a_query_that_slices_would_change_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be sliced"):
        slice_order(text)


@pytest.mark.parametrize(
    ("text", "newest_first"),
    [
        ("fields @message", True),
        ("fields @message | sort @timestamp", True),
        ("filter @message like /a|limit 5/ | sort @timestamp asc", False),
        ('filter a = "| stats count(*)"', True),
    ],
)
def test_what_stands_in_quotes_and_expressions_is_no_command(text: str, newest_first: bool) -> None:
    assert slice_order(text) is newest_first


def test_commands_are_told_apart_by_bars() -> None:
    assert commands_of("fields a|filter b like /x|y/ | sort c") == [
        "fields a",
        "filter b like /x|y/",
        "sort c",
    ]


def test_a_start_beyond_the_accounts_limit_waits_for_its_turn(tmp_path: Path) -> None:
    logs = LocalLogs()
    for _ in range(100):
        logs.start_query(
            logGroupName=GROUP, startTime=1, endTime=START, queryString="fields @message"
        )
    with asking(logs, tmp_path) as insights:
        assert insights.fetch(question("fields @message", 1, START)) == []
        assert insights.waiting > 0


def test_throttles_at_every_call_end_no_query(tmp_path: Path) -> None:
    logs = LocalLogs()
    logs.put((START - 5, "x"))
    logs.throttle = 0.6
    with asking(logs, tmp_path) as insights:
        rows = insights.fetch(question("fields @message", START - 60, START))
    assert [row["@message"] for row in rows] == ["x"]


def test_leaving_early_stops_every_started_query(tmp_path: Path) -> None:
    logs = LocalLogs()
    with asking(logs, tmp_path) as insights:
        for _ in range(3):
            insights.start(question("fields @message", 1, START))
    assert (list(going(logs)), logs.calls.count("StopQuery")) == ([], 3)


def test_nothing_is_started_once_the_run_is_cancelled(tmp_path: Path) -> None:
    logs = LocalLogs()
    cancelled = threading.Event()
    cancelled.set()
    record = RunRecord.begin(tmp_path, NAME, {}, keep_seconds=60)
    insights = Insights(logs, record, Tally(), sleep=logs.sleep, stopped=cancelled.is_set)
    with insights, pytest.raises(CancelledError):
        insights.start(question("fields @message", 1, START))
    assert "StartQuery" not in logs.calls


def test_what_a_killed_run_left_behind_is_found_and_stopped(tmp_path: Path) -> None:
    logs = LocalLogs()
    record = RunRecord.begin(tmp_path, NAME, {"account": ACCOUNT}, keep_seconds=60)
    insights = Insights(logs, record, Tally(), sleep=logs.sleep, stopped=lambda: False)
    mine = insights.start(question("fields @message", 1, START))
    logs.start_query(logGroupName=GROUP, startTime=1, endTime=START, queryString="fields @message")
    record.close(finished=False)  # all that a kill leaves: the file, and nobody who holds it
    left = left_behind(tmp_path, ACCOUNT, REGION)
    stopped = list(stop_all(logs, choose(logs, (), left)))
    assert [(one.query, one.outcome) for one in stopped] == [(mine, "stopped")]
    assert len(list(going(logs))) == 1  # somebody else's goes on


def test_a_run_that_goes_on_is_nobody_elses_to_stop(tmp_path: Path) -> None:
    logs = LocalLogs()
    with asking(logs, tmp_path) as insights:
        insights.start(question("fields @message", 1, START))
        assert left_behind(tmp_path, ACCOUNT, REGION) == {}


def test_a_bound_on_what_is_scanned_ends_the_query(tmp_path: Path) -> None:
    logs = LocalLogs()
    logs.put((START - 5, "x" * 1000))
    with (
        asking(logs, tmp_path, max_bytes=500) as insights,
        pytest.raises(AwsopsError, match="more than --max-scan"),
    ):
        insights.fetch(question("fields @message", START - 60, START))
    assert list(going(logs)) == []


def test_a_late_event_is_shown_and_none_twice() -> None:
    logs = LocalLogs()
    tail = follower(logs, START - 60)
    logs.put((START - 1, "first"))
    assert [e.message for e in tail.look()] == ["first"]
    logs.put((START - 30, "late"), (START, "second"))
    assert [e.message for e in tail.look()] == ["late", "second"]
    assert tail.look() == []


def test_an_event_dated_ahead_hides_none_of_now() -> None:
    logs = LocalLogs()
    tail = follower(logs, START - 60)
    logs.put((START + 300, "from a clock five minutes ahead"))
    tail.look()
    logs.sleep(5)
    logs.put((START + 4, "now"))
    assert [e.message for e in tail.look()] == ["now"]


def test_a_token_that_expired_loses_and_repeats_nothing() -> None:
    logs = LocalLogs()
    from awsops.sandbox.logs.events import SCAN_EVENTS, add

    region = logs.service.of(ACCOUNT, REGION)
    for number in range(SCAN_EVENTS + 10):
        at = (START - 50) * 1000 + number
        add(region, region.group(GROUP), "s", at, str(number), at)
    tail = follower(logs, START - 60)
    original = region.place
    expired = iter([True])

    def place(token: Any, default: Any) -> Any:
        if token is not None and next(expired, False):
            region.bookmarks.clear()
        return original(token, default)

    region.place = place  # type: ignore[method-assign]
    assert len({e.message for e in tail.look()}) == SCAN_EVENTS + 10


def test_a_long_follow_with_late_events_and_throttles_loses_and_repeats_none() -> None:
    dice = random.Random(7)
    logs = LocalLogs(throttle=0.05, seed=7)
    tail = follower(logs, START)
    put: list[str] = []
    late: list[tuple[float, float, str]] = []  # when it comes in, its time, its text
    seen: list[str] = []
    for second in range(120 * SCALE):
        logs.now = START + second
        for number in range(5):
            text = json.dumps({"n": second * 5 + number})
            put.append(text)
            at = logs.now - dice.random()
            if dice.random() < 0.05:
                late.append(
                    (logs.now + dice.uniform(1, OVERLAP_MS / 1000 - 5), max(at, START), text)
                )
            else:
                logs.put((max(at, START), text))
        for due in [one for one in late if one[0] <= logs.now]:
            late.remove(due)
            logs.put((due[1], due[2]))
        seen += [event.message for event in tail.look()]
    logs.put(*((at, text) for _, at, text in late))
    seen += [event.message for event in tail.look()]
    assert sorted(seen) == sorted(put)
