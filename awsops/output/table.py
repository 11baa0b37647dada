"""table: for a person at a terminal. Nothing at all is printed when there are no rows.

Laid out by hand and not with rich's tables: those take 40 ms to import and 6 s for 10,000 rows,
and they cut or squeeze where `layout` moves long values to a line of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from awsops.output.columns import as_row
from awsops.output.console import NARROWEST
from awsops.output.layout import lay_out
from awsops.output.links import can_link, linking
from awsops.output.sink import Sink
from awsops.output.style import knows_cube, paint_for

if TYPE_CHECKING:
    from awsops.env import Env


class TableWriter:
    """Buffers the rows; each shape of row gets a table of its own. Errors stand on stderr only."""

    def __init__(self, env: Env, *, color: bool) -> None:
        self._env = env
        self._sink = Sink(env.stdout)
        self._paint = paint_for(color, cube=knows_cube(env.environ))
        if can_link(env, color=color):
            self._paint = linking(self._paint)
        self.height = 0  # lines that were written to the screen itself
        self._shapes: dict[tuple[str, ...], list[Mapping[str, object]]] = {}

    def value(self, value: object) -> None:
        row = as_row(value)
        self._shapes.setdefault(tuple(row), []).append(row)

    def whole(self, value: object) -> None:
        if value is not None:
            self.value(value)

    def error(self, record: Mapping[str, object]) -> None:
        pass

    def flush(self) -> None:
        pass

    def close(self) -> None:
        if self._env.paging:
            from awsops.output.pager import show

            if show("".join(self._lines()), self._env):
                return
        for line in self._lines():
            self._sink.write(line)
            self.height += 1
        self._sink.flush()

    def _lines(self) -> Iterator[str]:
        width = max(self._env.width(), NARROWEST)
        for number, rows in enumerate(self._shapes.values()):
            if number:
                yield "\n"
            for line in lay_out(rows, width, self._paint):
                yield line + "\n"
