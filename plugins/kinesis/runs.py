"""The record of a resharding on disk: enough for a later process to go on with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from awsops.errors import UsageError
from awsops.records import RunRecord

from .course import Course
from .keyspace import Keyspace
from .steps import Step, from_json, to_json
from .streams import Stream

KEEP_SECONDS = 14 * 86_400.0


def record_name(run_id: str, stream: Stream) -> str:
    """One of its own for each target of a run: account and region stand in it."""
    account, region = stream.arn.split(":")[4], stream.arn.split(":")[3]
    return f"{run_id}.{account}.{region}.{stream.name}"


class OpenRun:
    """One run: begun once its plan is confirmed, or taken up where another process left it."""

    def __init__(self, folder: Path, run_id: str, stream: Stream) -> None:
        self._folder = folder
        self._stream = stream
        self._record: RunRecord | None = None
        self.id = run_id
        self.finished = False

    def resume(self) -> Course:
        """The course that was recorded, as far as it is known to have come.

        NotFoundError when there is none, UsageError when it is under way in another process.
        """
        self._record = RunRecord.resume(self._folder, record_name(self.id, self._stream))
        header: dict[str, Any] = self._record.header
        if header.get("arn") != self._stream.arn:
            raise UsageError(f"run {self.id} is not of stream {self._stream.name}")
        course = Course(
            Keyspace(int(start) for start in header["starts"]),
            [from_json(step) for step in header["steps"]],
        )
        for _ in range(max((int(entry["done"]) for entry in self._record.entries), default=0)):
            course.advance()
        return course

    def begin(self, keys: Keyspace, steps: tuple[Step, ...]) -> None:
        """Write down what is planned, before anything is changed."""
        if self._record is None:
            header = {
                "arn": self._stream.arn,
                "starts": [str(start) for start in keys.starts],
                "steps": [to_json(step) for step in steps],
            }
            name = record_name(self.id, self._stream)
            self._record = RunRecord.begin(self._folder, name, header, keep_seconds=KEEP_SECONDS)

    def done(self, count: int) -> None:
        """So many steps of the whole course are done."""
        if self._record is not None:
            self._record.append({"done": count})

    def close(self) -> None:
        if self._record is not None:
            self._record.close(finished=self.finished)
