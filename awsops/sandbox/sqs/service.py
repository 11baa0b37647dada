"""SQS's operations by name, as the JSON protocol calls them.

Only the JSON protocol is served: botocore has sent it since 1.31.81, and every AWS SDK after.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from awsops.sandbox.answers import json_response
from awsops.sandbox.calls import Call
from awsops.sandbox.sqs import attributes, faults, permissions, receiving, sending
from awsops.sandbox.sqs.queue import Queue, QueueKey
from awsops.sandbox.sqs.registry import MAX_LISTED, Caller, Registry
from awsops.sandbox.wire import Response

Params = Mapping[str, Any]
Operation = Callable[[Registry, Caller, Params], dict[str, Any]]


class SqsService:
    """Answers every call to SQS; none of them reaches moto."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.registry = Registry(clock)

    def reset(self) -> None:
        self.registry.reset()

    def handle(self, call: Call) -> Response:
        """One call, answered as AWS would; AwsError where AWS gives an error."""
        if "x-amz-target" not in call.request.headers:
            raise faults.unsupported(
                "The sandbox speaks SQS's JSON protocol: use botocore 1.31.81 or newer."
            )
        operation = OPERATIONS.get(call.operation)
        if operation is None:
            raise faults.unsupported(f"SQS has no operation {call.operation}.")
        try:
            params = json.loads(call.request.body or b"{}")
        except ValueError:
            raise faults.invalid_parameter("The request body is not valid JSON.") from None
        caller = Caller(call.identity, call.region, call.endpoint)
        with self.registry.lock:
            if self.registry.moves.active:
                self.registry.moves.advance(self.registry.clock())
            return json_response(operation(self.registry, caller, params))


def _create_queue(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    name = params.get("QueueName")
    if not name:
        raise faults.missing_parameter("QueueName")
    key = QueueKey(caller.identity.account, caller.region, str(name))
    queue = registry.create(key, params.get("Attributes") or {}, params.get("tags") or {})
    return {"QueueUrl": caller.url_of(queue)}


def _delete_queue(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    registry.delete(registry.of_url(caller, params, "DeleteQueue"))
    return {}


def _get_queue_url(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    queue = registry.named(
        caller, str(params.get("QueueName") or ""), params.get("QueueOwnerAWSAccountId")
    )
    return {"QueueUrl": caller.url_of(queue)}


def _list_queues(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    queues = registry.of_account(caller, str(params.get("QueueNamePrefix") or ""))
    page, token = _page(queues, params)
    urls = [caller.url_of(queue) for queue in page]
    return {**({"QueueUrls": urls} if urls else {}), **({"NextToken": token} if token else {})}


def _list_sources(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    queue = registry.of_url(caller, params, "ListDeadLetterSourceQueues")
    sources = sorted(registry.sources_of(queue), key=lambda source: source.key.name)
    page, token = _page(sources, params)
    # The list is lower-case in the model, unlike every other list of SQS.
    return {
        "queueUrls": [caller.url_of(source) for source in page],
        **({"NextToken": token} if token else {}),
    }


def _page(queues: list[Queue], params: Params) -> tuple[list[Queue], str | None]:
    """One page; a NextToken only when MaxResults was given, as the API reference says."""
    limit = params.get("MaxResults")
    if limit is not None and not 1 <= int(limit) <= MAX_LISTED:
        raise faults.bad_value(limit, "MaxResults", f"Must be between 1 and {MAX_LISTED}")
    after = str(params.get("NextToken") or "")
    left = [queue for queue in queues if queue.key.name > after]
    size = int(limit) if limit is not None else MAX_LISTED
    more = limit is not None and len(left) > size
    return left[:size], left[size - 1].key.name if more else None


def _get_attributes(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    queue = registry.of_url(caller, params, "GetQueueAttributes")
    shown = attributes.render(queue, params.get("AttributeNames") or [])
    return {"Attributes": shown} if shown else {}


def _set_attributes(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    queue = registry.of_url(caller, params, "SetQueueAttributes")
    registry.set_attributes(queue, params.get("Attributes") or {})
    return {}


def _purge(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    registry.purge(registry.of_url(caller, params, "PurgeQueue"))
    return {}


def _tag(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    registry.of_url(caller, params, "TagQueue").tags.update(params.get("Tags") or {})
    return {}


def _untag(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    tags = registry.of_url(caller, params, "UntagQueue").tags
    for key in params.get("TagKeys") or []:
        tags.pop(key, None)
    return {}


def _list_tags(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    tags = registry.of_url(caller, params, "ListQueueTags").tags
    return {"Tags": dict(tags)} if tags else {}


def _add_permission(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    queue = registry.of_url(caller, params, "AddPermission")
    permissions.add_permission(queue, params)
    return {}


def _remove_permission(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    queue = registry.of_url(caller, params, "RemovePermission")
    permissions.remove_permission(queue, str(params.get("Label") or ""))
    return {}


def _start_move(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    _require_owner(registry, caller, params.get("SourceArn"), "StartMessageMoveTask")
    return {"TaskHandle": registry.moves.start(params, registry.clock()).handle}


def _list_moves(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    arn = params.get("SourceArn")
    _require_owner(registry, caller, arn, "ListMessageMoveTasks")
    tasks = registry.moves.list(arn, int(params.get("MaxResults") or 1), registry.clock())
    return {"Results": [task.describe() for task in tasks]} if tasks else {}


def _cancel_move(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    task = registry.moves.cancel(params.get("TaskHandle"), registry.clock())
    return {"ApproximateNumberOfMessagesMoved": task.moved}


def _require_owner(registry: Registry, caller: Caller, arn: Any, action: str) -> None:
    queue = registry.by_arn(str(arn or ""))
    if queue is not None:
        permissions.require(caller.identity, queue, action)


OPERATIONS: Mapping[str, Operation] = {
    "AddPermission": _add_permission,
    "CancelMessageMoveTask": _cancel_move,
    "ChangeMessageVisibility": receiving.change_message_visibility,
    "ChangeMessageVisibilityBatch": receiving.change_message_visibility_batch,
    "CreateQueue": _create_queue,
    "DeleteMessage": receiving.delete_message,
    "DeleteMessageBatch": receiving.delete_message_batch,
    "DeleteQueue": _delete_queue,
    "GetQueueAttributes": _get_attributes,
    "GetQueueUrl": _get_queue_url,
    "ListDeadLetterSourceQueues": _list_sources,
    "ListMessageMoveTasks": _list_moves,
    "ListQueueTags": _list_tags,
    "ListQueues": _list_queues,
    "PurgeQueue": _purge,
    "ReceiveMessage": receiving.receive_message,
    "RemovePermission": _remove_permission,
    "SendMessage": sending.send_message,
    "SendMessageBatch": sending.send_message_batch,
    "SetQueueAttributes": _set_attributes,
    "StartMessageMoveTask": _start_move,
    "TagQueue": _tag,
    "UntagQueue": _untag,
}
