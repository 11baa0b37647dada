"""Rows of a query as columns: every row has the same ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .results import Row

_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}\.\d{3})")
_TIMES = frozenset({"@timestamp", "@ingestionTime"})
POINTER = "@ptr"


class Columns:
    """The columns seen so far, in their order. Values are strings, as the service gives them,
    but for its times (`@timestamp`, `@ingestionTime`, `bin(...)`), which are RFC 3339."""

    def __init__(self, *, pointers: bool) -> None:
        self._names: dict[str, None] = {}
        self._seen: set[str] = set()
        self._times: list[str] = []
        self._pointers = pointers

    def of(self, rows: Iterable[Row]) -> Iterator[dict[str, str | None]]:
        """The rows of one page, None where a row has no such field."""
        page = list(rows)
        for row in page:
            if not row.keys() <= self._seen:
                self._learn(row)
        names, times = tuple(self._names), tuple(self._times)
        for row in page:
            shown = {name: row.get(name) for name in names}
            for name in times:
                shown[name] = _moment(shown[name])
            yield shown

    def _learn(self, row: Row) -> None:
        for name in row:
            if name not in self._seen and (name != POINTER or self._pointers):
                self._names[name] = None
                if name in _TIMES or "bin(" in name.lower():
                    self._times.append(name)
        self._seen.update(row)


def _moment(value: str | None) -> str | None:
    found = _TIME.fullmatch(value) if value is not None else None
    return f"{found.group(1)}T{found.group(2)}Z" if found else value
