"""The rule of a composite alarm: `ALARM("a") AND NOT (OK(b) OR FALSE)`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
_TOKEN = re.compile(
    r"""\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?P<quote>["']?)"""
    r"""(?P<name>[^"'()]+?)(?P=quote)\s*\)|(?P<word>AND|OR|NOT|TRUE|FALSE|\(|\)))""",
)


class RuleError(ValueError):
    """A rule that CloudWatch would refuse."""


@dataclass(frozen=True)
class Rule:
    """children: names (or ARNs) of the alarms in it. holds: given each one's state."""

    children: tuple[str, ...]
    holds: Callable[[Callable[[str], str]], bool]


Check = Callable[[Callable[[str], str]], bool]


def parse_rule(text: str) -> Rule:
    """Reads a rule; RuleError says where it goes wrong."""
    parser = _Parser(_tokens(text), text)
    check = parser.either()
    parser.end()
    return Rule(tuple(dict.fromkeys(parser.children)), check)


def _tokens(text: str) -> list[tuple[str, str]]:
    at, found = 0, []
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise RuleError(f"AlarmRule has a syntax error at position {at}: {text[at : at + 20]}")
        found.append((match["state"], match["name"]) if match["state"] else (match["word"], ""))
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], text: str) -> None:
        self._left = tokens
        self._text = text
        self.children: list[str] = []

    def _next(self) -> str:
        return self._left[0][0] if self._left else ""

    def either(self) -> Check:
        check = self.both()
        while self._next() == "OR":
            self._left.pop(0)
            left, right = check, self.both()
            check = _or(left, right)
        return check

    def both(self) -> Check:
        check = self.one()
        while self._next() == "AND":
            self._left.pop(0)
            left, right = check, self.one()
            check = _and(left, right)
        return check

    def one(self) -> Check:
        if not self._left:
            raise RuleError(f"AlarmRule ends too early: {self._text}")
        word, name = self._left.pop(0)
        if word in STATES:
            self.children.append(name)
            return lambda state_of: state_of(name) == word
        if word == "NOT":
            inner = self.one()
            return lambda state_of: not inner(state_of)
        if word in ("TRUE", "FALSE"):
            return lambda state_of: word == "TRUE"
        if word == "(":
            inner = self.either()
            if self._next() != ")":
                raise RuleError(f"AlarmRule lacks a closing parenthesis: {self._text}")
            self._left.pop(0)
            return inner
        raise RuleError(f"AlarmRule has {word} where an alarm was expected: {self._text}")

    def end(self) -> None:
        if self._left:
            raise RuleError(f"AlarmRule goes on after its end: {self._text}")


def _or(left: Check, right: Check) -> Check:
    return lambda state_of: left(state_of) or right(state_of)


def _and(left: Check, right: Check) -> Check:
    return lambda state_of: left(state_of) and right(state_of)
