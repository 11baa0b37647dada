"""Where an alias stands: its weights, who drives its shift, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from awsops.api import Aws, Change, Note, NotFoundError, Plan, RunRecord, UsageError

from .client import is_missing
from .names import AliasRef, command_line
from .planning import configuration
from .routing import AliasState, ForeignChangeError, Route, put_route, read_alias
from .runs import Position, folder_of, position, record_name, runs_of
from .taken_back import by_trail, known_here, noted
from .trail import alias_events

TRAIL_SECONDS = 90 * 86_400.0  # CloudTrail's event history reaches back 90 days


@dataclass(frozen=True, slots=True)
class AliasStatus:
    """An alias and the shift that it is in. weight is per cent; driven by a live process or not."""

    alias: str
    version: str
    other_version: str | None
    weight: float | None
    state: str
    run: str | None
    step: int | None
    strategy: str | None
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class RolledBack:
    """An alias that was taken back."""

    alias: str
    version: str
    was: str


def read_status(aws: Aws, ref: AliasRef) -> Iterator[AliasStatus | Note]:
    """One row, and what to type when a shift is there that nobody drives."""
    state = read_alias(aws.client("lambda"), ref)
    found = _newest(aws, ref)
    run, header = (found.run, found.header) if found else (None, {})
    at = found.at if found else None
    weights = {version: weight for version, weight in state.route.weights.items() if weight}
    other = next(iter(weights), None)
    word = _word(state, found)
    yield AliasStatus(
        alias=str(ref),
        version=state.route.version,
        other_version=other,
        weight=round(weights[other] * 100, 4) if other else None,
        state=word,
        run=run,
        step=at.step + 1 if at and at.stage == "step" else None,
        strategy=header.get("strategy"),
        started_at=datetime.fromtimestamp(round(header["began"], 3), UTC) if header else None,
    )
    if word in ("abandoned", "unfinished", "not started") and run:
        go_on = command_line(aws, "shift", str(ref), "--resume", run)
        if word == "not started":
            yield Note(f"run {run} ended before its turn; it begins with: {go_on}")
        else:
            yield Note(f"nobody drives run {run}; it goes on with: {go_on}", "warning")
    if word in ("abandoned", "foreign"):
        back = command_line(aws, "rollback", str(ref))
        yield Note(f"it is at {state.route}; it goes back with: {back}", "warning")


@dataclass(frozen=True, slots=True)
class _Found:
    """The newest run of an alias that has not ended. live: a process drives it; begun: it had
    written down that it would move the alias."""

    run: str
    header: dict[str, Any]
    at: Position
    live: bool
    begun: bool = True


def _word(state: AliasState, found: _Found | None) -> str:
    weighted = any(state.route.weights.values())
    if found is not None and found.live:
        return "shifting"
    if found is None or found.at.stage == "foreign":
        return "foreign" if weighted else "steady"
    if found.at.stage == "rolled back":
        return "steady"
    if not found.begun:
        return "not started"
    return "abandoned" if weighted else "unfinished"


def _newest(aws: Aws, ref: AliasRef) -> _Found | None:
    folder, account = folder_of(aws.env.folders.state), aws.identity().account
    route = read_alias(aws.client("lambda"), ref).route
    for run in reversed(runs_of(folder, account, aws.region, ref)):
        name = record_name(run, account, aws.region, ref)
        header = RunRecord.peek(folder, name)
        try:
            record = RunRecord.resume(folder, name)
        except UsageError:
            return _Found(run, header, Position("step"), live=True)
        try:
            entries = record.entries
            at = position(header, entries, route)
        finally:
            record.close(finished=False)
        if not entries and at.stage != "step":
            continue  # its turn never came, and the alias has gone elsewhere since
        if at.stage not in ("ended", "rolled back"):
            return _Found(run, header, at, live=False, begun=bool(entries))
    return None


def plan_rollback(aws: Aws, ref: AliasRef, to: str | None) -> tuple[AliasState, Route, Plan]:
    """Where the alias goes back to: away with a weight, else to the version before.

    The version before is known from `to`, a record or CloudTrail; NotFoundError when from none.
    Without `to`, one that was taken back already stays where it is.
    """
    lam = aws.client("lambda")
    state = read_alias(lam, ref)
    if to is not None:
        target = Route(to)
    elif any(state.route.weights.values()):
        target = Route(state.route.version)
    else:
        before, back = _before(aws, ref, state)
        if before is None:
            return state, state.route, Plan((), _stays(aws, state, back))
        target = Route(before)
    configuration(lam, ref.function, target.version)
    if state.route.same_as(target):
        return state, target, Plan((), f"{ref} is at version {target.version} already")
    again = _undo(aws, ref, state.route)
    change = Change(
        "roll back",
        str(ref),
        before=str(state.route),
        after=str(target),
        undo=again,
        why_no_undo=None if again else "a weight comes back only with a new shift",
    )
    return state, target, Plan((change,), warnings=tuple(_driven(aws, ref)))


def _stays(aws: Aws, state: AliasState, back: str) -> str:
    elsewhere = command_line(aws, "rollback", str(state.ref), "--to", "VERSION")
    return (
        f"{state.ref} was taken back to version {state.route.version} already, {back}; "
        f"elsewhere with: {elsewhere}"
    )


def _undo(aws: Aws, ref: AliasRef, route: Route) -> str | None:
    if any(route.weights.values()):
        return None
    return command_line(aws, "rollback", str(ref), "--to", route.version)


def _driven(aws: Aws, ref: AliasRef) -> Iterator[str]:
    found = _newest(aws, ref)
    if found and found.live:
        yield f"run {found.run} is shifting {ref} at this moment: it will stop at its next look"


def _before(aws: Aws, ref: AliasRef, state: AliasState) -> tuple[str | None, str]:
    """The version that the alias pointed to before the present one; None when it was taken back
    to the present one, and how."""
    if (back := known_here(aws, state)) is not None:
        return None, back
    present = state.route.version
    folder, place = folder_of(aws.env.folders.state), (aws.identity().account, aws.region)
    for run in reversed(runs_of(folder, *place, ref)):
        name = record_name(run, *place, ref)
        header = RunRecord.peek(folder, name)
        if str(header["new"]) == present:
            return str(header["old"]), ""
        if str(header["old"]) == present and _moved(folder, name):
            return None, f"from version {header['new']}, to which run {run} shifted it"
    try:
        events = list(alias_events(aws, ref, aws.clock() - TRAIL_SECONDS))
    except Exception as error:
        if is_missing(error):
            raise
        events = []
    before, back = by_trail(events, present)
    if before is None and back is None:
        raise NotFoundError(
            f"which version {ref} had before {present} is not known: there is no record "
            "of a shift here, and CloudTrail does not tell",
            hint=f"{command_line(aws, 'rollback', str(ref), '--to', 'VERSION')}",
        )
    return before, f"{back}, as CloudTrail tells" if back else ""


def _moved(folder: Path, name: str) -> bool:
    """Whether a recorded shift had moved its alias; not known of one that is under way."""
    try:
        record = RunRecord.resume(folder, name)
    except UsageError:
        return False
    try:
        return any("did" in entry for entry in record.entries)
    finally:
        record.close(finished=False)


def apply_rollback(aws: Aws, state: AliasState, target: Route) -> RolledBack:
    """One call; ForeignChangeError when the alias has changed since the plan."""
    found = _newest(aws, state.ref)
    try:
        with noted(aws, state, target) as made:
            made(put_route(aws.client("lambda"), state, target))
    except ForeignChangeError as error:
        error.hint = f"look again: {command_line(aws, 'status', str(state.ref))}"
        raise
    if found and not found.live:
        _forget(aws, state.ref, found.run)
    return RolledBack(str(state.ref), target.version, str(state.route))


def _forget(aws: Aws, ref: AliasRef, run: str) -> None:
    """Remove the record of a shift that nobody drives: there is nothing left to resume."""
    folder, account = folder_of(aws.env.folders.state), aws.identity().account
    record = RunRecord.resume(folder, record_name(run, account, aws.region, ref))
    record.close(finished=True)
