"""Who says yes to a plan: `--yes`, the name of a protected account, or a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from awsops.errors import AwsopsError, UsageError
from awsops.running.tasks import PlannedTarget

if TYPE_CHECKING:
    from awsops.env import Env
    from awsops.events import Note
    from awsops.running.protection import Protection
    from awsops.running.tasks import RunSettings, Sink, Task


def planned_targets(
    tasks: Sequence[Task], protection: Protection
) -> tuple[list[PlannedTarget], list[Note]]:
    """What is about to be done where, what of it is protected, and notes on what is not known."""
    accounts = [t.active.identity.account if t.active.identity else "" for t in tasks]
    busy = [a for a, t in zip(accounts, tasks, strict=True) if t.plan and t.plan.changes]
    others = [(c, c.identity().account) for t in tasks for c in t.active.companions if c.plan]
    for other, account in others:
        protection.ask(account, other)
    busy += [account for _, account in others]
    aliases = protection.aliases(busy)
    found = []
    for task, account in zip(tasks, accounts, strict=True):
        alias = aliases.get(account)
        protected = protection.is_protected(task.target.profile, alias)
        if task.plan is not None:
            found.append(PlannedTarget(task.target, account, task.plan, alias, protected))
    for other, account in others:
        alias, target = aliases.get(account), other.target
        protected = protection.is_protected(target.profile, alias)
        found.append(PlannedTarget(target, account, other.plan, alias, protected))
    return found, protection.doubts(busy)


def approve(
    plans: Sequence[PlannedTarget],
    settings: RunSettings,
    env: Env,
    sink: Sink,
    protection: Protection,
) -> str:
    """Who has said yes to the plans (`--yes`, `confirmed`, ...); empty when the person said no.

    A protected account needs its name: typed at the terminal (once a process), or given with
    `--yes-i-mean`. UsageError when nobody can be asked, or when `--yes-i-mean` names no account of
    the plans; AwsopsError when another name was typed.
    """
    changing = [planned for planned in plans if planned.plan.changes]
    if not changing:
        return "nothing to do"
    _check_names(plans, settings.yes_i_mean)
    meant = {p.account for p in changing if any(p.is_called(n) for n in settings.yes_i_mean)}
    known = meant | protection.typed
    guarded = {p.account: p for p in changing if p.protected and p.account not in known}
    if guarded and not env.interactive:
        raise _protected(list(guarded.values()), settings)
    open_ones = [p for p in changing if p.account not in meant and p.account not in guarded]
    if open_ones and not settings.yes:
        if not env.interactive:
            raise UsageError(
                "the plan needs a confirmation and stdin is not a terminal; nothing was changed",
                hint="--yes applies it, --dry-run only shows it",
            )
        if not sink.confirm(plans):
            return ""
    for planned in guarded.values():
        _have_typed(planned, sink)
        protection.typed.add(planned.account)
    ways = []
    if open_ones:
        ways.append("--yes" if settings.yes else "confirmed at the terminal")
    if meant:
        ways.append("--yes-i-mean")
    if guarded:
        ways.append(f"typed {', '.join(planned.name for planned in guarded.values())}")
    return ", ".join(ways)


def _check_names(plans: Sequence[PlannedTarget], names: Sequence[str]) -> None:
    for name in names:
        if not any(planned.is_called(name) for planned in plans):
            there = ", ".join(dict.fromkeys(planned.name for planned in plans))
            raise UsageError(
                f"--yes-i-mean {name}: that is none of the accounts of this plan; "
                "nothing was changed",
                hint=f"this plan is for {there}: check -p",
                code="WrongAccount",
            )


def _protected(guarded: Sequence[PlannedTarget], settings: RunSettings) -> UsageError:
    names = list(dict.fromkeys(planned.name for planned in guarded))
    are = "is" if len(names) == 1 else "are"
    alone = "--yes alone is not enough" if settings.yes else "it needs more than a yes"
    words = " ".join(f"--yes-i-mean {name}" for name in names)
    return UsageError(
        f"{', '.join(names)} {are} protected and {alone}; nothing was changed",
        hint=f"{words} applies it, --dry-run only shows it",
        code="Protected",
    )


def _have_typed(planned: PlannedTarget, sink: Sink) -> None:
    typed = sink.type_name(planned).strip()
    if not planned.is_called(typed):
        raise AwsopsError(
            f"nothing was changed: {typed!r} is not {planned.name}",
            hint=f"{planned.name} is protected: its name must be typed",
            code="Declined",
        )
