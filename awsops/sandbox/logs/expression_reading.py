"""An expression of Insights is read: what binds how strongly, functions, and periods of time.

Amazon CloudWatch Logs User Guide, "Supported operations and functions in the query syntax" (the
page CWL_QuerySyntax-operations-functions).
"""

from __future__ import annotations

from awsops.sandbox.logs.expressions import (
    FUNCTIONS,
    Arithmetic,
    Bin,
    Comparison,
    Constant,
    Expression,
    Field,
    Function,
    Like,
    Logic,
    Within,
)
from awsops.sandbox.logs.scanner import MalformedError, Scanner

# Units of bin() and their spellings (page of the stats command), in milliseconds. Months and years
# are of the calendar there and are not played here.
_UNITS = {
    1: ("ms", "msec", "millisecond"),
    1000: ("s", "sec", "second"),
    60_000: ("m", "min", "minute"),
    3_600_000: ("h", "hr", "hour"),
    86_400_000: ("d", "day"),
    604_800_000: ("w", "week"),
}
UNIT_MS = {n + end: ms for ms, names in _UNITS.items() for n in names for end in ("", "s")}


class ExpressionReader:
    """Reads the expression where a scanner stands; MalformedError where there is none."""

    def __init__(self, scan: Scanner) -> None:
        self.scan = scan

    def expression(self) -> Expression:
        left = self._and()
        while self.scan.take_word("or"):
            left = Logic("or", left, self._and())
        return left

    def _and(self) -> Expression:
        left = self._not()
        while self.scan.take_word("and"):
            left = Logic("and", left, self._not())
        return left

    def _not(self) -> Expression:
        if self.scan.take_word("not"):
            return Logic("not", self._not())
        return self._comparison()

    def _comparison(self) -> Expression:
        left = self._sum()
        start = self.scan.at
        negated = bool(self.scan.take_word("not"))
        word = self.scan.take_word("like", "in")
        if negated and not word:
            self.scan.at = start
            raise self.scan.fail("'not like' or 'not in'")
        found = self._found(left, word)
        if found is None:
            operator = self.scan.take_symbol("!=", "<=", ">=", "=", "<", ">")
            return Comparison(operator, left, self._sum()) if operator else left
        return Logic("not", found) if negated else found

    def _found(self, left: Expression, word: str) -> Expression | None:
        if word == "in":
            self.scan.need_symbol("[")
            members = [self._sum()]
            while self.scan.take_symbol(","):
                members.append(self._sum())
            self.scan.need_symbol("]")
            return Within(left, members)
        if word == "like" or self.scan.take_symbol("=~"):
            pattern = self.scan.take_regex() or self.scan.take_string()
            if pattern is None:
                raise self.scan.fail("text in quotes or /a regular expression/")
            return Like(left, pattern)
        return None

    def _sum(self) -> Expression:
        left = self._product()
        while operator := self.scan.take_symbol("+", "-"):
            left = Arithmetic(operator, left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._power()
        while operator := self.scan.take_symbol("*", "/", "%"):
            left = Arithmetic(operator, left, self._power())
        return left

    def _power(self) -> Expression:
        left = self.primary()
        return Arithmetic("^", left, self._power()) if self.scan.take_symbol("^") else left

    def primary(self) -> Expression:
        scan = self.scan
        if scan.take_symbol("("):
            inner = self.expression()
            scan.need_symbol(")")
            return inner
        if scan.take_symbol("-"):
            return Arithmetic("-", Constant(0.0), self.primary())
        number = scan.take_number()
        if number is not None:
            return Constant(number)
        text = scan.take_string()
        if text is not None:
            return Constant(text)
        if scan.peek_word() in ("and", "or", "not", "as", "by", "like", "in"):
            raise scan.fail("a value")
        start = scan.at
        name = scan.take_name()
        if name is None:
            raise scan.fail("a value")
        if not scan.take_symbol("("):
            return Field(name)
        return self._call(name, start)

    def _call(self, name: str, start: int) -> Expression:
        known = name.lower()
        end = start + len(name)
        if known == "bin":
            return self._bin()
        if known in ("datefloor", "dateceil"):
            subject = self.expression()
            self.scan.need_symbol(",")
            return self._bin(subject, up=known == "dateceil")
        if known not in FUNCTIONS:
            raise MalformedError(f"unknown function {name}", start, end)
        arguments = []
        if not self.scan.take_symbol(")"):
            arguments.append(self.expression())
            while self.scan.take_symbol(","):
                arguments.append(self.expression())
            self.scan.need_symbol(")")
        least, most, _ = FUNCTIONS[known]
        if not least <= len(arguments) <= most:
            raise MalformedError(f"{name}: wrong number of arguments", start, end)
        return Function(known, tuple(arguments))

    def _bin(self, subject: Expression = Field("@timestamp"), *, up: bool = False) -> Bin:  # noqa: B008
        start = self.scan.at
        span = self.scan.take_span()
        if span is None:
            raise self.scan.fail("a period such as 5m")
        count, unit = span
        if unit not in UNIT_MS or not count:
            raise MalformedError(f"unknown period {count}{unit}", start, self.scan.at)
        self.scan.need_symbol(")")
        return Bin(count * UNIT_MS[unit], subject, up)
