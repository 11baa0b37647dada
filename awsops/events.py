"""What a command may yield besides its rows.

A command is a generator. Whatever it yields that is not one of these classes is a data row:
a frozen dataclass whose fields are the columns and the JSON keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Change:
    """One change to one resource: what will be done when it stands in a Plan, what was done
    when a command yields it.

    `undo` is the command line that reverses it; where there is none, `irreversible` says that
    AWS has no way back, and `why_no_undo` says why in a sentence.
    """

    action: str
    resource: str
    detail: str = ""
    before: str | None = None
    after: str | None = None
    undo: str | None = None
    irreversible: bool = False
    why_no_undo: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a mutating command is about to do in one target; yielded first and exactly once.

    A plan without changes means that there is nothing to do: nobody is asked, and the gate
    stays shut while the command goes on to report that. A command that both shows and sets says
    with `only_reads` that it was asked to show: then no plan is spoken of.
    """

    changes: tuple[Change, ...]
    summary: str = ""
    warnings: tuple[str, ...] = ()
    only_reads: bool = False

    def __post_init__(self) -> None:
        if self.only_reads and self.changes:
            raise ValueError("a plan with changes does not only read")


@dataclass(frozen=True, slots=True)
class Bars:
    """Values over time, the oldest first, drawn as a bar each; None is a gap.

    `top` is the value of a full bar (the largest of them by default): give it to series that are
    compared with one another.
    """

    values: tuple[float | None, ...]
    top: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a target has come: `done` of `total` (None when unknown) `unit`s.

    A target that works on several things tells of each as a `part`, which has lines of its own
    until it has `ended`. `next_at` (seconds since the epoch) is counted down to. `details` are
    lines below it: several cells stand in columns with those of the other lines, one alone is a
    text that may be wrapped.
    """

    done: int
    total: int | None = None
    unit: str = ""
    message: str = ""
    part: str = ""
    next_at: float | None = None
    details: tuple[tuple[str | Bars, ...], ...] = ()
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for the person, on stderr; never part of the data."""

    text: str
    level: Literal["info", "warning"] = "info"


@dataclass(frozen=True, slots=True)
class Document:
    """A whole text for stdout that another program reads as it is (a shell's `export` lines, a
    JSON Schema): no format applies to it.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Handover:
    """The program that takes this process over once the command has ended well: its signals, its
    terminal and its exit code are then its own. `environ` is all of its environment.
    """

    path: str
    argv: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A row that a person reads as a line of text, at once: `text` on a terminal (with `always`,
    wherever it goes), `row` in the formats that programs read. `painted` is the text with colours.
    Without a row (None) it is for a person alone, such as a drawing of the rows. The kernel puts
    the target's name into `whose` where there are several; `Aws.line_width` is what it leaves.
    """

    text: str
    row: object | None
    always: bool = False
    painted: str | None = None
    whose: str = ""


class Secret:
    """A value that is printed as `****` unless the command is declared to export credentials."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself: call it only where it leaves for its one destination."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(****)"

    def __str__(self) -> str:
        return "****"

    def __format__(self, spec: str) -> str:
        return format("****", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is never pickled")
