"""The Insights query language: a text becomes commands, or MalformedError says where it is wrong.

Amazon CloudWatch Logs User Guide, "CloudWatch Logs Insights language query syntax" (CWL_QuerySyntax
and the page of each command).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from awsops.sandbox.logs.aggregates import NAMES, Aggregate
from awsops.sandbox.logs.expression_reading import ExpressionReader
from awsops.sandbox.logs.expressions import Expression, Field
from awsops.sandbox.logs.scanner import MalformedError, Scanner

_UNPLAYED = frozenset(
    {"anomaly", "diff", "filterindex", "join", "lookup", "pattern", "source", "unmask", "unnest"}
)


@dataclass(frozen=True, slots=True)
class Column:
    """An expression (or aggregate) and the name it has in the results."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    value: Aggregate


@dataclass(frozen=True, slots=True)
class Show:
    """`fields` and `display`; the latter replaces what is shown."""

    columns: tuple[Column, ...]
    replaces: bool


@dataclass(frozen=True, slots=True)
class Keep:
    """`filter`."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Stats:
    measures: tuple[Measure, ...]
    by: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Sort:
    keys: tuple[tuple[Expression, bool], ...]  # with whether it descends


@dataclass(frozen=True, slots=True)
class Limit:
    count: int


@dataclass(frozen=True, slots=True)
class Dedup:
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parse:
    """Groups of the pattern become fields of these names."""

    subject: Expression
    pattern: re.Pattern[str]
    names: tuple[str, ...]


Command = Show | Keep | Stats | Sort | Limit | Dedup | Parse


def parse_query(text: str) -> list[Command]:
    """The commands of a query. MalformedError where it is wrong, NotImplementedError for a command
    of Insights that the sandbox has not."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self.scan = Scanner(text)
        self._read = ExpressionReader(self.scan)
        self._commands: dict[str, Callable[[], Command]] = {
            "fields": lambda: Show(self._columns(), replaces=False),
            "display": lambda: Show(self._columns(), replaces=True),
            "filter": lambda: Keep(self._read.expression()),
            "stats": self._stats,
            "sort": self._sort,
            "limit": self._limit,
            "head": self._limit,
            "dedup": self._dedup,
            "parse": self._parse,
        }

    def query(self) -> list[Command]:
        commands = [self._command()]
        while not self.scan.ended:
            if not self.scan.take_symbol("|"):
                raise self.scan.fail("'|' or the end of the query")
            commands.append(self._command())
        return commands

    def _command(self) -> Command:
        word = self.scan.peek_word()
        if word in _UNPLAYED:
            raise NotImplementedError(f"the Insights command {word}")
        if word not in self._commands:
            raise self.scan.fail(f"one of {', '.join(sorted(self._commands))}")
        self.scan.take_word(word)
        return self._commands[word]()

    # -- commands -------------------------------------------------------------------------

    def _columns(self) -> tuple[Column, ...]:
        columns = [self._column()]
        while self.scan.take_symbol(","):
            columns.append(self._column())
        return tuple(columns)

    def _column(self) -> Column:
        start = self.scan.at
        value = self._read.expression()
        return Column(self._alias(start, value), value)

    def _alias(self, start: int, value: object = None) -> str:
        end = self.scan.at
        if self.scan.take_word("as"):
            return self.scan.need_name()
        if isinstance(value, Field):
            return value.name
        return self.scan.text[start:end].strip()

    def _stats(self) -> Stats:
        measures = [self._measure()]
        while self.scan.take_symbol(","):
            measures.append(self._measure())
        by: tuple[Column, ...] = ()
        if self.scan.take_word("by"):
            by = self._columns()
        return Stats(tuple(measures), by)

    def _measure(self) -> Measure:
        start = self.scan.at
        name = self.scan.peek_word()
        if name not in NAMES:
            raise self.scan.fail(f"one of {', '.join(sorted(NAMES))}")
        self.scan.take_word(name)
        self.scan.need_symbol("(")
        value = self._aggregate(name)
        self.scan.need_symbol(")")
        return Measure(self._alias(start), value)

    def _aggregate(self, name: str) -> Aggregate:
        if name == "count" and (self.scan.take_symbol("*") or self.scan.text[self.scan.at] == ")"):
            return Aggregate(name)
        argument = self._read.expression()
        if name != "pct":
            return Aggregate(name, argument)
        self.scan.need_symbol(",")
        start = self.scan.at
        percent = self.scan.take_number()
        if percent is None:
            raise self.scan.fail("a percentage")
        if not 0 <= percent <= 100:
            raise MalformedError("a percentage is 0 to 100", start, self.scan.at)
        return Aggregate(name, argument, percent)

    def _sort(self) -> Sort:
        keys = [self._sort_key()]
        while self.scan.take_symbol(","):
            keys.append(self._sort_key())
        return Sort(tuple(keys))

    def _sort_key(self) -> tuple[Expression, bool]:
        start = self.scan.at
        if self.scan.peek_word() in NAMES:  # `sort count(*)`: a column of stats by its text
            self.scan.take_word(*NAMES)
            if self.scan.take_symbol("("):
                while not self.scan.ended and not self.scan.take_symbol(")"):
                    self.scan.at += 1
                name = self.scan.text[start : self.scan.at].strip()
                return Field(name), self.scan.take_word("asc", "desc") != "asc"
            self.scan.at = start
        value = self._read.expression()
        return value, self.scan.take_word("asc", "desc") != "asc"

    def _limit(self) -> Limit:
        start = self.scan.at
        number = self.scan.take_number()
        if number is None:
            raise self.scan.fail("a number")
        # "If you omit limit, up to 10,000"; StartQuery allows up to 100,000.
        if not 1 <= number <= 100_000 or not number.is_integer():
            raise MalformedError("limit is 1 to 100000", start, self.scan.at)
        return Limit(int(number))

    def _dedup(self) -> Dedup:
        names = [self.scan.need_name()]
        while self.scan.take_symbol(","):
            names.append(self.scan.need_name())
        return Dedup(tuple(names))

    def _parse(self) -> Parse:
        subject: Expression = Field("@message")
        start = self.scan.at
        glob = self.scan.take_string()
        pattern = None if glob is not None else self.scan.take_regex()
        if glob is None and pattern is None:
            subject = self._read.primary()
            start = self.scan.at
            glob = self.scan.take_string()
            pattern = None if glob is not None else self.scan.take_regex()
        end = self.scan.at
        names: list[str] = []
        if self.scan.take_word("as"):
            names.append(self.scan.need_name())
            while self.scan.take_symbol(","):
                names.append(self.scan.need_name())
        if glob is not None:
            return Parse(subject, _glob(glob, len(names), start, end), tuple(names))
        if pattern is None:
            raise self.scan.fail("a glob in quotes or /a regular expression/")
        if not names:
            named = sorted(pattern.groupindex.items(), key=lambda item: item[1])
            names = [name for name, _ in named]
        if len(names) != pattern.groups or not names:
            message = f"{pattern.groups} groups and {len(names)} names"
            raise MalformedError(message, start, end)
        return Parse(subject, pattern, tuple(names))


def _glob(text: str, names: int, start: int, end: int) -> re.Pattern[str]:
    """`*` stands for anything up to what follows it; the last one for all the rest."""
    parts = text.split("*")
    if len(parts) - 1 != names or not names:
        raise MalformedError(f"{len(parts) - 1} wildcards and {names} names", start, end)
    pattern = "(.*?)".join(re.escape(part) for part in parts)
    if not parts[-1]:
        pattern = pattern.removesuffix("(.*?)") + "(.*)"
    return re.compile(pattern, re.S)
