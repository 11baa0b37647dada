"""The formats that are one document, json and yaml: everything is kept and written at the end.

With a query whose result is not a list the document is that result, as with `aws --query`; the
errors then stand on stderr only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from awsops.output.sink import Sink

if TYPE_CHECKING:
    from awsops.env import Env


class DocumentWriter:
    """`form` turns the value (and whether only ASCII can be written) into the text of a format;
    an error is an element `{"error": {...}}`.
    """

    def __init__(self, env: Env, form: Callable[[object, bool], str]) -> None:
        self._sink = Sink(env.stdout)
        self._form = form
        self._values: list[object] = []
        self._whole: list[object] = []

    def value(self, value: object) -> None:
        self._values.append(value)

    def whole(self, value: object) -> None:
        self._whole.append(value)

    def error(self, record: Mapping[str, object]) -> None:
        self._values.append({"error": record})

    def flush(self) -> None:
        pass

    def close(self) -> None:
        document = self._whole[0] if self._whole else self._values
        self._sink.write(self._form(document, self._sink.ascii_only))
        self._sink.flush()
