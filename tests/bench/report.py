"""The report: a line for each bound, as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from .measure import Sample, middle

Kind = Literal["ratio", "limit", "faster", "skipped"]


@dataclass(frozen=True, slots=True)
class Line:
    """A bound and what was measured beside it.

    `measured` is a ratio, a number in `unit`, or how many times faster; `ours` and `theirs` are
    medians (seconds of wall time) where two programs are compared.
    """

    name: str
    what: str
    kind: Kind
    measured: float | None
    bound: float | None
    unit: str
    ours: Sample | None = None
    theirs: Sample | None = None
    reason: str | None = None

    @classmethod
    def ratio(
        cls, name: str, what: str, ours: Sequence[Sample], theirs: Sequence[Sample], bound: float
    ) -> Line:
        """Our median wall time over theirs, at most `bound`."""
        a, b = middle(ours), middle(theirs)
        return cls(name, what, "ratio", a.wall / b.wall, bound, "x", a, b)

    @classmethod
    def faster(
        cls, name: str, what: str, ours: Sequence[Sample], theirs: Sequence[Sample], bound: float
    ) -> Line:
        """Their median wall time over ours, at least `bound`."""
        a, b = middle(ours), middle(theirs)
        return cls(name, what, "faster", b.wall / a.wall, bound, "x faster", a, b)

    @classmethod
    def limit(cls, name: str, what: str, measured: float, bound: float, unit: str) -> Line:
        """A quantity of ours, at most `bound`."""
        return cls(name, what, "limit", measured, bound, unit)

    @classmethod
    def skipped(cls, name: str, what: str, reason: str) -> Line:
        """What could not be compared here, and why."""
        return cls(name, what, "skipped", None, None, "", reason=reason)

    @property
    def verdict(self) -> str:
        """`PASS`, `over` (or `short` of a least), or `skipped`."""
        if self.measured is None or self.bound is None:
            return "skipped"
        if self.kind == "faster":
            return "PASS" if self.measured >= self.bound else "short"
        return "PASS" if self.measured <= self.bound else "over"


def as_json(lines: Sequence[Line]) -> str:
    """One array; a line's fields and its verdict."""
    return json.dumps([{**asdict(line), "verdict": line.verdict} for line in lines], indent=2)


def as_table(lines: Sequence[Line]) -> str:
    """Columns as wide as what stands in them, for a terminal and for Markdown alike."""
    head = ("what", "awsops", "other", "measured", "bound", "")
    rows = [head, *(_cells(line) for line in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    rule = tuple("-" * width for width in widths)
    text = [_row(row, widths) for row in (head, rule, *rows[1:])]
    return "\n".join(text)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"


def _cells(line: Line) -> tuple[str, ...]:
    if line.measured is None or line.bound is None:
        return (line.what, "", "", line.reason or "", "", line.verdict)
    least = "at least" if line.kind == "faster" else "at most"
    return (
        line.what,
        _seconds(line.ours),
        _seconds(line.theirs),
        f"{line.measured:.2f} {line.unit}".strip(),
        f"{least} {line.bound:.2f}".rstrip("0").rstrip(".") + f" {line.unit}".rstrip(),
        line.verdict,
    )


def _seconds(sample: Sample | None) -> str:
    return "" if sample is None else f"{sample.wall:.3f} s"
