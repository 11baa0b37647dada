"""`awsops logs tail`: several groups in one stream."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from awsops.api import Annotated, Aws, Line, Note, Option, UsageError, command
from awsops.units import parse_time

from .arguments import GroupsArgument
from .groups import resolve
from .tailing import LIVE_GROUPS, Follower, Seen, calls_a_second, live, poll

ENGINES = ("auto", "poll", "live")
_PLACES = ("time", "group", "stream", "message", "profile", "region", "account")
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92)
MOST_READERS = 16


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event of a log group."""

    time: datetime
    group: str
    stream: str
    message: str


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
            help="live is a Live Tail session, poll asks again and again; auto takes poll, which "
            "loses no late event.",
            choices=ENGINES,
        ),
    ] = "auto",
) -> Iterator[Line | Note]:
    """Show events of log groups as they come in, merged into one stream."""
    wants = _test(grep, where)
    layout = _layout(format_)
    logs = aws.client("logs")
    groups = resolve(logs, group)
    if engine == "live":
        if not follow:
            raise UsageError("a Live Tail session only shows what comes in", hint="add -f")
        if len(groups) > LIVE_GROUPS:
            raise UsageError(
                f"a Live Tail session has {LIVE_GROUPS} log groups at most, not {len(groups)}",
                hint="--engine poll takes any number",
            )
    show = _Painter(aws, layout, [found["logGroupName"] for found in groups])
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
    if engine == "live":
        yield from live(logs, groups, pattern, sleep=aws.sleep, stopped=stopped)
        return
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
        yield from poll(
            followers,
            rate=calls_a_second(aws.region),
            follow=follow,
            pool=pool,
            sleep=aws.sleep,
            clock=aws.clock,
            stopped=stopped,
        )


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


def _layout(format_: str | None) -> str | None:
    for place in re.findall(r"\{([^{}]*)\}", format_ or ""):
        if place not in _PLACES:
            raise UsageError(
                f"--format: there is no {{{place}}}", hint=f"one of {', '.join(_PLACES)}"
            )
    return format_


class _Painter:
    """Lines for a person: a colour for each source, control characters made visible."""

    def __init__(self, aws: Aws, layout: str | None, names: list[str]) -> None:
        from awsops.output.cells import visible

        self._visible = visible
        self._target = aws.target
        self._color = aws.env.color("auto")
        self._asked = layout is not None
        group = "{group}  " if len(names) > 1 else ""
        self._layout = layout or f"{{time}}  {group}{{message}}"
        sources = [f"{aws.target.label} {name}" for name in names]
        self._colours = {
            n: _COLOURS[sum(s.encode()) % 8] for n, s in zip(names, sources, strict=True)
        }

    def line(self, seen: Seen) -> Line:
        moment = datetime.fromtimestamp(seen.timestamp / 1000, UTC)
        row = LogLine(moment, seen.group, seen.stream, seen.message)
        time = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{seen.timestamp % 1000:03d}Z"
        values = {
            "time": time,
            "group": seen.group,
            "stream": seen.stream,
            "message": self._visible(seen.message.rstrip("\r\n")),
            "profile": self._target.profile or "default",
            "region": self._target.region or "",
            "account": self._target.account or "",
        }
        if self._color:
            code = self._colours.get(seen.group, _COLOURS[0])
            for name in ("time", "group"):
                values[name] = f"\x1b[{code}m{values[name]}\x1b[0m"
        text = re.sub(r"\{(\w+)\}", lambda place: values[place[1]], self._layout)
        return Line(text, row, always=self._asked)
