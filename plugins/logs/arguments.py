"""What several logs commands share: arguments, and the times that they mean."""

from __future__ import annotations

import math

from awsops.api import Annotated, Argument, Aws, Option, UsageError
from awsops.units import parse_time

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


def window(aws: Aws, since: str, from_: str | None, to: str | None) -> tuple[int, int]:
    """Whole epoch seconds that hold the time asked for, both inclusive."""
    now = aws.clock()
    start = parse_time(from_ if from_ is not None else since, now)
    end = parse_time(to, now) if to is not None else now
    if start > end:
        raise UsageError("the time ends before it begins", hint="--from comes before --to")
    return int(start), math.ceil(end)
