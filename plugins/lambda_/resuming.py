"""Going on with a shift that was cut short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from awsops.api import Change, Plan

from .client import LambdaClient
from .names import AliasRef
from .planning import ShiftPlan, Source, publication
from .routing import ForeignChangeError, Route, percent, read_alias
from .runs import Position, position, terms_of


def plan_resume(
    lam: LambdaClient, ref: AliasRef, header: Mapping[str, Any], entries: Sequence[Any]
) -> tuple[ShiftPlan, Position]:
    """Where a recorded shift stands and what is left of it; nothing is changed.

    ForeignChangeError when the alias is where this shift never put it.
    """
    state = read_alias(lam, ref)
    at = position(header, entries, state.route)
    old, new = str(header["old"]), header["new"]
    if at.stage == "foreign":
        raise ForeignChangeError(state, Route(old, {}))
    source = Source(*header["publish"]) if new is None else None
    return ShiftPlan(state, old, new, source, terms_of(header), {}), at


def describe_resume(plan: ShiftPlan, at: Position, undo: str) -> Plan:
    """What resuming does: go on, go back, or nothing but close the record."""
    if at.stage == "ended":
        return Plan((), f"the shift of {plan.ref} to version {plan.new} ended: nothing is left")
    if at.stage == "rolled back":
        return Plan((), f"{plan.ref} is at version {plan.old}: the shift has been rolled back")
    if at.stage == "promoted" and plan.terms.post is None:
        return Plan((), f"{plan.ref} is at version {plan.new}: the shift has been promoted")
    before = str(plan.state.route)
    if at.stage == "roll back":
        why = "the shift had failed, and nothing is left to take back"
        back = Change(
            "roll back",
            str(plan.ref),
            before=before,
            after=f"version {plan.old}",
            why_no_undo=why,
        )
        return Plan((back,), "the run was rolling back when it ended")
    steps = plan.terms.strategy.steps
    at_step = f"from step {at.step + 1} of {len(steps)}" if at.step < len(steps) else "to the end"
    if at.stage == "step" and at.step < len(steps):
        at_step += f", {percent(steps[at.step].weight)}"
    change = Change(
        "shift",
        str(plan.ref),
        detail=f"{plan.terms.strategy.text}, {at_step}",
        before=before,
        after=f"version {plan.new}" if plan.new else "the new version",
        undo=undo,
    )
    return Plan((*publication(plan), change), f"gates: {plan.terms.gates.shown()}")
