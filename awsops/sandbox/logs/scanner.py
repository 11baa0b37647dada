"""Reads the text of an Insights query piece by piece.

Whether `/` begins a regular expression or divides depends on what stands before it, so there is no
list of tokens: the parser asks for what may come next.
"""

from __future__ import annotations

import re

_SPACE = re.compile(r"(?:\s|#[^\n]*)+")  # `#` begins a comment (Query syntax)
_WORD = re.compile(r"[A-Za-z_@][A-Za-z0-9_@.]*")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?![A-Za-z_@])")
_SPAN = re.compile(r"([0-9]+)\s*([a-z]+)")
_STRING = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.S)
_QUOTED = re.compile(r"`([^`]*)`")
_REGEX = re.compile(r"/((?:[^/\\\n]|\\.)+)/")


class MalformedError(Exception):
    """The query is not valid; the fault lies at `start` up to `end`, counted in characters."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


class Scanner:
    """A place in the text; every `take_` method moves on only when it finds what it is for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.skip()

    def skip(self) -> None:
        found = _SPACE.match(self.text, self.at)
        if found:
            self.at = found.end()

    @property
    def ended(self) -> bool:
        return self.at >= len(self.text)

    def fail(self, wanted: str) -> MalformedError:
        """The error for this place, with what it should have been."""
        if self.ended:
            end = len(self.text)
            return MalformedError(f"unexpected end of the query, expected {wanted}", end, end)
        found = _WORD.match(self.text, self.at)
        end = found.end() if found else self.at + 1
        shown = self.text[self.at : end]
        return MalformedError(f"unexpected symbol {shown}, expected {wanted}", self.at, end)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
            self.skip()
        return found

    def peek_word(self) -> str:
        """The word that comes next, in lower case; empty when none does."""
        found = _WORD.match(self.text, self.at)
        return found.group().lower() if found else ""

    def take_word(self, *words: str) -> str:
        """One of these keywords (any case), or empty."""
        word = self.peek_word()
        if word in words:
            self._take(_WORD)
            return word
        return ""

    def take_symbol(self, *symbols: str) -> str:
        """The longest of these that stands here, or empty."""
        for symbol in sorted(symbols, key=len, reverse=True):
            if self.text.startswith(symbol, self.at):
                self.at += len(symbol)
                self.skip()
                return symbol
        return ""

    def need_symbol(self, symbol: str) -> None:
        if not self.take_symbol(symbol):
            raise self.fail(f"'{symbol}'")

    def take_name(self) -> str | None:
        """A field's name: a word, or anything between backquotes."""
        found = self._take(_QUOTED)
        if found:
            return found.group(1)
        found = self._take(_WORD)
        return found.group() if found else None

    def need_name(self) -> str:
        name = self.take_name()
        if name is None:
            raise self.fail("the name of a field")
        return name

    def take_number(self) -> float | None:
        found = self._take(_NUMBER)
        return float(found.group()) if found else None

    def take_span(self) -> tuple[int, str] | None:
        """A period such as `5m`, `1 hour`."""
        found = self._take(_SPAN)
        return (int(found.group(1)), found.group(2)) if found else None

    def take_string(self) -> str | None:
        found = self._take(_STRING)
        if found is None:
            return None
        inner = found.group(1) if found.group(1) is not None else found.group(2)
        return re.sub(r"\\([\"'\\])", r"\1", inner)

    def take_regex(self) -> re.Pattern[str] | None:
        """`/.../`; a group may be named `(?<name>...)`."""
        start = self.at
        found = self._take(_REGEX)
        if found is None:
            return None
        source = found.group(1).replace("\\/", "/")
        try:
            return re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", source))
        except re.error as error:
            raise MalformedError(f"invalid regular expression: {error}", start, self.at) from None
