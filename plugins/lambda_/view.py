"""The live block of a shift: the split, both versions' figures, the gates, the time to go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from awsops.api import Bars, Progress

from .gates import Gates, Limit, Observation, Seen
from .metrics import Window
from .strategy import Step

SERIES = ("Invocations", "Errors", "Duration")


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an alias found. alarms: states by name, of those that are watched."""

    seen: Observation
    window: Window
    alarms: Mapping[str, str]


def progress(
    name: str,
    step: Step,
    place: tuple[int, int],
    versions: tuple[str, str],
    gates: Gates,
    look: Look,
    next_at: float | None,
) -> Progress:
    """The block of an alias in a step.

    place: the step's number from 1, and of how many. versions: the old and the new one. next_at:
    seconds since the epoch; None when the step waits for invocations alone.
    """
    old, new = versions
    number, steps = place
    message = f"step {number} of {steps}, to version {new}"
    if next_at is None:
        message = f"waits for calls, {message}"
    return Progress(
        round(step.weight * 1_000_000),
        1_000_000,
        "%",
        message,
        part=name,
        next_at=next_at,
        details=tuple(_details(old, new, gates, look)),
    )


def over(name: str) -> Progress:
    """Takes the block of an alias away."""
    return Progress(0, part=name, ended=True)


def _details(old: str, new: str, gates: Gates, look: Look) -> Iterator[tuple[str | Bars, ...]]:
    if gates.needs_metrics:
        tops = {metric: look.window.most(metric, versions=(old, new)) for metric in SERIES}
        for version, seen in ((new, look.seen.new), (old, look.seen.old)):
            calls, errors, p99 = (
                Bars(look.window.per_minute(metric, version), tops[metric]) for metric in SERIES
            )
            yield (
                f"version {version}",
                f"{seen.invocations} calls",
                calls,
                f"{seen.errors} errors",
                f"{seen.error_rate * 100:.3g}%",
                errors,
                _p99(seen),
                p99,
            )
    states = list(_states(gates, look))
    if states:
        yield (f"gates: {'; '.join(states)}",)


def _p99(seen: Seen) -> str:
    return "p99 -" if seen.p99_ms is None else f"p99 {seen.p99_ms:.0f} ms"


def _states(gates: Gates, look: Look) -> Iterator[str]:
    """Each gate with its state, those that are still waited for first."""
    seen, need = look.seen, gates.min_invocations
    if seen.counted < need:
        yield f"calls {seen.counted} of {need}"
    for name, state in look.alarms.items():
        yield f"alarm {name} {'ok' if state == 'OK' else state}"
    if gates.error_rate is not None:
        yield f"error rate {_state(gates.error_rate, seen.new.invocations)}"
    if gates.p99 is not None:
        both = seen.old.p99_ms is not None or not gates.p99.above
        judged = both and seen.new.p99_ms is not None and seen.counted >= need
        yield f"p99 {_state(gates.p99, judged)}"
    if gates.throttles is not None:
        yield f"throttles {seen.throttles} of {gates.throttles}"
    if 0 < need <= seen.counted:
        yield f"calls ok ({need})"


def _state(limit: Limit, judged: object) -> str:
    return f"{'ok' if judged else 'not judged yet'} ({limit.text})"
