"""Drives one alias from one version to another: steps, gates, promotion, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Event

from awsops.api import (
    AwsopsError,
    CancelledError,
    CredentialsError,
    Note,
    Progress,
    RecordError,
    UsageError,
)
from awsops.botocore_errors import from_exception
from awsops.patience import Waits, patiently

from .calling import Patient
from .client import CloudWatchClient, LambdaClient, is_transient
from .hooks import ask_hook, smoke
from .metrics import Window
from .planning import Terms
from .routing import AliasState, ForeignChangeError, Route, percent, put_route
from .rows import Record, RolledBackError, ShiftStep, shift_step
from .runs import Position
from .strategy import Step
from .watching import BreachError, GateWatch

BACK = Waits(first=1.0, longest=1.0, tries=20)  # a throttled way back is tried again


class _StoppedError(Exception):
    """Ctrl-C, or the end of --timeout."""


Yielded = Note | Progress | ShiftStep


@dataclass
class Shift:
    """One alias under way. Times are seconds; `pause` waits even when the run is cancelled.

    patient: makes clients that call functions. rolls_back: asks the person after Ctrl-C; True rolls
    back. rollback: the command line that takes the alias back, resume the one that goes on.
    """

    lam: LambdaClient
    patient: Patient
    cloudwatch: CloudWatchClient
    state: AliasState
    old: str
    new: str
    terms: Terms
    record: Record
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    pause: Callable[[float], None]
    cancelled: Event
    rolls_back: Callable[[str], bool]
    who: Callable[[AliasState], str | None]
    rollback: str
    status: str
    resume: str
    run_id: str
    ended: bool = False
    promoted: bool = False
    _step: int = 0
    _gates: GateWatch = field(init=False)

    def __post_init__(self) -> None:
        self._gates = GateWatch(
            self.lam, self.cloudwatch, self.state.ref, self.old, self.new, self.terms, self.clock
        )

    def run(self, start: Position) -> Iterator[Yielded]:
        """From `start` to the promotion or back; `ended` says that nothing is left to do.

        RolledBackError after a breach, CancelledError after Ctrl-C, ForeignChangeError when
        somebody else moved the alias, CredentialsError when nobody can sign any more.
        """
        self._step = start.step
        try:
            yield from self._forward(start)
            self.ended = True
        except BreachError as error:
            yield from self._back(str(error))
            raise RolledBackError(
                f"{self.state.ref}: {error}; rolled back to version {self.old}",
                hint=f"awsops lambda versions {self.state.ref.function}",
            ) from None
        except _StoppedError:
            yield from self._stopped()
        except ForeignChangeError as error:
            raise self._foreign(error) from error
        except GeneratorExit:  # whoever listened has gone: no weight is left behind
            for _ in self._back("the run was closed"):
                pass
            raise
        except Exception as error:
            yield from self._failed(error)

    def _forward(self, start: Position) -> Iterator[Yielded]:
        if start.stage == "roll back":
            raise BreachError("the run was rolling back when it ended")
        if start.stage == "ended":
            return
        if start.stage == "foreign":
            raise ForeignChangeError(self.state, Route(self.old))
        if start.stage == "rolled back":
            yield self._row(0.0, "rolled back")
            return
        if start.stage in ("step", "promote"):
            if start.stage == "step":
                yield from self._steps(start.step)
            yield from self._promote()
        yield from self._hook("post", self.terms.post)
        self.record.append({"end": "promoted"}, sync=True)
        self.promoted = True

    def _steps(self, first: int) -> Iterator[Yielded]:
        if first == 0:
            yield from self._hook("pre", self.terms.pre)
        self._gates.begin()
        for number, step in enumerate(self.terms.strategy.steps):
            if number < first:
                continue
            self._step = number
            yield from self._enter(number, step)
            yield from self._watch(step)
            self.record.append({"did": "pass", "step": number})
            yield self._row(step.weight, "passed")

    def _hook(self, name: str, function: str | None) -> Iterator[Yielded]:
        if function is None:
            return
        yield Note(f"asking {function}")
        ref = self.state.ref
        question: dict[str, object] = {
            "hook": name,
            "run": self.run_id,
            "function": ref.function,
            "alias": ref.alias,
            "old_version": self.old,
            "new_version": self.new,
        }
        said = ask_hook(self.patient(function, None), function, question, self.sleep)
        if said is not None:
            raise BreachError(f"{function} said no: {said}")

    def _enter(self, number: int, step: Step) -> Iterator[Yielded]:
        route = Route(self.old, {self.new: step.weight})
        if self.state.route.same_as(route):
            return  # resumed in this very step
        self.record.append({"do": "step", "step": number}, sync=True)
        yield from self._route(route)
        self.record.append({"did": "step", "step": number}, sync=True)

    def _promote(self) -> Iterator[Yielded]:
        if self.cancelled.is_set():
            raise _StoppedError
        self.record.append({"do": "promote"}, sync=True)
        yield from self._route(Route(self.new))
        self.record.append({"did": "promote"})
        self._step = len(self.terms.strategy.steps)
        yield self._row(1.0, "promoted")

    def _route(self, route: Route) -> Iterator[Yielded]:
        """One UpdateAlias; a throttle makes it later, it does not end the shift."""
        while True:
            if self.cancelled.is_set():
                raise _StoppedError
            try:
                self.state = put_route(self.lam, self.state, route)
                return
            except Exception as error:
                if not is_transient(error):
                    raise
                yield Note(f"UpdateAlias has to wait: {error}", "warning")
                self.sleep(self.terms.poll)

    def _watch(self, step: Step) -> Iterator[Yielded]:
        """Poll the gates until the step has lasted and was called often enough."""
        since = self.clock()
        entered = self._gates.window(since) or Window()
        if self.terms.smoke:
            yield from self._smoke()
        said_idle = False
        while True:
            window = yield from self._gates.poll(self.state, since, entered)
            ends = since + step.seconds
            left = ends - self.clock()
            yield self._gates.shown(self._step, window, ends if left > 0 else None)
            if self.cancelled.is_set():
                raise _StoppedError
            if left <= 0:
                if self._gates.settled():
                    return
                if not said_idle:
                    said_idle = True
                    yield Note(self._gates.idle(self._step), "warning")
            self.sleep(min(self.terms.poll, left) if left > 0 else self.terms.poll)

    def _smoke(self) -> Iterator[Yielded]:
        ref = self.state.ref
        lam = self.patient(ref.function, ref.alias)
        result = smoke(lam, ref, self.terms.smoke, self.sleep)
        yield Note(result.shown())
        if result.failed[self.new]:
            raise BreachError(f"{result.failed[self.new]} smoke calls of version {self.new} failed")

    # -- the way back -------------------------------------------------------------------------

    def _back(self, reason: str) -> Iterator[Yielded]:
        """To the old version in one call, whatever else is wrong."""
        route = Route(self.old)
        if self.state.route.same_as(route):
            self.ended = True  # nothing had been moved, or the way back was known to be made
            return
        yield from self._write({"do": "roll back", "why": reason})
        weight = self.state.route.weights.get(self.new, 1.0)
        yield Note(f"rolling back {self.state.ref} from {percent(weight)}: {reason}", "warning")
        try:
            self.state = patiently(
                lambda: put_route(self.lam, self.state, route),
                waits_for=is_transient,
                waits=BACK,
                sleep=self.pause,
                stopped=lambda: False,  # whoever interrupts it wants this very call
            )
        except ForeignChangeError:
            raise
        except Exception as error:
            raise self._stuck(error) from error
        yield from self._write({"did": "roll back"})
        self.ended = True
        yield self._row(0.0, "rolled back")

    def _write(self, entry: dict[str, str]) -> Iterator[Yielded]:
        """The way back does not wait for a disk that is full."""
        try:
            self.record.append(entry, sync=True)
        except RecordError as error:
            yield Note(f"{error.message}; rolling back all the same", "warning")

    def _stopped(self) -> Iterator[Yielded]:
        at = self.state.route
        if not at.same_as(Route(self.old)):
            question = f"{self.state.ref} is at {at}. Roll back what this run shifted?"
            if not self.rolls_back(f"{question} (yes after 10 s)"):
                raise CancelledError(
                    f"{self.state.ref} was left at {at}",
                    hint=f"{self.resume} goes on; {self.rollback} takes it back",
                )
        yield from self._back("interrupted")
        raise CancelledError(f"interrupted; {self.state.ref} is at version {self.old} as before")

    def _failed(self, error: Exception) -> Iterator[Yielded]:
        """Something that is nobody's verdict: undo what was moved, then tell of it."""
        if isinstance(error, UsageError):
            raise error
        known = from_exception(error)
        reason = known.message if known else f"{type(error).__name__}: {error}"
        try:
            yield from self._back(reason)
        except ForeignChangeError as foreign:
            raise self._foreign(foreign) from error
        raise error

    def _stuck(self, error: Exception) -> AwsopsError:
        """The way back is barred: say so loudly, with the one command that is left."""
        known = from_exception(error)
        kind = CredentialsError if isinstance(known, CredentialsError) else AwsopsError
        said = known.message if known else str(error)
        first = known.hint if isinstance(known, CredentialsError) else None
        return kind(
            f"{self.state.ref} COULD NOT BE ROLLED BACK and is still at {self.state.route}: {said}",
            hint=f"{first or 'with good credentials'}; then: {self.rollback}",
            code=known.code if known else "RollbackFailed",
        )

    def _foreign(self, error: ForeignChangeError) -> AwsopsError:
        who = self.who(error.found)
        by = f"; by {who}" if who else ""
        return AwsopsError(
            f"{error.message}{by}; this run changes nothing more",
            hint=f"{self.status} shows it; then {self.rollback}, or {self.resume}",
            code=error.code,
        )

    def _row(self, weight: float, verdict: str) -> ShiftStep:
        return shift_step(
            str(self.state.ref),
            self._step + 1,
            round(weight * 100, 4),
            versions=(self.old, self.new),
            seen=self._gates.seen.new,
            verdict=verdict,
            at=self.clock(),
        )
