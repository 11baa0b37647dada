"""Looks at the gates of one alias under way: what was seen, and whether it may go on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

from awsops.api import Note, Progress
from awsops.service_errors import is_expired

from .alarms import alarm_breach, alarm_states
from .client import CloudWatchClient, LambdaClient, is_credentials, is_transient
from .gates import Observation, breach, enough
from .metrics import Window, observe, read_window
from .names import AliasRef
from .planning import Terms
from .routing import AliasState, ForeignChangeError, percent, read_alias
from .view import Look, progress

CREDENTIALS_SECONDS = 60.0  # how long refused credentials are given to come back


class BreachError(Exception):
    """A gate says no; the message says why."""


@dataclass
class GateWatch:
    """The gates of a shift. `clock` is seconds since the epoch; `seen` and `alarms` are what the
    last poll found."""

    lam: LambdaClient
    cloudwatch: CloudWatchClient
    ref: AliasRef
    old: str
    new: str
    terms: Terms
    clock: Callable[[], float]
    seen: Observation = field(default_factory=Observation)
    alarms: Mapping[str, str] = field(default_factory=dict)
    _began: Window = field(default_factory=Window)
    _refused_since: float | None = None

    def begin(self) -> None:
        """Note what the metrics hold before the run: it does not count."""
        self._began = self.window(self.clock()) or Window()

    def window(self, since: float) -> Window | None:
        """What the metrics hold now; None when they are not needed or cannot be read just now."""
        if not (self.terms.gates.needs_metrics and self.terms.strategy.steps):
            return None
        try:
            return self._read(since)
        except Exception as error:
            if is_transient(error) or is_credentials(error):
                return None
            raise

    def poll(
        self, state: AliasState, since: float, entered: Window
    ) -> Generator[Note, None, Window]:
        """Look once at the alias, the alarms and the metrics; what cannot be seen waits a poll.

        `since` (seconds since the epoch) and `entered` are when the step began and what the metrics
        held then. BreachError when a gate says no, ForeignChangeError when the alias is not as
        `state` any more, and what refuses credentials for a minute.
        """
        window = entered
        try:
            self._check_alias(state)
            gates = self.terms.gates
            watched = [name for name in gates.alarms if name not in self.terms.ignored]
            if watched:
                self.alarms = alarm_states(self.cloudwatch, watched)
                self._refuse(alarm_breach(self.alarms))
            if gates.needs_metrics:
                window = self._read(since)
                self.seen = observe(
                    window, self.old, self.new, since=since, began=self._began, entered=entered
                )
                self._refuse(breach(gates, self.seen))
            self._refused_since = None
        except Exception as error:
            if is_credentials(error):
                self._refused_since = self._refused_since or self.clock()
                waited = self.clock() - self._refused_since
                if is_expired(error) or waited >= CREDENTIALS_SECONDS:
                    raise
                yield Note(f"the gates cannot be seen: {error}", "warning")
            elif is_transient(error):
                yield Note(f"the gates cannot be seen just now: {error}", "warning")
            else:
                raise
        return window

    def settled(self) -> bool:
        """Whether a step whose time is over counts; BreachError where --on-idle says to go back."""
        gates = self.terms.gates
        if enough(gates, self.seen) or gates.on_idle == "continue":
            return True
        if gates.on_idle == "rollback":
            raise BreachError(
                f"only {self.seen.counted} of {gates.min_invocations} invocations came"
            )
        return False

    def idle(self, number: int) -> str:
        """What is said while too few invocations come for a step whose time is over."""
        step = self.terms.strategy.steps[number]
        need = self.terms.gates.min_invocations
        return (
            f"step {number + 1} ({percent(step.weight)}) waits: {self.seen.counted} of {need} "
            "invocations of the new version so far (--on-idle says what happens then)"
        )

    def shown(self, number: int, window: Window, next_at: float | None) -> Progress:
        """The step of that number (from 0) as the screen has it."""
        step = self.terms.strategy.steps[number]
        steps = len(self.terms.strategy.steps) + 1  # the promotion is the last one
        place, versions = (number + 1, steps), (self.old, self.new)
        look = Look(self.seen, window, self.alarms)
        gates = self.terms.gates
        return progress(str(self.ref), step, place, versions, gates, look, next_at)

    def _check_alias(self, state: AliasState) -> None:
        found = read_alias(self.lam, self.ref)
        if found.revision != state.revision:
            raise ForeignChangeError(found, state.route)

    def _refuse(self, reason: str | None) -> None:
        if reason is not None:
            raise BreachError(reason)

    def _read(self, since: float) -> Window:
        now = self.clock()
        start = since - 600  # sparklines; what is judged is cut from it
        return read_window(self.cloudwatch, self.ref, (self.old, self.new), start, now)
