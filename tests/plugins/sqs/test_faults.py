"""A redrive on the sandbox behind a proxy that makes every kind of bad day.

AWSOPS_TEST_SCALE=5 makes it 500 messages for each fault; by itself it leaves out the two that wait
longest, which tests/peers has.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from tests.peers.faulty_proxy import FAULTS
from tests.peers.sqs_bad_days import Place, check
from tests.plugins.sqs.on_sandbox import DEV, Queues, queues

__all__ = ["queues"]

QUICK = [fault for fault in FAULTS if fault not in ("reset", "lost")]
SCALE = max(1, int(os.environ.get("AWSOPS_TEST_SCALE", "1")))


@pytest.mark.slow
@pytest.mark.timeout(60 * SCALE + 120)
def test_no_fault_loses_a_message_and_none_doubles_more_than_the_run_says(
    awsops_sandbox: Any, queues: Queues, process: Any
) -> None:
    keys = queues.client._request_signer._credentials.get_frozen_credentials()

    def sign(url: str, body: bytes, headers: dict[str, str]) -> dict[str, str]:
        """The proxy changes host and body, and the sandbox checks signatures."""
        kept = ("x-amz-target", "content-type")
        plain = {name: value for name, value in headers.items() if name.lower() in kept}
        request = AWSRequest("POST", url, plain, body)
        SigV4Auth(keys, "sqs", "eu-west-1").add_auth(request)
        return dict(request.headers.items())

    place = Place(
        queues.client, awsops_sandbox.endpoint, DEV, awsops_sandbox.environ, process, sign
    )
    check(place.days(100 * SCALE, FAULTS if SCALE > 1 else QUICK))
