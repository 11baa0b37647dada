"""Query CloudWatch Logs, follow them, and know what it costs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Change,
    Choice,
    Document,
    Host,
    Note,
    Option,
    Plan,
    UsageError,
    command,
)
from awsops.units import parse_time

from .arguments import GroupsArgument, command_line
from .choices import complete_running
from .client import error_code
from .context_command import context as context
from .export_command import export_ as export_
from .export_tasks import exports as exports
from .export_tasks import exports_cancel as exports_cancel
from .groups import (
    LogGroup,
    choose,
    complete_groups,
    describe,
    list_groups,
    literal_prefix,
    resolve,
)
from .prices import price_per_gb
from .query_command import query as query
from .saved import complete_saved, definitions, find_saved, shipped
from .saving import queries_rm as queries_rm
from .saving import queries_save as queries_save
from .spending import Spent, spending
from .stopping import (
    Going,
    Stopped,
    forget,
    going,
    left_behind,
    plan_stop,
    stop_all,
)
from .stopping import choose as choose_queries
from .sync_command import queries_sync as queries_sync
from .tail_command import tail as tail

READERS = 8  # groups whose newest event is looked up at a time


@command()
def groups_(
    aws: Aws,
    pattern: Annotated[str, Argument(help="A prefix or a glob.", complete=complete_groups)] = "",
    regex: Annotated[bool, Option(help="PATTERN is a regular expression.")] = False,
    linked: Annotated[bool, Option(help="Those of linked accounts too.")] = False,
) -> Iterator[LogGroup]:
    """List log groups with what they store, for how long, and their newest event."""
    logs = aws.client("logs")
    prefix = "" if regex else literal_prefix(pattern)
    found = choose(list_groups(logs, prefix, linked=linked), pattern, regex=regex)
    with aws.pool(READERS) as pool:
        yield from pool.map(lambda group: describe(logs, group), found)


@command()
def record(
    aws: Aws, pointer: Annotated[str, Argument(help="A @ptr, from query --ptr.", metavar="PTR")]
) -> Iterator[dict[str, str]]:
    """Show every field of one event."""
    try:
        answer = aws.client("logs").get_log_record(logRecordPointer=pointer)
    except Exception as error:
        if error_code(error) == "InvalidParameterException":
            raise UsageError(
                "that is not a pointer to an event", hint="logs query --ptr shows them as @ptr"
            ) from error
        raise
    for name, value in answer["logRecord"].items():
        yield {"field": name, "value": value}


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A saved query: run it with `awsops logs query @NAME`."""

    name: str
    origin: str
    purpose: str
    params: tuple[str, ...]
    groups: tuple[str, ...]


@command()
def queries(aws: Aws) -> Iterator[SavedQuery]:
    """List saved queries: those of the account and those that awsops brings along."""
    for saved in (*definitions(aws.client("logs")), *shipped()):
        yield SavedQuery(saved.name, saved.origin, saved.purpose, saved.params, saved.groups)


@command()
def queries_show(
    aws: Aws,
    name: Annotated[str, Argument(help="Its name.", complete=complete_saved)],
) -> Iterator[Document]:
    """Print the text of a saved query."""
    yield Document(find_saved(aws.client("logs"), name.removeprefix("@")).text)


@command()
def running(aws: Aws) -> Iterator[Going]:
    """List the queries that run now, whoever started them."""
    yield from going(aws.client("logs"))


@command()
def cost(
    aws: Aws,
    since: Annotated[str, Option(help="How far back to begin, or a time.", metavar="TIME")] = "7d",
    price: Annotated[
        str | None,
        Option(
            help="USD for a GB scanned; default: config.toml's, or the list price.", metavar="USD"
        ),
    ] = None,
) -> Iterator[Spent | Note]:
    """Show what queries scanned and cost, by caller and log group, the dearest first."""
    rows = spending(
        aws.client("logs"),
        parse_time(since, aws.service_clock()),
        price_per_gb(aws.env, price, aws.region),
    )
    yield from rows
    yield Note("as far back as the service lists queries, which may be less than that")


@command(mutates=True)
def stop(
    aws: Aws,
    query: Annotated[
        list[str] | None, Argument(help="Ids of queries.", complete=complete_running)
    ] = None,
    mine: Annotated[
        bool, Option(help="Those that a killed awsops of this machine has left behind.")
    ] = False,
) -> Iterator[Plan | Stopped]:
    """Stop queries that still run and cost."""
    if not query and not mine:
        raise UsageError("name the queries, or take --mine", hint="awsops logs running lists them")
    logs = aws.client("logs")
    folder = aws.env.folders.state / "logs"
    left = left_behind(folder, aws.identity().account, aws.region) if mine else {}
    chosen = choose_queries(logs, query or (), left)
    yield plan_stop(chosen)
    yield from stop_all(logs, chosen)
    forget(folder, set(left.values()))


# CloudWatch Logs API reference, PutRetentionPolicy: retentionInDays.
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827),
    *(2192, 2557, 2922, 3288, 3653),
)


def complete_retentions(host: Host) -> Iterator[Choice]:
    """The days that CloudWatch Logs lets one choose from."""
    yield from (Choice(str(days)) for days in RETENTION_DAYS)


@dataclass(frozen=True, slots=True)
class Kept:
    """How long a log group keeps its events now; None is for ever."""

    group: str
    retention_days: int | None


@command(mutates=True)
def retention(
    aws: Aws,
    group: GroupsArgument,
    days: Annotated[
        int | None,
        Option(help="Keep events for so many days.", complete=complete_retentions, min=1),
    ] = None,
    forever: Annotated[bool, Option(help="Never delete events.")] = False,
) -> Iterator[Plan | Kept]:
    """Set for how long log groups keep their events."""
    if (days is None) != forever:
        raise UsageError(
            "say how long: --days N or --forever, one of them",
            hint=f"awsops logs retention {shlex.join(group)} --days 30",
        )
    if days is not None and days not in RETENTION_DAYS:
        nearest = min(RETENTION_DAYS, key=lambda allowed: abs(allowed - days))
        raise UsageError(
            f"--days {days} is no retention that CloudWatch Logs has",
            hint=f"--days {nearest} is the nearest of {', '.join(map(str, RETENTION_DAYS))}",
        )
    logs = aws.client("logs")
    chosen = [found for found in resolve(logs, group) if found.get("retentionInDays") != days]
    yield Plan(
        tuple(_retention_change(aws, found, days) for found in chosen),
        summary="1 log group changes" if len(chosen) == 1 else f"{len(chosen)} log groups change",
    )
    for found in chosen:
        name = found["logGroupName"]
        if days is None:
            logs.delete_retention_policy(logGroupName=name)
        else:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        yield Kept(name, days)


def _retention_change(aws: Aws, found: dict[str, object], days: int | None) -> Change:
    before = found.get("retentionInDays")
    name = str(found["logGroupName"])
    back = ("--days", str(before)) if before else ("--forever",)
    shorter = days is not None and (not before or days < int(str(before)))
    return Change(
        "retention",
        name,
        detail="events older than that are deleted within about 72 hours" if shorter else "",
        before=f"{before} days" if before else "for ever",
        after=f"{days} days" if days else "for ever",
        undo=command_line(aws, "retention", name, *back),
    )
