"""The commands of one function: looking, publishing, calling, stopping, tidying up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Change,
    Note,
    Option,
    Plan,
    Progress,
    UsageError,
    command,
)

from .calling import calling_once
from .choices import (
    complete_functions,
    complete_qualified,
    complete_statements,
    complete_triggers,
)
from .functions import (
    AliasRow,
    FunctionRow,
    Setting,
    VersionRow,
    list_aliases,
    list_functions,
    list_versions,
    read_settings,
)
from .invoking import Invoked, apply_invoke, plan_invoke, read_payload
from .names import read_function
from .planning import Source, configuration
from .planning import publish as publish_version
from .pruning import Pruned, apply_prune, describe_prune, plan_prune
from .revoking import Revoked, apply_revoke, describe_revoke, plan_revoke
from .stopping import (
    Concurrency,
    apply_start,
    apply_stop,
    describe_start,
    describe_stop,
    plan_start,
    read_reserved,
)
from .triggers import Trigger, apply_change, choose, list_triggers, mappings_of, plan_change

FunctionArgument = Annotated[
    str, Argument(help="Function name or ARN.", complete=complete_functions)
]
QualifiedArgument = Annotated[
    str, Argument(help="Function, FUNCTION:ALIAS or ARN.", complete=complete_qualified)
]


@dataclass(frozen=True, slots=True)
class Published:
    """A version; new False when $LATEST had not changed since the last one."""

    function: str
    version: str
    sha256: str
    new: bool


@command()
def ls(
    aws: Aws,
    pattern: Annotated[
        str, Argument(help="Names to show, as a glob.", complete=complete_functions)
    ] = "*",
    deprecated: Annotated[bool, Option(help="Only those whose runtime is deprecated.")] = False,
) -> Iterator[FunctionRow | Note]:
    """List functions with runtime, memory and last change."""
    yield from list_functions(aws.client("lambda"), pattern, deprecated, aws.clock())


@command()
def aliases(aws: Aws, function: FunctionArgument) -> Iterator[AliasRow]:
    """List the aliases of a function and where they point."""
    yield from list_aliases(aws.client("lambda"), _plain(aws, function))


@command()
def versions(aws: Aws, function: FunctionArgument) -> Iterator[VersionRow]:
    """List the versions of a function and the aliases that use them."""
    yield from list_versions(aws.client("lambda"), _plain(aws, function))


@command()
def config(aws: Aws, function: FunctionArgument) -> Iterator[Setting]:
    """Show what is set on a function, of its environment the names alone."""
    yield from read_settings(aws, _plain(aws, function))


@command(mutates=True)
def revoke(
    aws: Aws,
    function: QualifiedArgument,
    statement: Annotated[
        str,
        Argument(help="The statement's id, as config shows it.", complete=complete_statements),
    ],
) -> Iterator[Plan | Revoked]:
    """Take a statement out of a function's policy."""
    lam = aws.client("lambda")
    name, qualifier = read_function(aws, function)
    if ":" in statement and qualifier is None:
        qualifier, _, statement = statement.partition(":")
    plan = plan_revoke(lam, name, qualifier or "", statement)
    yield describe_revoke(plan)
    yield apply_revoke(lam, plan)


@command(mutates=True)
def publish(
    aws: Aws,
    function: FunctionArgument,
    description: Annotated[str, Option(help="What is new in it.", metavar="DESCRIPTION")] = "",
    sha256: Annotated[
        str | None, Option(help="Publish only if this is the code's CodeSha256.", metavar="HASH")
    ] = None,
) -> Iterator[Plan | Published]:
    """Publish $LATEST as a version, exactly as it was looked at."""
    lam, name = aws.client("lambda"), _plain(aws, function)
    latest = configuration(lam, name)
    sha = str(latest["CodeSha256"])
    if sha256 not in (None, sha):
        raise UsageError(f"the code of {name} is {sha}, not {sha256}; nothing was published")
    known = {version.version for version in list_versions(lam, name)}
    why = f"an unused version costs nothing; awsops lambda prune {name} deletes old ones"
    yield Plan((Change("publish", name, detail=f"$LATEST, code {sha[:12]}", why_no_undo=why),))
    number = publish_version(
        lam,
        name,
        Source(sha, str(latest["RevisionId"])),
        sleep=aws.sleep,
        stopped=aws.cancelled.is_set,
        description=description,
    )
    yield Published(name, number, sha, number not in known)


