"""A plan as a person reads it before saying yes, and as data.

The blast radius comes first, then each target's changes, what cannot be undone marked with `!`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from awsops.events import Change, Plan
from awsops.output.cells import cell_width, pad, visible, wrap

Planned = tuple[str, str, Plan]
"""A target's label, its account, and what is to be done there."""

Style = Callable[[str, str], str]

# A plan must be read before it is confirmed: about four screens. The rest is counted by action,
# and `--dry-run -o json` gives all of it.
MOST_LINES = 200
FEWEST_A_TARGET = 3
MOST_NAMES = 12
MOST_REASONS = 5
WIDEST_ACTION = 24


def plan_rows(plans: Sequence[Planned]) -> list[dict[str, object]]:
    """Every planned change as a row: target, account, action, resource, detail, before, after,
    irreversible, undo, why_no_undo.
    """
    return [
        {
            "target": label,
            "account": account,
            "action": change.action,
            "resource": change.resource,
            "detail": change.detail,
            "before": change.before,
            "after": change.after,
            "irreversible": change.irreversible,
            "undo": change.undo,
            "why_no_undo": change.why_no_undo,
        }
        for label, account, plan in plans
        for change in plan.changes
    ]


def plan_lines(
    plans: Sequence[Planned],
    *,
    title: str,
    width: int | None,
    style: Style,
    protected: Sequence[str] = (),
) -> Iterator[str]:
    """The lines of the plans of all targets; `width` None folds nothing (a log file)."""
    busy = [planned for planned in plans if planned[2].changes]
    idle = [planned for planned in plans if not planned[2].changes]
    if not busy:
        nothing = f"{title}: nothing to do in {_count(len(plans), 'target')}"
        yield from (style(line, "bold") for line in _wrapped("", nothing, width))
    else:
        yield from _radius(busy, title, width, style)
        if protected:
            text = f"protected: {', '.join(visible(name) for name in protected)}"
            yield from _lost(text, width, style)
    most = max(FEWEST_A_TARGET, MOST_LINES // max(len(busy), 1))
    for label, account, plan in busy:
        yield ""
        yield from _heading(label, account, plan.summary, width, style)
        yield from _changes(plan.changes, most, width, style)
        yield from _warnings(plan.warnings, width, style)
    if busy and idle:
        yield ""
    yield from _idle(idle, bool(busy), width, style)
    yield from _reasons(busy, width, style)


def _radius(busy: Sequence[Planned], title: str, width: int | None, style: Style) -> Iterator[str]:
    changes = [change for _, _, plan in busy for change in plan.changes]
    accounts = {account for _, account, _ in busy}
    regions = {label.rpartition("/")[2] for label, _, _ in busy if "/" in label}
    places = [_count(len(accounts), "account")]
    if regions:
        places.append(_count(len(regions), "region"))
    resources = {(label, change.resource) for label, _, plan in busy for change in plan.changes}
    places.append(_count(len(resources), "resource"))
    radius = f"{title}: {_count(len(changes), 'change')} in {', '.join(places)}"
    yield from (style(line, "bold") for line in _wrapped("", radius, width))
    if len({change.action for change in changes}) > 1:
        yield from _wrapped("  ", _by_action(changes), width)
    lost = sum(change.irreversible for change in changes)
    if lost:
        which = "it" if len(changes) == 1 else "none of them" if lost == len(changes) else lost
        can = "can" if which == "none of them" else "cannot"
        of = "" if isinstance(which, str) else " of them"
        yield from _lost(f"{which}{of} {can} be undone", width, style)


def _lost(text: str, width: int | None, style: Style) -> Iterator[str]:
    yield from (style(line, "bold red") for line in _wrapped("  ! ", text, width))


def _heading(
    label: str, account: str, summary: str, width: int | None, style: Style
) -> Iterator[str]:
    target = f"{visible(label)}  {visible(account)}"
    text = visible(summary)
    beside = f"  {text}" if text else ""
    if width is None or cell_width(target + beside) <= width:
        yield style(target, "bold") + beside
        return
    yield from (style(line, "bold") for line in wrap(target, width))
    if text:
        yield from _wrapped("  ", text, width)


def _changes(
    changes: Sequence[Change], most: int, width: int | None, style: Style
) -> Iterator[str]:
    shown = changes if len(changes) <= most else changes[: most - 1]
    rest = changes[len(shown) :]
    actions = min(max(cell_width(visible(c.action)) for c in shown), WIDEST_ACTION)
    resources = max(cell_width(visible(c.resource)) for c in shown)
    if width is not None:
        resources = min(resources, max((width - actions) // 2, 10))
    for change in shown:
        yield from _change(change, actions, resources, width, style)
    if rest:
        lost = sum(change.irreversible for change in rest)
        yield from _wrapped("    ", f"and {len(rest)} more: {_by_action(rest)}", width)
        if lost:
            yield from _lost(f"{lost} of these cannot be undone", width, style)
        yield from _wrapped("    ", "--dry-run -o json lists them all", width)


def _change(
    change: Change, actions: int, resources: int, width: int | None, style: Style
) -> Iterator[str]:
    mark = "  ! " if change.irreversible else "    "
    action, resource = visible(change.action), visible(change.resource)
    detail, difference = visible(change.detail), _difference(change)
    what = "  ".join(part for part in (detail, difference) if part)
    start = mark + pad(action, actions)
    line = f"{start}  {pad(resource, resources)}  {what}".rstrip(" ")
    color = "bold red" if change.irreversible else ""
    if width is None or cell_width(line) <= width:
        yield style(start, color) + line[len(start) :]
        return
    inner = " " * 6
    if cell_width(start) + 2 + cell_width(resource) <= width:
        yield f"{style(start, color)}  {resource}"
    else:
        yield style(start.rstrip(" "), color)
        yield from _wrapped(inner, resource, width)
    if detail:
        yield from _wrapped(inner, detail, width)
    if difference and cell_width(inner + difference) <= width:
        yield inner + difference
    elif difference:
        yield from _wrapped(inner + "- ", _shown(change.before), width)
        yield from _wrapped(inner + "+ ", _shown(change.after), width)


def _difference(change: Change) -> str:
    if change.before is None and change.after is None:
        return ""
    return f"{_shown(change.before)} -> {_shown(change.after)}"


def _shown(value: str | None) -> str:
    return "(none)" if value is None else visible(value) or '""'


def _warnings(warnings: Sequence[str], width: int | None, style: Style) -> Iterator[str]:
    for warning in warnings:
        for line in _wrapped("  ", f"warning: {visible(warning)}", width):
            yield style(line, "yellow")


def _idle(idle: Sequence[Planned], beside: bool, width: int | None, style: Style) -> Iterator[str]:
    silent = [visible(label) for label, _, plan in idle if not plan.summary and not plan.warnings]
    for label, account, plan in idle:
        if plan.summary or plan.warnings:
            yield from _heading(label, account, plan.summary or "nothing to do", width, style)
            yield from _warnings(plan.warnings, width, style)
    if silent and beside:
        more = f" and {len(silent) - MOST_NAMES} more" if len(silent) > MOST_NAMES else ""
        names = ", ".join(silent[:MOST_NAMES])
        yield from _wrapped("", f"nothing to do in {names}{more}", width)


def _reasons(busy: Sequence[Planned], width: int | None, style: Style) -> Iterator[str]:
    reasons = {
        change.why_no_undo: None
        for _, _, plan in busy
        for change in plan.changes
        if change.irreversible and change.why_no_undo
    }
    if reasons:
        yield ""
    for reason in list(reasons)[:MOST_REASONS]:
        for line in _wrapped("", f"! cannot be undone: {visible(str(reason))}", width):
            yield style(line, "red")


def _wrapped(margin: str, text: str, width: int | None) -> Iterator[str]:
    if width is None:
        yield margin + text
        return
    first, *rest = wrap(text, max(width - len(margin), 10))
    yield margin + first
    yield from (" " * len(margin) + line for line in rest)


def _by_action(changes: Sequence[Change]) -> str:
    counts = Counter(visible(change.action) for change in changes)
    return ", ".join(f"{action} {number}" for action, number in counts.most_common())


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
