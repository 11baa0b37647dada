"""Work in waves: so many at a time, and none after a wave in which something failed.

The units of a run that goes in waves may belong to several targets, each of which runs its own
generator in its own thread. They meet in one `Turns`: each says before its plan what it is going
to work on; when the plan is confirmed, the waves are made of all units together, in the order of
the targets; and each target's share of a wave waits for all waves before it, everywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from awsops.errors import AwsopsError, CancelledError, UsageError

if TYPE_CHECKING:
    from awsops.targets import Target

T = TypeVar("T")
Sizes = tuple[int | None, ...]  # None: all that are left

_LOOK_SECONDS = 0.2  # how often who waits looks whether the run was cancelled


class NotStartedError(AwsopsError):
    """A wave before this target's turn failed; nothing was changed here."""

    code = "NotStarted"


def read_sizes(text: str) -> Sizes:
    """`1,5,rest`; UsageError for anything but numbers from 1 with at most a `rest` at the end."""
    sizes = [size.strip() for size in text.split(",")]
    whole = sizes[:-1] if sizes[-1] == "rest" else sizes
    if not all(size.isdecimal() and int(size) > 0 for size in whole):
        raise UsageError(f"--wave {text!r}: expected sizes like 1,5,rest")
    return tuple(None if size == "rest" else int(size) for size in sizes)


def cut(items: Sequence[T], sizes: Sizes) -> list[Sequence[T]]:
    """The items in waves of these sizes; the last size again until all have had their turn."""
    waves: list[Sequence[T]] = []
    left, number = items, 0
    while left:
        size = sizes[min(number, len(sizes) - 1)]
        count = len(left) if size is None else size
        waves.append(left[:count])
        left, number = left[count:], number + 1
    return waves


@dataclass(frozen=True, slots=True)
class Share:
    """What a target has of one wave: its number from 1, of how many, and which of its units."""

    number: int
    count: int
    units: tuple[int, ...]


class Member(Protocol):
    """A target of the run: the same object from its plan to its end."""

    target: Target


@dataclass(eq=False)
class _Part:
    """What a target does in the waves. begun: the units that an interrupted run had begun."""

    names: Sequence[str]
    sizes: Sizes
    begun: frozenset[int]
    shares: list[Share] = field(default_factory=list)
    at_work: bool = False


class Turns:
    """The waves of one run. Safe from any thread; `jobs` targets work at a time, 1 to 512."""

    def __init__(self, cancelled: Callable[[], bool], jobs: int) -> None:
        self._cancelled = cancelled
        self._room = threading.BoundedSemaphore(jobs)
        self._changed = threading.Condition()
        self._members: dict[Member, _Part] = {}
        self._open: dict[int, set[Member]] = {}  # by wave: who has not ended it
        self._failed: dict[int, list[str]] = {}
        self._set = False

    @property
    def used(self) -> bool:
        """Whether any target waits for its turn: each then needs a thread of its own."""
        return bool(self._members)

    def join(
        self, target: Member, names: Sequence[str], sizes: Sizes, begun: Sequence[int] = ()
    ) -> None:
        """Before the plan: `names` are what this target works on, a unit each."""
        with self._changed:
            self._members[target] = _Part(names, sizes, frozenset(begun))

    def begin(self, order: Sequence[Member]) -> None:
        """Make the waves of all that have joined, in this order; those left out have no turn.

        What an interrupted run had begun comes first, together: nobody watches it meanwhile.
        """
        members = {target: self._members[target] for target in order if target in self._members}
        self._members = members
        units = [(t, n) for t, member in members.items() for n in range(len(member.names))]
        begun = [(t, n) for t, n in units if n in members[t].begun]
        fresh = [(t, n) for t, n in units if n not in members[t].begun]
        sizes = next((member.sizes for member in members.values()), (None,))
        waves = ([begun] if begun else []) + cut(fresh, sizes)
        for number, wave in enumerate(waves, 1):
            self._open[number] = {target for target, _ in wave}
            for target in self._open[number]:
                mine = tuple(n for t, n in wave if t is target)
                members[target].shares.append(Share(number, len(waves), mine))
        self._set = True

    def shares(self, target: Member) -> Iterator[Share]:
        """This target's share of each wave, as soon as its turn has come.

        The share counts as done when the next is asked for, unless `fail` was called. Raises
        NotStartedError when a wave before has failed, CancelledError when the run is cancelled.
        """
        for share in self._members[target].shares:
            self._await(share.number)
            self._enter(target)
            yield share
            self._end(target, share.number)

    def fail(self, target: Member, number: int) -> None:
        """Something of this wave failed here: no wave after it begins."""
        with self._changed:
            self._failed.setdefault(number, []).append(target.target.label)
        self._end(target, number)

    def leave(self, target: Member, *, failed: bool) -> None:
        """The target has ended, however: nobody waits for it any more."""
        if not self._set:
            return
        self._release(target)
        for number in [n for n, waiting in self._open.items() if target in waiting]:
            if failed:
                self.fail(target, number)
            else:
                self._end(target, number)

    def _enter(self, target: Member) -> None:
        while not self._room.acquire(timeout=_LOOK_SECONDS):
            self._look()
        self._members[target].at_work = True

    def _release(self, target: Member) -> None:
        member = self._members.get(target)
        if member is not None and member.at_work:
            member.at_work = False
            self._room.release()

    def _end(self, target: Member, number: int) -> None:
        self._release(target)
        with self._changed:
            self._open[number].discard(target)
            self._changed.notify_all()

    def _await(self, number: int) -> None:
        with self._changed:
            while True:
                self._look()
                before = [n for n in self._failed if n < number]
                if before:
                    where = ", ".join(self._failed[before[0]][:3])
                    raise NotStartedError(f"not started: wave {before[0]} failed in {where}")
                if not any(self._open[n] for n in range(1, number)):
                    return
                self._changed.wait(_LOOK_SECONDS)

    def _look(self) -> None:
        if self._cancelled():
            raise CancelledError("not started: the run was cancelled")
