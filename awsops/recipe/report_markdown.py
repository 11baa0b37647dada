"""A run's report as Markdown, for a ticket or a wiki."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from awsops.recipe.report import (
    MOST_ROWS,
    Attempt,
    Report,
    ReportedStep,
    call_row,
    columns_of,
    what_changed,
    words,
)
from awsops.units import format_duration, format_time


def as_markdown(report: Report) -> str:
    """The whole report."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_escaped(report.recipe)}: {report.outcome}"
    yield ""
    yield _escaped(report.summary)
    yield ""
    facts = {"Run": f"`{report.run}`", "Began": format_time(report.started)}
    if report.ended is not None:
        facts["Took"] = format_duration(report.ended - report.started)
    facts["Targets"] = ", ".join(report.targets) or "none"
    for name, value in report.params.items():
        facts[f"`{name}`"] = _escaped(words(value)) or "(none)"
    facts |= {f"`{name}`": "(secret)" for name in report.hidden}
    yield from (f"- {name}: {value}" for name, value in facts.items())
    if report.problem:
        yield ""
        yield f"> {_escaped(words(report.problem))}"
    yield ""
    yield "## Timeline"
    for step in report.steps:
        yield ""
        yield from _step(step)
    yield from _section("Rollback", report.undone)
    yield from _section("Checks", report.checks)
    yield from _section("Changes", [_change(entry) for entry in report.changes])
    yield from _section("Calls that change something", [call_row(entry) for entry in report.calls])


def _step(step: ReportedStep) -> Iterator[str]:
    yield f"### {_escaped(step.step)}: {step.status}"
    if step.detail:
        yield ""
        yield _escaped(words(step.detail))
    for attempt in step.attempts:
        yield ""
        yield from _attempt(attempt)


def _attempt(attempt: Attempt) -> Iterator[str]:
    took = format_duration(attempt.ended - attempt.began) if attempt.ended else "cut off"
    yield f"`{attempt.title}` at {format_time(attempt.began)}, {took}"
    for plan in attempt.plans:
        if plan["changes"]:
            yield ""
            yield f"Plan for {_escaped(plan['target'])} ({plan['account']}):"
            yield from (f"- {_escaped(_planned(change))}" for change in plan["changes"])
    if attempt.approval:
        yield ""
        yield f"Confirmed: {_escaped(attempt.approval)}"
    for error in attempt.errors:
        yield ""
        yield f"> {_escaped(words(error))}"
    if attempt.rows:
        yield ""
        yield from _table(attempt.rows)


def _planned(change: Mapping[str, Any]) -> str:
    text = f"{change['action']} {change['resource']}"
    if change["detail"]:
        text += f": {change['detail']}"
    if change["before"] is not None or change["after"] is not None:
        text += f" ({change['before']} -> {change['after']})"
    return text + (" [cannot be undone]" if change["irreversible"] else "")


def _section(title: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if rows:
        yield ""
        yield f"## {title}"
        yield ""
        yield from _table(rows)


def _change(entry: Any) -> dict[str, object]:
    return {
        "change": entry.change_id,
        "at": format_time(entry.at),
        "account": entry.account,
        "what": what_changed(entry),
        "before": entry.change.before,
        "after": entry.change.after,
        "undo": entry.change.undo or entry.change.why_no_undo,
    }


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    names = columns_of(rows)
    yield f"| {' | '.join(_escaped(name) for name in names)} |"
    yield f"| {' | '.join('---' for _ in names)} |"
    for row in rows[:MOST_ROWS]:
        yield f"| {' | '.join(_escaped(words(row.get(name))) for name in names)} |"
    if len(rows) > MOST_ROWS:
        yield ""
        yield f"and {len(rows) - MOST_ROWS} more"


def _escaped(text: str) -> str:
    for char in "\\`*_[]<>|":
        text = text.replace(char, f"\\{char}")
    return text
