"""Look into SQS queues, send to them, and redrive dead-letter queues."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Note,
    Option,
    Plan,
    Progress,
    UsageError,
    command,
)
from awsops.given_files import read_given

from .ages import AgedQueue, with_ages
from .arguments import (
    GIVE_BACK,
    DlqArgument,
    LanesOption,
    MatchOption,
    PatternArgument,
    QueueArgument,
    SinceOption,
    UntilOption,
    WhereOption,
    find_queue,
    how_many_lanes,
    target_options,
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
from .copying import Copier
from .draining import Drain, Drained, describe_drain, file_of
from .exporting import Exported, export_messages
from .grouping import Kind, group
from .guard import LoopGuard
from .importing import Imported, apply_import, plan_import
from .move_tasks import Move, cancel_task, describe_cancel, list_moves, running_task
from .peek import HIDDEN, Peeked, look, peeked
from .purging import Purged, check_typed, describe_purge, purge_queue
from .queues import Queue, QueueFacts, list_queues, read_all_facts, read_facts
from .record import MemoryRecord
from .redrive_command import redrive_ as redrive_  # a command of this noun
from .routing import read_destination
from .selection import read_question, read_selection
from .sending import Draft, Sent, check_draft, read_attributes, read_delay, send_draft
from .sending_many import describe_many, read_drafts, send_many
from .wiring import Wire, wiring

READERS = 32  # queues whose attributes are read at a time; SQS has no documented quota for it
MOST_PEEKED = 1_000

RaiseOption = Annotated[
    bool,
    Option(
        help="Look even where each look counts towards the queue's own maxReceiveCount and may "
        "push messages into its dead-letter queue."
    ),
]


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
    _check_look(facts, raise_receive_count)
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


@command(mutates=True)
def send(
    aws: Aws,
    queue: QueueArgument,
    body: Annotated[
        str | None, Argument(help="The body; without it and --body-file, all of stdin.")
    ] = None,
    body_file: Annotated[Path | None, Option(help="Read the body from a file, as it is.")] = None,
    attribute: Annotated[
        list[str],
        Option(
            help="name=value, name:Number=5 or name:Binary=BASE64; may be repeated.",
            metavar="NAME=VALUE",
        ),
    ] = [],  # noqa: B006 - the kernel hands over a list of its own
    group_id: Annotated[
        str | None, Option(help="Message group; FIFO queues need one.", metavar="ID")
    ] = None,
    dedup_id: Annotated[
        str | None, Option(help="Deduplication id, for FIFO queues.", metavar="ID")
    ] = None,
    delay: Annotated[
        str | None,
        Option(help="Hide it at first, 0s to 15m; not for FIFO queues.", metavar="DURATION"),
    ] = None,
    many: Annotated[
        Path | None,
        Option(
            help='Send each line of this file, like {"body": ..., "group_id": ...}; - is stdin.'
        ),
    ] = None,
) -> Iterator[Plan | Sent | Note]:
    """Send a message, attributes and all, or a file of them."""
    sqs = aws.client("sqs")
    if many is not None:
        if body or body_file or attribute or group_id or dedup_id or delay:
            raise UsageError("with --many, everything of a message stands in its line")
        facts = read_facts(sqs, find_queue(aws, queue))
        drafts = read_drafts(_read_file(aws, many), facts)
        yield describe_many(facts, drafts)
        yield from send_many(sqs, facts, drafts, sleep=aws.sleep, stopped=aws.cancelled.is_set)
        return
    draft = Draft(
        body=_read_body(aws, body, body_file),
        attributes=read_attributes(attribute),
        group_id=group_id,
        dedup_id=dedup_id,
        delay=read_delay(delay),
    )
    facts = read_facts(sqs, find_queue(aws, queue))
    check_draft(draft, facts)
    yield draft.plan(facts)
    yield send_draft(sqs, facts, draft)


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
    _check_look(facts, raise_receive_count)
    yield from export_messages(
        sqs,
        facts,
        file,
        selects=chosen.by(aws.clock) if chosen else None,
        sleep=aws.sleep,
        clock=aws.clock,
        stopped=aws.cancelled.is_set,
    )


@command(mutates=True, calls=GIVE_BACK)
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
) -> Iterator[Plan | Progress | Note | Drained]:
    """Write messages to a file, then delete them from the queue."""
    chosen = read_selection(where=where, match=match, since=since, until=until, now=aws.clock())
    sqs = aws.client("sqs")
    facts = read_facts(sqs, find_queue(aws, queue))
    account = aws.identity().account
    path = file_of(file, account=account, region=aws.region, queue=facts.ref.name)
    if not look(sqs, facts.ref, count=1, about=1, stopped=aws.cancelled.is_set).messages:
        yield Plan((), f"{facts.ref.name} is empty: there is nothing to drain")
        yield Drained(facts.ref.name, str(path), 0, 0)
        return
    yield describe_drain(
        facts, path, selective=chosen is not None, limit=max, where=target_options(aws)
    )
    work = Drain(
        sqs,
        facts,
        chosen.by(aws.clock) if chosen else None,
        max,
        aws.sleep,
        aws.clock,
        aws.cancelled.is_set,
    )
    yield from work.run(path)


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
    plan = describe_settings(ref, before, wanted, target_options(aws))
    yield plan
    if plan.changes:
        set_attributes(sqs, ref, wanted)
        before |= wanted
    yield from rows({n: v for n, v in before.items() if not wanted or n in wanted})


@command()
def policy(
    aws: Aws,
    pattern: PatternArgument = "*",
) -> Iterator[Wire | Note]:
    """Show which queue gives up into which, as a tree, and what is wrong with it."""
    with aws.pool(READERS) as pool:
        facts: list[QueueFacts] = []
        for found in read_all_facts(aws.client("sqs"), pool):
            if isinstance(found, Note):
                yield found
            else:
                facts.append(found)
    ascii_only = aws.env.stdout_tty and aws.env.ascii_only(aws.env.stdout)
    yield from wiring(facts, pattern, ascii_only=ascii_only)


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


def _check_look(facts: QueueFacts, allowed: bool) -> None:
    if facts.dlq_arn and not allowed:
        raise UsageError(
            f"{facts.ref.name} moves a message to its dead-letter queue after "
            f"{facts.max_receive_count} receives, and a look is a receive",
            hint="--raise-receive-count looks all the same",
        )


def _read_file(aws: Aws, path: Path) -> str:
    if str(path) == "-":
        return aws.env.read_stdin()
    return read_given(path, "--many")


def _read_body(aws: Aws, body: str | None, body_file: Path | None) -> str:
    if body is not None and body_file is not None:
        raise UsageError("give the body as an argument or with --body-file, not both")
    if body is not None:
        return body
    if body_file is not None:
        return read_given(body_file, "--body-file")
    if aws.env.stdin_tty:
        raise UsageError("there is no body", hint="give it as an argument, --body-file or stdin")
    return aws.env.read_stdin()
