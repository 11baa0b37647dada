"""The record of one run on disk: what `--resume` goes on from after a crash.

One file a run, lines of JSON: a header, synced before `begin` returns, then what the run appended.
Each line is one write at the end of the file, so a process that is killed leaves every line whole;
a power cut can tear the last one, which is then left out. A lock beside the file keeps a second
process from going on with a run that is still under way.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from awsops.atomic_files import private_folder, sync_folder
from awsops.errors import AwsopsError, NotFoundError, UsageError
from awsops.file_locks import try_lock

VERSION = 1
SUFFIX = ".ndjson"


class RecordError(AwsopsError):
    """The record of a run cannot be written; the run must stop before its next change."""

    code = "Record"


class RunRecord:
    """The open record of one run. Made by `begin` or `resume`; `close` it. Safe from any thread."""

    def __init__(self, path: Path, header: Mapping[str, Any], claim: int) -> None:
        self.path = path
        self._header = dict(header)
        self._claim = claim
        self._lock = threading.Lock()
        self._file = -1
        self._size = 0

    @classmethod
    def begin(
        cls, folder: Path, name: str, header: Mapping[str, object], *, keep_seconds: float
    ) -> RunRecord:
        """A new record `name` (a run's id and what it works on), its header synced to disk.

        Records in `folder` that nothing was written to for `keep_seconds` are removed. RecordError
        when it cannot be written, UsageError when `name` is under way in another process.
        """
        path = _path(folder, name)
        try:
            private_folder(folder)
            _remove_old(folder, time.time() - keep_seconds)
            record = cls(path, header, _claim(path))
        except OSError as error:
            raise _unwritable(error) from error
        try:
            record.rewrite(())
        except BaseException:
            os.close(record._claim)
            raise
        return record

    @classmethod
    def resume(cls, folder: Path, name: str) -> RunRecord:
        """The record of an interrupted run, to go on with.

        NotFoundError when there is none, UsageError when that run is under way in another process
        or the file is not a record.
        """
        path = _path(folder, name)
        if not path.exists():
            known = cls.known(folder)
            raise NotFoundError(
                f"there is no record of a run {name}",
                hint=f"recorded: {', '.join(known[-5:])}" if known else f"none in {folder}",
            )
        try:
            claim = _claim(path)
        except OSError as error:
            raise _unwritable(error) from error
        try:
            record = cls(path, _read_header(path), claim)
            record._open()
        except BaseException:
            os.close(claim)
            raise
        return record

    @staticmethod
    def known(folder: Path) -> list[str]:
        """The names of the records in `folder`, oldest first."""
        found = []
        for path in folder.glob(f"*{SUFFIX}"):
            try:
                found.append((path.stat().st_mtime, path.name.removesuffix(SUFFIX)))
            except FileNotFoundError:
                continue  # finished just now
        return [name for _, name in sorted(found)]

    @staticmethod
    def peek(folder: Path, name: str) -> dict[str, Any]:
        """The header of a record, whoever holds it; UsageError when it is not a record."""
        return _read_header(_path(folder, name))

    @staticmethod
    def is_held(folder: Path, name: str) -> bool:
        """Whether a live process works on this run now."""
        try:
            os.close(_claim(_path(folder, name), create=False))
        except UsageError:
            return True
        except OSError:
            pass
        return False

    @property
    def header(self) -> dict[str, Any]:
        """What the run began with, as plain values."""
        return dict(self._header)

    @property
    def entries(self) -> list[Any]:
        """What was appended, in order."""
        return list(self.replay())

    def replay(self) -> Iterator[Any]:
        """As `entries`, one at a time: for a record that may be large."""
        with self.path.open("rb") as lines:
            next(lines, None)
            for line in lines:
                if not line.endswith(b"\n"):
                    return  # torn by a power cut: nobody relied on it
                yield json.loads(line)

    @property
    def size(self) -> int:
        """Bytes of the file: `rewrite` with what still matters when it has grown large."""
        return self._size

    def append(self, entry: object, *, sync: bool = False) -> None:
        """Add a line; `sync` it to disk where losing it in a power cut would do harm.

        RecordError when it cannot be written whole.
        """
        line = _line(entry)
        with self._lock:
            try:
                # One write at the end of the file: a killed process leaves whole lines.
                written = os.write(self._file, line)
                if sync:
                    os.fsync(self._file)
            except OSError as error:
                raise RecordError(f"the record {self.path} cannot be written: {error}") from error
            if written < len(line):
                os.ftruncate(self._file, self._size)
                raise RecordError(f"the record {self.path} cannot be written: the disk is full")
            self._size += written

    def rewrite(
        self, entries: Iterable[object], header: Mapping[str, object] | None = None
    ) -> None:
        """Put `entries` (and `header`, when given) in place of all that is there, at once."""
        with self._lock:
            if header is not None:
                self._header = dict(header)
            first = {"version": VERSION, **self._header}
            try:
                self._replace(_line(entry) for entry in chain([first], entries))
            except OSError as error:
                raise _unwritable(error) from error

    def close(self, *, finished: bool) -> None:
        """Sync it and let others resume it; a `finished` one is removed: nothing is left to do."""
        with self._lock:
            try:
                if finished:
                    self.path.unlink(missing_ok=True)
                    self.path.with_suffix(".lock").unlink(missing_ok=True)
                else:
                    os.fsync(self._file)
            finally:
                os.close(self._file)
                os.close(self._claim)

    def _open(self) -> None:
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND)
        whole = self._whole_bytes()
        if whole < os.fstat(self._file).st_size:
            os.ftruncate(self._file, whole)  # or the next line would be glued to a torn one
        self._size = whole

    def _whole_bytes(self) -> int:
        with self.path.open("rb") as lines:
            return sum(len(line) for line in lines if line.endswith(b"\n"))

    def _replace(self, lines: Iterable[bytes]) -> None:
        """Not `atomic_files.replace_file`: whoever appends next goes on with the file that was
        renamed, and never with one that lost its name meanwhile."""
        beside = self.path.with_suffix(".new")
        file = os.open(beside, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            size = 0
            for line in lines:
                if os.write(file, line) < len(line):  # the old record stays: it is whole
                    raise OSError("the disk is full")
                size += len(line)
            os.fsync(file)
            beside.replace(self.path)
        except BaseException:
            os.close(file)
            beside.unlink(missing_ok=True)
            raise
        if self._file >= 0:
            os.close(self._file)
        self._file = file
        self._size = size
        sync_folder(self.path.parent)


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _path(folder: Path, name: str) -> Path:
    if not name or "/" in name or os.sep in name or name.startswith("."):
        raise UsageError(f"{name!r} is not the id of a run")
    return folder / f"{name}{SUFFIX}"


def _unwritable(error: OSError) -> RecordError:
    return RecordError(
        f"the record of the run cannot be written: {error}",
        hint="nothing was changed since; AWSOPS_STATE_DIR says where else to write",
    )


def _read_header(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as lines:
            fields = json.loads(next(lines, b""))
        if fields.pop("version") != VERSION:
            raise UsageError(f"{path} was written by another version of awsops")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{path} is not the record of a run") from error
    return dict(fields)


def _claim(path: Path, *, create: bool = True) -> int:
    """Hold the record for this process, or UsageError: two would do the same work twice."""
    flags = os.O_WRONLY | (os.O_CREAT if create else 0)
    file = os.open(path.with_suffix(".lock"), flags, 0o600)
    try:
        ours = try_lock(file)
    except OSError:
        os.close(file)
        raise
    if not ours:
        os.close(file)
        name = path.name.removesuffix(SUFFIX)
        raise UsageError(f"run {name} is still under way in another process")
    return file


def _remove_old(folder: Path, before: float) -> None:
    for path in folder.iterdir():
        if path.suffix not in (SUFFIX, ".lock", ".new"):
            continue
        record = path.with_suffix(SUFFIX)
        try:
            if path.stat().st_mtime >= before or (path != record and record.exists()):
                continue  # a lock is as old as the beginning of its run, which may go on
            if path != record or not RunRecord.is_held(folder, path.name.removesuffix(SUFFIX)):
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            continue  # another target's record was just renamed over the old one
