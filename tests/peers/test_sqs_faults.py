"""A redrive on `local-aws-sqs` behind a proxy that makes every kind of bad day.

AWSOPS_TEST_SCALE=5 makes it 500 messages for each fault.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.peers.sqs_bad_days import Place, check
from tests.peers.test_sqs_local_aws_sqs import DEV, Peer, peer, server

pytestmark = pytest.mark.peers
__all__ = ["peer", "server"]

SCALE = max(1, int(os.environ.get("AWSOPS_TEST_SCALE", "1")))


@pytest.mark.timeout(60 * SCALE + 120)
def test_no_fault_loses_a_message_and_none_doubles_more_than_the_run_says(
    awsops_sandbox: Any, peer: Peer, process: Any
) -> None:
    place = Place(peer.client, peer.endpoint, DEV, awsops_sandbox.environ, process)
    check(place.days(100 * SCALE))
