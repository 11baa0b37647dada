"""Live Tail: nothing is lost between two sessions, and nothing shown twice."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from awsops_plugins.logs.live import Once
from awsops_plugins.logs.tail_command import _chosen
from awsops_plugins.logs.tailing import Seen
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from awsops.api import UsageError
from awsops.sandbox import control
from awsops.sandbox.accounts import ACCOUNTS
from awsops.testing import Result, Sandbox

Run = Callable[..., Result]

EVENT = st.builds(Seen, st.integers(0, 3), st.just("g"), st.just("s"), st.sampled_from("ab"))


def boto(sandbox: Sandbox) -> Any:
    """A client of the first demo account."""
    account = ACCOUNTS[0]
    return botocore.session.Session(profile=None).create_client(
        "logs",
        region_name="eu-west-1",
        endpoint_url=sandbox.endpoint,
        aws_access_key_id=account.access_key,
        aws_secret_access_key=account.secret,
        config=Config(proxies={}),
    )


@given(st.lists(st.tuples(EVENT, st.sampled_from(["session", "look", "both"]), st.booleans())))
def test_each_event_is_passed_on_once_whoever_sees_it(
    sightings: list[tuple[Seen, str, bool]],
) -> None:
    once, passed = Once(), Counter[Seen]()
    for seen, by, look_first in sightings:
        ways = {"session": [False], "look": [True], "both": [look_first, not look_first]}[by]
        passed.update(seen for way in ways if once.is_new(seen, by_look=way))
    by_session = Counter(seen for seen, by, _ in sightings if by != "look")
    by_look = Counter(seen for seen, by, _ in sightings if by != "session")
    assert passed == by_session | by_look  # the larger count of the two


def test_what_is_remembered_stays_bounded() -> None:
    once = Once()
    for number in range(200_000):
        once.note_time(number * 10, number * 10)
        assert once.is_new(Seen(number * 10, "g", "s", "m"), by_look=False)
    assert len(once._counts) <= 100_001


def test_a_session_that_ends_loses_and_repeats_nothing(
    awsops: Run, awsops_sandbox: Sandbox
) -> None:
    awsops_sandbox.renew()
    logs = boto(awsops_sandbox)
    sent: list[str] = []

    def put(text: str) -> None:
        at = int(control.now(awsops_sandbox.info) * 1000)
        logs.put_log_events(
            logGroupName="/demo/vpc-flow",
            logStreamName="live-test",
            logEvents=[{"timestamp": at, "message": text}],
        )
        sent.append(text)

    def feed() -> None:
        for number in range(30):
            if number == 12:
                control.advance(awsops_sandbox.info, 3 * 3600 + 1)  # the session is over
            put(f"event {number}")
            time.sleep(0.05)

    logs.create_log_stream(logGroupName="/demo/vpc-flow", logStreamName="live-test")
    put("before the session")
    feeder = threading.Thread(target=feed)
    feeder.start()
    result = awsops(
        [
            *("logs", "tail", "/demo/vpc-flow", "-f", "--engine", "live", "--since", "30s"),
            *("--grep", "event|before", "--timeout", "9s", "-p", "demo-dev"),
        ]
    )
    feeder.join()
    seen = [row["message"] for row in result.rows if row["stream"] == "live-test"]
    assert sorted(seen) == sorted(sent)
    assert "the Live Tail session ended; a new one goes on" in result.stderr


def groups(count: int, kind: str = "STANDARD") -> list[dict[str, str]]:
    return [{"logGroupName": f"/g/{n}", "logGroupClass": kind} for n in range(count)]


@pytest.mark.parametrize(
    ("found", "follow", "region", "engine"),
    [
        (groups(3), True, "eu-west-1", "poll"),
        (groups(10), True, "eu-central-1", "live"),  # 5 calls a second there
        (groups(10), False, "eu-central-1", "poll"),
        (groups(10, "INFREQUENT_ACCESS"), True, "eu-central-1", "poll"),
        (groups(11), True, "eu-central-1", "poll"),
    ],
)
def test_auto_takes_live_tail_where_asking_would_be_late(
    found: list[dict[str, str]], follow: bool, region: str, engine: str
) -> None:
    chosen, why = _chosen("auto", found, follow=follow, region=region)
    assert chosen == engine
    assert ("billed by the minute" in why) is (engine == "live")


@pytest.mark.parametrize(
    ("found", "follow", "said"),
    [
        (groups(1), False, "only shows what comes in"),
        (groups(11), True, "10 log groups at most, not 11"),
        (groups(1, "INFREQUENT_ACCESS"), True, "class STANDARD only"),
    ],
)
def test_live_tail_is_refused_where_it_cannot_be(
    found: list[dict[str, str]], follow: bool, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        _chosen("live", found, follow=follow, region="eu-west-1")
