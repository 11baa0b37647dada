"""Messages in a file, a line of JSON each, with all that is needed to send them again."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from awsops.errors import AwsopsError, UsageError
from awsops.given_files import unreadable

from .messages import Message


class Archive:
    """Appends messages of one queue to a file. Several lanes, targets and processes may append to
    the same one: each line is whole."""

    def __init__(self, path: Path, queue_arn: str) -> None:
        self._path = path
        self._queue = queue_arn
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from error

    def write(self, messages: Sequence[Message]) -> None:
        """Append them; they are on disk when this returns. AwsopsError when that fails."""
        data = b"".join(to_line(message, self._queue) for message in messages)
        try:
            written = os.write(self._file, data)
            os.fsync(self._file)
        except OSError as error:
            raise AwsopsError(f"{self._path} cannot be written: {error.strerror}") from error
        if written < len(data):
            raise AwsopsError(f"{self._path} cannot be written: the disk is full")

    def close(self) -> None:
        os.close(self._file)


@contextmanager
def open_archive(
    path: Path | None, queue_arn: str
) -> Iterator[Callable[[Sequence[Message]], None] | None]:
    """How to append messages to `path`; None without one. The file is made when this is entered."""
    if path is None:
        yield None
        return
    archive = Archive(path, queue_arn)
    try:
        yield archive.write
    finally:
        archive.close()


def to_line(message: Message, queue_arn: str) -> bytes:
    """One message as a line of JSON. Binary values become base64 under `binary`."""
    record = {
        "queue": queue_arn,
        "message_id": message.id,
        "body": message.body,
        "attributes": {name: _to_json(value) for name, value in message.attributes.items()},
        "system": dict(message.system),
    }
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_archive(path: Path) -> Iterator[Message]:
    """The messages of a file, in order; UsageError names the line that is none."""
    try:
        lines = path.open("rb")
    except OSError as error:
        raise unreadable(path, str(path), error) from error
    with lines:
        for number, line in enumerate(lines, 1):
            try:
                yield _from_json(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise UsageError(f"line {number} of {path} is not a message: {error!r}") from error


def _to_json(value: Mapping[str, Any]) -> dict[str, str]:
    if "BinaryValue" in value:
        encoded = base64.b64encode(value["BinaryValue"]).decode()
        return {"type": value["DataType"], "binary": encoded}
    return {"type": value["DataType"], "value": value.get("StringValue", "")}


def _from_json(record: Mapping[str, Any]) -> Message:
    attributes: dict[str, dict[str, Any]] = {}
    for name, value in record["attributes"].items():
        attribute: dict[str, Any] = {"DataType": value["type"]}
        if "binary" in value:
            attribute["BinaryValue"] = base64.b64decode(value["binary"], validate=True)
        else:
            attribute["StringValue"] = value["value"]
        attributes[name] = attribute
    body = record["body"]
    if not isinstance(body, str):
        raise TypeError("the body is not text")
    return Message(str(record["message_id"]), "", body, attributes, dict(record["system"]))
