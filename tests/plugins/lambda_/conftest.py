"""Functions of a test's own, which are gone after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from awsops.testing import Result, Sandbox
from tests.plugins.lambda_.shop import REGION, Shop


@pytest.fixture(scope="module")
def clients(awsops_sandbox: Sandbox) -> dict[str, Any]:
    """Clients of the dev account."""
    import botocore.session

    from awsops.sandbox.accounts import ACCOUNTS

    session, account = botocore.session.Session(profile=None), ACCOUNTS[0]
    return {
        service: session.create_client(
            service,
            region_name=REGION,
            endpoint_url=awsops_sandbox.endpoint,
            aws_access_key_id=account.access_key,
            aws_secret_access_key=account.secret,
        )
        for service in ("lambda", "cloudwatch", "iam")
    }


@pytest.fixture
def make_shop(
    awsops_sandbox: Sandbox, awsops: Callable[..., Result], clients: Mapping[str, Any]
) -> Iterator[Callable[[], Shop]]:
    """Makes functions that are gone after the test, and their traffic with them."""
    made: list[Shop] = []

    def make() -> Shop:
        made.append(Shop(awsops_sandbox, awsops, clients))
        return made[-1]

    yield make
    for shop in made:
        shop.lam.delete_function(FunctionName=shop.name)


@pytest.fixture
def shop(make_shop: Callable[[], Shop]) -> Shop:
    return make_shop()
