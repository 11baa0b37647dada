"""Which operation a REST call is, and its parameters: read from botocore's model of the service."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from awsops.sandbox.answers import AwsError
from awsops.sandbox.wire import Request

_LABEL = re.compile(r"\\\{(\w+)(\\\+)?\\\}")


@dataclass(frozen=True)
class _Route:
    name: str
    method: str
    path: re.Pattern[str]
    fixed: Mapping[str, list[str]]
    model: Any


class RestRouter:
    """The operations of one service whose protocol is REST with JSON."""

    def __init__(self, service: str) -> None:
        self._service = service

    @functools.cached_property
    def _routes(self) -> list[_Route]:
        from botocore.loaders import Loader
        from botocore.model import ServiceModel

        model = ServiceModel(Loader().load_service_model(self._service, "service-2"))
        routes = [_route(model.operation_model(name)) for name in model.operation_names]
        # The most literal first: /functions/{Name} must not take what another names whole.
        return sorted(routes, key=lambda r: (-len(r.fixed), -len(r.path.pattern)))

    def read(self, request: Request) -> tuple[str, dict[str, Any]] | None:
        """The operation's name and its parameters; None for a path that the model does not know.

        A body that is a blob of its own is there under its member's name, as bytes.
        """
        query = parse_qs(request.query_string, keep_blank_values=True)
        for route in self._routes:
            match = route.path.fullmatch(request.raw_path)
            if match is None or route.method != request.method:
                continue
            if any(query.get(name) != value for name, value in route.fixed.items()):
                continue
            return route.name, _params(route.model, match.groupdict(), query, request)
        return None


def _route(operation: Any) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    pattern = _LABEL.sub(
        lambda m: f"(?P<{m[1]}>.+)" if m[2] else f"(?P<{m[1]}>[^/]+)", re.escape(path)
    )
    fixed = parse_qs(query, keep_blank_values=True)
    return _Route(
        operation.name, operation.http["method"], re.compile(pattern + "/?"), fixed, operation
    )


def _params(
    operation: Any, path: Mapping[str, str], query: Mapping[str, list[str]], request: Request
) -> dict[str, Any]:
    shape = operation.input_shape
    if shape is None:
        return {}
    payload = shape.serialization.get("payload")
    found = {} if payload else _body(request)
    for name, member in shape.members.items():
        place = member.serialization.get("location")
        wire = member.serialization.get("name", name)
        if place == "uri" and wire in path:
            found[name] = unquote(path[wire])
        elif place == "querystring" and wire in query:
            found[name] = query[wire] if member.type_name == "list" else query[wire][0]
        elif place == "header" and wire.lower() in request.headers:
            found[name] = request.headers[wire.lower()]
    if payload:
        blob = shape.members[payload].type_name == "blob"
        found[payload] = request.body if blob else _body(request)
    return found


def _body(request: Request) -> dict[str, Any]:
    try:
        value = json.loads(request.body or b"{}")
    except ValueError:
        raise AwsError("SerializationException", "The body is not valid JSON.") from None
    return value if isinstance(value, dict) else {}
