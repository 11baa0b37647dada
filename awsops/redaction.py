"""What of an API call's parameters may be written down.

The journal must tell which resource was changed and how, and never hold a secret or customers'
data. What decides: botocore's input shape (duck-typed), a parameter's name, length and depth.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from typing import Any, Final, TypeVar

from awsops.secret_words import (
    MAX_NAME,
    REDACTED,
    is_page_token,
    is_secret_name,
    split_words,
    without_secrets,
)

T = TypeVar("T")

MAX_STRING = 1_024  # characters; longer ones are cut
MAX_POLICY = 20_480  # characters of a policy, kept whole: the largest is S3's, 20 KB
MAX_OPAQUE = 24  # characters of handles and page tokens, which nobody reads
MAX_DEPTH = 12  # levels
MAX_ITEMS = 100  # of one list or map
MAX_CALL = 65_536  # characters of one call, about
_VALUE_COST = 8  # characters that punctuation and a number take, about

_PAYLOAD = re.compile(
    r"^(message|message_body|body|data|payload|user_data|detail|input|item"
    r"|expression_attribute_values|client_context)$"
)
_ATTRIBUTES = re.compile(r"(^|_)message_(system_)?attributes$")
_ENVIRONMENT = re.compile(r"(^|_)environment(_variables)?$")
_OPAQUE = re.compile(r"^(receipt_handle|shard_iterator|task_handle)$")
_POLICY = re.compile(r"(^|_)policy(_document|_text)?$")
_PAIR_KEYS = ("name", "key", "parameter_key", "parameter_name", "option_name")


def redact(params: Mapping[str, object] | None, shape: Any = None) -> dict[str, Any]:
    """A JSON-able copy of an API call's parameters without secrets or payloads.

    `shape` is botocore's input shape of the operation, or None when it is not known: then names
    alone decide. A payload leaves its length in bytes, a secret nothing.
    """
    return _Walk().members(params or {}, shape, 0)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the name of a parameter says of its value; `limit` is characters of a text."""

    short: str
    cost: int
    names_pair: bool
    secret: bool
    is_value: bool
    attributes: bool
    environment: bool
    payload: bool
    limit: int


# Names are few, and come again with each of a run's thousands of calls.
@lru_cache(maxsize=2_048)
def _judge(name: str) -> _Judged:
    words = split_words(name)
    return _Judged(
        short=_short(name),
        cost=len(name) + _VALUE_COST,
        names_pair=words in _PAIR_KEYS,
        secret=is_secret_name(words),
        is_value="value" in words,
        attributes=_ATTRIBUTES.search(words) is not None,
        environment=_ENVIRONMENT.search(words) is not None,
        payload=_PAYLOAD.search(words) is not None,
        limit=_limit_of(words),
    )


@dataclass(frozen=True, slots=True)
class _Shaped:
    """What the shape of a value says of it. `members` and `member` are the shapes inside."""

    sensitive: bool
    blob: bool
    members: Mapping[str, Any]
    of_map: Any
    of_list: Any


_UNSHAPED: Final = _Shaped(False, False, {}, None, None)


# Shapes belong to a service's model, which lives as long as its clients do.
@lru_cache(maxsize=2_048)
def _read_shape(shape: Any) -> _Shaped:
    metadata = getattr(shape, "metadata", None)
    kind = getattr(shape, "type_name", None)
    return _Shaped(
        sensitive=bool(metadata and metadata.get("sensitive")),
        blob=kind == "blob",
        members=getattr(shape, "members", None) or {},
        of_map=getattr(shape, "value", None) if kind == "map" else None,
        of_list=getattr(shape, "member", None) if kind == "list" else None,
    )


def _shaped(shape: Any) -> _Shaped:
    return _UNSHAPED if shape is None else _read_shape(shape)


