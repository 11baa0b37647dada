"""`awsops logs tail`: several groups in one stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from awsops.api import Annotated, Aws, Line, Note, Option, command
from awsops.units import format_duration, format_time, parse_past

from .arguments import GroupsArgument
from .client import error_code
from .engines import ENGINES, choose_engine
from .groups import resolve
from .line_filters import message_test
from .lines import LogLine, Painter, check_layout
from .live_tail import LiveTail, Once, identifiers
from .tailing import Follower, Seen, calls_a_second, poll

MOST_READERS = 16
# What refuses a Live Tail session where polling may still do.
_NO_SESSION = frozenset(
    {
        "AccessDeniedException",
        "InvalidOperationException",
        "InvalidParameterException",
        "LimitExceededException",
    }
)


@command(calls=["logs:StartLiveTail"], follows=True)
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
            help="live is a Live Tail session, poll asks again and again; auto polls unless that "
            "would be slow here.",
            choices=ENGINES,
        ),
    ] = "auto",
) -> Iterator[Line | LogLine | Note]:
    """Show events of log groups as they come in, merged into one stream."""
    wants = message_test(grep, where)
    layout = check_layout(format_)
    logs = aws.client("logs")
    groups = resolve(logs, group)
    choice = choose_engine(engine, groups, follow=follow, rate=calls_a_second(aws.region))
    now = aws.service_clock()
    if ahead := aws.clock_ahead:
        side = "ahead of" if ahead > 0 else "behind"
        yield Note(
            f"this machine's clock is {format_duration(abs(round(ahead)))} {side} AWS's, which "
            "--since goes by",
            "warning",
        )
    names = _shown_names(groups)
    start = parse_past(since, now, "--since")
    if follow:
        yield Note(_following(list(names.values()), start, choice.reason))
    elif choice.reason:
        yield Note(choice.reason)
    tailing = _Tailing(aws, groups, names, filter_, start, now if follow else None)
    show = Painter(aws, layout, list(names.values()))
    newest = 0
    try:
        for seen in tailing.run(choice.engine, may_poll=engine == "auto"):
            if isinstance(seen, str):
                yield Note(seen, "warning")
                continue
            newest = max(newest, min(seen.timestamp, seen.ingested))
            if wants(seen.message):
                yield show.line(seen)
            if aws.cancelled.is_set():
                break
    except Exception:  # whatever ends it, where to go on is known
        if follow:
            yield _where_to_go_on(newest, tailing.start)
        raise
    if follow and aws.cancelled.is_set():
        yield _where_to_go_on(newest, tailing.start)


def _following(names: Sequence[str], start: float, reason: str) -> str:
    """What is followed, where that begins, and how."""
    what = names[0] if len(names) == 1 else f"{len(names)} groups"
    how = f"; {reason}" if reason else ""
    return f"following {what} from {format_time(start)} on{how}"


def _where_to_go_on(newest: int, start: float) -> Note:
    """`newest` is the last event's time (milliseconds), 0 when there was none; `start` is in
    seconds."""
    at = datetime.fromtimestamp(newest // 1000 or start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if newest:
        return Note(f"shown up to {at}: --since {at} goes on from there", "warning")
    return Note(f"nothing was shown: --since {at} begins where this began", "warning")


def _shown_names(groups: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """By ARN, what a group is called: its name, with the account where two have the same."""
    names = [group["logGroupName"] for group in groups]
    return {
        group["logGroupArn"]: name
        if names.count(name) == 1
        else f"{group['logGroupArn'].split(':')[4]}:{name}"
        for group, name in zip(groups, names, strict=True)
    }


@dataclass(frozen=True, slots=True)
class _Tailing:
    """One target's tail from `start` on; goes on from `followed_from` on when that is given. Both
    are seconds of AWS's clock."""

    aws: Aws
    groups: list[dict[str, Any]]
    names: Mapping[str, str]
    pattern: str | None
    start: float
    followed_from: float | None

    def run(self, engine: str, *, may_poll: bool) -> Iterator[Seen | str]:
        followers = self._followers()
        with self.aws.pool(min(len(followers), MOST_READERS)) as pool:
            if engine == "poll":
                yield from self._poll(followers, pool)
                return
            once = Once()
            live = self._live(followers, pool, once, until_sampled=may_poll)
            try:
                yield from live.run()
            except Exception as error:
                if not may_poll or error_code(error) not in _NO_SESSION:
                    raise
                yield f"no Live Tail session ({error_code(error)}): polling"
            if self.aws.cancelled.is_set():
                return
            if live.sampled:
                yield "polling from here on, which shows them all"
            for seen in self._poll(followers, pool):
                if isinstance(seen, str) or once.polled(seen):
                    yield seen

    def _followers(self) -> list[Follower]:
        stopped: Callable[[], bool] = self.aws.cancelled.is_set
        arrival = self.followed_from
        return [
            Follower(
                self.aws.client("logs"),
                group["logGroupArn"],
                self.names[group["logGroupArn"]],
                int(self.start * 1000),
                self.pattern,
                sleep=self.aws.sleep,
                clock=self.aws.clock,
                stopped=stopped,
                since_arrival=None if arrival is None else int(arrival * 1000),
            )
            for group in self.groups
        ]

    def _live(
        self, followers: list[Follower], pool: Executor, once: Once, *, until_sampled: bool
    ) -> LiveTail:
        return LiveTail(
            self.aws.client("logs"),
            [group["logGroupArn"] for group in self.groups],
            identifiers(self.groups, self.names),
            self.pattern,
            followers,
            once,
            pool,
            sleep=self.aws.sleep,
            clock=self.aws.clock,
            stopped=self.aws.cancelled.is_set,
            until_sampled=until_sampled,
        )

    def _poll(self, followers: list[Follower], pool: Executor) -> Iterator[Seen | str]:
        yield from poll(
            followers,
            rate=calls_a_second(self.aws.region),
            follow=self.followed_from is not None,
            pool=pool,
            sleep=self.aws.sleep,
            clock=self.aws.clock,
            stopped=self.aws.cancelled.is_set,
        )
