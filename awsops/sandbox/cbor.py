"""CBOR (RFC 8949) as Smithy's RPC v2 uses it: what botocore sends to CloudWatch and CodeDeploy."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG, _SIMPLE = range(8)
_INDEFINITE = 31
_EPOCH_TAG = 1  # RFC 8949, 3.4.2: seconds since 1970
_BREAK = object()


class Epoch(float):
    """Seconds since 1970 that an answer carries as a time and not as a number."""


def decode(data: bytes) -> Any:
    """The one value that `data` holds; ValueError where it is not CBOR."""
    try:
        return _Reader(data).value()
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise ValueError(f"not CBOR: {error}") from error


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def value(self) -> Any:
        first = self._data[self._at]
        self._at += 1
        major, info = first >> 5, first & 31
        if major == _SIMPLE:
            return self._simple(info)
        if info == _INDEFINITE:
            return self._indefinite(major)
        size = self._size(info)
        if major == _UNSIGNED:
            return size
        if major == _NEGATIVE:
            return -1 - size
        if major in (_BYTES, _TEXT):
            taken = self._take(size)
            return taken if major == _BYTES else taken.decode()
        if major == _LIST:
            return [self.value() for _ in range(size)]
        if major == _MAP:
            return {self.value(): self.value() for _ in range(size)}
        content = self.value()
        return Epoch(content) if size == _EPOCH_TAG else content

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise IndexError("cut short")
        self._at += count
        return taken

    def _size(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise ValueError("not CBOR: a reserved length")
        return int.from_bytes(self._take(1 << (info - 24)), "big")

    def _simple(self, info: int) -> Any:
        if info == _INDEFINITE:
            return _BREAK
        if info in (25, 26, 27):
            form = {25: ">e", 26: ">f", 27: ">d"}[info]
            return struct.unpack(form, self._take(struct.calcsize(form)))[0]
        return {20: False, 21: True}.get(info)

    def _indefinite(self, major: int) -> Any:
        parts = []
        while (part := self.value()) is not _BREAK:
            parts.append(part)
        if major == _MAP:
            return dict(zip(parts[::2], parts[1::2], strict=True))
        if major == _LIST:
            return parts
        return b"".join(parts) if major == _BYTES else "".join(parts)


def encode(value: Any) -> bytes:
    """`value` as CBOR; entries of a mapping that are None are left out."""
    out = bytearray()
    _write(out, value)
    return bytes(out)


def _write(out: bytearray, value: Any) -> None:
    if value is None:
        out.append(0xF6)
    elif isinstance(value, bool):
        out.append(0xF5 if value else 0xF4)
    elif isinstance(value, Epoch):
        _head(out, _TAG, _EPOCH_TAG)
        out += b"\xfb" + struct.pack(">d", value)
    elif isinstance(value, int):
        _head(out, _UNSIGNED, value) if value >= 0 else _head(out, _NEGATIVE, -1 - value)
    elif isinstance(value, float):
        out += b"\xfb" + struct.pack(">d", value)
    elif isinstance(value, bytes):
        _head(out, _BYTES, len(value))
        out += value
    elif isinstance(value, str):
        data = value.encode()
        _head(out, _TEXT, len(data))
        out += data
    elif isinstance(value, Mapping):
        given = {key: item for key, item in value.items() if item is not None}
        _head(out, _MAP, len(given))
        for key, item in given.items():
            _write(out, key)
            _write(out, item)
    elif isinstance(value, Sequence):
        _head(out, _LIST, len(value))
        for item in value:
            _write(out, item)
    else:
        raise TypeError(f"{type(value).__name__} has no form in CBOR")


def _head(out: bytearray, major: int, size: int) -> None:
    if size < 24:
        out.append(major << 5 | size)
        return
    power = next(p for p in range(4) if size < 1 << (8 << p))
    out.append(major << 5 | 24 + power)
    out += size.to_bytes(1 << power, "big")
