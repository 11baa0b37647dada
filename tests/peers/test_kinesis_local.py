"""The kinesis commands on `kinesis-local`, a Kinesis that we did not write (npm).

The cases are those of the sandbox; the sandbox answers for STS, CloudTrail and CloudWatch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsops.testing import Result, Sandbox
from tests.peers.processes import free_port, node_package, running
from tests.plugins import test_kinesis_records as records
from tests.plugins import test_kinesis_resharding as resharding
from tests.plugins.kinesis_place import Place

pytestmark = pytest.mark.peers

DEV = ("-p", "demo-dev", "-r", "us-east-1")
CHANGES = ("CREATE_STREAM", "MERGE_SHARDS", "SPLIT_SHARD", "UPDATE_SHARD_COUNT", "DELETE_STREAM")
SLOWER = ("UPDATE_STREAM_MODE", "REGISTER_STREAM_CONSUMER", "DEREGISTER_STREAM_CONSUMER")
MILLISECONDS = 150


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    node, folder = node_package("kinesis-local")
    port = free_port()
    environ = {
        "KINESIS_MOCK_PLAIN_PORT": str(port),
        "KINESIS_MOCK_TLS_PORT": str(free_port()),
        "KINESIS_MOCK_CERT_PATH": str(folder / "server.json"),
        "SHARD_LIMIT": "200",
        "ON_DEMAND_STREAM_COUNT_LIMIT": "50",
        "LOG_LEVEL": "ERROR",
        **{f"{name}_DURATION": f"{MILLISECONDS}ms" for name in (*CHANGES, *SLOWER)},
    }
    with running([node, str(folder / "main.js")], port, environ) as url:
        yield url


@pytest.fixture
def place(
    awsops: Callable[..., Result],
    awsops_sandbox: Sandbox,
    process: Callable[..., Any],
    server: str,
    tmp_path: Path,
) -> Iterator[Place]:
    import botocore.session
    from botocore.config import Config

    client = botocore.session.Session(profile=None).create_client(
        "kinesis",
        region_name="us-east-1",
        endpoint_url=server,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="x" * 40,
        config=Config(proxies={}, retries={"mode": "standard", "total_max_attempts": 5}),
    )
    to_peer = {"AWS_ENDPOINT_URL_KINESIS": server}
    made = Place(
        client,
        lambda argv, **options: awsops(["kinesis", *argv, *DEV], environ=to_peer, **options),
        lambda argv: process(["kinesis", *argv, *DEV], {**awsops_sandbox.environ, **to_peer}),
        tmp_path,
    )
    yield made
    made.clean()
    client.close()


# What is refused before Kinesis is asked, or decoded after it: the sandbox's tests suffice.
OWN = (
    "test_data_is_shown",
    "test_what_is_no_hash_key",
    "test_a_retention_that",
    "test_two_ways",
    "test_resuming",
)
# A test is a function: bound to this module's `place` it runs there.
for _name, _test in {**vars(resharding), **vars(records)}.items():
    if _name.startswith("test_") and not _name.startswith(OWN):
        globals()[_name] = _test
