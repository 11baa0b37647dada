"""The commands about a queue as a whole: its settings, its move tasks, and emptying it."""

from __future__ import annotations

from collections.abc import Iterator

from awsops.api import (
    Annotated,
    Aws,
    Option,
    Plan,
    command,
)

from .arguments import (
    DlqArgument,
    QueueArgument,
    find_queue,
)
from .attrs import (
    Attribute,
    describe_settings,
    read_attributes_of,
    read_settings,
    rows,
    set_attributes,
)
from .choices import complete_settings
from .move_tasks import Move, cancel_task, describe_cancel, list_moves, running_task
from .purging import Purged, check_typed, describe_purge, purge_queue
from .queues import read_facts


@command(mutates=True)
def attrs_(
    aws: Aws,
    queue: QueueArgument,
    set: Annotated[
        list[str],
        Option(
            help="Name=value, such as VisibilityTimeout=30s; may be repeated.",
            complete=complete_settings,
            metavar="NAME=VALUE",
        ),
    ] = [],  # noqa: B006 - the kernel hands over a list of its own
) -> Iterator[Plan | Attribute]:
    """Show a queue's attributes, or set some of them."""
    sqs = aws.client("sqs")
    wanted = read_settings(set)
    ref = find_queue(aws, queue)
    before = read_attributes_of(sqs, ref)
    plan = describe_settings(ref, before, wanted, aws.target_options())
    yield plan
    if plan.changes:
        set_attributes(sqs, ref, wanted)
        before |= wanted
    yield from rows({n: v for n, v in before.items() if not wanted or n in wanted})


@command()
def moves(aws: Aws, dlq: DlqArgument) -> Iterator[Move]:
    """Show the last ten move tasks of a dead-letter queue."""
    sqs = aws.client("sqs")
    yield from list_moves(sqs, read_facts(sqs, find_queue(aws, dlq)))


@command(mutates=True)
def cancel(aws: Aws, dlq: DlqArgument) -> Iterator[Plan | Move]:
    """Cancel the move task of a dead-letter queue; what it moved stays moved."""
    sqs = aws.client("sqs")
    facts = read_facts(sqs, find_queue(aws, dlq))
    task = running_task(sqs, facts)
    yield describe_cancel(facts, task)
    yield cancel_task(sqs, facts, task, sleep=aws.sleep, clock=aws.clock)


@command(mutates=True)
def purge(
    aws: Aws,
    queue: QueueArgument,
    confirm: Annotated[
        str | None,
        Option(help="The queue's name; on a terminal it is asked for.", metavar="NAME"),
    ] = None,
) -> Iterator[Plan | Purged]:
    """Delete all messages of a queue, for good."""
    sqs = aws.client("sqs")
    facts = read_facts(sqs, find_queue(aws, queue))
    yield describe_purge(facts)
    check_typed(facts, confirm, aws.ask if aws.env.interactive else None)
    yield purge_queue(sqs, facts)
