"""Runs one command over all targets and merges their events into one stream.

Workers never raise and never write: each puts its events on one queue, and only the main thread
takes them off, renders and decides. A mutating command runs in two rounds, every target up to its
plan, then (after one confirmation for all) every target from there on, so that a dry run and a
real run are the same code.
"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from awsops.active import ActiveTarget, set_active
from awsops.aws import Aws
from awsops.errors import (
    AwsopsError,
    CancelledError,
    CredentialsError,
    DefectError,
    ExitCode,
    PendingError,
    UsageError,
)
from awsops.events import Change, Note, Plan, Progress
from awsops.host import Outcome
from awsops.interrupts import Interrupts

if TYPE_CHECKING:
    from awsops.aws_sessions import Sessions
    from awsops.env import Env
    from awsops.plugin import CommandSpec
    from awsops.targets import Target

# How long operations have to leave AWS tidy after Ctrl-C or at the end of --timeout.
GRACE_SECONDS = 5.0
# Events that may wait for the main thread before workers do: memory stays flat behind a slow pipe.
_QUEUED_EVENTS = 2_000


@dataclass(frozen=True)
class RunSettings:
    """How a run goes: `timeout` in seconds or None, `jobs` 1..512 targets at a time."""

    jobs: int = 16
    fail_fast: bool = False
    timeout: float | None = None
    dry_run: bool = False
    yes: bool = False


@dataclass(frozen=True)
class PlannedTarget:
    """One target's plan with the account that was verified for it."""

    target: Target
    account: str
    plan: Plan


class Sink(Protocol):
    """Where the main thread puts what happens."""

    def row(self, row: object, prefix: Mapping[str, object]) -> None: ...
    def error(self, target: Target | None, error: AwsopsError) -> None: ...
    def note(self, target: Target | None, note: Note) -> None: ...
    def progress(self, target: Target, progress: Progress) -> None: ...
    def finished(self, target: Target) -> None: ...
    def change(self, target: Target, active: ActiveTarget, change: Change) -> None: ...
    def plans(self, planned: Sequence[PlannedTarget], *, dry_run: bool) -> None: ...
    def confirm(self, planned: Sequence[PlannedTarget]) -> bool: ...
    def crash(self, error: BaseException, secrets: Sequence[str]) -> AwsopsError: ...


@dataclass(eq=False)
class Task:
    """One target of the run and what has become of it."""

    target: Target
    active: ActiveTarget
    context: contextvars.Context
    aws: Aws
    generator: Iterator[object] | None = None
    plan: Plan | None = None
    error: AwsopsError | None = None
    done: bool = False
    prefix: dict[str, object] | None = None


Kind = Literal["event", "row", "error", "done", "wake"]
Message = tuple[Kind, "Task | None", Any]


