"""The few colours that there are, as SGR sequences (ECMA-48, 8.3.117).

The first eight colours are what each terminal's theme makes of them: its yellow may be invisible on
white, its blue on black. Those of the 6x6x6 cube are the same everywhere; these have a contrast of
at least 3 to 1 on white, on black and on the usual themes. Only a terminal that does not say that
it knows them gets the first eight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

_SGR = {"bold": "1", "dim": "2", "red": "31", "bold red": "1;31", "green": "32", "yellow": "33"}
_CUBE = {
    **_SGR,
    "red": "38;5;196",
    "bold red": "1;38;5;196",
    "green": "38;5;29",
    "yellow": "38;5;136",
}
# What tells several sources apart, in the order of their use: neighbours differ most.
SOURCES = (32, 134, 166, 29, 168, 100, 66, 63)  # of the cube
_FIRST_SOURCES = ("36", "35", "32")
_CUBE_TERMS = ("alacritty", "foot", "wezterm", "xterm-kitty", "xterm-ghostty", "contour")

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


def knows_cube(environ: Mapping[str, str]) -> bool:
    """Whether the terminal says that it knows 256 colours."""
    if environ.get("COLORTERM") or environ.get("WT_SESSION"):
        return True
    term = environ.get("TERM", "")
    return "256color" in term or "direct" in term or term.startswith(_CUBE_TERMS)


def styled(text: str, style: str, *, cube: bool = False) -> str:
    """The text in a style: bold, dim, red, bold red, green or yellow."""
    return f"\x1b[{(_CUBE if cube else _SGR)[style]}m{text}\x1b[0m"


def source_sgr(number: int, *, cube: bool) -> str:
    """What colours the texts of the source of that number."""
    if cube:
        return f"38;5;{SOURCES[number % len(SOURCES)]}"
    return _FIRST_SOURCES[number % len(_FIRST_SOURCES)]


def paint_for(color: bool, *, cube: bool = False) -> Callable[[str, str], str]:
    """What colours a text by its role (`header`, `label`, `cell`); without colour, nothing.

    A cell is coloured when it is nothing but a word that AWS uses for a state.
    """
    if not color:
        return lambda text, role: text

    def paint(text: str, role: str) -> str:
        style = _style_of(text, role)
        return styled(text, style, cube=cube) if style else text

    return paint


def _style_of(text: str, role: str) -> str | None:
    if role == "header":
        return "bold"
    if role == "label":
        return "dim"
    word = text.lower().replace("-", "_").replace(" ", "_")
    if word in _GOOD:
        return "green"
    if word in _BAD:
        return "red"
    return "yellow" if word in _CHANGING else None
