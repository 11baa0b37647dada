"""`--org` and `-r all`: targets that AWS itself names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest

from awsops.testing import Result, Sandbox

ROLE = "OrganizationAccountAccessRole"  # what AWS creates in a member account


@pytest.fixture
def members(awsops_sandbox: Sandbox) -> list[str]:
    """The accounts of an organization of demo-dev's, itself included."""
    client: Any = botocore.session.Session().create_client(
        "organizations",
        region_name="us-east-1",
        endpoint_url=awsops_sandbox.endpoint,
        **_keys(awsops_sandbox),
    )
    accounts = client.list_accounts()["Accounts"]
    if not accounts:
        client.create_organization(FeatureSet="ALL")
        client.create_account(AccountName="member", Email="member@example.com")
        accounts = client.list_accounts()["Accounts"]
    return [account["Id"] for account in accounts]


def _keys(sandbox: Sandbox) -> dict[str, str]:
    import configparser

    parser = configparser.ConfigParser()
    parser.read(sandbox.environ["AWS_SHARED_CREDENTIALS_FILE"])
    return dict(parser["demo-dev"])


def test_org_assumes_the_role_in_every_active_account(
    awsops: Callable[..., Result], members: list[str]
) -> None:
    result = awsops(["creds", "whoami", "-p", "demo-dev", "--org", "--role", ROLE, "-o", "json"])
    assert result.exit_code == 0, result.stderr
    assert [row["account"] for row in result.rows] == members
    assert len(members) == 2
    assert all(f":assumed-role/{ROLE}/" in row["arn"] for row in result.rows)


def test_all_regions_are_those_that_the_account_has_enabled(awsops: Callable[..., Result]) -> None:
    result = awsops(["creds", "whoami", "-p", "demo-dev", "-r", "all", "-o", "json"])
    assert result.exit_code == 0, result.stderr
    regions = [row["region"] for row in result.rows]
    assert {"eu-west-1", "us-east-1"} < set(regions)
    assert len(regions) == len(set(regions)) > 10
