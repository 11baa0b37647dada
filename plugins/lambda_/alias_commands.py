"""The commands `lambda status` and `lambda rollback`."""

from __future__ import annotations

from collections.abc import Iterator

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Change,
    Note,
    NotFoundError,
    Option,
    Plan,
    UsageError,
    command,
)

from .choices import (
    complete_aliases,
    complete_applications,
    complete_deployment_groups,
    complete_versions,
)
from .deploying import stop_deployment
from .deployment_plan import Place, active_deployments
from .names import AliasRef, read_alias_ref
from .routing import read_alias
from .status import (
    AliasStatus,
    RolledBack,
    apply_rollback,
    plan_rollback,
    read_status,
)

STOP_SECONDS = 60.0  # how long CodeDeploy is given to take the weights away

AliasArgument = Annotated[
    str, Argument(help="FUNCTION:ALIAS, or its ARN.", complete=complete_aliases)
]
EngineOption = Annotated[
    str,
    Option(
        help="client drives it from here; codedeploy has AWS do it, by minutes, and outlives us.",
        choices=("client", "codedeploy"),
    ),
]
ApplicationOption = Annotated[
    str | None,
    Option(
        help="CodeDeploy's application; default: the function's name.",
        complete=complete_applications,
        metavar="NAME",
    ),
]
GroupOption = Annotated[
    str | None,
    Option(
        help="CodeDeploy's group; default: FUNCTION-ALIAS.",
        complete=complete_deployment_groups,
        metavar="GROUP",
    ),
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
    to: Annotated[
        str | None,
        Option(
            help="Version; default: the one before.", complete=complete_versions, metavar="VERSION"
        ),
    ] = None,
    engine: EngineOption = "client",
    application: ApplicationOption = None,
    group: GroupOption = None,
) -> Iterator[Plan | RolledBack]:
    """Take an alias back: away with its weights, or to the version it had before."""
    ref = read_alias_ref(aws, alias)
    if engine == "codedeploy":
        if to is not None:
            raise UsageError("CodeDeploy goes back to where it came from: leave --to out")
        yield from _stop(aws, ref, Place.of(ref, application, group, None))
        return
    state, target, plan = plan_rollback(aws, ref, to)
    yield plan
    if plan.changes:
        yield apply_rollback(aws, state, target)


def _stop(aws: Aws, ref: AliasRef, place: Place) -> Iterator[Plan | RolledBack]:
    """Stop the deployment of a group and have CodeDeploy take the alias back."""
    codedeploy, lam = aws.client("codedeploy"), aws.client("lambda")
    found = active_deployments(codedeploy, place)
    if not found:
        raise NotFoundError(
            f"group {place.group} of application {place.application} has no deployment under way",
            hint="leave --engine out: awsops lambda rollback moves the alias itself",
        )
    before = read_alias(lam, ref).route
    why = "a stopped deployment does not go on: shift again"
    change = Change(
        "stop deployment",
        found[0],
        detail=str(ref),
        before=str(before),
        after=f"version {before.version}",
        why_no_undo=why,
    )
    yield Plan((change,))
    stop_deployment(codedeploy, found[0])
    waited = 0.0
    while any(read_alias(lam, ref).route.weights.values()) and waited < STOP_SECONDS:
        aws.env.sleep(1.0)
        waited += 1.0
    yield RolledBack(str(ref), read_alias(lam, ref).route.version, str(before))
