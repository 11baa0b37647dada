"""The record of a shift, and where a shift stands that began earlier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from awsops.api import RunRecord

from .gates import Gates, Limit
from .names import AliasRef
from .planning import Terms
from .routing import Route
from .strategy import Step, Strategy

KEEP_SECONDS = 30 * 86_400.0  # the record of a shift that nobody came back to

Stage = Literal["step", "promote", "promoted", "roll back", "rolled back", "foreign", "ended"]


@dataclass(frozen=True, slots=True)
class Position:
    """What is to be done next: `step` counts from 0 and says which one is entered."""

    stage: Stage
    step: int = 0


def folder_of(state: Path) -> Path:
    """Where the records of shifts are kept."""
    return state / "lambda"


def record_name(run: str, account: str, region: str, ref: AliasRef) -> str:
    """One file for each alias of a run: several targets must not meet."""
    return f"{run}.{account}.{region}.{ref.function}.{ref.alias}"


def runs_of(folder: Path, account: str, region: str, ref: AliasRef) -> list[str]:
    """The ids of recorded runs that shift this alias, oldest first."""
    end = record_name("", account, region, ref)
    return [n.removesuffix(end) for n in RunRecord.known(folder) if n.endswith(end)]


def header_of(
    ref: AliasRef, old: str, new: str | None, terms: Terms, began: float
) -> dict[str, Any]:
    """All that a resumed run needs to know; `new` None: it has yet to be published."""
    gates = terms.gates
    return {
        "function": ref.function,
        "alias": ref.alias,
        "old": old,
        "new": new,
        "began": began,
        "strategy": terms.strategy.text,
        "steps": [[step.weight, step.seconds] for step in terms.strategy.steps],
        "alarms": list(gates.alarms),
        "error_rate": _limit(gates.error_rate),
        "p99": _limit(gates.p99),
        "throttles": gates.throttles,
        "min_invocations": gates.min_invocations,
        "on_idle": gates.on_idle,
        "ignored": list(terms.ignored),
        "poll": terms.poll,
        "pre": terms.pre,
        "post": terms.post,
        "smoke": terms.smoke,
    }


def _limit(limit: Limit | None) -> list[Any] | None:
    return [limit.value, limit.above, limit.text] if limit else None


def terms_of(header: Mapping[str, Any]) -> Terms:
    """The terms that a run began with."""
    steps = tuple(Step(float(weight), float(seconds)) for weight, seconds in header["steps"])
    return Terms(
        Strategy(steps, str(header["strategy"])),
        Gates(
            alarms=tuple(header["alarms"]),
            error_rate=Limit(*header["error_rate"]) if header["error_rate"] else None,
            p99=Limit(*header["p99"]) if header["p99"] else None,
            throttles=header["throttles"],
            min_invocations=int(header["min_invocations"]),
            on_idle=header["on_idle"],
        ),
        ignored=tuple(header["ignored"]),
        poll=float(header["poll"]),
        pre=header["pre"],
        post=header["post"],
        smoke=int(header["smoke"]),
    )


def position(header: Mapping[str, Any], entries: Sequence[Any], route: Route) -> Position:
    """Where a recorded shift stands, from what it wrote and from what the alias shows now.

    The record tells what was meant, the alias what was done: a call whose answer never came is
    found in the alias. `foreign` is a route that this shift never asks for.
    """
    if any("end" in entry for entry in entries):
        return Position("ended")
    old, new = str(header["old"]), str(header["new"] or "")
    weights = [float(weight) for weight, _ in header["steps"]]
    if header["new"] is None:  # nothing can have been moved
        return Position("step") if route.same_as(Route(old)) else Position("foreign")
    meant_back = any(entry.get("do") == "roll back" for entry in entries)
    entered = [int(e["step"]) for e in entries if e.get("did") == "step"]
    passed = {int(e["step"]) for e in entries if e.get("did") == "pass"}
    if route.same_as(Route(new)):
        return Position("roll back" if meant_back else "promoted", len(weights))
    if route.same_as(Route(old)):
        # Weights that were there and are gone: somebody rolled it back for us.
        back = meant_back or entered
        return Position("rolled back", max(entered, default=0)) if back else Position("step", 0)
    for number, weight in enumerate(weights):
        if route.same_as(Route(old, {new: weight})):
            if meant_back:
                return Position("roll back", number)
            after = number + 1 if number in passed else number
            return Position("promote" if after == len(weights) else "step", after)
    return Position("foreign")
