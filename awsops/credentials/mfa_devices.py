"""Which MFA device a session is asked for: found by itself where IAM lets us look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from awsops.errors import CredentialsError, UsageError
from awsops.service_errors import is_denied

if TYPE_CHECKING:
    from awsops.aws import Aws

# A security key or passkey signs for a web page; the API takes only six-digit codes (IAM user
# guide, "Using MFA in AWS": FIDO security keys are not supported for MFA-protected API access).
_NO_CODES = (":u2f/", ":fido/")


@dataclass(frozen=True, slots=True)
class Device:
    """An MFA device of the caller. `usable` is whether it gives codes that the API takes."""

    serial: str
    kind: str
    enabled_at: datetime | None
    usable: bool


def list_devices(iam: Any) -> list[Device]:
    """The caller's own (ListMFADevices without a user name); ClientError when not allowed."""
    pages = iam.get_paginator("list_mfa_devices").paginate()
    return [
        Device(
            serial=found["SerialNumber"],
            kind=_kind(found["SerialNumber"]),
            enabled_at=found.get("EnableDate"),
            usable=not _is_fido(found["SerialNumber"]),
        )
        for page in pages
        for found in page["MFADevices"]
    ]


def choose_serial(aws: Aws, given: str | None) -> str:
    """The serial to ask a code for: the one given, the only device, the profile's, or the answer.

    UsageError when there are several and nobody can choose, CredentialsError when none can be used.
    """
    if given:
        return given
    configured = aws.profile_settings().get("mfa_serial")
    devices = _allowed_devices(aws)
    if devices is None:
        return str(configured) if configured else _ask_serial(aws)
    usable = [device.serial for device in devices if device.usable]
    if configured in usable or (configured and not devices):
        return str(configured)
    if not usable:
        raise _nothing_usable(aws, devices)
    if len(usable) == 1:
        return usable[0]
    if not aws.env.interactive:
        raise UsageError(
            f"{aws.target.label} has {len(usable)} MFA devices",
            hint=f"say which with --serial: {', '.join(usable)}",
            code="SeveralDevices",
        )
    return aws.choose(f"Which MFA device of {aws.target.label}?", usable)


def _allowed_devices(aws: Aws) -> list[Device] | None:
    """None when IAM does not let the caller look, which is common."""
    iam = aws.client("iam")
    try:
        return list_devices(iam)
    except iam.exceptions.ClientError as error:
        if is_denied(error):
            return None
        raise


def _ask_serial(aws: Aws) -> str:
    if not aws.env.interactive:
        raise UsageError(
            f"the MFA device of {aws.target.label} is not known: it may not call ListMFADevices",
            hint="give --serial ARN, or set mfa_serial in the profile",
            code="NoDevice",
        )
    account, user = aws.identity().account, aws.identity().arn.rpartition("/")[2]
    likely = f"arn:aws:iam::{account}:mfa/{user}"
    answer = aws.ask(f"Serial of the MFA device [{likely}]")
    return answer.strip() or likely


def _nothing_usable(aws: Aws, devices: list[Device]) -> CredentialsError:
    if not devices:
        return CredentialsError(
            f"{aws.identity().arn} has no MFA device",
            hint="add a virtual one in the IAM console, under Security credentials",
            code="NoDevice",
        )
    return CredentialsError(
        f"{aws.identity().arn} has only a security key or passkey ({devices[0].serial}); "
        "the API takes six-digit codes alone",
        hint="add a virtual device beside it, or sign in with IAM Identity Center (awsops auth "
        "login of an SSO profile)",
        code="FidoOnly",
    )


def _is_fido(serial: str) -> bool:
    return any(mark in serial for mark in _NO_CODES)


def _kind(serial: str) -> str:
    if _is_fido(serial):
        return "fido"
    return "virtual" if ":mfa/" in serial else "hardware"
