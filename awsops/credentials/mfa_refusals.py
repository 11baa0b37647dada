"""Why STS gave no session: its few messages, told apart."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from awsops.credentials.spent_codes import SpentCodes
from awsops.errors import AwsopsError, CredentialsError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from awsops.aws import Aws

# A code is good for its 30 seconds and, on most devices, the step before and after it.
CODE_SECONDS = 30
# Signature Version 4: a request's time may be off by five minutes.
SIGNATURE_SECONDS = 300


def explain_refusal(
    aws: Aws, error: ClientError, serial: str, given: str
) -> AwsopsError | ClientError:
    """The error to raise for STS's answer to the code `given`; `error` itself where the kernel says
    it best."""
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    skew = clock_skew(aws, error)
    if code in ("SignatureDoesNotMatch", "RequestExpired") and abs(skew) > SIGNATURE_SECONDS:
        return CredentialsError(
            f"this machine's clock is {_by(skew)}; AWS refuses calls that are more than "
            "5 minutes off",
            hint="set the clock (NTP), then try again",
            code="ClockSkew",
        )
    if code == "AccessDenied" and "MultiFactorAuthentication" in message:
        ago = spent_codes(aws).seconds_since(serial, given)
        again = bool(error.response.get("ResponseMetadata", {}).get("RetryAttempts"))
        return _refused_code(message, serial, skew, ago, again)
    if code == "AccessDenied" and "session credentials" in message:
        return CredentialsError(
            f"{aws.target.label} holds temporary credentials; AWS makes a session from a user's "
            "own keys only",
            hint="name the profile of those keys with -p",
            code="TemporaryCredentials",
        )
    return error


def spent_codes(aws: Aws) -> SpentCodes:
    """The codes that AWS took from this person of late."""
    return SpentCodes(aws.env.folders.cache / "sessions", aws.clock)


def _refused_code(
    message: str, serial: str, skew: float, spent_ago: float | None, again: bool
) -> CredentialsError:
    """`again`: botocore had asked before without getting an answer."""
    if "unable to validate" in message or "serial number" in message.lower():
        return CredentialsError(
            f"AWS knows no device {serial} of this user",
            hint="awsops auth devices lists yours; --serial names one",
            code="WrongDevice",
        )
    if spent_ago is not None:
        return CredentialsError(
            f"AWS took this code of {serial} {spent_ago:.0f} s ago, and takes none twice",
            hint="wait until the device shows another one",
            code="CodeReused",
        )
    if again:
        return CredentialsError(
            f"the answer to the code of {serial} was lost on the way, and AWS takes none twice",
            hint="wait until the device shows another one, then try again",
            code="CodeLost",
        )
    off = f" This machine's clock is {_by(skew)}." if abs(skew) > CODE_SECONDS else ""
    return CredentialsError(
        f"AWS refused the code of {serial}: it was mistyped, has passed, or another program has "
        f"used it.{off}",
        hint="wait for the next code; each is taken once",
        code="CodeRefused",
    )


def clock_skew(aws: Aws, error: Any) -> float:
    """Seconds by which this machine's clock is ahead of AWS's, by the answer's Date header."""
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        theirs = parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return 0.0
    return aws.clock() - theirs


def _by(skew: float) -> str:
    minutes, seconds = divmod(int(abs(skew)), 60)
    amount = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"{amount} {'ahead of' if skew > 0 else 'behind'} AWS's"
