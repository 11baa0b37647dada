"""Columns: which name a target, and how csv and text keep to one set of them.

The first row decides. A later row of another shape keeps to those columns: what it lacks is empty
and what it has more is left out, so that no line is ever longer than the header; `check` then says
what was left out, at the end, when nothing that changes AWS can be cut short by it.
"""

from __future__ import annotations

from collections.abc import Mapping

from awsops.errors import PartialError
from awsops.output.records import json_text

# What the kernel puts before the rows of several targets, in this order.
TARGET_COLUMNS = ("profile", "account", "region")


class Columns:
    """The columns of one run, and what did not fit into them."""

    def __init__(self, format: str) -> None:
        self._format = format
        self.names: tuple[str, ...] | None = None
        self._left_out: dict[str, None] = {}

    def arrange(self, value: object) -> list[object]:
        """The values of a row in the order of the columns."""
        record = as_row(value)
        if self.names is None:
            self.names = tuple(record)
        for name in record:
            if name not in self.names:
                self._left_out[name] = None
        return [record.get(name) for name in self.names]

    def check(self) -> None:
        """Raises PartialError when some rows had other columns than the first."""
        if self._left_out:
            raise PartialError(
                f"{self._format} has one set of columns; left out of later rows:"
                f" {', '.join(self._left_out)}",
                hint="use -o ndjson, or choose the columns with --fields",
                code="ColumnsLeftOut",
            )


def as_row(value: object) -> Mapping[str, object]:
    """Any element of a query's result as a row: a list has columns `value_1`, `value_2`, ..."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list):
        return {f"value_{number}": item for number, item in enumerate(value, 1)}
    return {"value": value}


def machine_cell(value: object) -> str:
    """One value in csv and text: empty for None, `true`/`false`, numbers exact, JSON if nested."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)
