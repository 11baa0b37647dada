"""Read-only questions to AWS outside a run: for a press of Tab, a picker, the doctor."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from awsops.aws import Aws
    from awsops.kernel import Kernel
    from awsops.targets import Target

T = TypeVar("T")


def as_target(kernel: Kernel, target: Target, title: str, ask: Callable[[Aws], T]) -> T:
    """What `ask` returns when it is called for that target; from any thread.

    The gate lets nothing pass that changes anything. Raises what `ask` and finding the target's
    credentials raise.
    """
    from awsops.active import ActiveTarget, set_active
    from awsops.aws import Aws

    sessions = kernel.sessions()
    active = ActiveTarget(target, kernel.run_id, title)
    active.credentials = sessions.credentials(target)
    context = contextvars.copy_context()
    context.run(set_active, active)
    return context.run(ask, Aws(active, sessions, kernel.env, kernel.cancelled))
