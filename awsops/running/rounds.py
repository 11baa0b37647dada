"""What a worker does of a command for one target: all of it, up to its plan, or from there on.

Whatever a command does that it must not, such as a second plan, is raised here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from awsops.blame import broken
from awsops.errors import DefectError
from awsops.events import Change, Line, Note, Plan, Progress
from awsops.running.tasks import (
    Task,
    began_elsewhere,
    close_generator,
    events_of,
    prefix_of,
    verify_account,
)

if TYPE_CHECKING:
    from awsops.aws_sessions import Sessions
    from awsops.plugin import CommandSpec
    from awsops.running.protection import Protection

_TOLD = (Note, Progress, Change)  # on stderr; all else are rows


@dataclass(frozen=True, slots=True)
class Rounds:
    """The rounds of one command with its parameters; each is called in a task's own context.

    Events go into the task's mailbox. Raised is what the command raises, what finding credentials
    and verifying the account raise, and DefectError.
    """

    spec: CommandSpec
    params: Mapping[str, Any]
    sessions: Callable[[], Sessions]
    protection: Protection
    cancelled: threading.Event
    only_in: frozenset[str] = frozenset()  # accounts: where a run that goes on had begun

    def read(self, task: Task) -> None:
        """All of a command that changes nothing; until `cancelled`, unless it ends by itself."""
        if self.spec.needs_credentials:
            task.active.credentials = self.sessions().credentials(task.target)
        if task.target.account is not None:
            verify_account(task)
        generator = events_of(self.spec.function(task.aws, **self.params), task.active.command)
        try:
            for event in generator:
                if isinstance(event, Plan):
                    raise DefectError(
                        f"{task.active.command} yielded a Plan but is not declared to change",
                        hint="declare it with @command(mutates=True)",
                    )
                _emit(task, event)
                if self.cancelled.is_set() and not self.spec.follows:
                    break
        finally:
            close_generator(generator)

    def plan(self, task: Task) -> None:
        """Up to the Plan, which the task then has, and the generator that waits behind it."""
        task.active.credentials = self.sessions().credentials(task.target)
        account = verify_account(task)
        if self.only_in and account not in self.only_in:
            raise began_elsewhere(task, account, self.only_in)
        self.protection.ask(account, task.aws)
        task.generator = events_of(self.spec.function(task.aws, **self.params), task.active.command)
        for event in task.generator:
            if isinstance(event, Plan):
                task.plan = event
                return
            if not isinstance(event, Note | Progress):
                what = type(event).__name__
                raise broken(task.active.command, f"yielded {what} before its Plan")
            task.mailbox.put("event", event)
            if self.cancelled.is_set():
                break
        close_generator(task.generator)
        if not self.cancelled.is_set():
            raise DefectError(f"{task.active.command} ended without yielding a Plan")

    def apply(self, task: Task) -> None:
        """From the confirmed Plan on; only meanwhile changing calls may leave."""
        assert task.generator is not None
        task.active.confirmed = bool(task.plan and task.plan.changes)
        try:
            for event in task.generator:
                if isinstance(event, Plan):
                    raise broken(task.active.command, "yielded a second Plan")
                _emit(task, event)
        finally:
            task.active.confirmed = False
            close_generator(task.generator)


def _emit(task: Task, event: object) -> None:
    if isinstance(event, _TOLD):
        task.mailbox.put("event", event)
        return
    if task.prefix is None:
        task.prefix = prefix_of(task, event) if task.active.labelled else {}
    if task.active.labelled and isinstance(event, Line):
        event = replace(event, whose=task.target.label)
    task.mailbox.put("row", event)
