"""The errors of Lambda, with the status each has in its service model."""

from __future__ import annotations

from awsops.sandbox.answers import AwsError

STALE_REVISION = (
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias "
    "API to retrieve the latest Revision Id"
)


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)


def not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, status=404)


def conflict(message: str) -> AwsError:
    return AwsError("ResourceConflictException", message, status=409)


def in_use(message: str) -> AwsError:
    return AwsError("ResourceInUseException", message)


def stale() -> AwsError:
    return AwsError("PreconditionFailedException", STALE_REVISION, status=412)


def throttled(message: str) -> AwsError:
    return AwsError("TooManyRequestsException", message, status=429)


def check_revision(given: object, current: str) -> None:
    """412 when a caller acts on what is no longer so."""
    if given not in (None, current):
        raise stale()
