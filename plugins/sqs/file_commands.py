"""The commands that move messages between a queue and a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Note,
    Plan,
    Progress,
    command,
)

from .arguments import (
    GIVE_BACK,
    LanesOption,
    MatchOption,
    QueueArgument,
    RaiseOption,
    SinceOption,
    UntilOption,
    WhereOption,
    check_look,
    find_queue,
    how_many_lanes,
)
from .copying import Copier
from .exporting import Exported, export_messages
from .guard import LoopGuard
from .importing import Imported, apply_import, plan_import
from .queues import read_facts
from .record import MemoryRecord
from .routing import read_destination
from .selection import read_selection


@command(calls=GIVE_BACK)
def export(
    aws: Aws,
    queue: QueueArgument,
    file: Annotated[Path, Argument(help="Where to append them, a line of JSON each.")],
    where: WhereOption = None,
    match: MatchOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    raise_receive_count: RaiseOption = False,
) -> Iterator[Progress | Note | Exported]:
    """Copy messages into a file and leave all of them in the queue."""
    chosen = read_selection(where=where, match=match, since=since, until=until, now=aws.clock())
    sqs = aws.client("sqs")
    facts = read_facts(sqs, find_queue(aws, queue))
    check_look(facts, raise_receive_count)
    yield from export_messages(
        sqs,
        facts,
        file,
        selects=chosen.by(aws.clock) if chosen else None,
        sleep=aws.sleep,
        clock=aws.clock,
        stopped=aws.cancelled.is_set,
    )


@command(mutates=True, name="import")
def import_(
    aws: Aws,
    queue: QueueArgument,
    file: Annotated[Path, Argument(help="What export or redrive --backup wrote.")],
    lanes: LanesOption = None,
) -> Iterator[Plan | Progress | Note | Imported]:
    """Send the messages of a file to a queue."""
    plan = plan_import(file, read_destination(aws.client("sqs"), find_queue(aws, queue)))
    yield plan.describe()
    copier = Copier(
        aws.client("sqs", lean=True),
        run_id=aws.run_id,
        record=MemoryRecord(),
        guard=LoopGuard(0.0),
        sleep=aws.sleep,
        clock=aws.clock,
        stopping=aws.cancelled.is_set,
    )
    width = how_many_lanes(aws, lanes)
    with aws.pool(width) as pool:
        yield from apply_import(
            plan,
            copier,
            pool=pool,
            lanes=width,
            sleep=aws.sleep,
            clock=aws.clock,
            stopped=aws.cancelled.is_set,
        )