@command(mutates=True)
def invoke(
    aws: Aws,
    function: QualifiedArgument,
    payload: Annotated[str | None, Argument(help="The event as JSON, or - for stdin.")] = None,
    payload_file: Annotated[Path | None, Option(help="Read the event from a file.")] = None,
    asynchronous: Annotated[
        bool, Option(help="Queue the call and do not wait.", name="--async")
    ] = False,
) -> Iterator[Plan | Note | Invoked]:
    """Call a function once and show its answer and the end of its log."""
    name, qualifier = read_function(aws, function)
    event = read_payload(aws, payload, payload_file, asynchronous=asynchronous)
    plan, timeout = plan_invoke(
        aws.client("lambda"), name, qualifier, size=len(event), asynchronous=asynchronous
    )
    yield plan
    lam = calling_once(aws, timeout)
    yield from apply_invoke(lam, name, qualifier, event, asynchronous=asynchronous)


@command(mutates=True)
def prune(
    aws: Aws,
    function: FunctionArgument,
    keep: Annotated[int, Option(help="The newest so many stay.", min=0)] = 5,
) -> Iterator[Plan | Progress | Pruned]:
    """Delete old versions that no alias, trigger or provisioned concurrency uses."""
    lam = aws.client("lambda")
    plan = plan_prune(lam, _plain(aws, function), keep)
    yield describe_prune(plan)
    yield from apply_prune(lam, plan)


@command(mutates=True)
def stop(aws: Aws, function: FunctionArgument) -> Iterator[Plan | Concurrency]:
    """Throttle every call of a function, by reserving nothing for it."""
    name = _plain(aws, function)
    before = read_reserved(aws.client("lambda"), name)
    plan = describe_stop(aws, name, before)
    yield plan
    yield apply_stop(aws, name, before) if plan.changes else Concurrency(name, before, before)


@command(mutates=True)
def start(
    aws: Aws,
    function: FunctionArgument,
    reserved: Annotated[
        str | None,
        Option(help="What to reserve, or none; default: as before the stop.", metavar="N"),
    ] = None,
) -> Iterator[Plan | Concurrency]:
    """Let a stopped function run again, with the concurrency that it had."""
    name = _plain(aws, function)
    now, target = plan_start(aws, name, reserved)
    plan = describe_start(aws, name, now, target)
    yield plan
    yield apply_start(aws, name, now, target) if plan.changes else Concurrency(name, now, now)


@command()
def triggers_(aws: Aws, function: FunctionArgument) -> Iterator[Trigger]:
    """List what feeds a function, and how far behind it is."""
    name = _plain(aws, function)
    yield from list_triggers(aws.client("lambda"), aws.client("cloudwatch"), name, aws.clock())


@command(mutates=True)
def trigger(
    aws: Aws,
    function: FunctionArgument,
    source: Annotated[
        str,
        Argument(help="Source's name, the trigger's id, or all.", complete=complete_triggers),
    ],
    disable: Annotated[bool, Option(help="Stop reading from it.")] = False,
    enable: Annotated[bool, Option(help="Read from it again.")] = False,
    bisect: Annotated[
        str | None, Option(help="Halve a batch that failed; streams.", choices=("on", "off"))
    ] = None,
) -> Iterator[Plan | Trigger]:
    """Disable, enable or bisect what feeds a function."""
    lam, name = aws.client("lambda"), _plain(aws, function)
    found = choose(mappings_of(lam, name), source)
    on = None if bisect is None else bisect == "on"
    wanted, plan = plan_change(aws, name, found, disable=disable, enable=enable, bisect=on)
    yield plan
    for mapping in found if plan.changes else ():
        yield apply_change(lam, mapping, wanted, sleep=aws.sleep, stopped=aws.cancelled.is_set)


def _plain(aws: Aws, text: str) -> str:
    """The name of a function as a whole; a qualifier would be ignored, so it is refused."""
    name, qualifier = read_function(aws, text)
    if qualifier is not None:
        raise UsageError(f"{text!r} names an alias or version", hint=f"write {name} alone")
    return name
