"""Expressions of a recipe: JMESPath, parsed once, and texts with `{{ }}` in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from awsops.recipe.problems import shown

# The longest expression of a shipped recipe has 200 characters. The parser recurses: what is
# longer or deeper than this was not written by a person.
MAX_CHARACTERS = 2_000

_OPEN, _CLOSE = "{{", "}}"


class ExpressionError(Exception):
    """An expression or template that cannot be parsed; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression. `ast` is jmespath's syntax tree."""

    text: str
    ast: Any = field(repr=False, compare=False)

    def value(self, scope: Mapping[str, object]) -> Any:
        """Its JSON-like value. EvaluationError when it has none."""
        from awsops.recipe.evaluating import evaluate

        return evaluate(self.ast, scope)


@dataclass(frozen=True, slots=True)
class Template:
    """A text with expressions in it; one that is nothing but an expression keeps its type."""

    text: str
    parts: tuple[str | Expression, ...]

    @property
    def expressions(self) -> Iterator[Expression]:
        """The expressions in it, in order."""
        return (part for part in self.parts if isinstance(part, Expression))

    def value(self, scope: Mapping[str, object]) -> Any:
        """The text, or the expression's value when there is nothing else. EvaluationError."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Expression):
            return self.parts[0].value(scope)
        return "".join(
            as_text(part.value(scope)) if isinstance(part, Expression) else part
            for part in self.parts
        )

    def in_text(self, scope: Mapping[str, object]) -> str:
        """The text, also when there is nothing but an expression. EvaluationError."""
        return as_text(self.value(scope))


def as_text(value: object) -> str:
    """A value inside a text: null is empty, lists and objects are JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def parse_expression(text: str) -> Expression:
    """An expression, with or without `{{ }}` around it. ExpressionError says what is wrong."""
    inner = text.strip()
    if inner.startswith(_OPEN):
        parts = parse_template(inner).parts
        if len(parts) != 1 or not isinstance(parts[0], Expression):
            raise ExpressionError("one expression and nothing around it is expected here")
        return parts[0]
    return _parse(inner)


def parse_template(text: str) -> Template:
    """A text with `{{ expression }}`s. ExpressionError says what is wrong with which of them."""
    parts: list[str | Expression] = []
    at = 0
    while (start := text.find(_OPEN, at)) >= 0:
        if start > at:
            parts.append(text[at:start])
        end = _end_of(text, start + len(_OPEN))
        parts.append(_parse(text[start + len(_OPEN) : end].strip()))
        at = end + len(_CLOSE)
    if at < len(text):
        parts.append(text[at:])
    return Template(text, tuple(parts))


def _end_of(text: str, start: int) -> int:
    """Where the `}}` of an expression stands: not inside quotes, nor one that closes a `{`."""
    depth = 0
    quote = ""
    at = start
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "'\"`":
            quote = char
        elif char == "{":
            depth += 1
        elif char == "}" and depth:
            depth -= 1
        elif text.startswith(_CLOSE, at):
            return at
        at += 1
    raise ExpressionError(f"{shown(text[start - 2 :], 40)} has no closing }}}}")


def _parse(text: str) -> Expression:
    import warnings

    import jmespath
    from jmespath.exceptions import JMESPathError

    if not text:
        raise ExpressionError("an empty expression")
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"longer than {MAX_CHARACTERS} characters")
    try:
        with warnings.catch_warnings():
            # A literal such as `abc` is a deprecated way to write 'abc'.
            warnings.simplefilter("error", PendingDeprecationWarning)
            parsed = jmespath.compile(text)
    except JMESPathError as error:
        from awsops.recipe.mistakes import syntax_advice

        advice = syntax_advice(text)
        more = f"; {advice}" if advice else ""
        raise ExpressionError(f"{shown(text)}: {_reason(error)}{more}") from None
    except PendingDeprecationWarning:
        message = "between `backquotes` stands JSON: `5`, `true`; texts stand in 'single quotes'"
        raise ExpressionError(f"{shown(text)}: {message}") from None
    except (RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        # ValueError: an integer of more than 4,300 digits; the others: the parser's own slips.
        raise ExpressionError(f"{shown(text)} is not a JMESPath expression") from None
    return Expression(text, parsed.parsed)


def _reason(error: Exception) -> str:
    from jmespath.exceptions import IncompleteExpressionError, LexerError, ParseError

    ended = isinstance(error, ParseError) and error.token_type == "EOF"
    if ended or isinstance(error, IncompleteExpressionError):
        return "it ends too early"
    if isinstance(error, LexerError):
        return " ".join(error.message.split())[:100]
    if isinstance(error, ParseError):
        token = f" at {shown(str(error.token_value), 20)}" if error.token_value else ""
        return " ".join(error.msg.split())[:100] + token
    return " ".join(str(error).split())[:100]
