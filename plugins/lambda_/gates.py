"""What must hold at every step, and the judgement of what was seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from awsops.api import UsageError
from awsops.units import parse_duration

OnIdle = Literal["wait", "continue", "rollback"]


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound on the new version: `value` as such, or `above` what the old one shows."""

    value: float
    above: bool
    text: str


@dataclass(frozen=True, slots=True)
class Gates:
    """error_rate: share of calls, 0 to 1, or that many points above the old version's.
    p99: milliseconds, or that share above the old version's. throttles: of the alias, a count."""

    alarms: tuple[str, ...] = ()
    error_rate: Limit | None = None
    p99: Limit | None = None
    throttles: int | None = None
    min_invocations: int = 0
    on_idle: OnIdle = "wait"

    @property
    def needs_metrics(self) -> bool:
        limits = (self.error_rate, self.p99, self.throttles)
        return self.min_invocations > 0 or any(limit is not None for limit in limits)

    def shown(self) -> str:
        """All of them, for the plan."""
        parts = [f"alarm {name}" for name in self.alarms]
        if self.error_rate:
            parts.append(f"error rate {self.error_rate.text}")
        if self.p99:
            parts.append(f"p99 {self.p99.text}")
        if self.throttles is not None:
            parts.append(f"throttles {self.throttles}")
        if self.min_invocations:
            calls = f"{self.min_invocations} invocation{'' if self.min_invocations == 1 else 's'}"
            parts.append(f"{calls} a step, else {self.on_idle}")
        return ", ".join(parts) or "none"


@dataclass(frozen=True, slots=True)
class Seen:
    """One version in a window of time; p99_ms None when nothing ran."""

    invocations: int = 0
    errors: int = 0
    p99_ms: float | None = None

    @property
    def error_rate(self) -> float:
        return self.errors / self.invocations if self.invocations else 0.0


@dataclass(frozen=True, slots=True)
class Observation:
    """Both versions in the same window, the alias's throttles, and how many invocations of the
    new version came since the step began."""

    old: Seen = Seen()
    new: Seen = Seen()
    throttles: int = 0
    counted: int = 0


def read_rate_limit(text: str) -> Limit:
    """`1%`, or `+1%` for that many points above the old version."""
    above = text.startswith("+")
    try:
        value = float(text.removeprefix("+").removesuffix("%"))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise UsageError(f"--max-error-rate {text!r}: expected 0% to 100%", hint="1% or +0.5%")
    return Limit(value / 100, above, text)


def read_p99_limit(text: str) -> Limit:
    """`+20%` above the old version's, or a duration such as `800ms`."""
    match = re.fullmatch(r"\+(\d{1,6}(?:\.\d{1,3})?)%", text)
    if match:
        return Limit(float(match[1]) / 100, True, text)
    if text.endswith("%"):
        raise UsageError(f"--max-p99 {text!r}: above what?", hint="+20%, or 800ms")
    return Limit(parse_duration(text) * 1000, False, text)


def breach(gates: Gates, seen: Observation) -> str | None:
    """Why the metrics say no; None while they do not.

    At low traffic a share says little, so it is judged over `min_invocations` at least: it is
    breached when it would be even if all calls that are still missing went well.
    """
    new, old = seen.new, seen.old
    if gates.throttles is not None and seen.throttles > gates.throttles:
        return f"{seen.throttles} throttles, more than {gates.throttles}"
    if gates.error_rate is not None and new.errors:
        allowed = gates.error_rate.value + (old.error_rate if gates.error_rate.above else 0.0)
        if new.errors > allowed * max(new.invocations, gates.min_invocations) + 1e-9:
            errors = "1 error" if new.errors == 1 else f"{new.errors} errors"
            return (
                f"{errors} in {new.invocations} invocations of the new version "
                f"({_percent(new.error_rate)}, the old one {_percent(old.error_rate)}), "
                f"allowed {gates.error_rate.text}"
            )
    if gates.p99 is not None and new.p99_ms is not None and enough(gates, seen):
        if gates.p99.above and old.p99_ms is None:
            return None  # nothing to compare with
        base = (old.p99_ms or 0.0) * (1 + gates.p99.value)
        allowed_ms = base if gates.p99.above else gates.p99.value
        if new.p99_ms > allowed_ms + 1e-9:
            was = f", the old one {old.p99_ms:.0f} ms" if old.p99_ms is not None else ""
            return f"p99 of the new version {new.p99_ms:.0f} ms{was}, allowed {gates.p99.text}"
    return None


def enough(gates: Gates, seen: Observation) -> bool:
    """Whether the new version was called often enough for the step to count."""
    return seen.counted >= gates.min_invocations


def _percent(share: float) -> str:
    return f"{share * 100:.3g}%"
