"""The logs commands on `ministack`, a CloudWatch Logs that we did not write (PyPI).

Its Insights has filter, sort and limit, its Live Tail is a session of its own.
"""

from __future__ import annotations

import json
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from awsops.testing import Result, Sandbox
from tests.peers.processes import ministack

pytestmark = pytest.mark.peers


@dataclass
class Peer:
    """A server, a client, and a command line on it; `group` is a fresh log group."""

    client: Any
    run: Callable[..., Result]
    group: str
    endpoint: str

    def put(self, *messages: str) -> None:
        now = int(time.time() * 1000)
        events = [{"timestamp": now + n, "message": text} for n, text in enumerate(messages)]
        self.client.put_log_events(logGroupName=self.group, logStreamName="s", logEvents=events)

    def tail(self, *words: str) -> list[str]:
        result = self.run(["logs", "tail", self.group, *words])
        return [row["message"] for row in result.rows]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with ministack() as url:
        yield url


@pytest.fixture
def peer(endpoint: str, awsops: Callable[..., Result]) -> Peer:
    import botocore.session
    from botocore.config import Config

    client = botocore.session.Session(profile=None).create_client(
        "logs",
        region_name="eu-west-1",
        endpoint_url=endpoint,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="EXAMPLE",
        config=Config(proxies={}),
    )
    group = f"/peer/{uuid.uuid4().hex[:8]}"
    client.create_log_group(logGroupName=group)
    client.create_log_stream(logGroupName=group, logStreamName="s")

    def run(argv: list[str], **options: Any) -> Result:
        return awsops([*argv, "-p", "demo-dev", "--endpoint-url", endpoint], **options)

    return Peer(client, run, group, endpoint)


def test_tail_shows_what_a_filter_pattern_finds(peer: Peer) -> None:
    peer.put("ERROR one", "INFO two", "ERROR three")
    assert peer.tail("--filter", "ERROR") == ["ERROR one", "ERROR three"]


def test_tail_chooses_json_lines_by_jmespath(peer: Peer) -> None:
    peer.put(*(json.dumps({"n": n}) for n in range(4)), "no json")
    assert peer.tail("--where", "n >= `2`") == ['{"n": 2}', '{"n": 3}']


@pytest.mark.parametrize("engine", ["poll", "live"])
def test_a_followed_group_shows_what_comes_in_once(
    peer: Peer, process: Callable[..., Any], awsops_sandbox: Sandbox, engine: str
) -> None:
    words = ["logs", "tail", peer.group, "-f", "--since", "1m", "--engine", engine]
    place = ["-p", "demo-dev", "--endpoint-url", peer.endpoint]
    peer.put("event 0")
    running = process([*words, *place], awsops_sandbox.environ)
    lines = []
    for number in range(1, 6):  # each is shown before the next one comes
        lines.append(running.stdout.readline())
        assert lines[-1], running.communicate()
        peer.put(f"event {number}")
    lines.append(running.stdout.readline())
    running.send_signal(signal.SIGINT)
    lines += running.stdout.read().splitlines()
    assert [json.loads(line)["message"] for line in lines] == [f"event {n}" for n in range(6)]


def test_a_query_filters_sorts_and_limits(peer: Peer) -> None:
    peer.put(*(f"ERROR {n}" if n % 2 else f"INFO {n}" for n in range(8)))
    text = "fields @timestamp, @message | filter @message like /ERROR/ | sort @timestamp desc"
    result = peer.run(["logs", "query", f"{text} | limit 2", "-g", peer.group, "--since", "5m"])
    assert result.exit_code == 0, result.stderr
    assert [row["@message"] for row in result.rows] == ["ERROR 7", "ERROR 5"]
