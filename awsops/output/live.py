"""The live lines of a terminal: how far each running target is, drawn in place, then erased.

Only text is made here; `Console` writes it. Every frame is one write of whole lines, each cleared
to its end after it is drawn and not before, so nothing flickers. No line reaches the last column,
and what was drawn is measured again at the width of now: a terminal that became narrower has
broken our lines, and more rows must be taken back.
"""

from __future__ import annotations

from awsops.events import Progress
from awsops.output.cells import cell_width, pad, shorten, visible

# Time between two frames, in seconds: more often nobody can read.
FRAME = 0.1
MOST_LINES = 8
WIDEST_LABEL = 32
BAR = 20
# Terminals narrower than this get no bar.
NARROWEST_BAR = 70

_END_OF_LINE = "\x1b[K"
_END_OF_SCREEN = "\x1b[J"


class Live:
    """The lines as they stand on the screen, the cursor on the line below them."""

    def __init__(self) -> None:
        self._targets: dict[str, Progress] = {}
        self._drawn: list[int] = []  # the width of each line on the screen
        self._last_frame: float | None = None
        self.stale = False

    def update(self, label: str, progress: Progress) -> None:
        """Takes in how far a target is; nothing is drawn."""
        before = self._targets.get(label)
        if before == progress:
            return
        self._targets[label] = progress
        self.stale = True
        # A message says what is waited for, perhaps long: it must not wait for the next event.
        if progress.message and (before is None or before.message != progress.message):
            self._last_frame = None

    def finish(self, label: str) -> None:
        """The target has ended and its line goes."""
        if self._targets.pop(label, None) is not None:
            self.stale = True

    def due(self, now: float) -> bool:
        """Whether a frame is due, at `now` on a clock in seconds that never runs backwards."""
        return self.stale and (self._last_frame is None or now - self._last_frame >= FRAME)

    def frame(self, now: float, width: int, height: int) -> str:
        """What redraws the lines in place."""
        lines = self._lines(width - 1, min(MOST_LINES, max(height - 2, 1)))
        text = self._up(width) + "".join(f"{line}{_END_OF_LINE}\n" for line in lines)
        shrunk = bool(self._drawn)
        self._drawn = [cell_width(line) for line in lines]
        self._last_frame = now
        self.stale = False
        return text + (_END_OF_SCREEN if shrunk else "")

    def erase(self, width: int) -> str:
        """What takes the lines off the screen; they come back with the next frame."""
        if not self._drawn:
            return ""
        text = self._up(width) + _END_OF_SCREEN
        self._drawn = []
        self.stale = bool(self._targets)
        return text

    def _up(self, width: int) -> str:
        rows = sum(max(1, -(-drawn // max(width, 1))) for drawn in self._drawn)
        return f"\x1b[{rows}A\r" if rows else ""

    def _lines(self, width: int, most: int) -> list[str]:
        ordered = sorted(self._targets.items(), key=lambda item: _complete(item[1]))
        shown = ordered if len(ordered) <= most else ordered[: most - 1]
        labels = min(
            max((cell_width(visible(label)) for label, _ in shown), default=0),
            WIDEST_LABEL,
            max(width // 2, 1),
        )
        lines = [_line(label, progress, labels, width) for label, progress in shown]
        if len(shown) < len(ordered):
            lines.append(shorten(f"and {len(ordered) - len(shown)} more", width))
        return lines


def _complete(progress: Progress) -> bool:
    return progress.total is not None and progress.done >= progress.total


def _line(label: str, progress: Progress, labels: int, width: int) -> str:
    parts = [pad(shorten(visible(label), labels), labels)] if labels else []
    total = progress.total
    if total:
        share = min(max(progress.done / total, 0.0), 1.0)
        if width >= NARROWEST_BAR:
            parts.append("[" + ("#" * int(share * BAR)).ljust(BAR, "-") + "]")
        parts.append(f"{int(share * 100):3d}%")
    of = "" if total is None else f"/{total}"
    parts.append(f"{progress.done}{of} {visible(progress.unit)}".rstrip(" "))
    if progress.message:
        parts.append(visible(progress.message))
    return shorten("  ".join(parts), width)
