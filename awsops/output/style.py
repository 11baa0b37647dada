"""The few colours that there are, as SGR sequences (ECMA-48, 8.3.117)."""

from __future__ import annotations

from collections.abc import Callable

_SGR = {"bold": "1", "dim": "2", "red": "31", "bold red": "1;31", "green": "32", "yellow": "33"}

_GOOD = frozenset(
    (
        "active",
        "available",
        "complete",
        "completed",
        "confirmed",
        "enabled",
        "healthy",
        "in_service",
        "ok",
        "passed",
        "ready",
        "running",
        "succeeded",
        "success",
        "successful",
        "up",
    )
)
_BAD = frozenset(
    (
        "alarm",
        "cancelled",
        "create_failed",
        "critical",
        "dead",
        "denied",
        "error",
        "expired",
        "failed",
        "failure",
        "fatal",
        "fault",
        "high",
        "inactive",
        "rollback_failed",
        "stopped",
        "timed_out",
        "timedout",
        "timeout",
        "unhealthy",
    )
)
_CHANGING = frozenset(
    (
        "creating",
        "degraded",
        "deleting",
        "disabled",
        "in_progress",
        "initializing",
        "insufficient_data",
        "medium",
        "pending",
        "processing",
        "queued",
        "scheduled",
        "stopping",
        "throttled",
        "updating",
        "warn",
        "warning",
    )
)


def styled(text: str, style: str) -> str:
    """The text in a style: bold, dim, red, bold red, green or yellow."""
    return f"\x1b[{_SGR[style]}m{text}\x1b[0m"


def paint_for(color: bool) -> Callable[[str, str], str]:
    """What colours a text by its role (`header`, `label`, `cell`); without colour, nothing.

    A cell is coloured when it is nothing but a word that AWS uses for a state.
    """
    return _paint if color else lambda text, role: text


def _paint(text: str, role: str) -> str:
    if role == "header":
        return styled(text, "bold")
    if role == "label":
        return styled(text, "dim")
    word = text.lower().replace("-", "_").replace(" ", "_")
    if word in _GOOD:
        return styled(text, "green")
    if word in _BAD:
        return styled(text, "red")
    return styled(text, "yellow") if word in _CHANGING else text
