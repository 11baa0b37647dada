"""The shipped runbook credential-audit, over three sandbox accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from awsops.sandbox import control
from awsops.testing import Result, Sandbox

RUN = ["recipe", "run", "credential-audit", "-p", "demo-*"]


@pytest.fixture
def calm(awsops_sandbox: Sandbox) -> Iterator[Sandbox]:
    yield awsops_sandbox
    control.set_chaos(awsops_sandbox.info, "")


@pytest.fixture
def careless(calm: Sandbox) -> Iterator[str]:
    """A user of demo-prod with a password and no MFA."""
    import botocore.session

    session = botocore.session.Session(profile="demo-prod")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        variable = "config_file" if name == "AWS_CONFIG_FILE" else "credentials_file"
        session.set_config_variable(variable, calm.environ[name])
    iam = session.create_client("iam", region_name="us-east-1", endpoint_url=calm.info.endpoint)
    iam.create_user(UserName="night")
    iam.create_login_profile(UserName="night", Password="EXAMPLE-only-1")
    yield "night"
    iam.delete_login_profile(UserName="night")
    iam.delete_user(UserName="night")


# By this seed each of the calls is struck, and none as often as botocore would try it, however the
# accounts race one another.
WEATHER = pytest.mark.parametrize(
    "weather", ["", "throttle=0.1,error=0.05,seed=10"], ids=["good", "bad"]
)


def audited(awsops: Callable[..., Result], sandbox: Sandbox, weather: str) -> Result:
    control.reset_calls(sandbox.info)
    control.set_chaos(sandbox.info, weather)
    result = awsops(RUN)
    control.set_chaos(sandbox.info, "")
    assert bool(control.calls(sandbox.info).faults) == bool(weather)
    return result


@WEATHER
def test_accounts_in_order_pass(awsops: Callable[..., Result], calm: Sandbox, weather: str) -> None:
    result = audited(awsops, calm, weather)
    assert result.exit_code == 0, result.stderr


@WEATHER
def test_a_user_without_mfa_fails_the_audit(
    awsops: Callable[..., Result], calm: Sandbox, careless: str, weather: str
) -> None:
    result = audited(awsops, calm, weather)
    assert result.exit_code == 1
    assert "credentials that need somebody: 1" in result.stderr
    assert "awsops creds rotate" in result.stderr


def test_what_is_tolerated_passes(awsops: Callable[..., Result], careless: str) -> None:
    assert awsops([*RUN, "--set", "tolerated=1"]).exit_code == 0
