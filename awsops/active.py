"""Which target the current thread works for.

A context variable and not an argument, because the signer and the gate are called from deep inside
botocore. A thread that the kernel did not give a target has none: it cannot sign and the gate
refuses it everything that is not read-only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from awsops.errors import DefectError

if TYPE_CHECKING:
    from awsops.running.waves import Turns
    from awsops.targets import Target


@dataclass(frozen=True, slots=True)
class Identity:
    """What GetCallerIdentity says: the twelve-digit account, the caller's ARN and unique id."""

    account: str
    arn: str
    user_id: str


@dataclass(eq=False)
class ActiveTarget:
    """One target of one run, and what the gate may let through for it.

    `credentials` is a botocore credentials object (or None when the chain is empty); `confirmed`
    is set by the runner alone, after a person or `--yes` accepted the plan. `tidy_seconds` is how
    long the command has to leave AWS tidy after Ctrl-C or at the end of --timeout.
    """

    target: Target
    run_id: str
    command: str
    credentials: Any = None
    allowed_calls: frozenset[str] = frozenset()
    confirmed: bool = False
    identity: Identity | None = None
    #: The access keys that were found to be of that identity's account (same_account.py).
    verified_keys: set[str] = field(default_factory=set)
    ask_identity: Callable[[], Identity] | None = None
    #: The account, where another answer than GetCallerIdentity's told it (`Aws.learn_account`).
    learned_account: str | None = None
    ahead: float = 0.0  # seconds of this machine's clock before AWS's
    refused: list[str] = field(default_factory=list)
    calls: int = 0  # changing ones that have left since the confirmation
    quota: Any = None
    tidy_seconds: float = 5.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    #: The target whose plan speaks for this one too, where a command works with two (elsewhere.py).
    principal: ActiveTarget | None = None
    turns: Turns | None = None  # the waves of the run
    labelled: bool = False  # one of several, whose name stands before its lines
    companions: list[Any] = field(default_factory=list)  # elsewhere.Elsewhere, of a principal

    @property
    def speaker(self) -> ActiveTarget:
        """Whose plan was confirmed, or not."""
        return self.principal or self


_ACTIVE: ContextVar[ActiveTarget | None] = ContextVar("awsops_active_target", default=None)


def set_active(active: ActiveTarget) -> None:
    """Make this context work for a target; called by the runner inside the target's context."""
    _ACTIVE.set(active)


def find_active() -> ActiveTarget | None:
    """The current target, or None in a thread that the kernel does not know."""
    return _ACTIVE.get()


def current_active() -> ActiveTarget:
    """The current target; DefectError in a thread that has none."""
    active = _ACTIVE.get()
    if active is None:
        raise DefectError(
            "an AWS call was made from a thread that works for no target",
            hint="use aws.pool(n) for threads: it carries the target with it",
            code="NoTarget",
        )
    return active


def take_to_tidy(seconds: float) -> None:
    """Ask for this long (5 s to a minute) to leave the current target tidy after Ctrl-C."""
    active = current_active()
    active.tidy_seconds = max(5.0, min(seconds, 60.0))
