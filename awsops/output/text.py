"""text: tab-separated values without a header, for cut, awk and `while read`.

A value never breaks its line: tab, newline, carriage return and backslash are written `\\t`, `\\n`,
`\\r` and `\\\\`, other control characters `\\xNN` or `\\uNNNN`, as in PostgreSQL's text format; so
the values can be had back exactly. None is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from awsops.output.cells import visible
from awsops.output.columns import Columns, machine_cell
from awsops.output.sink import Sink

if TYPE_CHECKING:
    from awsops.env import Env


class TextWriter:
    """A line a row, handed over as they come; errors stand on stderr only."""

    def __init__(self, env: Env) -> None:
        self._sink = Sink(env.stdout)
        self._columns = Columns("text")

    def value(self, value: object) -> None:
        cells = (machine_cell(cell) for cell in self._columns.arrange(value))
        self._sink.write("\t".join(visible(cell.replace("\\", "\\\\")) for cell in cells) + "\n")

    def whole(self, value: object) -> None:
        if value is not None:
            self.value(value)

    def error(self, record: Mapping[str, object]) -> None:
        pass

    def flush(self) -> None:
        self._sink.flush()

    def close(self) -> None:
        self._sink.flush()
        self._columns.check()
