"""Rows of a query as columns: every row has the same ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .insights import Row

_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}\.\d{3})")
POINTER = "@ptr"


class Columns:
    """The columns seen so far, in their order. Values are strings, as the service gives them,
    but for its times (`@timestamp`, `bin(...)`), which are RFC 3339."""

    def __init__(self, *, pointers: bool) -> None:
        self._names: dict[str, None] = {}
        self._pointers = pointers

    def of(self, rows: Iterable[Row]) -> Iterator[dict[str, str | None]]:
        """The rows of one page, None where a row has no such field."""
        page = list(rows)
        for row in page:
            for name in row:
                if name != POINTER or self._pointers:
                    self._names.setdefault(name)
        for row in page:
            yield {name: _shown(name, row.get(name)) for name in self._names}


def _shown(name: str, value: str | None) -> str | None:
    if value is None or not (name.startswith("@") or "bin(" in name.lower()):
        return value
    found = _TIME.fullmatch(value)
    return f"{found.group(1)}T{found.group(2)}Z" if found else value
