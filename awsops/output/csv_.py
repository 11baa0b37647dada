"""csv: RFC 4180 with a header from the first row, lines handed over as they come.

Off a terminal every value is exact. On a terminal, control characters are shown as `\\x1b`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import TYPE_CHECKING

from awsops.output.cells import visible
from awsops.output.columns import Columns, machine_cell
from awsops.output.sink import Sink

if TYPE_CHECKING:
    from awsops.env import Env


class CsvWriter:
    """Errors stand on stderr only."""

    def __init__(self, env: Env) -> None:
        self._sink = Sink(env.stdout)
        self._writer = csv.writer(self._sink)  # lines end in CRLF: RFC 4180, section 2.1
        self._columns = Columns("csv")
        self._terminal = env.stdout_tty

    def value(self, value: object) -> None:
        first = self._columns.names is None
        cells = [machine_cell(cell) for cell in self._columns.arrange(value)]
        if first:
            self._write(list(self._columns.names or ()))
        self._write(cells)

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

    def _write(self, cells: list[str]) -> None:
        self._writer.writerow([visible(cell) for cell in cells] if self._terminal else cells)
