"""The checks of a recipe, judged when its steps are done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from awsops.errors import AwsopsError
from awsops.expressions import is_true
from awsops.recipe.checking import Checked
from awsops.recipe.evaluating import EvaluationError
from awsops.recipe.expressions import Expression, ExpressionError, as_text, parse_expression
from awsops.recipe.model import Check, Text
from awsops.recipe.results import Scope
from awsops.secrecy import scrub

_OPENING = frozenset({"lparen", "lbracket", "filter", "lbrace"})
_CLOSING = frozenset({"rparen", "rbracket", "rbrace"})
_COMPARING = frozenset({"eq", "ne", "lt", "gt", "lte", "gte", "and", "or"})
_WORDY = 200  # characters of a value in a message


class CheckFailedError(AwsopsError):
    """What must hold in the end does not; the message has the values that were compared."""

    code = "CheckFailed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A check for one target (None: for the run). `passed` None: not judged, in a dry run."""

    check: Check
    label: str | None
    passed: bool | None
    text: str
    hint: str = ""


def judge(
    checked: Checked, scope: Scope, secrets: Sequence[str], *, dry_run: bool
) -> Iterator[Verdict]:
    """Every check of the recipe, for each target or once; those whose `when` is false are left out.

    In a dry run a check that needs what a change would bring is not judged.
    """
    whole = [(None, scope.values())]
    each = [(t.label, values) for t, values in scope.by_target()] if len(scope.targets) > 1 else []
    for check in checked.recipe.checks:
        if dry_run and _waits(checked, check, scope):
            yield Verdict(check, None, None, "")
            continue
        for label, values in each if check.each == "target" and each else whole:
            verdict = _judge(check, values, label)
            if verdict is not None:
                yield _scrubbed(verdict, secrets)


def _waits(checked: Checked, check: Check, scope: Scope) -> bool:
    """Whether it needs the result of a step that a dry run only plans, or what comes after it."""
    expressions = [check.that.expression, *([check.when.expression] if check.when else [])]
    needed = [scope.results.get(name) for name in checked.needs(expressions)]
    return any(result is None or not result.reliable for result in needed)


def _judge(check: Check, values: Mapping[str, object], label: str | None) -> Verdict | None:
    try:
        if check.when is not None and not is_true(check.when.expression.value(values)):
            return None
        holds = is_true(check.that.expression.value(values))
    except EvaluationError as error:
        text = f"{_words(check.message, values)} (cannot be judged: {error})"
        return Verdict(check, label, False, text, _hint(check, values))
    if holds:
        return Verdict(check, label, True, "")
    text = _words(check.message, values)
    lines = [text, *(f"  {line}" for line in explain(check.that.expression, values))]
    return Verdict(check, label, False, "\n".join(lines), _hint(check, values))


def _hint(check: Check, values: Mapping[str, object]) -> str:
    return _words(check.hint, values) if check.hint is not None else ""


def _words(text: Text, values: Mapping[str, object]) -> str:
    try:
        return " ".join(text.template.in_text(values).split())
    except EvaluationError as error:
        return f"{text.template.text} ({error})"


def _scrubbed(verdict: Verdict, secrets: Sequence[str]) -> Verdict:
    return replace(verdict, text=scrub(verdict.text, secrets), hint=scrub(verdict.hint, secrets))


def explain(expression: Expression, values: Mapping[str, object]) -> list[str]:
    """What was compared with what: each side of the comparisons, and its value."""
    lines = []
    for side in _sides(expression.text):
        try:
            text = as_text(parse_expression(side).value(values)) or "nothing"
        except (ExpressionError, EvaluationError):
            continue
        if side != text:
            shown = text if len(text) <= _WORDY else f"{text[:_WORDY]}..."
            lines.append(f"{' '.join(side.split())} = {shown}")
    return lines


def _sides(text: str) -> list[str]:
    """The parts of an expression between its outermost comparisons, `&&` and `||`."""
    from jmespath.lexer import Lexer

    parts: list[str] = []
    depth = start = 0
    for token in Lexer().tokenize(text):
        kind = token["type"]
        depth += (kind in _OPENING) - (kind in _CLOSING)
        if depth or kind not in _COMPARING:
            if kind == "pipe" and not depth:
                return [text]  # what follows a pipe has no meaning of its own
            continue
        parts.append(text[start : token["start"]])
        start = token["start"] + len(str(token["value"]))
    parts.append(text[start:])
    return [part.strip() for part in parts if not part.strip().startswith("`")]
