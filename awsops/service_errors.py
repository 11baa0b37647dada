"""How an operation reads the error of a call, whichever service it was made to.

Operations import no botocore: its errors are told by the `response` that a ClientError carries,
and by the names of their classes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from awsops.errors import AwsopsError

# The session that signed has ended.
EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
_SERVER_FAULT, _TOO_MANY = 500, 429  # HTTP status
_NOT_THERE = 501  # a service (mostly a stand-in of one) that lacks the call: it will not come

# The codes with which services ask to call less often; botocore/retries/standard.py has the same,
# and each service's API reference its own. One that is called ...Throttl... needs no entry.
_THROTTLES = frozenset(
    {
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
        "BandwidthLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
    }
)


def error_code(error: BaseException) -> str:
    """The service's code of a refused call; empty when the service did not answer."""
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):
        return str(response.get("Error", {}).get("Code") or "")
    return ""


def is_expired(error: BaseException) -> bool:
    """Whether the session that signed has ended. One that can be renewed had been before: with
    this one no later call does better."""
    return error_code(error) in EXPIRED


def is_denied(error: BaseException) -> bool:
    """Whether the caller may not make the call, as most services say it."""
    return error_code(error) in ("AccessDenied", "AccessDeniedException")


def error_text(error: BaseException) -> str:
    """The service's own words where it answered."""
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):
        return str(response.get("Error", {}).get("Message", "")) or str(error)
    return str(error)


def is_unanswered(error: BaseException) -> bool:
    """Whether no answer came (not connected, broken off, timed out), so that the call may have
    been carried out or not. A file that is not there is no such thing.
    """
    if isinstance(error, OSError):
        return error.filename is None  # a program that gives credentials, not a socket
    names = {kind.__name__ for kind in type(error).__mro__}
    return not names.isdisjoint(("HTTPClientError", "ConnectionError"))


def is_throttle_code(code: str, own: Collection[str] = ()) -> bool:
    """Whether a code says that there were too many calls; `own` are those of one service."""
    return "Throttl" in code or code in _THROTTLES or code in own


def is_passing(error: BaseException, own: Collection[str] = ()) -> bool:
    """Whether the same call may do better later: one of the codes for too many calls (`own` are
    those of one service), a fault of the service, or no answer.

    botocore has already retried such a call; what is decided here is whether a long run goes on.
    """
    if isinstance(error, AwsopsError):
        return False  # the gate, or one of our own: asking again changes nothing
    response = getattr(error, "response", None)
    if not isinstance(response, Mapping):
        return is_unanswered(error)
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    fault = status >= _SERVER_FAULT and status != _NOT_THERE
    return is_throttle_code(error_code(error), own) or fault or status == _TOO_MANY
