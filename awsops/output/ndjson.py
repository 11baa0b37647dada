"""ndjson: one compact JSON value a line, handed over as they come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from awsops.output.records import json_text
from awsops.output.sink import Sink

if TYPE_CHECKING:
    from awsops.env import Env


class NdjsonWriter:
    """A line a row; an error is the line `{"error":{...}}`."""

    def __init__(self, env: Env) -> None:
        self._sink = Sink(env.stdout)

    def value(self, value: object) -> None:
        self._sink.write(json_text(value, ascii_only=self._sink.ascii_only) + "\n")

    def whole(self, value: object) -> None:
        self.value(value)

    def error(self, record: Mapping[str, object]) -> None:
        self.value({"error": record})

    def flush(self) -> None:
        self._sink.flush()

    def close(self) -> None:
        self._sink.flush()
