"""How many targets a command line may reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from awsops.errors import UsageError
from awsops.targets import Target, label_several

if TYPE_CHECKING:
    from awsops.command_line.binding import Invocation


def check_reach(invocation: Invocation, targets: Sequence[Target], most: int | None) -> None:
    """UsageError when a change would reach more than `most` targets, or several where the command
    is for one."""
    if invocation.spec.mutates and most is not None and len(targets) > most:
        raise UsageError(
            f"{len(targets)} targets are more than --max-targets {most}; nothing was changed",
            hint=f"they are {label_several(targets)}: name fewer with -p and -r",
            code="TooManyTargets",
        )
    only = invocation.spec.only_one(invocation.params)
    if only is not None and len(targets) != 1:
        raise UsageError(
            f"{invocation.title}{only} is for one target, {len(targets)} were named: "
            f"{label_several(targets)}",
            hint="name one profile with -p and one region with -r",
        )
