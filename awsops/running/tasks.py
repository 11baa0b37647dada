"""How a run goes, one target of it and what has become of it, where its events go, and the exit
code of the whole.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from awsops.active import ActiveTarget
from awsops.errors import AwsopsError, CancelledError, CredentialsError, DefectError, ExitCode
from awsops.events import Change, Note, Plan, Progress

if TYPE_CHECKING:
    from awsops.aws import Aws
    from awsops.running.mailbox import Mailbox
    from awsops.targets import Target

_FAIL_FAST = "FailFast"
_NOT_STARTED = (_FAIL_FAST, "NotStarted")  # says nothing of how those that were begun have failed


@dataclass(frozen=True)
class RunSettings:
    """How a run goes: `timeout` in seconds or None, `jobs` 1..512 targets at a time."""

    jobs: int = 16
    fail_fast: bool = False
    timeout: float | None = None
    dry_run: bool = False
    yes: bool = False
    yes_i_mean: tuple[str, ...] = ()
    labelled: bool = False  # rows begin with their target even where there is only one
    asked_jobs: int | None = None  # as the person gave it; `jobs` has a default

    def share(self, targets: int) -> int | None:
        """What `--jobs` leaves to each of so many targets; None when the person gave none."""
        if self.asked_jobs is None:
            return None
        return max(1, self.asked_jobs // max(1, min(targets, self.jobs)))


@dataclass(frozen=True)
class PlannedTarget:
    """One target's plan with the account that was verified for it, and its alias if it is known.

    A `protected` one is carried out only for who gives its name.
    """

    target: Target
    account: str
    plan: Plan
    alias: str | None = None
    protected: bool = False

    @property
    def name(self) -> str:
        """What a person calls the account."""
        return self.alias or self.target.profile or self.account

    def is_called(self, name: str) -> bool:
        """Whether `name` is the account's alias, its number, or the profile that leads to it."""
        return bool(name) and name in (self.alias, self.account, self.target.profile)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to: rows as records (with profile, account and region when there were
    several targets), the errors of single targets, and the code the process would exit with.

    `planned` is each target's plan, `approval` who said yes to them, `failed` the targets that
    have an error.
    """

    rows: tuple[dict[str, Any], ...]
    errors: tuple[AwsopsError, ...]
    exit_code: ExitCode
    plans: tuple[Plan, ...] = ()
    planned: tuple[PlannedTarget, ...] = ()
    approval: str = ""
    failed: tuple[Target, ...] = ()


#: An error and the target that it is about (None: all of them), and the error to be told.
Improve = Callable[[AwsopsError, "Target | None"], AwsopsError]


@dataclass(eq=False)
class Task:
    """One target of the run and what has become of it."""

    number: int
    target: Target
    active: ActiveTarget
    context: contextvars.Context
    aws: Aws
    mailbox: Mailbox = field(init=False)  # a new one each time that its command goes on
    generator: Iterator[object] | None = None
    plan: Plan | None = None
    error: AwsopsError | None = None
    done: bool = False
    prefix: dict[str, object] | None = None
    reported: bool = False  # the command tells itself what it has changed

    def hidden_refusal(self) -> AwsopsError | None:
        """The error for a call that the gate refused without the command failing over it."""
        if not self.active.refused or self.error is not None:
            return None
        call = self.active.refused[0]
        text = f"{self.active.command} hid that the gate refused {call}"
        return DefectError(text, code="Refused")


class Sink(Protocol):
    """Where the main thread puts what happens."""

    def row(self, row: object, prefix: Mapping[str, object], order: int) -> None: ...
    def settle(self) -> None: ...  # no row is at hand for now: show those that there were
    def error(self, target: Target | None, error: AwsopsError) -> None: ...
    def note(self, target: Target | None, note: Note) -> None: ...
    def progress(self, target: Target, progress: Progress) -> None: ...
    def refresh(self) -> None: ...
    def finished(self, target: Target) -> None: ...
    def change(self, target: Target, active: ActiveTarget, change: Change) -> None: ...
    def confirmed(self, active: ActiveTarget, changes: Sequence[Change]) -> None: ...
    def made(self, target: Target, active: ActiveTarget, change: Change) -> None: ...
    def settled(self, active: ActiveTarget) -> None: ...  # all that was made has been told
    def plans(self, planned: Sequence[PlannedTarget], *, dry_run: bool) -> None: ...
    def confirm(self, planned: Sequence[PlannedTarget]) -> bool: ...
    def type_name(self, planned: PlannedTarget) -> str: ...
    def crash(self, error: BaseException, secrets: Sequence[str]) -> AwsopsError: ...


def verify_account(task: Task) -> str:
    """The account that the target's credentials belong to; CredentialsError for another one than
    was asked for, or than an earlier command of this process found there (a step of a recipe)."""
    identity, target = task.aws.identity(), task.target
    key = ("account of", target.profile or "", target.role or "", target.account or "")
    first = task.aws.shared(key, lambda: identity.account)
    expected = target.account or first
    if expected is not None and identity.account != expected:
        raise CredentialsError(
            f"{task.target.label} should be account {expected}, "
            f"but its credentials belong to {identity.account} ({identity.arn})",
            hint="nothing was done there; mend the profile or the targets file",
            code="WrongAccount",
        )
    return identity.account


def began_elsewhere(task: Task, account: str, planned: frozenset[str]) -> CredentialsError:
    """The error of a target in an account that the run which is gone on with had no plan for."""
    return CredentialsError(
        f"the run was confirmed for {', '.join(sorted(planned))}, and {task.target.label} is "
        f"account {account}; nothing was done there",
        hint="check -p; or begin a new run there, without --resume",
        code="WrongAccount",
    )


def not_started(*, cancelled: bool) -> AwsopsError:
    """The error of a target whose turn did not come."""
    if cancelled:
        return CancelledError("not started: the run was cancelled")
    return CancelledError("not started: an earlier target failed (--fail-fast)", code=_FAIL_FAST)


def unchanged(*, cancelled: bool) -> AwsopsError:
    """The error of a target that had planned when the run ended before anything was changed."""
    if cancelled:
        return CancelledError("planned, and nothing was changed: the run ended before")
    why = "planned, and nothing was changed: another target failed (--fail-fast)"
    return CancelledError(why, code=_FAIL_FAST)


def exit_code(
    total: int, errors: Sequence[AwsopsError], *, timed_out: bool, cancelled: bool
) -> ExitCode:
    """One code for `total` targets: a defect above all, then why it ended early, then how many
    of them failed; when all failed in the same way, that way.
    """
    codes = {error.exit_code for error in errors}
    if ExitCode.DEFECT in codes:
        return ExitCode.DEFECT
    if timed_out:
        return ExitCode.PENDING
    if cancelled:
        return ExitCode.INTERRUPTED
    if not errors:
        return ExitCode.OK
    if len(errors) < total:
        return ExitCode.PARTIAL
    codes = {error.exit_code for error in errors if error.code not in _NOT_STARTED}
    return codes.pop() if len(codes) == 1 else ExitCode.FAILED


def events_of(result: object, command: str) -> Iterator[object]:
    """What a command's function returned, as the events it is made of."""
    if isinstance(result, Iterator):
        return result
    raise DefectError(
        f"{command} returned {type(result).__name__} instead of yielding its rows",
        hint="a command is a generator: use yield",
    )


