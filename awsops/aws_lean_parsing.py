"""What botocore's JSON parser makes of an answer, made by functions that are put together once.

botocore looks up the shape of every value anew; for most (a text, a number) it then gives the value
back as it is. Here that is found out once for each shape, and such values are not visited at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Convert = Callable[[Any], Any]

_CONVERTED = frozenset({"structure", "list", "map", "blob", "timestamp"})


class LeanParsers:
    """Stands where botocore's ResponseParserFactory does; the other protocols are left to it."""

    def __init__(self, ordinary: Any) -> None:
        self._ordinary = ordinary
        self._json: Any = None

    def create_parser(self, protocol: str) -> Any:
        if protocol != "json":
            return self._ordinary.create_parser(protocol)
        if self._json is None:
            parser = self._ordinary.create_parser(protocol)
            if all(hasattr(parser, name) for name in _NEEDED):
                parser._handle_json_body = _Bodies(parser)
            self._json = parser
        return self._json


_NEEDED = (
    "_handle_json_body",
    "_parse_body_as_json",
    "_parse_shape",
    "_blob_parser",
    "_timestamp_parser",
)


class _Bodies:
    """A body and the shape that it has, to the values that botocore gives."""

    def __init__(self, parser: Any) -> None:
        self._parser = parser
        self._known: dict[str, Convert | None] = {}  # by the shape's name: None gives back as is

    def __call__(self, body: bytes, shape: Any) -> Any:
        value = self._parser._parse_body_as_json(body)
        convert = self._of(shape)
        return value if convert is None else convert(value)

    def _of(self, shape: Any) -> Convert | None:
        """How a value of this shape is converted; None when it is not."""
        if shape.type_name not in _CONVERTED:
            return None
        name = shape.name
        if name not in self._known:
            self._known[name] = lambda value: self._parser._parse_shape(shape, value)  # recursion
            self._known[name] = self._make(shape)
        return self._known[name]

    def _make(self, shape: Any) -> Convert | None:
        if shape.type_name == "blob":
            return _convert(self._parser._blob_parser)
        if shape.type_name == "timestamp":
            return _convert(self._parser._timestamp_parser)
        if shape.type_name == "list":
            return _list_of(self._of(shape.member))
        if shape.type_name == "map":
            return _map_of(self._of(shape.value))
        if shape.is_document_type or getattr(shape, "is_tagged_union", False):
            return lambda value: self._parser._parse_shape(shape, value)
        members = {
            member.serialization.get("name", name): (name, self._of(member))
            for name, member in shape.members.items()
        }
        return _structure_of(members)


def _convert(made: Convert) -> Convert:
    return made


def _list_of(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    return lambda values: [convert(value) for value in values]


def _map_of(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    return lambda values: {name: convert(value) for name, value in values.items()}


def _structure_of(members: dict[str, tuple[str, Convert | None]]) -> Convert:
    def structure(values: Any) -> Any:
        if values is None:
            return None
        found = {}
        for json_name, value in values.items():
            known = members.get(json_name)
            if known is not None and value is not None:
                name, convert = known
                found[name] = value if convert is None else convert(value)
        return found

    return structure
