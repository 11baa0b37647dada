"""The files of an export: each holds the events of one group in one slice of the time.

A file appears under its name when it is whole and on disk, never before: what a killed process
leaves behind has another name (`.part`) and is written over by the run that goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from awsops.api import AwsopsError
from awsops.atomic_files import ANYBODY, replace_file, sync_folder

from .slicing import cut

PART = ".part"
MANIFEST = "manifest.json"
_LONGEST_NAME = 200  # characters; file systems take 255 bytes, a log group's name 512


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes one file: the events of a group from `start` to `end`, both inclusive, in
    milliseconds since the epoch. `file` is relative to the folder of the export."""

    group: str
    arn: str
    start: int
    end: int
    file: str


@dataclass(frozen=True, slots=True)
class Written:
    """A piece that is done. `file_bytes` and `sha256` are of the file; without events there is
    none, and they are 0 and empty."""

    file: str
    events: int
    file_bytes: int
    sha256: str


def pieces_of(
    group: Mapping[str, Any], start: int, end: int, count: int, *, gzip: bool
) -> list[Piece]:
    """[start, end] (milliseconds) of a group in at most `count` pieces, without a gap."""
    folder = folder_name(group["logGroupName"])
    ending = ".ndjson.gz" if gzip else ".ndjson"
    return [
        Piece(
            group["logGroupName"],
            group["logGroupArn"],
            first,
            last,
            f"{folder}/{_stamp(first)}_{_stamp(last)}{ending}",
        )
        for first, last in cut(start, end, count)
    ]


def folder_name(group: str) -> str:
    """A folder for a log group, another for each: `/` becomes `+`, which no group's name has.

    A name such as `..` is legal for a log group and leads nowhere else here.
    """
    name = group.replace("/", "+")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > _LONGEST_NAME:
        digest = hashlib.sha256(group.encode()).hexdigest()[:16]
        name = f"{name[:_LONGEST_NAME]}%{digest}"
    return name


def line_of(event: Mapping[str, Any], group: str) -> bytes:
    """One event of FilterLogEvents as a line of JSON; times are RFC 3339 in UTC."""
    record = {
        "timestamp": _moment(event["timestamp"]),
        "group": group,
        "stream": event.get("logStreamName", ""),
        "message": event.get("message", ""),
        "ingested_at": _moment(event.get("ingestionTime", event["timestamp"])),
        "event_id": event.get("eventId", ""),
    }
    try:
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can write
        text = json.dumps(record, separators=(",", ":")).encode()
    return text + b"\n"


def write_piece(
    folder: Path, piece: Piece, pages: Iterable[Sequence[Mapping[str, Any]]], *, gzip: bool
) -> Written:
    """Write all events of `pages`; on disk under its name when this returns.

    AwsopsError when the disk is full or the folder cannot be written; then, and when `pages`
    raises, nothing is left of the file.
    """
    path = folder / piece.file
    beside = path.with_name(path.name + PART)
    events = 0
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as open_files:
            out = _open(beside, open_files, gzip=gzip)
            for page in pages:
                out.write(b"".join(line_of(event, piece.group) for event in page))
                events += len(page)
        if not events:
            beside.unlink()
            path.unlink(missing_ok=True)  # of an earlier try, before it was known to be whole
            return Written(piece.file, 0, 0, "")
        size, digest = _sync(beside)
        beside.replace(path)
        sync_folder(path.parent)
    except BaseException as error:
        beside.unlink(missing_ok=True)
        if _is_of_the_disk(error):
            raise AwsopsError(f"{path} cannot be written: {error}") from error
        raise
    return Written(piece.file, events, size, digest)


def is_whole(folder: Path, written: Written) -> bool:
    """Whether the file of a finished piece is still there, of the size that it had."""
    if not written.events:
        return True
    try:
        return (folder / written.file).stat().st_size == written.file_bytes
    except OSError:
        return False


def write_manifest(folder: Path, content: Mapping[str, Any]) -> None:
    """Put the manifest in the folder: there is one only when the export is complete."""
    replace_file(folder / MANIFEST, json.dumps(content, indent=2) + "\n", new_mode=ANYBODY)


def _open(path: Path, open_files: ExitStack, *, gzip: bool) -> IO[bytes]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    raw = open_files.enter_context(os.fdopen(descriptor, "wb"))
    if not gzip:
        return raw
    from gzip import GzipFile

    # No name and no time in it: the same events make the same file.
    packed: Any = GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0)
    return open_files.enter_context(packed)


def _sync(path: Path) -> tuple[int, str]:
    """Put a file on disk; its size and SHA-256."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def _is_of_the_disk(error: BaseException) -> bool:
    """Whether writing failed, and not reading from AWS, which may be an OSError as well."""
    import errno

    full = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EROFS}
    return isinstance(error, OSError) and (error.filename is not None or error.errno in full)


def _stamp(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment:%Y%m%dT%H%M%S}.{milliseconds % 1000:03d}Z"


def _moment(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