class _Walk:
    """One call's walk; what it has written so far bounds what it may still write."""

    def __init__(self) -> None:
        self._left = MAX_CALL

    def members(self, params: Mapping[str, object], shape: Any, depth: int) -> dict[str, Any]:
        """The members of a structure or map, each judged by its name and shape."""
        shaped = _shaped(shape)
        judged = [(_judge(str(name)), name, value) for name, value in params.items()]
        secret_pair = _names_a_secret(judged)
        copy: dict[str, Any] = {}
        for known, name, value in judged[:MAX_ITEMS]:
            if known.cost > self._left:
                break
            self._left -= known.cost
            secret = secret_pair and known.is_value
            member = shaped.members.get(name, shaped.of_map)
            copy[known.short] = REDACTED if secret else self._member(known, value, member, depth)
        return _with_rest(copy, params)

    def _member(self, known: _Judged, value: object, shape: Any, depth: int) -> Any:
        shaped = _shaped(shape)
        if shaped.sensitive or (known.secret and not isinstance(value, bool)):
            return REDACTED
        if isinstance(value, str):
            if known.payload:
                return size_of(value)
            if not shaped.blob:
                return self._text(value, known.limit)
            return self.value(value, shape, depth + 1)
        if known.attributes:
            return self._attributes(value)
        if known.environment:
            return self._environment(value, depth + 1)
        if known.payload and not isinstance(value, bool | int | float | None):
            return size_of(value)
        return self.value(value, shape, depth + 1)

    def value(self, value: object, shape: Any, depth: int) -> Any:
        """Any value that has no name of its own."""
        shaped = _shaped(shape)
        if shaped.sensitive:
            return REDACTED
        if isinstance(value, str) and not shaped.blob:
            return self._text(value, MAX_STRING)
        if not isinstance(value, Mapping | list | tuple | set | frozenset):
            return _scalar(value)
        if depth > MAX_DEPTH:
            return f"<deeper than {MAX_DEPTH} levels>"
        if isinstance(value, Mapping):
            return self.members(value, shape, depth)
        copy: list[Any] = []
        for item in _first(value):
            if not self._may_write(0):
                break
            copy.append(self.value(item, shaped.of_list, depth + 1))
        rest = len(value) - len(copy)
        return [*copy, f"<{rest} more>"] if rest else copy

    def _attributes(self, value: object) -> Any:
        """Message attributes of SQS and SNS: their names and data types."""
        if not isinstance(value, Mapping):
            return size_of(value)
        copy: dict[str, Any] = {}
        for name, attribute in list(value.items())[:MAX_ITEMS]:
            kind = attribute.get("DataType") if isinstance(attribute, Mapping) else None
            known = isinstance(kind, str) and self._may_write(len(kind[:MAX_NAME]))
            copy[_short(name)] = {"DataType": _short(kind)} if known else size_of(attribute)
        return _with_rest(copy, value)

    def _environment(self, value: object, depth: int) -> Any:
        """The names of an environment, as a map or as a list of pairs, never the values."""
        if depth > MAX_DEPTH or not self._may_write(0):
            return "<cut>"
        if isinstance(value, Mapping):
            copy = {
                _short(k): self._environment(v, depth + 1)
                for k, v in list(value.items())[:MAX_ITEMS]
            }
            return _with_rest(copy, value)
        if isinstance(value, list | tuple):
            return [self._environment_pair(pair) for pair in value[:MAX_ITEMS]]
        return size_of(value)

    def _environment_pair(self, pair: object) -> Any:
        if not isinstance(pair, Mapping) or not self._may_write(0):
            return size_of(pair)
        return {
            _short(k): _short(v) if split_words(str(k)) in ("name", "key", "type") else size_of(v)
            for k, v in list(pair.items())[:MAX_ITEMS]
        }

    def _text(self, value: str, limit: int) -> str:
        clean = without_secrets(value)
        if len(clean) > limit:
            clean = f"{clean[:limit]}<… {length_of(value)} bytes>"
        return clean if self._may_write(len(clean)) else f"<… {length_of(value)} bytes>"

    def _may_write(self, characters: int) -> bool:
        cost = characters + _VALUE_COST
        if cost > self._left:
            return False
        self._left -= cost
        return True


def _with_rest(copy: dict[str, Any], whole: Mapping[str, object]) -> dict[str, Any]:
    rest = len(whole) - len(copy)
    return {**copy, "...": f"<{rest} more>"} if rest > 0 else copy


def _scalar(value: object) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        # 2^128-1 is the largest number that AWS takes (Kinesis hash keys, as text).
        return value if value.bit_length() <= 128 else "<int>"
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)  # JSON has no NaN
    if isinstance(value, datetime | date):
        return value.isoformat()
    return size_of(value)


def size_of(value: object) -> str:
    """How much there was. Never a repr: a stream's or a Secret's could show anything."""
    if isinstance(value, str):
        return f"<… {length_of(value)} bytes>"
    if isinstance(value, bytes | bytearray):
        return f"<… {len(value)} bytes>"
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return f"<… {len(value)} items>"
    return f"<{type(value).__name__}>"


def _limit_of(words: str) -> int:
    if _OPAQUE.search(words) or is_page_token(words):
        return MAX_OPAQUE
    return MAX_POLICY if _POLICY.search(words) else MAX_STRING


def _names_a_secret(pair: Sequence[tuple[_Judged, str, object]]) -> bool:
    """Whether it is like `{"Key": "db-password", "Value": "..."}`."""
    return any(
        known.names_pair and isinstance(value, str) and is_secret_name(value)
        for known, _, value in pair
    )


def _first(items: Iterable[T]) -> list[T]:
    return list(islice(items, MAX_ITEMS))


def _short(name: object) -> str:
    return _short_text(str(name))


@lru_cache(maxsize=2_048)
def _short_text(name: str) -> str:
    return without_secrets(name)[:MAX_NAME]


def length_of(text: str) -> int:
    """Bytes of a text, whatever is in it."""
    return len(text.encode("utf-8", "surrogatepass"))
