"""`awsops logs tail`: several groups in one stream."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from awsops.api import Annotated, Aws, Line, Note, Option, UsageError, command
from awsops.units import parse_time

from .arguments import GroupsArgument
from .groups import resolve
from .live import LIVE_GROUPS, live
from .painting import Painter, read_layout
from .tailing import Follower, Seen, calls_a_second, period_of, poll

ENGINES = ("auto", "poll", "live")
MOST_READERS = 16
PATIENCE_SECONDS = 2.0  # auto: later than that, and Live Tail is worth its price
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
_LIVE = "STANDARD"


@command(calls=["logs:StartLiveTail"])
def tail(
    aws: Aws,
    group: GroupsArgument,
    follow: Annotated[bool, Option(help="Go on as events come in.", short="-f")] = False,
    since: Annotated[str, Option(help="How far back to begin, or a time.", metavar="TIME")] = "10m",
    filter_: Annotated[
        str | None, Option(help="The service's filter pattern.", name="--filter", metavar="PATTERN")
    ] = None,
    grep: Annotated[
        str | None,
        Option(help="Only messages that this regular expression finds.", metavar="REGEX"),
    ] = None,
    where: Annotated[
        str | None,
        Option(help="Only JSON messages of which this JMESPath is true.", metavar="EXPRESSION"),
    ] = None,
    format_: Annotated[
        str | None,
        Option(help="How a line reads: '{time} {message}'.", name="--format", metavar="FORMAT"),
    ] = None,
    engine: Annotated[
        str,
        Option(
            help="Live Tail sessions, which are billed by the minute, or asking again and again.",
            choices=ENGINES,
        ),
    ] = "auto",
) -> Iterator[Line | Note]:
    """Show events of log groups as they come in, merged into one stream."""
    wants = _test(grep, where)
    layout = read_layout(format_)
    logs = aws.client("logs")
    groups = resolve(logs, group)
    engine, why = _chosen(engine, groups, follow=follow, region=aws.region)
    if why:
        yield Note(why)
    show = Painter(aws, layout, [found["logGroupName"] for found in groups])
    for seen in _events(aws, groups, engine, follow, since, filter_):
        if isinstance(seen, str):
            yield Note(seen, "warning")
        elif wants(seen.message):
            yield show.line(seen)


def _events(
    aws: Aws,
    groups: list[dict[str, Any]],
    engine: str,
    follow: bool,
    since: str,
    pattern: str | None,
) -> Iterator[Seen | str]:
    logs = aws.client("logs")
    stopped = aws.cancelled.is_set
    start = int(parse_time(since, aws.clock()) * 1000)
    followers = [
        Follower(
            logs,
            found["logGroupArn"],
            found["logGroupName"],
            start,
            pattern,
            sleep=aws.sleep,
            stopped=stopped,
        )
        for found in groups
    ]
    with aws.pool(min(len(followers), MOST_READERS)) as pool:
        if engine == "live":
            yield from live(
                logs,
                groups,
                followers,
                pattern,
                pool=pool,
                sleep=aws.sleep,
                clock=aws.clock,
                stopped=stopped,
            )
            return
        yield from poll(
            followers,
            rate=calls_a_second(aws.region),
            follow=follow,
            pool=pool,
            sleep=aws.sleep,
            clock=aws.clock,
            stopped=stopped,
        )


def _chosen(
    engine: str, groups: list[dict[str, Any]], *, follow: bool, region: str | None
) -> tuple[str, str]:
    """poll or live, and why if that is to be said; UsageError where live cannot be."""
    infrequent = [g["logGroupName"] for g in groups if g.get("logGroupClass", _LIVE) != _LIVE]
    behind = period_of(len(groups), calls_a_second(region))
    if engine == "auto":
        fits = follow and len(groups) <= LIVE_GROUPS and not infrequent
        if not fits or behind <= PATIENCE_SECONDS:
            return "poll", ""
        return "live", (
            f"following with Live Tail, which is billed by the minute: in {region} {len(groups)} "
            f"groups can be asked every {behind:.1f} s only (--engine poll does)"
        )
    if engine == "live":
        if not follow:
            raise UsageError("a Live Tail session only shows what comes in", hint="add -f")
        if len(groups) > LIVE_GROUPS:
            raise UsageError(
                f"a Live Tail session has {LIVE_GROUPS} log groups at most, not {len(groups)}",
                hint="--engine poll takes any number",
            )
        if infrequent:
            raise UsageError(
                f"Live Tail has log groups of the class STANDARD only, not {infrequent[0]}",
                hint="--engine poll takes any",
            )
    return engine, ""


def _test(grep: str | None, where: str | None) -> Callable[[str], bool]:
    compiled: re.Pattern[str] | None = None
    if grep is not None:
        try:
            compiled = re.compile(grep)
        except re.error as error:
            raise UsageError(f"--grep is not a regular expression: {error}") from error
    question = _question(where) if where is not None else None

    def wants(message: str) -> bool:
        if compiled is not None and not compiled.search(message):
            return False
        return question is None or question(message)

    return wants


def _question(where: str) -> Callable[[str], bool]:
    import jmespath
    from jmespath.exceptions import JMESPathError, JMESPathTypeError

    def wrong(error: JMESPathError) -> UsageError:
        return UsageError(
            f"--where is not JMESPath: {' '.join(str(error).split())}",
            hint="such as \"level == 'ERROR' && ms > `500`\"",
        )

    try:
        compiled = jmespath.compile(where)
    except JMESPathError as error:
        raise wrong(error) from error

    def holds(message: str) -> bool:
        try:
            document = json.loads(message)
        except ValueError:
            return False
        try:
            answer = compiled.search(document)
        except JMESPathTypeError:
            return False
        except JMESPathError as error:
            raise wrong(error) from error
        return answer is not None and answer is not False and answer not in ("", [], {})

    holds("{}")
    return holds