def prefix_of(task: Task, row: object) -> dict[str, object]:
    """What stands before a row when there are several targets."""
    has_account = hasattr(row, "account") or (isinstance(row, Mapping) and "account" in row)
    prefix: dict[str, object] = {"profile": task.target.name}
    if not has_account:
        known = getattr(task.active.credentials, "account_id", None) or task.active.learned_account
        signs = task.active.credentials is not None
        prefix["account"] = known or (task.aws.identity().account if signs else None)
    prefix["region"] = task.target.region
    return prefix


def planned_changes(task: Task) -> Sequence[tuple[ActiveTarget, Change]]:
    """What a target is about to change and where: its plan; the plan of the other end, where
    everything is changed there (elsewhere.py)."""
    found = [(task.active, change) for change in task.plan.changes] if task.plan else []
    if not found:
        others = [other for other in task.active.companions if other.plan is not None]
        found = [(other.active, change) for other in others for change in other.plan.changes]
    return found


def made_changes(task: Task) -> Sequence[tuple[ActiveTarget, Change]]:
    """What a target has changed and where, for the journal: what it was about to, unless the
    command told it itself.

    Of one that failed after its first call nobody knows how far it came, and each says so.
    """
    if task.plan is None or task.reported or (task.error is not None and not task.active.calls):
        return ()
    found = planned_changes(task)
    if task.error is None:
        return found
    from awsops.journal.entries import FAILED_ON_THE_WAY  # a help page needs no journal

    doubt = f"{FAILED_ON_THE_WAY} ({task.error.code})"
    return [
        (
            active,
            replace(change, detail=f"{change.detail}; {doubt}" if change.detail else doubt),
        )
        for active, change in found
    ]


def close_generator(generator: object) -> None:
    """Let a command run its `finally` blocks; whatever they raise is raised here."""
    close = getattr(generator, "close", None)
    if close is not None:
        close()
