"""What the operations ask of AWS's clients, and how they read an error.

botocore's clients fit these protocols. Operations import no botocore: its errors are told by the
`response` that a ClientError carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from awsops.botocore_errors import from_exception
from awsops.errors import CredentialsError
from awsops.service_errors import error_code as error_code
from awsops.service_errors import is_passing, is_throttle_code
from awsops.service_errors import is_unanswered as is_unanswered

Answer = Mapping[str, Any]

# botocore, too, takes it for a throttle (botocore/retries/standard.py); no call made here means
# another limit by it.
_THROTTLES = frozenset({"LimitExceededException"})


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


def is_missing(error: BaseException) -> bool:
    """Whether there is no such function, version, alias or mapping."""
    return error_code(error) in ("ResourceNotFoundException", "ResourceNotFound")


def is_stale(error: BaseException) -> bool:
    """Whether a call was refused because its RevisionId is not the latest."""
    return error_code(error) == "PreconditionFailedException"


def is_credentials(error: BaseException) -> bool:
    """Whether nobody can sign any more, or the caller is refused."""
    return isinstance(from_exception(error), CredentialsError)


def is_transient(error: BaseException) -> bool:
    """Whether the same call may do better later: throttled, a fault of the service, no answer."""
    return is_passing(error, _THROTTLES)


def is_throttle(error: BaseException) -> bool:
    """Whether a call was refused for there being too many: it was not carried out."""
    return is_throttle_code(error_code(error), _THROTTLES)


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
