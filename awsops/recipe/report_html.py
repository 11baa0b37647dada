"""A run's report as one HTML page that needs nothing beside it and is readable on a phone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from html import escape
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

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --good: #18794e; --bad: #c62a2f;
  --mild: #946800; }
@media (prefers-color-scheme: dark) { :root { --good: #4cc38a; --bad: #ff8589; --mild: #f1a10d; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: .5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
code, td, .plan { font: .875rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0; }
dt { color: GrayText; } dd { margin: 0; overflow-wrap: anywhere; }
.state { border-radius: 1rem; border: 1px solid; font-size: .8rem; padding: .05rem .6rem;
  white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); } .mild { color: var(--mild); }
.problem { border-left: 3px solid var(--bad); padding-left: .75rem; overflow-wrap: anywhere; }
ol { border-left: 2px solid var(--line); list-style: none; margin: 0; padding: 0 0 0 1rem; }
ol > li { margin: 0 0 1.25rem; } h3 { font-size: 1rem; margin: 0; }
.when { color: GrayText; font-size: .85rem; }
.plan { background: var(--soft); border-radius: .4rem; margin: .4rem 0; padding: .5rem .75rem; }
.plan p { margin: 0; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; min-width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .75rem .25rem 0; text-align: left;
  vertical-align: top; } td { min-width: 5rem; max-width: 24rem; } th { font-weight: 600; }
details { margin: .4rem 0; } summary { cursor: pointer; }
.short { white-space: nowrap; }
@media (max-width: 40rem) {
  table, tbody, tr, td { display: block; max-width: none; } tr:first-child { display: none; }
  tr { border-bottom: 1px solid var(--line); padding: .4rem 0; }
  td { border: 0; display: grid; gap: .75rem; grid-template-columns: 7rem 1fr; padding: .05rem 0; }
  td::before { color: GrayText; content: attr(data-name); font-family: system-ui, sans-serif; }
  td:empty { display: none; } }
@media print { details { display: block; } }
"""
SHORT = 26  # characters that are not broken over lines: times, accounts, names
_GOOD = frozenset({"done", "passed", "ok"})
_MILD = frozenset({"skipped", "not run", "not judged", "unknown"})


def as_html(report: Report) -> str:
    """The whole page."""
    title = _text(f"{report.recipe}: {report.outcome}")
    body = "\n".join(_body(report))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n"
        "</body>\n</html>\n"
    )


def _body(report: Report) -> Iterator[str]:
    yield f"<h1>{_text(report.recipe)} {_state(report.outcome)}</h1>"
    yield f"<p>{_text(report.summary)}</p>"
    facts = {"Run": report.run, "Began": format_time(report.started)}
    if report.ended is not None:
        facts["Took"] = format_duration(report.ended - report.started)
    facts["Targets"] = ", ".join(report.targets) or "none"
    facts["Changes"] = str(len(report.changes))
    facts |= {name: words(value) or "(none)" for name, value in report.params.items()}
    facts |= dict.fromkeys(report.hidden, "(secret)")
    pairs = "".join(f"<dt>{_text(k)}</dt><dd>{_text(v)}</dd>" for k, v in facts.items())
    yield f"<dl>{pairs}</dl>"
    if report.problem:
        yield f'<p class="problem">{_text(report.problem)}</p>'
    yield "<h2>Timeline</h2><ol>"
    for step in report.steps:
        yield "".join(_step(step))
    yield "</ol>"
    yield from _section("Rollback", report.undone)
    yield from _section("Checks", [_verdict(verdict) for verdict in report.checks])
    yield from _section("Changes", [_change(entry) for entry in report.changes])
    yield from _section("Calls that change something", [call_row(entry) for entry in report.calls])


def _step(step: ReportedStep) -> Iterator[str]:
    yield f"<li><h3>{_text(step.step)} {_state(step.status)}</h3>"
    if step.detail:
        yield f"<p>{_text(step.detail)}</p>"
    if not step.attempts:
        yield f'<div class="when">{_text(step.title)}</div>'
    for attempt in step.attempts:
        yield from _attempt(attempt)
    yield "</li>"


def _attempt(attempt: Attempt) -> Iterator[str]:
    took = format_duration(attempt.ended - attempt.began) if attempt.ended else "cut off"
    yield f"<div><code>{_text(attempt.title)}</code></div>"
    yield f'<div class="when">{format_time(attempt.began)}, {took}</div>'
    for plan in attempt.plans:
        if plan["changes"]:
            lines = "".join(_planned(change) for change in plan["changes"])
            head = f"{plan['target']} ({plan['account']})"
            yield f'<div class="plan"><p><b>{_text(head)}</b></p>{lines}</div>'
    if attempt.approval:
        yield f'<div class="when">confirmed: {_text(attempt.approval)}</div>'
    for error in attempt.errors:
        yield f'<p class="problem">{_text(error)}</p>'
    if attempt.rows:
        count = len(attempt.rows)
        label = "1 row" if count == 1 else f"{count} rows"
        opened = " open" if count <= 5 else ""
        yield f"<details{opened}><summary>{label}</summary>{_table(attempt.rows)}</details>"


def _planned(change: Mapping[str, Any]) -> str:
    text = f"{change['action']} {change['resource']}"
    if change["detail"]:
        text += f": {change['detail']}"
    if change["before"] is not None or change["after"] is not None:
        text += f" ({change['before']} → {change['after']})"
    if change["irreversible"]:
        return f'<p class="bad">{_text(text)} (cannot be undone)</p>'
    return f"<p>{_text(text)}</p>"


def _section(title: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if rows:
        yield f"<h2>{title}</h2>{_table(rows)}"


def _verdict(verdict: Mapping[str, Any]) -> dict[str, Any]:
    passed = {True: "passed", False: "failed"}.get(verdict["passed"], "not judged")
    row = {"check": verdict["check"], "result": passed}
    if verdict["target"]:
        row["target"] = verdict["target"]
    return {**row, **({"found": verdict["text"]} if verdict["text"] else {})}


def _change(entry: Any) -> dict[str, Any]:
    change = entry.change
    row = {"change": entry.change_id, "at": format_time(entry.at), "account": entry.account}
    row["what"] = what_changed(entry)
    if change.before is not None or change.after is not None:
        row["difference"] = f"{change.before} → {change.after}"
    return {**row, "undo": change.undo or change.why_no_undo}


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    names = columns_of(rows)
    head = "".join(f"<th>{_text(name)}</th>" for name in names)
    lines = "".join(
        "<tr>" + "".join(_cell(name, words(row.get(name))) for name in names) + "</tr>"
        for row in rows[:MOST_ROWS]
    )
    rest = len(rows) - MOST_ROWS
    more = f'<p class="when">and {rest} more</p>' if rest > 0 else ""
    return f'<div class="scroll"><table><tr>{head}</tr>{lines}</table></div>{more}'


def _cell(name: str, value: str) -> str:
    short = ' class="short"' if len(value) <= SHORT else ""
    return f'<td{short} data-name="{_text(name)}">{_text(value)}</td>'


def _state(status: str) -> str:
    kind = "good" if status in _GOOD else "mild" if status in _MILD else "bad"
    return f'<span class="state {kind}">{_text(status)}</span>'


def _text(value: object) -> str:
    """Escaped, and without what could turn the text around or hide in it."""
    kept = "".join(
        char if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs") else "�"
        for char in str(value)
    )
    return escape(kept)
