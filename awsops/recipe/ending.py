"""The last words of a run: what it came to, which checks failed, what to try next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from awsops.events import Note
from awsops.recipe.assertions import CheckFailedError, Verdict
from awsops.recipe.checking import Checked
from awsops.recipe.choosing import makers_of
from awsops.recipe.evaluating import EvaluationError
from awsops.recipe.hosting import RecipeHost
from awsops.recipe.model import Recipe
from awsops.recipe.recording import RunLog
from awsops.recipe.results import StepRow
from awsops.secrecy import scrub
from awsops.units import format_duration


def check_error(failed: Sequence[Verdict]) -> CheckFailedError:
    """The error of the checks that failed, each with its target and what was compared."""
    lines = []
    for verdict in failed:
        where = f"[{verdict.label}] " if verdict.label else ""
        lines.append(f"{where}{verdict.text}")
    hint = next((verdict.hint for verdict in failed if verdict.hint), None)
    start = "a check failed: " if len(failed) == 1 else f"{len(failed)} checks failed:\n"
    return CheckFailedError(start + "\n".join(lines), hint=hint)


def summary(
    name: str, rows: Sequence[StepRow], verdicts: Sequence[Verdict], seconds: float, dry: bool
) -> str:
    """`redrive-dlq: steps 3 done; 2 checks passed; 1.2s`."""
    statuses = [row.status for row in rows]
    order = dict.fromkeys(["done", "planned", *statuses])
    counts = [f"{statuses.count(s)} {s}" for s in order if s in statuses]
    passed = sum(verdict.passed is True for verdict in verdicts)
    checks = f"; {count(passed, 'check')} passed" if passed else ""
    ending = " (dry run)" if dry else ""
    return f"{name}: steps {', '.join(counts)}{checks}; {format_duration(seconds)}{ending}"


def next_lines(
    recipe: Recipe, scope: Mapping[str, object], secrets: Sequence[str]
) -> Iterator[Note]:
    """What to try next."""
    for text in recipe.next:
        try:
            yield Note(f"next: {scrub(text.template.in_text(scope), secrets)}")
        except EvaluationError as error:
            yield Note(f"next: {text.template.text} ({error})", "warning")


def roll_back(
    host: RecipeHost, place: str, secrets: Sequence[str], log: RunLog | None
) -> Iterator[Note]:
    """Undo what the run has changed, with a note for each change; `log` keeps them."""
    yield Note(f"{place} failed: undoing what this run has changed", "warning")
    if log is not None:
        log.rolling_back()
    left = 0
    for row in host.undo(host.run_id):
        detail = f" ({row.detail})" if row.detail else ""
        text = scrub(f"{row.status}: {row.action} {row.resource}{detail}", secrets)
        well = row.status in ("undone", "nothing to do")
        left += not well
        if log is not None:
            log.undid(
                {"account": row.account, "what": f"{row.action} {row.resource}"}
                | {"status": row.status, "detail": row.detail}
            )
        yield Note(text, "info" if well else "warning")
    if left:
        text = f"{count(left, 'change')} not undone: awsops history undo {host.run_id} tries again"
        yield Note(text, "warning")


def without_checks_of(checked: Checked, steps: frozenset[str]) -> Checked:
    """The recipe without the checks that need the result of any of these steps."""
    kept = []
    for check in checked.recipe.checks:
        expressions = [check.that.expression, *([check.when.expression] if check.when else [])]
        makers = [makers_of(checked, name) for name in checked.needs(expressions)]
        if not any(of_one and steps.issuperset(of_one) for of_one in makers):
            kept.append(check)
    return replace(checked, recipe=replace(checked.recipe, checks=tuple(kept)))


def as_plain(verdict: Verdict) -> dict[str, object]:
    """A verdict as a run's record keeps it."""
    return {
        "check": verdict.check.title,
        "target": verdict.label,
        "passed": verdict.passed,
        "text": verdict.text,
    }


def count(number: int, what: str) -> str:
    """`1 change`, `2 changes`."""
    return f"{number} {what}" + ("" if number == 1 else "s")
