"""The commands that only look: queues, their wiring, and messages."""

from __future__ import annotations

from collections.abc import Iterator

from awsops.api import (
    Annotated,
    Aws,
    Note,
    NotFoundError,
    Option,
    command,
)
from awsops.suggesting import did_you_mean

from .ages import AgedQueue, with_ages
from .arguments import (
    GIVE_BACK,
    PatternArgument,
    QueueArgument,
    RaiseOption,
    WhereOption,
    check_look,
    find_queue,
)
from .grouping import Kind, group
from .peek import HIDDEN, Peeked, look, peeked
from .queues import (
    Queue,
    QueueFacts,
    list_queue_urls,
    list_queues,
    name_of_url,
    read_all_facts,
    read_facts,
)
from .selection import read_question, read_selection
from .wiring import Wire, wiring

READERS = 32  # queues whose attributes are read at a time; SQS has no documented quota for it
MOST_PEEKED = 1_000


@command()
def ls(
    aws: Aws,
    pattern: PatternArgument = "*",
    dlq: Annotated[bool, Option(help="Only queues that are somebody's dead-letter queue.")] = False,
    age: Annotated[
        bool, Option(help="Ask CloudWatch how old the oldest message of each is.")
    ] = False,
) -> Iterator[Queue | AgedQueue | Note]:
    """List queues with their depths and dead-letter wiring."""
    with aws.pool(READERS) as pool:
        found = list_queues(aws.client("sqs"), pool, pattern=pattern, only_dlqs=dlq)
        if age:
            yield from with_ages(found, aws.client("cloudwatch"), aws.clock())
        else:
            yield from found


# `peek_`, like `redrive_`: without the underscore it would hide the module of that name.
@command(calls=GIVE_BACK)
def peek_(
    aws: Aws,
    queue: QueueArgument,
    count: Annotated[
        int | None,
        Option(
            help="Look at so many; default 10, with --where or --group-by 1,000.",
            short="-n",
            min=1,
            max=MOST_PEEKED,
        ),
    ] = None,
    where: WhereOption = None,
    group_by: Annotated[
        str | None,
        Option(
            help="Count them by this JMESPath of {body, attributes, system, age}.",
            metavar="EXPRESSION",
        ),
    ] = None,
    raise_receive_count: RaiseOption = False,
) -> Iterator[Peeked | Kind | Note]:
    """Show messages of a queue and give every one of them back at once."""
    chosen = read_selection(where=where, match=None, since=None, until=None, now=aws.clock())
    kind = read_question(group_by, "--group-by") if group_by is not None else None
    sqs = aws.client("sqs")
    facts = read_facts(sqs, find_queue(aws, queue))
    check_look(facts, raise_receive_count)
    count = count or (MOST_PEEKED if chosen or kind else 10)
    seen = look(sqs, facts.ref, count=count, about=facts.visible, stopped=aws.cancelled.is_set)
    if seen.hidden:
        yield Note(
            f"{seen.hidden} messages could not be given back: visible again within {HIDDEN} s",
            "warning",
        )
    if (chosen or kind) and len(seen.messages) < facts.visible:
        yield Note(f"{len(seen.messages):,} of about {facts.visible:,} messages were looked at")
    now = aws.clock()
    matching = [m for m in seen.messages if chosen is None or chosen.selects(m, now)]
    if kind is not None:
        yield from group(matching, kind, now)
        return
    for message in matching:
        yield peeked(message)


@command()
def policy(
    aws: Aws,
    pattern: PatternArgument = "*",
) -> Iterator[Wire | Note]:
    """Show which queue gives up into which, as a tree, and what is wrong with it."""
    with aws.pool(READERS) as pool:
        facts: list[QueueFacts] = []
        unread: set[str] = set()
        for found in read_all_facts(aws.client("sqs"), pool):
            if isinstance(found, Note):  # some may not be read: they exist all the same
                yield found
                unread = {name_of_url(url) for url in list_queue_urls(aws.client("sqs"))}
            else:
                facts.append(found)
    names = {queue.ref.name for queue in facts} | unread
    if pattern not in names and not any(sign in pattern for sign in "*?["):
        raise NotFoundError(
            f"no queue named {pattern}",
            hint=did_you_mean(pattern, names) or "awsops sqs ls lists them",
        )
    ascii_only = aws.env.stdout_tty and aws.env.ascii_only(aws.env.stdout)
    yield from wiring(facts, pattern, unread=unread, ascii_only=ascii_only)
