"""Data on stdout: one renderer a format, behind `open_renderer`.

Importing this package imports no format; opening one imports that one alone, so that ndjson in a
pipe never pays for YAML or for JMESPath.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from awsops.command_line.options import FORMATS
from awsops.output.console import Console
from awsops.output.records import to_record

if TYPE_CHECKING:
    from awsops.env import Env
    from awsops.output.plan import plan_rows
    from awsops.output.selection import Fields, Query

__all__ = [
    "FORMATS",
    "Console",
    "Renderer",
    "default_format",
    "open_renderer",
    "plan_rows",
    "to_record",
]


def __getattr__(name: str) -> object:
    if name == "plan_rows":  # only a command that changes something needs it
        from awsops.output.plan import plan_rows

        return plan_rows
    raise AttributeError(name)


class Renderer(Protocol):
    """Takes the rows of a run, on the main thread, and writes them to stdout in one format.

    ndjson, csv and text write each row at once, unless there is a query, which needs all rows, and
    hand them over on `flush`; table, json and yaml write on `close`. Every method may raise
    BrokenPipeError when the reader has gone away.
    """

    def row(self, row: object, prefix: Mapping[str, object]) -> None:
        """One row: a dataclass or a mapping.

        `prefix` (profile, account, region) comes first, each column only if the row lacks it.
        Raises UsageError when `--fields` names a column that the first row does not have.
        """
        ...

    def error(self, record: Mapping[str, object]) -> None:
        """The error of one target: `{"error": record}` in json, ndjson and yaml, else nothing."""
        ...

    @property
    def height(self) -> int:
        """How many lines a table took that was written at the end; 0 in other formats."""
        ...

    def flush(self) -> None:
        """Hand over the rows written so far."""
        ...

    def close(self) -> None:
        """Write what is buffered. Raises UsageError when a query does not suit the rows, and
        PartialError when csv or text could not hold every column. The second call does nothing.
        """
        ...


class Writer(Protocol):
    """What a format's module provides: it sees plain JSON-able values only."""

    def value(self, value: object) -> None:
        """One row as a dict; with a query any element of the result's list."""
        ...

    def whole(self, value: object) -> None:
        """A query's result that is not a list: the only thing written besides errors."""
        ...

    def error(self, record: Mapping[str, object]) -> None: ...

    def flush(self) -> None:
        """Hand over what was written; nothing where a format writes at its end."""
        ...

    def close(self) -> None: ...


def default_format(env: Env) -> str:
    """`table` for a person at a terminal, `ndjson` for whatever reads a pipe or a file."""
    return "table" if env.stdout_tty else "ndjson"


def open_renderer(
    format: str,
    env: Env,
    *,
    color: str = "auto",
    query: str | None = None,
    fields: tuple[str, ...] = (),
    reveal: bool = False,
) -> Renderer:
    """The renderer of a format for one run.

    `query` is a JMESPath expression over the list of all rows; `fields` then chooses and orders
    the columns of what is left. `reveal` prints Secret values: only for commands that export
    credentials. Raises UsageError for an unknown format and for a bad query, before any row.
    """
    writer = _open_writer(format, env, color)
    chosen: Fields | None = None
    compiled: Query | None = None
    if query is not None:
        from awsops.output.selection import Query

        compiled = Query(query)
    if fields:
        from awsops.output.selection import Fields

        chosen = Fields(fields)
    return _Rendering(writer, compiled, chosen, reveal)


def _open_writer(format: str, env: Env, color: str) -> Writer:
    match format:
        case "ndjson":
            from awsops.output.ndjson import NdjsonWriter

            return NdjsonWriter(env)
        case "table":
            from awsops.output.table import TableWriter

            return TableWriter(env, color=env.color(color))
        case "json":
            from awsops.output.document import DocumentWriter
            from awsops.output.json_ import json_document

            return DocumentWriter(env, json_document)
        case "yaml":
            from awsops.output.document import DocumentWriter
            from awsops.output.yaml_ import yaml_document

            return DocumentWriter(env, yaml_document)
        case "csv":
            from awsops.output.csv_ import CsvWriter

            return CsvWriter(env)
        case "text":
            from awsops.output.text import TextWriter

            return TextWriter(env)
    from awsops.errors import UsageError

    raise UsageError(f"unknown output format {format!r}", hint=f"one of {', '.join(FORMATS)}")


class _Rendering:
    """The way of a row: made plain, given its prefix, queried, cut to its fields, written."""

    def __init__(
        self, writer: Writer, query: Query | None, fields: Fields | None, reveal: bool
    ) -> None:
        self._writer = writer
        self._query = query
        self._fields = fields
        self._reveal = reveal
        self._rows: list[object] = []
        self._closed = False

    def row(self, row: object, prefix: Mapping[str, object]) -> None:
        record = to_record(row, reveal=self._reveal)
        if prefix:
            before = to_record(prefix, reveal=self._reveal)
            record = {**{k: v for k, v in before.items() if k not in record}, **record}
        if self._query is not None:
            self._rows.append(record)
        else:
            self._write(record)

    def error(self, record: Mapping[str, object]) -> None:
        self._writer.error(to_record(record))
        self._writer.flush()

    @property
    def height(self) -> int:
        return int(getattr(self._writer, "height", 0))

    def flush(self) -> None:
        self._writer.flush()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            if self._query is not None:
                self._write_result(self._query.search(self._rows))
        finally:
            self._writer.close()  # json is one array even so, with the errors in it

    def _write_result(self, result: object) -> None:
        if not isinstance(result, list):
            self._writer.whole(result if self._fields is None else self._fields.of(result))
            return
        for value in result:
            self._write(value)

    def _write(self, value: object) -> None:
        self._writer.value(value if self._fields is None else self._fields.of(value))
