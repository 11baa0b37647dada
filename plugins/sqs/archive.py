"""Messages in a file, a line of JSON each, with all that is needed to send them again."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awsops.errors import AwsopsError, UsageError
from awsops.given_files import unreadable

from .messages import Message
from .record import REMEMBERED, Recent

_BEGINNING = b'{"queue":'  # of every line that `to_line` makes


class Archive:
    """Appends messages of one queue to a file. Several lanes, targets and processes may append to
    the same one: each line is whole. What was written lately is not written again."""

    def __init__(self, path: Path, queue_arn: str) -> None:
        self._path = path
        self._queue = queue_arn
        self._recent = Recent(REMEMBERED)
        self._lock = threading.Lock()
        if str(path) == "-":
            raise UsageError(
                "messages are kept in a file that is synced to disk, not on stdout",
                hint="name a file; awsops sqs peek QUEUE -n 1000 -o ndjson shows messages",
            )
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            end_torn_line(self._file)
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from error

    def write(self, messages: Sequence[Message]) -> None:
        """Append them; they are on disk when this returns. AwsopsError when that fails."""
        fresh = [message for message in messages if message.id not in self._recent]
        if not fresh:
            return
        data = b"".join(to_line(message, self._queue) for message in fresh)
        try:
            written = os.write(self._file, data)
            os.fsync(self._file)
        except OSError as error:
            raise AwsopsError(f"{self._path} cannot be written: {error.strerror}") from error
        if written < len(data):
            raise AwsopsError(f"{self._path} cannot be written: the disk is full")
        with self._lock:
            self._recent.add(message.id for message in fresh)

    def close(self) -> None:
        os.close(self._file)


def end_torn_line(file: int) -> None:
    """A full disk or a kill tore the last line as it was written: the next one begins anew."""
    if os.fstat(file).st_size:
        os.lseek(file, -1, os.SEEK_END)
        if os.read(file, 1) != b"\n":
            os.write(file, b"\n")


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


@dataclass(slots=True)
class LeftOut:
    """What `read_once` does not give: the numbers of torn lines, and how many repeat a message."""

    torn: list[int] = field(default_factory=list)
    repeated: int = 0


def read_archive(path: Path, left_out: LeftOut | None = None) -> Iterator[Message]:
    """The messages of a file, in order; UsageError names the line that is none.

    A line that was torn as it was written is left out: its message was then neither sent nor
    deleted.
    """
    if str(path) == "-":
        raise UsageError(
            "a file is read to its end before anything is sent, and then again: stdin cannot be",
            hint="name a file",
        )
    try:
        lines = path.open("rb")
    except OSError as error:
        raise unreadable(path, str(path), error) from error
    with lines:
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line) if line.strip() else None
                if record is not None:
                    yield _from_json(record)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                if isinstance(error, json.JSONDecodeError) and line.startswith(_BEGINNING):
                    if left_out is not None:
                        left_out.torn.append(number)
                    continue
                raise UsageError(f"line {number} of {path} is not a message: {error!r}") from error


def read_once(path: Path, left_out: LeftOut) -> Iterator[Message]:
    """As `read_archive`, each message only the first time: one that was backed up and given back is
    backed up once more when it comes again."""
    seen: set[str | bytes] = set()
    for message in read_archive(path, left_out):
        known = _small(message.id)
        if known in seen:
            left_out.repeated += 1
        else:
            seen.add(known)
            yield message


def count_messages(path: Path) -> int:
    """How many messages a file has, each counted once; 0 where it has none, or is not there."""
    try:
        return sum(1 for _ in read_once(path, LeftOut()))
    except UsageError:
        return 0


def _small(message_id: str) -> str | bytes:
    """Half the memory of an id as SQS makes them."""
    try:
        return bytes.fromhex(message_id.replace("-", "")) if len(message_id) == 36 else message_id
    except ValueError:
        return message_id


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
