"""Runs the commands of a query over events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cmp_to_key

from awsops.sandbox.logs.expressions import (
    Bin,
    Expression,
    Value,
    compare,
    is_true,
    number_of,
    text_of,
)
from awsops.sandbox.logs.language import (
    Column,
    Command,
    Dedup,
    Keep,
    Limit,
    Parse,
    Show,
    Sort,
    Stats,
)

Event = dict[str, Value]
Row = list[dict[str, str]]

TIMES = ("@timestamp", "@ingestionTime")


@dataclass
class Outcome:
    """Rows as GetQueryResults gives them, and how many events the filters let through."""

    rows: list[Row]
    matched: int


@dataclass
class _State:
    events: list[Event]
    shown: list[str] = field(default_factory=lambda: ["@timestamp", "@message"])
    chosen: bool = False  # by `fields` or `display`
    times: set[str] = field(default_factory=lambda: set(TIMES))
    grouped: bool = False
    sorted: bool = False


def run_query(commands: Sequence[Command], events: Iterable[Event], limit: int) -> Outcome:
    """Events need `@timestamp` (milliseconds), `@message` and `@ptr`; at most `limit` rows."""
    state = _State([dict(event) for event in events])
    matched = len(state.events)
    for command in commands:
        _apply(command, state)
        if not state.grouped and isinstance(command, Keep | Dedup):
            matched = len(state.events)
    if not state.grouped and not state.sorted:
        # Newest first, as the service gives events that nobody has sorted.
        state.events.sort(key=lambda event: number_of(event.get("@timestamp")) or 0.0, reverse=True)
    names = state.shown if state.grouped else [n for n in state.shown if n != "@ptr"] + ["@ptr"]
    rows = [_row(event, names, state.times) for event in state.events[:limit]]
    return Outcome(rows, matched)


def _apply(command: Command, state: _State) -> None:
    match command:
        case Show():
            _show(command, state)
        case Keep():
            state.events = [e for e in state.events if is_true(command.condition.of(e))]
        case Parse():
            _parse(command, state)
        case Stats():
            _stats(command, state)
        case Sort():
            state.sorted = True
            state.events.sort(key=cmp_to_key(lambda a, b: _order(command, a, b)))
        case Limit():
            if not state.grouped and not state.sorted:
                state.events.sort(key=lambda e: number_of(e.get("@timestamp")) or 0.0, reverse=True)
            state.events = state.events[: command.count]
        case Dedup():
            _dedup(command, state)


def _show(command: Show, state: _State) -> None:
    names = [column.name for column in command.columns]
    _note_times(command.columns, state)
    for event in state.events:
        for column in command.columns:
            event[column.name] = column.value.of(event)
    if command.replaces or not state.chosen:
        state.shown, state.chosen = names, True
    else:
        state.shown += [name for name in names if name not in state.shown]


def _note_times(columns: Iterable[Column], state: _State) -> None:
    for column in columns:
        if isinstance(column.value, Bin):
            state.times.add(column.name)


def _parse(command: Parse, state: _State) -> None:
    for event in state.events:
        value = command.subject.of(event)
        found = command.pattern.search(text_of(value)) if value is not None else None
        if found:
            event.update(zip(command.names, found.groups(), strict=True))
    if state.chosen:
        state.shown += [name for name in command.names if name not in state.shown]


def _stats(command: Stats, state: _State) -> None:
    _note_times(command.by, state)
    groups: dict[tuple[str, ...], tuple[list[Value], list[Event]]] = {}
    for event in state.events:
        values = [column.value.of(event) for column in command.by]
        key = tuple(text_of(value) for value in values)
        groups.setdefault(key, (values, []))[1].append(event)
    if not command.by and not groups:
        groups[()] = ([], [])
    rows: list[Event] = []
    for values, members in groups.values():
        row: Event = dict(zip((c.name for c in command.by), values, strict=True))
        for measure in command.measures:
            row[measure.name] = measure.value.over(members)
        rows.append(row)
    state.events = rows
    state.grouped, state.sorted, state.chosen = True, False, True
    state.shown = [c.name for c in command.by] + [m.name for m in command.measures]


def _order(command: Sort, left: Event, right: Event) -> int:
    for value, descends in command.keys:
        order = _order_by(value, left, right)
        if order:
            return -order if descends else order
    return 0


def _order_by(value: Expression, left: Event, right: Event) -> int:
    a, b = value.of(left), value.of(right)
    if a is None or b is None:
        return (a is not None) - (b is not None)
    return compare(a, b) or 0


def _dedup(command: Dedup, state: _State) -> None:
    """Keeps the first of each; the newest where nothing was sorted (page of dedup)."""
    if not state.sorted and not state.grouped:
        state.events.sort(key=lambda e: number_of(e.get("@timestamp")) or 0.0, reverse=True)
    seen: set[tuple[str, ...]] = set()
    kept = []
    for event in state.events:
        values = [event.get(name) for name in command.names]
        key = tuple(text_of(value) for value in values)
        if None in values or key not in seen:  # an event without the field is kept
            seen.add(key)
            kept.append(event)
    state.events = kept


def _row(event: Event, names: Iterable[str], times: set[str]) -> Row:
    return [
        {"field": name, "value": _shown(name, event[name], times)}
        for name in names
        if event.get(name) is not None
    ]


def _shown(name: str, value: Value, times: set[str]) -> str:
    at = number_of(value) if name in times else None
    if at is None:
        return text_of(value)
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{int(at) % 1000:03d}"
