"""`--query` and `--fields`: which part of the rows is written.

`--query` comes first and sees every column, `--fields` then chooses and orders what is left.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from awsops.errors import UsageError
from awsops.events import Change, Document, Handover, Line, Note, Plan, Progress
from awsops.output.cells import cell_width, visible
from awsops.output.columns import TARGET_COLUMNS
from awsops.output.records import columns_of
from awsops.suggesting import nearest

_QUERY_HINT = (
    "JMESPath writes strings in 'single quotes' and numbers in `backquotes`:"
    " --query \"[?state=='ACTIVE'].name\""
)


def check_fields(fields: Iterable[str], known: Iterable[str]) -> None:
    """Raises UsageError, which lists the right names, when a field is not among the known ones.

    The columns that name a target are always right: rows have them when there are several.
    """
    names = list(known)
    for field in fields:
        if field not in names and field not in TARGET_COLUMNS:
            close = _nearest(field, names)
            meant = f"did you mean {close!r}? " if close else ""
            raise UsageError(
                f"there is no field {field!r}", hint=f"{meant}the fields are {', '.join(names)}"
            )


def declared_fields(function: Callable[..., object]) -> tuple[str, ...] | None:
    """The columns that a command's return annotation promises, all its row classes together.

    The row of a Line is of the row class that is named beside it. None when the annotation does not
    say (a bare Iterator, mappings, names that cannot be resolved): the first row then tells. With
    it `--fields` is checked before anything runs.
    """
    try:
        returned = typing.get_type_hints(function).get("return")
    except (NameError, TypeError, AttributeError):
        return None
    arguments = typing.get_args(returned)
    if not arguments:
        return None
    kinds = typing.get_args(arguments[0]) or arguments[:1]
    names: dict[str, None] = {}
    for kind in kinds:
        if kind in (Plan, Progress, Note, Change, Document, Handover, Line):
            continue
        columns = columns_of(kind)
        if columns is None:
            return None
        names.update((name, None) for name, _ in columns)
    return tuple(names) or None


class Fields:
    """The chosen columns, in their order."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._checked = False

    def of(self, value: object) -> dict[str, object]:
        """Those columns of a row; None for what a later row of another shape lacks, and for the
        target's columns in the rows of a single target.

        Raises UsageError for a wrong name in the first row, or when a query left no columns.
        """
        if not isinstance(value, Mapping):
            raise UsageError(
                "--fields needs rows, and --query left something else",
                hint="leave --fields out, or let the query keep objects: [].{name: name}",
            )
        if not self._checked:
            check_fields(self._names, map(str, value))
            self._checked = True
        return {name: value.get(name) for name in self._names}


class Query:
    """A JMESPath expression over the list of all rows, as `aws --query` has it.

    Syntax, the names of functions and the number of their arguments are checked at once, so that
    a typo is found before a command changes anything. Raises UsageError.
    """

    def __init__(self, expression: str) -> None:
        import jmespath
        from jmespath.exceptions import JMESPathError

        self._expression = expression
        if not expression.strip():
            raise UsageError("--query is empty", hint=_QUERY_HINT)
        try:
            self._compiled: Any = jmespath.compile(expression)
        except JMESPathError as error:
            raise self._error(_reason(error), getattr(error, "lex_position", None)) from error
        for name, given in _function_calls(self._compiled.parsed):
            self._check_call(name, given)

    def search(self, rows: list[object]) -> object:
        """The expression's result over the rows. Raises UsageError when types do not suit."""
        from jmespath.exceptions import JMESPathError

        try:
            return self._compiled.search(rows)
        except JMESPathError as error:
            raise self._error(_one_line(str(error)), None) from error

    def _check_call(self, name: str, given: int) -> None:
        from jmespath.functions import Functions

        table: dict[str, dict[str, Any]] = Functions.FUNCTION_TABLE
        position = self._expression.find(name)
        if name not in table:
            close = _nearest(name, list(table))
            meant = f"; did you mean {close}()?" if close else ""
            raise self._error(f"unknown function {name}(){meant}", position)
        signature = table[name]["signature"]
        variadic = bool(signature and signature[-1].get("variadic"))
        if given < len(signature) or (given > len(signature) and not variadic):
            least = "at least " if variadic else ""
            raise self._error(
                f"{name}() takes {least}{len(signature)} argument(s), not {given}", position
            )

    def _error(self, reason: str, position: int | None) -> UsageError:
        before = self._expression if position is None else self._expression[:position]
        message = f"--query: {reason}\n  {visible(self._expression)}"
        if position is not None:
            message += f"\n  {' ' * cell_width(visible(before))}^"
        return UsageError(message, hint=_QUERY_HINT, code="BadQuery")


def _function_calls(node: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    if node.get("type") == "function_expression":
        yield str(node["value"]), len(node["children"])
    for child in node.get("children", ()):
        if isinstance(child, Mapping):
            yield from _function_calls(child)


def _reason(error: Exception) -> str:
    from jmespath.exceptions import IncompleteExpressionError, LexerError, ParseError

    if isinstance(error, IncompleteExpressionError):
        return "the expression ends too early"
    if isinstance(error, LexerError):
        return _one_line(error.message)
    return _one_line(error.msg if isinstance(error, ParseError) else str(error))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _nearest(name: str, known: list[str]) -> str | None:
    return next(iter(nearest(name, known)), None)
