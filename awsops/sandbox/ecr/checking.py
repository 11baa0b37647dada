"""Parameters, held to the constraints that botocore's own service model states."""

from __future__ import annotations

import json
import re
from typing import Any

from awsops.sandbox.answers import AwsError


class Checker:
    """Refuses what the model of a service refuses: required members, enums, patterns, lengths."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._model: Any = None

    def check(self, operation: str, body: bytes) -> dict[str, Any]:
        """The parameters of a call; InvalidParameterException as ECR words it."""
        model = self._load()
        if operation not in model.operation_names:
            raise AwsError("UnknownOperationException", "")
        try:
            params = json.loads(body or b"{}")
        except ValueError as error:
            raise AwsError("SerializationException", str(error)) from None
        shape = model.operation_model(operation).input_shape
        if shape is not None:
            self._walk(params, shape, "")
        return dict(params)

    def _load(self) -> Any:
        if self._model is None:
            from botocore.loaders import Loader
            from botocore.model import ServiceModel

            description = Loader().load_service_model(self._service, "service-2")
            self._model = ServiceModel(description, self._service)
        return self._model

    def _walk(self, value: Any, shape: Any, where: str) -> None:
        if shape.type_name == "structure":
            if not isinstance(value, dict):
                raise AwsError("SerializationException", "Start of structure or map found.")
            for name in shape.required_members:
                if value.get(name) is None:
                    raise _invalid(f"{where}{name}", "must not be null")
            for name, item in value.items():
                if name in shape.members and item is not None:
                    self._walk(item, shape.members[name], f"{where}{name}")
        elif shape.type_name == "list":
            self._check_length(len(value), shape.metadata, where)
            for item in value:
                self._walk(item, shape.member, where)
        elif shape.type_name == "string":
            self._check_text(value, shape, where)
        elif shape.type_name in ("integer", "long"):
            self._check_length(value, shape.metadata, where)

    def _check_text(self, value: str, shape: Any, where: str) -> None:
        self._check_length(len(value), shape.metadata, where)
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(pattern, value):
            raise _invalid(where, f"must satisfy regular expression '{pattern}'")
        if shape.enum and value not in shape.enum:
            raise _invalid(where, f"must satisfy enum value set: [{', '.join(shape.enum)}]")

    @staticmethod
    def _check_length(size: int, metadata: dict[str, Any], where: str) -> None:
        if size < metadata.get("min", size) or size > metadata.get("max", size):
            bounds = f"{metadata.get('min', 0)} to {metadata.get('max', 'any')}"
            raise _invalid(where, f"must be within {bounds}")


def _invalid(where: str, rule: str) -> AwsError:
    return AwsError(
        "InvalidParameterException",
        f"Invalid parameter at '{where}' failed to satisfy constraint: '{rule}'",
    )
