"""The one table from botocore's errors to ours.

`from_exception` is the only place where a library's exception becomes one of ours.
"""

from __future__ import annotations

from awsops.errors import AwsopsError, CredentialsError, NotFoundError, PendingError, UsageError
from awsops.service_errors import EXPIRED, is_throttle_code


def from_exception(error: BaseException) -> AwsopsError | None:
    """Our error for one of botocore's (or ours as it is); None for what nobody foresaw.

    Classes are told by name, so that an error can be judged without importing botocore.
    """
    if isinstance(error, AwsopsError):
        return error
    names = {cls.__name__ for cls in type(error).__mro__ if cls.__module__.startswith("botocore")}
    if "ClientError" in names:
        return _from_service(error)
    for name, (kind, hint) in _BOTOCORE_ERRORS.items():
        if name in names:
            text = f"{error}{_where_unreadable(error)}"
            return kind(text, hint=hint, code=type(error).__name__.removesuffix("Error"))
    if names:
        return AwsopsError(str(error), code=type(error).__name__)
    if isinstance(error, ValueError) and str(error).startswith(_BAD_ENDPOINT):
        hint = (
            "it is a URL, like http://127.0.0.1:4566: look at --endpoint-url, AWS_ENDPOINT_URL and "
            "endpoint_url of the profile"
        )
        return UsageError(str(error), hint=hint, code="InvalidEndpoint")
    return None


def _where_unreadable(error: BaseException) -> str:
    """What of a config file cannot be read, and its line: botocore keeps that to itself. Never the
    line's text, which may be a secret."""
    why = getattr(error, "kwargs", {}).get("error")
    lines = [number for number, *_ in getattr(why, "errors", [])] or [getattr(why, "lineno", None)]
    where = f": line {lines[0]}" if lines[0] is not None else ""
    match type(why).__name__:
        case "DuplicateSectionError":
            return f"{where}: [{getattr(why, 'section', '')}] stands there a second time"
        case "DuplicateOptionError":
            return f"{where}: {getattr(why, 'option', '')} stands there a second time"
        case "MissingSectionHeaderError" if str(getattr(why, "line", "")).startswith("\ufeff"):
            return ": it begins with a byte order mark; save it as UTF-8 without one"
        case "MissingSectionHeaderError":
            return f"{where} comes before any [section]"
        case "UnicodeDecodeError":
            return ": it is not UTF-8"
    return where


# botocore/endpoint.py, EndpointCreator.create_endpoint: a ValueError and nothing more.
_BAD_ENDPOINT = "Invalid endpoint: "


_NETWORK = "check the network, the proxy and the endpoint; nothing more was sent"

# botocore.exceptions, nearest class first.
_BOTOCORE_ERRORS: dict[str, tuple[type[AwsopsError], str]] = {
    "NoCredentialsError": (
        CredentialsError,
        "awsops creds chain shows where they were looked for",
    ),
    "PartialCredentialsError": (
        CredentialsError,
        "the profile has one half of a key; complete it or remove it",
    ),
    "ProfileNotFound": (
        UsageError,
        "check AWS_PROFILE and -p; awsops doctor shows every profile",
    ),
    "NoRegionError": (UsageError, "give -r REGION, or set region in the profile"),
    "InvalidRegionError": (UsageError, "a region looks like eu-west-1"),
    "ParamValidationError": (UsageError, "the value was refused before anything was sent"),
    "ConfigParseError": (UsageError, "mend the file: it must be INI, in UTF-8"),
    "ConfigNotFound": (UsageError, "check AWS_CONFIG_FILE"),
    "InfiniteLoopConfigError": (UsageError, "break the loop of source_profile in the config file"),
    "InvalidConfigError": (UsageError, "mend the profile in the config file"),
    "SSOTokenLoadError": (CredentialsError, "sign in: awsops auth login -p PROFILE"),
    "UnauthorizedSSOTokenError": (
        CredentialsError,
        "sign in: awsops auth login -p PROFILE",
    ),
    "TokenRetrievalError": (CredentialsError, "sign in: awsops auth login -p PROFILE"),
    "CredentialRetrievalError": (
        CredentialsError,
        "run the profile's credential_process by hand to see what it says",
    ),
    "MetadataRetrievalError": (CredentialsError, "no credentials from the metadata service"),
    "UnknownCredentialError": (UsageError, "mend credential_source in the profile"),
    "EndpointConnectionError": (AwsopsError, _NETWORK),
    "ProxyConnectionError": (AwsopsError, "check HTTPS_PROXY and NO_PROXY"),
    "SSLError": (AwsopsError, "check AWS_CA_BUNDLE, the proxy and the machine's clock"),
    "ConnectTimeoutError": (AwsopsError, _NETWORK),
    "ReadTimeoutError": (AwsopsError, "the answer did not arrive: the call may have been made"),
    "ConnectionClosedError": (
        AwsopsError,
        "the answer did not arrive: the call may have been made",
    ),
    "HTTPClientError": (AwsopsError, _NETWORK),
    "UnknownServiceError": (UsageError, "the installed botocore does not know this service"),
    "WaiterError": (PendingError, "it goes on without us: look at the resource's state"),
}

_DENIED = ("AccessDenied", "UnauthorizedOperation", "NotAuthorized", "AuthorizationError")
WHERE_IT_LIVES = "check the name, and that -p and -r are where it lives"
_BAD_KEYS = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
    "AuthFailure",
    "InvalidAccessKeyId",
    "MissingAuthenticationToken",
    "NotSignedUp",
    "OptInRequired",
}
_SKEW = {"RequestTimeTooSkewed", "RequestInTheFuture"}
_MISSING = ("NotFound", "NonExistent", "NoSuch", "DoesNotExist", "NotExist")


def _from_service(error: BaseException) -> AwsopsError:
    response = getattr(error, "response", {})
    raw = str(response.get("Error", {}).get("Code") or "Unknown")
    code = raw.rsplit(".", 1)[-1]
    message = str(response.get("Error", {}).get("Message") or error)
    operation = getattr(error, "operation_name", None)
    kind, hint = _judge(code, message, operation)
    return kind(message, hint=hint, code=code)


def _judge(code: str, message: str, operation: str | None) -> tuple[type[AwsopsError], str | None]:
    if code in EXPIRED:
        return CredentialsError, "the session has expired: renew it: awsops auth login -p PROFILE"
    if any(word in code for word in _DENIED):
        from awsops.denied import hint_for

        return CredentialsError, hint_for(message, operation)
    if code in _SKEW:
        return CredentialsError, "this machine's clock is wrong: set it by NTP"
    if code in _BAD_KEYS:
        return CredentialsError, "the key is unknown, inactive or mistyped, or not for this region"
    if is_throttle_code(code):
        return AwsopsError, "the account's request rate is used up: use fewer --jobs, or wait"
    if any(word in code for word in _MISSING):
        return NotFoundError, WHERE_IT_LIVES
    if code in ("ValidationException", "ValidationError") or code.startswith("InvalidParameter"):
        return AwsopsError, "the service refused a value; see the message"
    return AwsopsError, None
