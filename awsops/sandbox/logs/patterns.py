"""Filter patterns, as FilterLogEvents and Live Tail take them.

Amazon CloudWatch Logs User Guide, "Filter pattern syntax" (FilterAndPatternSyntax): terms, `?any`
of several, `-without`, "phrases", %regular expressions%, and `{ $.field = value }` over JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from awsops.sandbox.logs.state import invalid

Matches = Callable[[str], bool]
_TERM = re.compile(r"\s*([?-]?)(?:\"((?:[^\"\\]|\\.)*)\"|%([^%]+)%|([^\s\"]+))")
_TOKEN = re.compile(
    r"\s*(?:(&&|\|\||[()]|!=|<=|>=|=|<|>)|(\$[^\s=!<>()&|]*)|\"((?:[^\"\\]|\\.)*)\"|%([^%]+)%"
    r"|([^\s=!<>()&|]+))"
)
_STEP = re.compile(r"\.([A-Za-z0-9_\-]+)|\[(\d+)\]|\['([^']+)'\]|\[\"([^\"]+)\"\]")


def compile_pattern(pattern: str | None) -> Matches:
    """Whether a message matches; InvalidParameterException for a pattern that makes no sense."""
    text = (pattern or "").strip()
    if not text or text == '""':
        return lambda message: True
    if text.startswith("{"):
        if not text.endswith("}"):
            raise invalid("Invalid filter pattern: '}' is missing")
        return _json(text[1:-1])
    return _terms(text)


def _terms(text: str) -> Matches:
    needed: list[Matches] = []
    optional: list[Matches] = []
    unwanted: list[Matches] = []
    at = 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None:
            raise invalid(f"Invalid character(s) in term '{text[at:]}'")
        at = found.end()
        sign, phrase, regex, word = found.groups()
        {"": needed, "?": optional, "-": unwanted}[sign].append(_term(phrase, regex, word))

    def matches(message: str) -> bool:
        if any(test(message) for test in unwanted):
            return False
        # With a plain term beside them, ?terms are ignored (the guide's warning on it).
        if needed:
            return all(test(message) for test in needed)
        return not optional or any(test(message) for test in optional)

    return matches


def _term(phrase: str | None, regex: str | None, word: str | None) -> Matches:
    if regex is not None:
        compiled = _regex(regex)
        return lambda message: compiled.search(message) is not None
    wanted = re.sub(r"\\(.)", r"\1", phrase) if phrase is not None else str(word)
    if word is not None and not re.fullmatch(r"[\w.*]+", word):
        raise invalid(f"Invalid character(s) in term '{word}'")  # needs quotes
    return lambda message: wanted in message


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise invalid(f"Invalid regular expression: {error}") from None


class _Absent:
    """A field that a message has not."""


Test = Callable[[Any], bool]


def _json(text: str) -> Matches:
    tokens = _tokens(text)
    test = _or(tokens)
    if tokens:
        raise invalid(f"Invalid filter pattern near '{tokens[0][1]}'")

    def matches(message: str) -> bool:
        try:
            document = json.loads(message)
        except ValueError:
            return False
        return isinstance(document, dict) and test(document)

    return matches


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.end() == at:
            raise invalid(f"Invalid filter pattern near '{text[at:]}'")
        at = found.end()
        kinds = ("symbol", "field", "text", "regex", "word")
        tokens += [(k, v) for k, v in zip(kinds, found.groups(), strict=True) if v is not None]
    return tokens


def _or(tokens: list[tuple[str, str]]) -> Test:
    left = _and(tokens)
    while tokens and tokens[0] == ("symbol", "||"):
        tokens.pop(0)
        left = _either(left, _and(tokens))
    return left


def _and(tokens: list[tuple[str, str]]) -> Test:
    left = _condition(tokens)
    while tokens and tokens[0] == ("symbol", "&&"):
        tokens.pop(0)
        left = _both(left, _condition(tokens))
    return left


def _either(left: Test, right: Test) -> Test:
    return lambda document: left(document) or right(document)


def _both(left: Test, right: Test) -> Test:
    return lambda document: left(document) and right(document)


def _condition(tokens: list[tuple[str, str]]) -> Test:
    if tokens and tokens[0] == ("symbol", "("):
        tokens.pop(0)
        inner = _or(tokens)
        if not tokens or tokens.pop(0) != ("symbol", ")"):
            raise invalid("Invalid filter pattern: ')' is missing")
        return inner
    if len(tokens) < 3 or tokens[0][0] != "field":
        raise invalid("Invalid filter pattern: expected $.field, an operator and a value")
    path, (_, operator), (kind, value) = tokens.pop(0)[1], tokens.pop(0), tokens.pop(0)
    if kind == "word" and operator.upper() in ("IS", "NOT"):
        return _existence(path, operator.upper(), value.upper(), tokens)
    if operator not in ("=", "!=", "<", "<=", ">", ">="):
        raise invalid(f"Invalid operator '{operator}' in filter pattern")
    return _comparison(path, operator, kind, value)


def _existence(path: str, operator: str, value: str, tokens: list[tuple[str, str]]) -> Test:
    if operator == "NOT" and value == "EXISTS":
        return lambda document: _look_up(document, path) is _Absent
    wanted: dict[str, object] = {"TRUE": True, "FALSE": False, "NULL": None}
    if operator == "IS" and value in wanted:
        return lambda document: _look_up(document, path) is wanted[value]
    raise invalid(f"Invalid filter pattern near '{operator} {value}'")


def _comparison(path: str, operator: str, kind: str, value: str) -> Test:
    number = _number(value) if kind == "word" else None
    regex = _regex(value) if kind == "regex" else None
    if operator in ("<", "<=", ">", ">=") and number is None:
        raise invalid(f"'{operator}' needs a number in a filter pattern, not '{value}'")

    def test(document: Any) -> bool:
        found = _look_up(document, path)
        if found is _Absent:
            return False
        if isinstance(found, list | dict):
            return False
        if number is not None and isinstance(found, int | float) and not isinstance(found, bool):
            return _holds(operator, float(found), number)
        if operator not in ("=", "!="):
            return False
        shown = found if isinstance(found, str) else json.dumps(found)
        same = bool(regex.search(shown)) if regex else fnmatchcase(shown, value)
        return same == (operator == "=")

    return test


def _holds(operator: str, left: float, right: float) -> bool:
    order = (left > right) - (left < right)
    return {
        "=": order == 0,
        "!=": order != 0,
        "<": order < 0,
        "<=": order <= 0,
        ">": order > 0,
        ">=": order >= 0,
    }[operator]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _look_up(document: Any, path: str) -> Any:
    at = 1
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise invalid(f"Invalid field '{path}' in filter pattern")
        at = found.end()
        name, index, *quoted = found.groups()
        key = name or next((q for q in quoted if q), None)
        if key is not None:
            document = document.get(key, _Absent) if isinstance(document, dict) else _Absent
        else:
            inside = isinstance(document, list) and int(index) < len(document)
            document = document[int(index)] if inside else _Absent
    return document
