"""Functions of a test's own, which are gone after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from awsops.sandbox.accounts import ACCOUNTS, Account
from awsops.testing import Result, Sandbox
from tests.plugins.lambda_.shop import REGION, Shop

Clients = dict[str, Any]


@pytest.fixture(scope="module")
def clients(awsops_sandbox: Sandbox) -> Clients:
    """Clients of the dev account."""
    return _clients(awsops_sandbox, ACCOUNTS[0])


@pytest.fixture(scope="module")
def all_clients(awsops_sandbox: Sandbox) -> dict[str, Clients]:
    """Clients of all demo accounts, by account."""
    return {account.account_id: _clients(awsops_sandbox, account) for account in ACCOUNTS}


def _clients(awsops_sandbox: Sandbox, account: Account) -> Clients:
    import botocore.session

    session = botocore.session.Session(profile=None)
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


@pytest.fixture
def shops(
    awsops_sandbox: Sandbox, awsops: Callable[..., Result], all_clients: Mapping[str, Clients]
) -> Iterator[list[Shop]]:
    """A function of the same name in each of the demo accounts, all with traffic."""
    made = [Shop(awsops_sandbox, awsops, all_clients[ACCOUNTS[0].account_id])]
    for account in ACCOUNTS[1:]:
        own = all_clients[account.account_id]
        shop = Shop(awsops_sandbox, awsops, own, account=account.account_id, name=made[0].name)
        made.append(shop)
    for shop in made:
        shop.traffic()
    yield made
    for shop in made:
        shop.lam.delete_function(FunctionName=shop.name)
