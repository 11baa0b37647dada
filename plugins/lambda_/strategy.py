"""How an alias is shifted: steps of a weight and a time, from what the command line says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from awsops.api import UsageError
from awsops.units import format_duration, parse_duration

from .routing import percent

MOST_STEPS = 100
_AWS_NAME = re.compile(
    r"(?:CodeDeployDefault\.)?(?:Lambda)?(?:"
    r"Canary(?P<canary>\d{1,2})Percent(?P<after>\d{1,4})Minutes?"
    r"|Linear(?P<linear>\d{1,2})PercentEvery(?P<every>\d{1,4})Minutes?|(?P<all>AllAtOnce))"
)
_PART = re.compile(r"(?P<weight>[0-9.]+%?)\s*/\s*(?P<time>\S+)")


@dataclass(frozen=True, slots=True)
class Step:
    """A weight of the new version, above 0 and below 1, and for how many seconds at least."""

    weight: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Strategy:
    """The steps before the promotion; none shifts all at once. `text` is how it is shown."""

    steps: tuple[Step, ...]
    text: str


def read_strategy(
    *,
    canary: str | None,
    linear: str | None,
    steps: str | None,
    every: str | None,
    name: str | None,
    all_at_once: bool,
) -> Strategy:
    """The strategy that exactly one of the options gives; UsageError otherwise."""
    given = {
        "--canary": canary,
        "--linear": linear,
        "--steps": steps,
        "--strategy": name,
        "--all-at-once": all_at_once or None,
    }
    named = [flag for flag, value in given.items() if value is not None]
    if len(named) != 1:
        said = f"{' and '.join(named)} exclude one another" if named else "there is no strategy"
        raise UsageError(said, hint=f"give one of {', '.join(given)}")
    if every is not None and steps is None:
        raise UsageError("--every belongs to --steps")
    if canary is not None:
        return _canary(*_part("--canary", canary))
    if linear is not None:
        return _linear(*_part("--linear", linear))
    if steps is not None:
        return _steps(steps, every)
    return _named(name) if name is not None else Strategy((), "all at once")


def _part(flag: str, text: str) -> tuple[float, float]:
    match = _PART.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{flag} {text!r}: expected a weight and a time", hint=f"{flag} 10%/5m")
    return read_weight(match["weight"]), parse_duration(match["time"])


def read_weight(text: str) -> float:
    """`10%` or `10` as 0.1; UsageError unless it is above 0 and at most 100 %."""
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError:
        value = -1.0
    if not 0 < value <= 100:
        raise UsageError(f"weight {text!r}: expected more than 0% and at most 100%")
    return round(value / 100, 6)


def _canary(weight: float, seconds: float) -> Strategy:
    if weight >= 1:
        raise UsageError("a canary of 100% is no canary", hint="--all-at-once")
    text = f"canary {percent(weight)} for {format_duration(seconds)}"
    return Strategy((Step(weight, seconds),), text)


def _linear(weight: float, seconds: float) -> Strategy:
    count = int(-(-1 // weight)) - 1 if weight < 1 else 0
    if not 0 < count < MOST_STEPS:
        raise UsageError(f"--linear {percent(weight)}: expected 1% to 50%")
    steps = tuple(Step(round(weight * n, 6), seconds) for n in range(1, count + 1))
    steps = tuple(step for step in steps if step.weight < 1)
    return Strategy(steps, f"linear {percent(weight)} every {format_duration(seconds)}")


def _steps(text: str, every: str | None) -> Strategy:
    weights = [read_weight(part) for part in text.split(",")]
    if every is None:
        raise UsageError("--steps needs --every", hint=f"--steps {text} --every 2m")
    seconds = parse_duration(every)
    rising = all(a < b for a, b in pairwise(weights))
    if not rising or weights[-1] != 1 or len(weights) > MOST_STEPS:
        raise UsageError(
            f"--steps {text}: expected rising weights that end with 100", hint="--steps 1,5,25,100"
        )
    shown = ", ".join(percent(weight) for weight in weights)
    made = tuple(Step(weight, seconds) for weight in weights[:-1])
    return Strategy(made, f"steps {shown} every {format_duration(seconds)}")


def _named(name: str) -> Strategy:
    match = _AWS_NAME.fullmatch(name)
    if match is None:
        raise UsageError(
            f"unknown strategy {name!r}",
            hint="like Canary10Percent5Minutes, LambdaLinear10PercentEvery1Minute or AllAtOnce",
        )
    if match["canary"]:
        return _canary(read_weight(match["canary"]), 60.0 * int(match["after"]))
    if match["linear"]:
        return _linear(read_weight(match["linear"]), 60.0 * int(match["every"]))
    return Strategy((), "all at once")
