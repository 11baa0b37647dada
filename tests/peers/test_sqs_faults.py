"""A redrive on `local-aws-sqs` behind a proxy that makes every kind of bad day.

AWSOPS_TEST_SCALE=10 makes it 1,000 messages for each fault.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.peers.faulty_proxy import FAULTS, in_front_of
from tests.peers.test_sqs_local_aws_sqs import DEV, Peer, peer, server

pytestmark = pytest.mark.peers
__all__ = ["peer", "server"]

SCALE = max(1, int(os.environ.get("AWSOPS_TEST_SCALE", "1")))
MESSAGES = 100 * SCALE
_DOUBT = re.compile(r"up to ([\d,]+) messages? may arrive once more")


def fill(peer: Peer, name: str, count: int) -> None:
    url = peer.url(name)
    for start in range(0, count, 10):
        entries = [{"Id": str(n), "MessageBody": f"body-{n}"} for n in range(start, start + 10)]
        assert not peer.client.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")


@pytest.mark.timeout(60 * SCALE + 60)
@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_loses_a_message_and_none_doubles_more_than_the_run_says(
    awsops: Any, peer: Peer, fault: str, tmp_path: Path
) -> None:
    dlq = peer.make("dead")
    orders = peer.make("orders", dlq=dlq)
    fill(peer, dlq, MESSAGES)
    argv = ["sqs", "redrive", dlq, "--engine", "client", "--visibility", "10s", "-y", *DEV]
    share = 0.04 if fault == "credentials" else 0.2
    with in_front_of(peer.endpoint, fault, share, seed=11, most=MESSAGES // 5) as (url, weather):
        done = awsops(argv, environ={"AWS_ENDPOINT_URL_SQS": url})
    said = _doubted(done.stderr)
    if fault == "credentials":  # renewed, and gone on with
        assert done.exit_code == 4, done.stderr
        way_on = re.search(r"--resume (\S+)", done.stderr)
        assert way_on is not None, done.stderr
        again = [*argv, "--resume", way_on[1]]
        done = awsops(again, environ={"AWS_ENDPOINT_URL_SQS": peer.endpoint})
        said = _doubted(done.stderr)
    assert done.exit_code == 0, done.stderr
    assert weather.struck.total() > 0
    assert peer.depth(dlq) == (0, 0)
    arrived = [message["Body"] for message in peer.drain(orders)]
    lost = MESSAGES - len(set(arrived))
    doubled = len(arrived) - len(set(arrived))
    struck = weather.struck.total()
    print(f"{fault}: {struck} times, {lost} lost, {doubled} doubled, {said} said")
    assert lost == 0
    assert doubled <= said


def _doubted(stderr: str) -> int:
    said = _DOUBT.search(stderr)
    return int(said[1].replace(",", "")) if said else 0
