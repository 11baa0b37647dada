"""The command `sqs drain`: messages written to a file, then deleted from the queue."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from awsops.api import Annotated, Argument, Aws, Note, Option, Plan, Progress, command

from .archive import count_messages
from .arguments import (
    GIVE_BACK,
    MatchOption,
    QueueArgument,
    SinceOption,
    UntilOption,
    WhereOption,
    find_queue,
)
from .choices import complete_drains
from .draining import Drain, Drained, describe_drain, file_of, nothing_to_drain
from .drains import OpenDrain, open_drain
from .peek import look
from .queues import QueueFacts, read_facts
from .selection import Selection, read_selection

FOLDER = "sqs-drain"
# What goes with --resume: all that says which messages and into which file.
GOES_ON = {"queue", "file", "where", "match", "since", "until", "max"}
Event = Plan | Progress | Note | Drained


@command(mutates=True, calls=GIVE_BACK, resumes=GOES_ON)
def drain(
    aws: Aws,
    queue: QueueArgument,
    file: Annotated[
        Path, Argument(help="Where to append them first; {account}, {region}, {queue} are put in.")
    ],
    where: WhereOption = None,
    match: MatchOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    max: Annotated[int | None, Option(help="Take out at most so many messages.", min=1)] = None,
    resume: Annotated[
        str | None,
        Option(help="Go on with an interrupted run.", complete=complete_drains, metavar="RUN"),
    ] = None,
) -> Iterator[Event]:
    """Write messages to a file, then delete them from the queue."""
    chosen = read_selection(where=where, match=match, since=since, until=until, now=aws.clock())
    facts = read_facts(aws.client("sqs"), find_queue(aws, queue))
    account = aws.identity().account
    path = file_of(file, account=account, region=aws.region, queue=facts.ref.name)
    given = {"--where": where, "--match": match, **(chosen.times() if chosen else {})}
    words = ["awsops", "sqs", "drain", facts.ref.name, str(path)]
    words += [word for option, value in given.items() if value for word in (option, value)]
    folder = aws.env.folders.state / FOLDER
    with open_drain(folder, facts, run_id=aws.run_id, resume=resume) as opened:
        opened.check_file(path)
        go_on = shlex.join([*words, "--resume", opened.id, *aws.target_options()])
        yield from _drain(aws, facts, path, chosen, max, opened, go_on)


def _drain(
    aws: Aws,
    facts: QueueFacts,
    path: Path,
    chosen: Selection | None,
    limit: int | None,
    opened: OpenDrain,
    go_on: str,
) -> Iterator[Event]:
    sqs, name = aws.client("sqs"), facts.ref.name
    left = opened.left_of(limit)
    if not opened.unfinished and (left == 0 or not _is_there(aws, facts)):
        if left == 0:
            yield Plan((), "as many as --max were taken out: there is nothing to drain")
        else:
            yield from nothing_to_drain(facts)
        yield Drained(name, str(path), opened.drained, 0, count_messages(path))
        return
    yield describe_drain(
        facts,
        path,
        selective=chosen is not None,
        limit=left,
        unfinished=opened.unfinished,
        where=aws.target_options(),
    )
    yield from Drain(
        sqs,
        facts,
        opened.begin(path, limit, go_on, aws.clock()),
        chosen.by(aws.clock) if chosen else None,
        aws.sleep,
        aws.clock,
        aws.cancelled.is_set,
    ).work(path)


def _is_there(aws: Aws, facts: QueueFacts) -> bool:
    """Whether a message can be received, which is given back at once."""
    seen = look(aws.client("sqs"), facts.ref, count=1, about=1, stopped=aws.cancelled.is_set)
    return bool(seen.messages)
