"""Runs one command over all targets and merges their events into one stream.

Workers never raise and never write: each puts its events on one queue, and only the main thread
takes them off, renders and decides. A mutating command runs in two rounds, every target up to its
plan, then (after one confirmation for all) every target from there on, so that a dry run and a
real run are the same code.
"""

from __future__ import annotations

import contextvars
import math
import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from awsops.active import ActiveTarget, set_active
from awsops.aws import Aws
from awsops.errors import (
    AwsopsError,
    ExitCode,
    PendingError,
)
from awsops.events import Change, Note, Plan, Progress
from awsops.interrupts import Interrupts
from awsops.running.approval import approve, planned_targets
from awsops.running.mailbox import Kind, Mailbox
from awsops.running.rounds import Rounds
from awsops.running.strays import Strays
from awsops.running.tasks import (
    Outcome,
    PlannedTarget,
    RunSettings,
    Sink,
    Task,
    close_generator,
    exit_code,
    made_changes,
    not_started,
    planned_changes,
    unchanged,
)
from awsops.running.waves import Turns

if TYPE_CHECKING:
    from awsops.aws_sessions import Sessions
    from awsops.env import Env
    from awsops.plugin import CommandSpec
    from awsops.running.protection import Protection
    from awsops.targets import Target

# How long operations have to leave AWS tidy after Ctrl-C or at the end of --timeout.
GRACE_SECONDS = 5.0
# Events that may wait for the main thread, of all workers together, and of one at least.
_QUEUED_EVENTS, _LEAST_QUEUED = 2_000, 20
_REFRESH_SECONDS = 0.2

