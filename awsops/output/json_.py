"""json: exactly one array, also when there is nothing in it.

With a query whose result is not a list the document is that result, as with `aws --query`; the
errors then stand on stderr only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from awsops.output.records import json_text
from awsops.output.sink import Sink

if TYPE_CHECKING:
    from awsops.env import Env


class JsonWriter:
    """Buffers everything; an error is an element `{"error": {...}}`."""

    def __init__(self, env: Env) -> None:
        self._sink = Sink(env.stdout)
        self._values: list[object] = []
        self._whole: list[object] = []

    def value(self, value: object) -> None:
        self._values.append(value)

    def whole(self, value: object) -> None:
        self._whole.append(value)

    def error(self, record: Mapping[str, object]) -> None:
        self._values.append({"error": record})

    def close(self) -> None:
        document = self._whole[0] if self._whole else self._values
        self._sink.write(json_text(document, indent=2, ascii_only=self._sink.ascii_only) + "\n")
        self._sink.flush()
