"""The live line of a shift: the split, both versions' figures, the gates, the time to go."""

from __future__ import annotations

from collections.abc import Sequence

from awsops.api import Progress
from awsops.units import format_duration

from .gates import Gates, Observation, Seen
from .metrics import Window

_BARS = "▁▂▃▄▅▆▇█"
MINUTES = 8  # in a sparkline


def sparkline(values: Sequence[float]) -> str:
    """One bar for each value, the highest full."""
    most = max(values, default=0.0)
    if most <= 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[min(int(value / most * 7.999), 7)] for value in values)


def progress(
    *,
    name: str,
    weight: float,
    old: str,
    new: str,
    seen: Observation,
    window: Window,
    gates: Gates,
    left: float,
) -> Progress:
    """`left`: seconds to the next step, at 0 or below it waits for invocations alone."""
    # What matters most first: a narrow terminal shows the beginning alone.
    parts = [f"next in {format_duration(round(left))}" if left > 0.5 else "waiting"]
    if seen.counted < gates.min_invocations:
        parts.append(f"{seen.counted}/{gates.min_invocations} calls")
    parts.append(f"v{new} {_figures(seen.new)}")
    parts.append(f"v{old} {_figures(seen.old)}")
    parts.append(f"gates ok: {gates.shown()}")
    for version in (new, old):
        bars = sparkline(window.per_minute("Invocations", version, MINUTES))
        parts += [f"v{version} {bars}"] if bars else []
    text = ", ".join(parts)
    return Progress(round(weight * 100), 100, "", f"{name}: {text}" if name else text)


def _figures(seen: Seen) -> str:
    p99 = f" {seen.p99_ms:.0f}ms" if seen.p99_ms is not None else ""
    return f"{seen.invocations} calls {seen.errors} err{p99}"
