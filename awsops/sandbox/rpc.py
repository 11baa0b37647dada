"""Parameters and answers of the services that botocore calls by RPC: CBOR, or JSON before that."""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Mapping
from typing import Any

from awsops.sandbox import cbor
from awsops.sandbox.answers import AwsError, json_response, protocol_of
from awsops.sandbox.calls import Call
from awsops.sandbox.wire import Response


def read_params(call: Call) -> dict[str, Any]:
    """The parameters of a call, times as seconds; AwsError where they cannot be read."""
    protocol = protocol_of(call.request, call.service)
    try:
        body = _inflated(call)
        if protocol == "cbor":
            value = cbor.decode(body) if body else {}
        elif protocol == "json":
            value = json.loads(body or b"{}")
        else:
            raise AwsError(
                "SerializationException",
                f"The sandbox plays {call.service} in CBOR and JSON alone: use a newer botocore.",
            )
    except (ValueError, OSError, EOFError) as error:
        raise AwsError("SerializationException", str(error)) from None
    if not isinstance(value, dict):
        raise AwsError("SerializationException", "Start of structure or map found expected.")
    return value


def rpc_response(call: Call, value: Mapping[str, Any]) -> Response:
    """A successful answer in the protocol of the call."""
    if protocol_of(call.request, call.service) != "cbor":
        return json_response({name: item for name, item in value.items() if item is not None})
    headers = [
        ("x-amzn-RequestId", str(uuid.uuid4())),
        ("Content-Type", "application/cbor"),
        ("smithy-protocol", "rpc-v2-cbor"),
    ]
    return Response(200, headers, cbor.encode(value))


def _inflated(call: Call) -> bytes:
    """The body: botocore compresses what is large (trait requestcompression, PutMetricData)."""
    body = call.request.body
    return gzip.decompress(body) if call.request.headers.get("content-encoding") == "gzip" else body
