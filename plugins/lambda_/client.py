"""What the operations ask of AWS's clients, and how they read an error.

botocore's clients fit these protocols. Operations import no botocore: its errors are told by the
`response` that a ClientError carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from awsops.errors import AwsopsError, CredentialsError, from_exception

Answer = Mapping[str, Any]

# Lambda's 429 and CloudWatch's and the common ones (their API references, "common errors").
_THROTTLES = frozenset(
    {
        "TooManyRequestsException",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "LimitExceededException",
        "EC2ThrottledException",
    }
)


class LambdaClient(Protocol):
    """The calls of Lambda that this plugin makes."""

    def get_alias(self, **params: Any) -> Answer: ...
    def update_alias(self, **params: Any) -> Answer: ...
    def list_aliases(self, **params: Any) -> Answer: ...
    def get_function(self, **params: Any) -> Answer: ...
    def get_function_configuration(self, **params: Any) -> Answer: ...
    def list_functions(self, **params: Any) -> Answer: ...
    def list_versions_by_function(self, **params: Any) -> Answer: ...
    def list_provisioned_concurrency_configs(self, **params: Any) -> Answer: ...
    def publish_version(self, **params: Any) -> Answer: ...
    def invoke(self, **params: Any) -> Answer: ...
    def delete_function(self, **params: Any) -> Answer: ...
    def put_function_concurrency(self, **params: Any) -> Answer: ...
    def delete_function_concurrency(self, **params: Any) -> Answer: ...
    def get_function_concurrency(self, **params: Any) -> Answer: ...
    def list_event_source_mappings(self, **params: Any) -> Answer: ...
    def get_event_source_mapping(self, **params: Any) -> Answer: ...
    def update_event_source_mapping(self, **params: Any) -> Answer: ...
    def list_function_url_configs(self, **params: Any) -> Answer: ...
    def list_function_event_invoke_configs(self, **params: Any) -> Answer: ...
    def get_policy(self, **params: Any) -> Answer: ...
    def remove_permission(self, **params: Any) -> Answer: ...


class CloudWatchClient(Protocol):
    """The calls of CloudWatch that this plugin makes."""

    def get_metric_data(self, **params: Any) -> Answer: ...
    def describe_alarms(self, **params: Any) -> Answer: ...


class CloudTrailClient(Protocol):
    """The call of CloudTrail that this plugin makes."""

    def lookup_events(self, **params: Any) -> Answer: ...


def error_code(error: BaseException) -> str:
    """The service's code of a refused call; empty when the service did not answer."""
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):
        return str(response.get("Error", {}).get("Code", ""))
    return ""


def is_missing(error: BaseException) -> bool:
    return error_code(error) in ("ResourceNotFoundException", "ResourceNotFound")


def is_stale(error: BaseException) -> bool:
    """Whether a call was refused because its RevisionId is not the latest."""
    return error_code(error) == "PreconditionFailedException"


def is_credentials(error: BaseException) -> bool:
    """Whether nobody can sign any more, or the caller is refused."""
    return isinstance(from_exception(error), CredentialsError)


def is_transient(error: BaseException) -> bool:
    """Whether the same call may do better later: throttled, a fault of the service, no answer.

    botocore has already retried such a call; a long run waits and asks again.
    """
    if isinstance(error, AwsopsError):
        return False
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error_code(error) in _THROTTLES or bool(status >= 500 or status == 429)
    return is_unanswered(error)


def is_throttle(error: BaseException) -> bool:
    """Whether a call was refused for there being too many: it was not carried out."""
    return error_code(error) in _THROTTLES


def is_unanswered(error: BaseException) -> bool:
    """Whether no answer came, so that the call may have been carried out or not."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, OSError) or not names.isdisjoint(
        ("HTTPClientError", "ConnectionError")
    )


def pages(call: Any, name: str, **params: Any) -> list[Answer]:
    """All items of a list that is paged by Marker."""
    found: list[Answer] = []
    marker: dict[str, Any] = {}
    while True:
        answer = call(**params, **marker)
        found += answer.get(name, [])
        if not answer.get("NextMarker"):
            return found
        marker = {"Marker": answer["NextMarker"]}
