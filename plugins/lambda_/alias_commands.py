"""The commands `lambda status` and `lambda rollback`."""

from __future__ import annotations

from collections.abc import Iterator

from awsops.api import Annotated, Argument, Aws, Note, Option, Plan, command

from .names import complete_aliases, read_alias_ref
from .status import (
    AliasStatus,
    RolledBack,
    apply_rollback,
    plan_rollback,
    read_status,
)

AliasArgument = Annotated[
    str, Argument(help="FUNCTION:ALIAS, or its ARN.", complete=complete_aliases)
]


# `status_`: without the underscore it would hide the module of that name.
@command()
def status_(aws: Aws, alias: AliasArgument) -> Iterator[AliasStatus | Note]:
    """Show where an alias points, and tell of a shift that nobody drives."""
    yield from read_status(aws, read_alias_ref(aws, alias))


@command(mutates=True)
def rollback(
    aws: Aws,
    alias: AliasArgument,
    to: Annotated[str | None, Option(help="Version; default: the one before.")] = None,
) -> Iterator[Plan | RolledBack]:
    """Take an alias back: away with its weights, or to the version it had before."""
    state, target, plan = plan_rollback(aws, read_alias_ref(aws, alias), to)
    yield plan
    if plan.changes:
        yield apply_rollback(aws, state, target)
