"""What several logs commands share: arguments, and the times that they mean."""

from __future__ import annotations

import math
from collections.abc import Iterator

from awsops.api import Annotated, Argument, Aws, Note, Option, UsageError
from awsops.units import format_duration, parse_past, parse_time

from .groups import complete_groups

GroupOption = Annotated[
    list[str],
    Option(
        help="Log group: name, glob or ARN; may be repeated.",
        short="-g",
        complete=complete_groups,
        metavar="GROUP",
    ),
]
GroupsArgument = Annotated[
    list[str], Argument(help="Log groups: names, globs or ARNs.", complete=complete_groups)
]
SinceOption = Annotated[
    str, Option(help="How far back to begin, or a time: 2h, 2026-03-01T12:00Z.", metavar="TIME")
]
FromOption = Annotated[
    str | None, Option(help="Begin here instead of --since.", name="--from", metavar="TIME")
]
ToOption = Annotated[
    str | None, Option(help="End here instead of now.", name="--to", metavar="TIME")
]


def command_line(aws: Aws, *words: str) -> str:
    """`awsops logs ...` for this target, as it can be typed."""
    import shlex

    return shlex.join(["awsops", "logs", *words, *aws.target_options()])


def window(aws: Aws, since: str, from_: str | None, to: str | None) -> tuple[int, int]:
    """Whole epoch seconds that hold the time asked for, both inclusive; now is AWS's."""
    start, end = moments(aws, since, from_, to)
    return int(start), math.ceil(end)


def moments(aws: Aws, since: str, from_: str | None, to: str | None) -> tuple[float, float]:
    """The time asked for, in seconds since the epoch; now is AWS's."""
    now = aws.service_clock()
    start = parse_past(from_ or since, now, "--since" if from_ is None else "--from")
    end = parse_time(to, now) if to is not None else now
    if start > end:
        begins = f"--since {since}" if from_ is None else f"--from {from_}"
        ends = f"{begins} is later than --to {to}"
        raise UsageError(f"the time ends before it begins: {ends}")
    return start, end


def clock_notes(aws: Aws) -> Iterator[Note]:
    """A warning when this machine's clock is off, after `window`: times typed in full mean what
    they say, and those that begin from now are counted from AWS's."""
    if aws.clock_ahead:
        side = "ahead of" if aws.clock_ahead > 0 else "behind"
        off = format_duration(abs(aws.clock_ahead))
        yield Note(
            f"this machine's clock is {off} {side} AWS's: times are counted from AWS's", "warning"
        )