# A task that has something to tell, or a note from within a call, or neither: look at the clock.
Wakeup = tuple["Task | None", "tuple[Target, Note] | None"]


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
    strays: Strays
    protection: Protection
    only_in: frozenset[str] = frozenset()
    _queue: queue.SimpleQueue[Wakeup] = field(default_factory=queue.SimpleQueue)
    _stop: threading.Event = field(default_factory=threading.Event)
    _deadline: float | None = None
    _timed_out: bool = False
    _changing: bool = False
    _turns: Turns = field(init=False)
    _output_error: Exception | None = None

    def run(
        self, title: str, spec: CommandSpec, params: Mapping[str, Any], targets: Sequence[Target]
    ) -> Outcome:
        """Run `spec` over the targets; every event goes to the sink, the sum comes back."""
        jobs = self.settings.share(len(targets))
        self._turns = Turns(self.cancelled.is_set, self.settings.jobs)
        tasks = [self._task(n, title, spec, target, jobs) for n, target in enumerate(targets)]
        for task in tasks:
            task.active.labelled = len(tasks) > 1 or self.settings.labelled
        if self.settings.timeout is not None:
            self._deadline = self.env.monotonic() + self.settings.timeout
        rounds = Rounds(spec, params, self.sessions, self.protection, self.cancelled, self.only_in)
        if not spec.mutates:
            self._fan_out(tasks, rounds.read)
            return self._outcome(tasks, ())
        self._fan_out(tasks, rounds.plan)
        planned = [t for t in tasks if t.plan is not None and t.error is None]
        plans, doubts = planned_targets(planned, self.protection)
        for note in doubts:
            self._show(self.sink.note, None, note)
        approval = ""
        try:
            approval = self._go_on(plans)
        finally:
            if not approval:
                self._close(planned)
        if not approval and not self.settings.dry_run:
            for task in planned:
                if task.error is None and planned_changes(task):
                    self._fail(task, unchanged(cancelled=self.cancelled.is_set()))
        if approval:
            self._changing = True
            for active, changes in _by_place(planned):
                self.sink.confirmed(active, changes)
            self._turns.begin([task.active for task in planned])
            self._fan_out(planned, rounds.apply)
        outcome = self._outcome(tasks, tuple(p.plan for p in plans))
        return replace(outcome, planned=tuple(plans), approval=approval)

    def _task(
        self, number: int, title: str, spec: CommandSpec, target: Target, jobs: int | None
    ) -> Task:
        active = ActiveTarget(target, self.run_id, title, allowed_calls=spec.calls)
        active.turns = self._turns if spec.mutates else None
        context = contextvars.copy_context()
        context.run(set_active, active)
        aws = Aws(active, self.sessions(), self.env, self.cancelled, jobs)
        return Task(number, target, active, context, aws)

    def _go_on(self, plans: Sequence[PlannedTarget]) -> str:
        """Show the plans and have them confirmed; by whom, or empty: the run ends unchanged."""
        stray = self.strays.defect(self._crash)
        if stray is not None:
            raise stray
        if self.cancelled.is_set() or not plans:
            return ""
        if self.settings.fail_fast and self._stop.is_set():
            return ""
        self.sink.plans(plans, dry_run=self.settings.dry_run)
        if self.settings.dry_run:
            return ""
        asked_at = self.env.monotonic()
        approval = approve(plans, self.settings, self.env, self.sink, self.protection)
        if self._deadline is not None:  # thinking does not count towards --timeout
            self._deadline += self.env.monotonic() - asked_at
        if not approval:
            raise AwsopsError("nothing was changed: the plan was not confirmed", code="Declined")
        return approval

    def note(self, task_active: ActiveTarget, text: str) -> None:
        """A note from inside a call (the `-v` trace); callable from any thread."""
        self._queue.put((None, (task_active.target, Note(text))))

    # -- on the main thread ---------------------------------------------------------------

    def _fan_out(self, tasks: Sequence[Task], work: Callable[[Task], None]) -> None:
        """Run `work` for each task on `jobs` threads and handle what they tell to the end."""
        if not tasks:
            return
        waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
        waves = self._changing and self._turns.used
        workers = len(tasks) if waves else min(self.settings.jobs, len(tasks))
        limit = max(_QUEUED_EVENTS // workers, _LEAST_QUEUED)
        for task in tasks:
            task.done = False
            task.mailbox = Mailbox(partial(self._queue.put, (task, None)), limit)
            waiting.put(task)

        def worker() -> None:
            while True:
                try:
                    task = waiting.get_nowait()
                except queue.Empty:
                    return
                try:
                    if self._stop.is_set() or self.cancelled.is_set():
                        task.context.run(close_generator, task.generator)
                        raise not_started(cancelled=self.cancelled.is_set())
                    task.context.run(work, task)
                    self._turns.leave(task.active, failed=False)
                except BaseException as error:
                    self._turns.leave(task.active, failed=True)
                    if self.settings.fail_fast:  # here: the main thread may be behind
                        self._stop.set()
                    task.mailbox.put("error", error)
                task.mailbox.put("done")

        for number in range(workers):
            # Daemons: a call that hangs must not keep the process alive after the grace time.
            threading.Thread(target=worker, name=f"awsops-{number}", daemon=True).start()
        with self.interrupts.watching(self._interrupted):
            self._drain(tasks)

    def _interrupted(self) -> None:
        # In a signal handler: SimpleQueue.put is reentrant, a lock here could deadlock.
        self.cancelled.set()
        self._queue.put((None, None))

    def _drain(self, tasks: Sequence[Task]) -> None:
        left = len(tasks)
        grace_until: float | None = None
        while left:
            if self.cancelled.is_set() and grace_until is None:
                grace_until = self.env.monotonic() + _grace(tasks)
                self._say_why()
            limit = grace_until if grace_until is not None else self._deadline
            message = self._next(None if limit is None else limit - self.env.monotonic())
            if message is None:
                if grace_until is not None:
                    self._abandon(tasks)
                    return
                self._timed_out = True
                self.cancelled.set()
                continue
            task, note = message
            if note is not None:
                self._show(self.sink.note, *note)
            elif task is not None:
                left -= self._take(task)

    def _take(self, task: Task) -> bool:
        """Handle all that a task has to tell; whether that was the last of it."""
        ended = False
        for kind, value in task.mailbox.take():
            if kind == "row":
                self._show(self.sink.row, value, task.prefix or {}, task.number)
            else:
                self._show(self.sink.settle)  # on a terminal both streams are one text
                ended = self._handle(kind, task, value)
        self._show(self.sink.settle)
        return ended

    def _next(self, wait: float | None) -> Wakeup | None:
        """Who has something to tell; None after `wait` seconds. Redraws the view meanwhile."""
        left = math.inf if wait is None else wait
        while True:
            try:
                return self._queue.get(timeout=max(0.0, min(left, _REFRESH_SECONDS)))
            except queue.Empty:
                left -= _REFRESH_SECONDS
                if left <= 0:
                    return None
                self._show(self.sink.refresh)

    def _say_why(self) -> None:
        if self._timed_out:  # also of clean-up after Ctrl-C
            text = f"{self.settings.timeout:g} s are over: finishing what is in flight"
        elif self.interrupts.interrupted:
            text = "interrupted: finishing what is in flight (Ctrl-C again quits at once)"
        else:
            return
        self._show(self.sink.note, None, Note(text, "warning"))

    def _show(self, write: Callable[..., None], *what: Any) -> bool:
        """Hand something to the sink; whether it took it. When stdout fails (its reader has gone,
        the disk is full, --fields names no column), reading ends there; a confirmed change is
        carried to its end.
        """
        if self._output_error is not None and write == self.sink.row:
            return False
        try:
            write(*what)
        except Exception as error:
            self._output_error = self._output_error or error
            if not self._changing:
                self.cancelled.set()
            return False
        return True

    def _handle(self, kind: Kind, task: Task, value: Any) -> bool:
        if kind == "event":
            self._event(task, value)
        elif kind == "error":
            self._fail(task, value)
        elif kind == "done":
            if (hidden := task.hidden_refusal()) is not None:
                self._fail(task, hidden)
            task.done = True
            if self._changing:
                self._keep(task)
            self._show(self.sink.finished, task.target)
        return kind == "done"

    def _keep(self, task: Task) -> None:
        """Have the journal keep what an ended task has changed."""
        changes = made_changes(task)
        kept = [self._show(self.sink.made, a.target, a, change) for a, change in changes]
        if all(kept):  # else what was confirmed is all that there is to go by
            for active, _ in _by_place([task]):
                self._show(self.sink.settled, active)

    def _event(self, task: Task, event: object) -> None:
        if isinstance(event, Progress):
            self._show(self.sink.progress, task.target, event)
        elif isinstance(event, Note):
            self._show(self.sink.note, task.target, event)
        elif isinstance(event, Change):
            task.reported = True
            self._show(self.sink.change, task.target, task.active, event)

    def _fail(self, task: Task, error: BaseException) -> None:
        from awsops.botocore_errors import from_exception
        from awsops.sign_in_hint import name_profile

        found = from_exception(error) or self._crash(error)
        task.error = name_profile(found, task.target, self.sessions().scoped_config)
        if self.settings.fail_fast:
            self._stop.set()
        self._show(self.sink.error, task.target, task.error)

    def _crash(self, error: BaseException) -> AwsopsError:
        return self.sink.crash(error, self.sessions().secrets())

    def _abandon(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            if not task.done:
                task.active.confirmed = False  # whatever still runs there changes nothing more
                what = f"{task.target.label} did not stop within {_grace(tasks):.0f} s"
                self._fail(task, _abandoned(what, task))

    def _close(self, tasks: Sequence[Task]) -> None:
        """End the commands whose plans are not carried out."""
        for task in tasks:
            try:
                task.context.run(close_generator, task.generator)
            except BaseException as error:
                self._fail(task, error)

    def _outcome(self, tasks: Sequence[Task], plans: tuple[Plan, ...]) -> Outcome:
        for task in tasks:
            if (hidden := task.hidden_refusal()) is not None:
                self._fail(task, hidden)
        if self._output_error is not None and not isinstance(self._output_error, BrokenPipeError):
            raise self._output_error
        errors = tuple(t.error for t in tasks if t.error is not None)
        if self._output_error is not None and not self._changing:
            return Outcome((), errors, ExitCode.OK, plans)
        code = exit_code(
            len(tasks), errors, timed_out=self._timed_out, cancelled=self.cancelled.is_set()
        )
        failed = tuple(t.target for t in tasks if t.error is not None)
        return Outcome((), errors, code, plans, failed=failed)


def _by_place(tasks: Sequence[Task]) -> Iterable[tuple[ActiveTarget, list[Change]]]:
    found: dict[ActiveTarget, list[Change]] = {}
    for task in tasks:
        for active, change in planned_changes(task):
            found.setdefault(active, []).append(change)
    return found.items()


def _abandoned(what: str, task: Task) -> PendingError:
    if task.active.calls:
        error = f"{what}; a call may still have been carried out"
        return PendingError(error, hint="look at the resource, then run again")
    return PendingError(f"{what}; nothing was changed there" if task.active.turns else what)


def _grace(tasks: Sequence[Task]) -> float:
    """Seconds until what has not ended by itself is left alone."""
    return max(GRACE_SECONDS, *(task.active.tidy_seconds for task in tasks))