@dataclass(eq=False)
class Runner:
    """Runs commands; one a command line, used again for each step of a recipe."""

    sessions: Callable[[], Sessions]
    env: Env
    sink: Sink
    cancelled: threading.Event
    settings: RunSettings
    run_id: str
    interrupts: Interrupts
    _queue: queue.SimpleQueue[Message] = field(default_factory=queue.SimpleQueue)
    _room: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(_QUEUED_EVENTS)
    )
    _stop: threading.Event = field(default_factory=threading.Event)
    _timed_out: bool = False

    def run(
        self, title: str, spec: CommandSpec, params: Mapping[str, Any], targets: Sequence[Target]
    ) -> Outcome:
        """Run `spec` over the targets; every event goes to the sink, the sum comes back."""
        tasks = [self._task(title, spec, target) for target in targets]
        self._deadline = (
            None if self.settings.timeout is None else self.env.monotonic() + self.settings.timeout
        )
        many = len(tasks) > 1
        if not spec.mutates:
            self._fan_out(tasks, lambda task: self._read(task, spec, params, many))
            return self._outcome(tasks, ())
        self._fan_out(tasks, lambda task: self._plan(task, spec, params))
        planned = [t for t in tasks if t.plan is not None and t.error is None]
        plans = [
            PlannedTarget(t.target, t.active.identity.account if t.active.identity else "", t.plan)
            for t in planned
            if t.plan is not None
        ]
        if not self._go_on(plans):
            _close(planned)
            return self._outcome(tasks, tuple(p.plan for p in plans))
        for task in planned:
            task.active.confirmed = bool(task.plan and task.plan.changes)
        self._fan_out(planned, lambda task: self._apply(task, many))
        return self._outcome(tasks, tuple(p.plan for p in plans))

    def _task(self, title: str, spec: CommandSpec, target: Target) -> Task:
        active = ActiveTarget(target, self.run_id, title, allowed_calls=spec.calls)
        context = contextvars.copy_context()
        context.run(set_active, active)
        return Task(target, active, context, Aws(active, self.sessions(), self.env, self.cancelled))

    def _go_on(self, plans: Sequence[PlannedTarget]) -> bool:
        """Show the plans and have them confirmed; False ends the run before any change."""
        if self.cancelled.is_set() or not plans:
            return False
        if self.settings.fail_fast and self._stop.is_set():
            return False
        self.sink.plans(plans, dry_run=self.settings.dry_run)
        if self.settings.dry_run:
            return False
        if self.settings.yes or not any(p.plan.changes for p in plans):
            return True
        if not self.env.interactive:
            raise UsageError(
                "the plan needs a confirmation and stdin is not a terminal; nothing was changed",
                hint="--yes applies it, --dry-run only shows it",
            )
        if not self.sink.confirm(plans):
            raise AwsopsError("nothing was changed: the plan was not confirmed", code="Declined")
        return True

    # -- in the workers -------------------------------------------------------------------

    def _read(self, task: Task, spec: CommandSpec, params: Mapping[str, Any], many: bool) -> None:
        task.active.credentials = self.sessions().credentials(task.target)
        if task.target.account is not None:
            self._verify(task)
        generator = spec.function(task.aws, **params)
        try:
            for event in generator:
                if isinstance(event, Plan):
                    raise DefectError(
                        f"{task.active.command} yielded a Plan but is not declared to change",
                        hint="declare it with @command(mutates=True)",
                    )
                self._emit(task, event, many)
                if self.cancelled.is_set():
                    break
        finally:
            _close_generator(generator)

    def _plan(self, task: Task, spec: CommandSpec, params: Mapping[str, Any]) -> None:
        task.active.credentials = self.sessions().credentials(task.target)
        self._verify(task)
        task.generator = iter(spec.function(task.aws, **params))
        for event in task.generator:
            if isinstance(event, Plan):
                task.plan = event
                return
            if not isinstance(event, Note | Progress):
                raise DefectError(
                    f"{task.active.command} yielded {type(event).__name__} before its Plan"
                )
            self._put("event", task, event)
            if self.cancelled.is_set():
                break
        _close_generator(task.generator)
        if not self.cancelled.is_set():
            raise DefectError(f"{task.active.command} ended without yielding a Plan")

    def _apply(self, task: Task, many: bool) -> None:
        assert task.generator is not None
        try:
            for event in task.generator:
                if isinstance(event, Plan):
                    raise DefectError(f"{task.active.command} yielded a second Plan")
                self._emit(task, event, many)
        finally:
            task.active.confirmed = False
            _close_generator(task.generator)

    def _verify(self, task: Task) -> None:
        identity = task.aws.identity()
        expected = task.target.account
        if expected is not None and identity.account != expected:
            raise CredentialsError(
                f"{task.target.label} should be account {expected}, "
                f"but its credentials belong to {identity.account} ({identity.arn})",
                hint="nothing was done there; mend the profile or the targets file",
                code="WrongAccount",
            )

    def _emit(self, task: Task, event: object, many: bool) -> None:
        if isinstance(event, Note | Progress | Change):
            self._put("event", task, event)
            return
        if task.prefix is None:
            task.prefix = self._prefix(task, event) if many else {}
        self._put("row", task, event)

    def _prefix(self, task: Task, row: object) -> dict[str, object]:
        has_account = hasattr(row, "account") or (isinstance(row, Mapping) and "account" in row)
        prefix: dict[str, object] = {"profile": task.target.profile or "default"}
        if not has_account:
            known = getattr(task.active.credentials, "account_id", None)
            prefix["account"] = known or task.aws.identity().account
        prefix["region"] = task.target.region
        return prefix

    def _put(self, kind: Kind, task: Task, value: object = None) -> None:
        self._room.acquire()
        self._queue.put((kind, task, value))

    def note(self, task_active: ActiveTarget, text: str) -> None:
        """A note from inside a call (the `-v` trace); callable from any thread."""
        self._queue.put(("wake", None, (task_active.target, Note(text))))

    # -- on the main thread ---------------------------------------------------------------

    def _fan_out(self, tasks: Sequence[Task], work: Callable[[Task], None]) -> None:
        """Run `work` for each task on `jobs` threads and handle their messages until all ended."""
        if not tasks:
            return
        waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
        for task in tasks:
            task.done = False
            waiting.put(task)

        def worker() -> None:
            while True:
                try:
                    task = waiting.get_nowait()
                except queue.Empty:
                    return
                if not self._stop.is_set() and not self.cancelled.is_set():
                    try:
                        task.context.run(work, task)
                    except BaseException as error:
                        self._put("error", task, error)
                else:
                    self._put("error", task, _not_started(self.cancelled.is_set()))
                self._put("done", task)

        for number in range(min(self.settings.jobs, len(tasks))):
            # Daemons: a call that hangs must not keep the process alive after the grace time.
            threading.Thread(target=worker, name=f"awsops-{number}", daemon=True).start()
        with self.interrupts.watching(self._interrupted):
            self._drain(tasks)

    def _interrupted(self) -> None:
        # In a signal handler: SimpleQueue.put is reentrant, a lock here could deadlock.
        self.cancelled.set()
        self._queue.put(("wake", None, None))

    def _drain(self, tasks: Sequence[Task]) -> None:
        left = len(tasks)
        grace_until: float | None = None
        while left:
            if self.cancelled.is_set() and grace_until is None:
                grace_until = self.env.monotonic() + GRACE_SECONDS
                if self.interrupts.interrupted:
                    text = "interrupted: finishing what is in flight (Ctrl-C again quits at once)"
                    self.sink.note(None, Note(text, "warning"))
            limit = grace_until if grace_until is not None else self._deadline
            wait = None if limit is None else limit - self.env.monotonic()
            try:
                kind, task, value = self._queue.get(timeout=None if wait is None else max(wait, 0))
            except queue.Empty:
                if grace_until is not None:
                    self._abandon(tasks)
                    return
                self._timed_out = True
                self.cancelled.set()
                continue
            if kind == "wake":
                if value is not None:
                    self.sink.note(*value)
                continue
            self._room.release()
            assert task is not None
            left -= self._handle(kind, task, value)

    def _handle(self, kind: Kind, task: Task, value: Any) -> int:
        if kind == "row":
            self.sink.row(value, task.prefix or {})
        elif kind == "event":
            self._event(task, value)
        elif kind == "error":
            self._fail(task, value)
        elif kind == "done":
            if task.active.refused and task.error is None:
                call = task.active.refused[0]
                error = f"{task.active.command} hid that the gate refused {call}"
                self._fail(task, DefectError(error, code="Refused"))
            task.done = True
            self.sink.finished(task.target)
            return 1
        return 0

    def _event(self, task: Task, event: object) -> None:
        if isinstance(event, Progress):
            self.sink.progress(task.target, event)
        elif isinstance(event, Note):
            self.sink.note(task.target, event)
        elif isinstance(event, Change):
            self.sink.change(task.target, task.active, event)

    def _fail(self, task: Task, error: BaseException) -> None:
        from awsops.errors import from_exception

        known = from_exception(error)
        if known is None:
            known = self.sink.crash(error, self.sessions().secrets())
        task.error = known
        if self.settings.fail_fast:
            self._stop.set()
        self.sink.error(task.target, known)

    def _abandon(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            if not task.done:
                what = f"{task.target.label} did not stop within {GRACE_SECONDS:.0f} s"
                error = f"{what}; a call may still have been carried out"
                self._fail(task, PendingError(error, hint="look at the resource, then run again"))

    def _outcome(self, tasks: Sequence[Task], plans: tuple[Plan, ...]) -> Outcome:
        errors = tuple(t.error for t in tasks if t.error is not None)
        return Outcome((), errors, self._exit_code(tasks, errors), plans)

    def _exit_code(self, tasks: Sequence[Task], errors: Sequence[AwsopsError]) -> ExitCode:
        codes = {error.exit_code for error in errors}
        if ExitCode.DEFECT in codes:
            return ExitCode.DEFECT
        if self._timed_out:
            return ExitCode.PENDING
        if self.cancelled.is_set():
            return ExitCode.INTERRUPTED
        if not errors:
            return ExitCode.OK
        if len(errors) < len(tasks):
            return ExitCode.PARTIAL
        return codes.pop() if len(codes) == 1 else ExitCode.FAILED


def _not_started(cancelled: bool) -> AwsopsError:
    if cancelled:
        return CancelledError("not started: the run was cancelled")
    return CancelledError("not started: an earlier target failed (--fail-fast)", code="FailFast")


def _close(tasks: Sequence[Task]) -> None:
    for task in tasks:
        if task.generator is not None:
            task.context.run(_close_generator, task.generator)


def _close_generator(generator: object) -> None:
    close = getattr(generator, "close", None)
    if close is not None:
        close()
