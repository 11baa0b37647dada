"""Answers and errors in the shape that each AWS protocol gives them."""

from __future__ import annotations

import html
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from awsops.sandbox.wire import Request, Response

# The services of the older XML-over-REST protocol; the rest of REST is JSON (botocore's models).
REST_XML = frozenset({"s3", "s3control", "route53", "cloudfront", "s3-outposts"})
# Moved from the query protocol to JSON or CBOR; the old code travels in a header
# (trait awsQueryCompatible in their service models).
QUERY_COMPATIBLE = frozenset({"sqs", "monitoring"})


class AwsError(Exception):
    """An error as AWS would answer it.

    code: what a client sees as Error.Code; shape: the name in the service's model where it differs
    (services that moved from the query protocol have two names for one error).
    """

    def __init__(
        self, code: str, message: str, *, status: int = 400, shape: str | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.shape = shape or code


def protocol_of(request: Request, service: str) -> str:
    """One of json, cbor, query, ec2, rest-xml, rest-json: what this request was written in."""
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "cbor"
    if "x-amz-target" in request.headers:
        return "json"
    if service == "ec2":
        return "ec2"
    if request.form or "Action" in request.query:
        return "query"
    return "rest-xml" if service in REST_XML else "rest-json"


def error_response(error: AwsError, request: Request, service: str) -> Response:
    """The HTTP answer for an error, in the protocol of the request."""
    request_id = str(uuid.uuid4())
    protocol = protocol_of(request, service)
    headers = [("x-amzn-RequestId", request_id)]
    fault = "Sender" if error.status < 500 else "Receiver"
    if service in QUERY_COMPATIBLE and protocol in ("json", "cbor"):
        headers.append(("x-amzn-query-error", f"{error.code};{fault}"))
    if protocol in ("json", "rest-json"):
        headers.append(("Content-Type", "application/x-amz-json-1.0"))
        headers.append(("x-amzn-ErrorType", error.shape))
        body = json.dumps({"__type": error.shape, "message": error.message}).encode()
    elif protocol == "cbor":
        headers += [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        body = _cbor_strings({"__type": error.shape, "message": error.message})
    else:
        headers.append(("Content-Type", "text/xml"))
        body = _xml_error(protocol, error, fault, request_id).encode()
    return Response(error.status, headers, body)


def _xml_error(protocol: str, error: AwsError, fault: str, request_id: str) -> str:
    inner = f"<Code>{_escape(error.code)}</Code><Message>{_escape(error.message)}</Message>"
    if protocol == "ec2":
        return (
            f"<Response><Errors><Error>{inner}</Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
    if protocol == "rest-xml":
        return f"<Error>{inner}<RequestId>{request_id}</RequestId></Error>"
    return (
        f"<ErrorResponse><Error><Type>{fault}</Type>{inner}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def _cbor_strings(values: Mapping[str, str]) -> bytes:
    """A CBOR map of at most 23 text strings (RFC 8949, 3.1): all that an error needs."""
    out = bytearray([0xA0 | len(values)])
    for text in (part for pair in values.items() for part in pair):
        data = text.encode()
        out += b"\x79" + len(data).to_bytes(2, "big") + data
    return bytes(out)


def json_response(value: Mapping[str, Any]) -> Response:
    """A successful answer of the JSON protocol."""
    return Response(
        200,
        [
            ("x-amzn-RequestId", str(uuid.uuid4())),
            ("Content-Type", "application/x-amz-json-1.0"),
        ],
        json.dumps(value, separators=(",", ":")).encode(),
    )


def query_response(operation: str, result: Mapping[str, Any] | None, namespace: str) -> Response:
    """A successful answer of the query protocol; lists become `<member>` elements."""
    body = "" if result is None else f"<{operation}Result>{_xml(result)}</{operation}Result>"
    request_id = str(uuid.uuid4())
    text = (
        f'<{operation}Response xmlns="{namespace}">{body}<ResponseMetadata>'
        f"<RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    )
    headers = [("x-amzn-RequestId", request_id), ("Content-Type", "text/xml")]
    return Response(200, headers, text.encode())


def _escape(text: str) -> str:
    return html.escape(text, quote=False)


def _xml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(
            f"<{name}>{_xml(item)}</{name}>" for name, item in value.items() if item is not None
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(f"<member>{_xml(item)}</member>" for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return _escape(str(value))
