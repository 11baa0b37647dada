"""What IAM and STS can say to `auth login`, on a server that says it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from awsops.credentials.mfa_session import regional_sts
from awsops.targets import Target
from awsops.testing import FakeClock

VIRTUAL = "arn:aws:iam::000000000001:mfa/me"
OTHER = "arn:aws:iam::000000000001:mfa/phone"
FIDO = "arn:aws:iam::000000000001:u2f/user/me/key-AAAA"
CODE = ["--code", "123456"]
Login = Callable[..., Any]


def _error(code: str, message: str) -> tuple[int, str]:
    return 403, (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
        "</Error><RequestId>r</RequestId></ErrorResponse>"
    )


def _devices(*serials: str) -> tuple[int, str]:
    members = "".join(
        f"<member><UserName>me</UserName><SerialNumber>{serial}</SerialNumber>"
        "<EnableDate>2026-01-01T00:00:00Z</EnableDate></member>"
        for serial in serials
    )
    return 200, (
        "<ListMFADevicesResponse><ListMFADevicesResult><IsTruncated>false</IsTruncated>"
        f"<MFADevices>{members}</MFADevices></ListMFADevicesResult></ListMFADevicesResponse>"
    )


SESSION = (
    200,
    "<GetSessionTokenResponse><GetSessionTokenResult><Credentials>"
    "<AccessKeyId>ASIATEST</AccessKeyId><SecretAccessKey>EXAMPLE</SecretAccessKey>"
    "<SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
    "</Credentials></GetSessionTokenResult></GetSessionTokenResponse>",
)


@pytest.fixture
def login(loopback: Any, cli: Callable[..., Any]) -> Login:
    """`login(*argv, listed=..., session=..., config=...)`: what IAM and STS answer."""

    def run(
        *argv: str,
        listed: tuple[int, str] = _devices(VIRTUAL),
        session: tuple[int, str] = SESSION,
        config: str = "",
        gone: str = "",
        **options: Any,
    ) -> Any:
        answers = {"ListMFADevices": listed, "GetSessionToken": session}
        loopback.answer = lambda call: (
            None if call.operation == gone else answers.get(call.operation) or loopback.usual(call)
        )
        environ = loopback.accounts(["p"], config)
        return cli(["auth", "login", "-p", "p", *argv], environ, **options)

    return run


DENIED = _error("AccessDenied", "User is not authorized to perform: iam:ListMFADevices")


def test_without_the_right_to_look_the_profiles_serial_is_used(login: Login) -> None:
    result = login(*CODE, listed=DENIED, config=f"mfa_serial = {OTHER}\n")
    assert result.exit_code == 0, result.stderr
    assert result.rows[0]["serial"] == OTHER


def test_without_the_right_to_look_and_without_a_serial_the_person_is_asked(login: Login) -> None:
    result = login(*CODE, listed=DENIED, tty=True, answers=[OTHER])
    assert result.exit_code == 0, result.stderr


def test_without_a_terminal_the_missing_serial_is_named(login: Login) -> None:
    result = login(*CODE, listed=DENIED)
    assert result.exit_code == 2
    assert "--serial ARN, or set mfa_serial" in result.stderr


def test_of_several_devices_one_is_chosen(login: Login) -> None:
    result = login(
        *CODE, "-o", "ndjson", listed=_devices(VIRTUAL, OTHER), tty=True, answers=[OTHER]
    )
    assert result.rows[0]["serial"] == OTHER


def test_several_devices_and_no_terminal_name_them_all(login: Login) -> None:
    result = login(*CODE, listed=_devices(VIRTUAL, OTHER))
    assert result.exit_code == 2
    assert VIRTUAL in result.stderr
    assert OTHER in result.stderr


def test_a_security_key_beside_a_virtual_device_is_passed_over(login: Login) -> None:
    assert login(*CODE, listed=_devices(FIDO, VIRTUAL)).rows[0]["serial"] == VIRTUAL


def test_only_a_security_key_says_why_it_cannot_work_and_what_can(login: Login) -> None:
    result = login(*CODE, listed=_devices(FIDO))
    assert result.exit_code == 4
    assert "the API takes six-digit codes alone" in result.stderr
    assert "IAM Identity Center" in result.stderr


def test_no_device_at_all_says_where_to_get_one(login: Login) -> None:
    result = login(*CODE, listed=_devices())
    assert result.exit_code == 4
    assert "add a virtual one" in result.stderr


def test_a_clock_that_is_minutes_off_is_said_with_its_amount(login: Login) -> None:
    refused = _error("SignatureDoesNotMatch", "Signature expired")
    result = login(*CODE, session=refused, clock=FakeClock(time.time() - 660))
    assert result.exit_code == 4
    assert re.search(r"clock is 1[0-4] min \d+ s behind AWS's", result.stderr)


def test_a_refused_code_tells_of_a_clock_that_is_off(login: Login) -> None:
    refused = _error("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time")
    result = login(*CODE, session=refused, clock=FakeClock(time.time() + 90))
    assert result.exit_code == 4
    assert "ahead of AWS's" in result.stderr


def test_an_unknown_device_is_told_from_a_wrong_code(login: Login) -> None:
    refused = _error(
        "AccessDenied", "MultiFactorAuthentication failed, unable to validate MFA code"
    )
    assert "knows no device" in login(*CODE, session=refused).stderr


def test_a_throttle_says_that_it_is_one(login: Login) -> None:
    result = login(*CODE, session=_error("Throttling", "Rate exceeded"))
    assert result.exit_code == 1
    assert "Throttling" in result.stderr


def test_a_network_that_is_gone_says_so(login: Login, loopback: Any) -> None:
    result = login(*CODE, gone="GetSessionToken")
    assert result.exit_code == 1
    assert "the answer did not arrive" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_session_is_of_a_regional_endpoint_also_without_a_region() -> None:
    class Clients:
        target = Target()

        def client(self, service: str, region: str) -> tuple[str, str]:
            return service, region

    assert regional_sts(Clients()) == ("sts", "us-east-1")  # type: ignore[arg-type]
