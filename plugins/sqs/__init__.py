"""Look into SQS queues, send to them, and redrive dead-letter queues."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Change,
    Note,
    Option,
    Plan,
    Progress,
    UsageError,
    command,
)

from .archive import open_archive
from .lanes import Terms
from .pacing import Pace, read_rate
from .peek import HIDDEN, Peeked, look, peeked
from .planning import describe_plan, plan_redrive
from .queues import (
    Queue,
    QueueFacts,
    QueueRef,
    list_queues,
    name_of_url,
    read_facts,
    resolve_queue,
)
from .redrive import Redriven, apply_redrive
from .runs import open_run, read_lease, service_now
from .selection import read_selection
from .sending import Draft, Sent, check_draft, read_attributes, read_delay, send_draft

# A message that was only looked at is given back with these: they change nothing that lasts.
GIVE_BACK = ("sqs:ChangeMessageVisibility", "sqs:ChangeMessageVisibilityBatch")
READERS = 32  # queues whose attributes are read at a time; SQS has no documented quota for it
MOST_PEEKED = 1_000

# `peek_` and `redrive_`: without the underscore they would hide the modules of these names.

WhereOption = Annotated[
    str | None,
    Option(help="Only where this JMESPath over {body, attributes, system, age} is true."),
]
MatchOption = Annotated[str | None, Option(help="Only where this pattern is found in the body.")]
SinceOption = Annotated[str | None, Option(help="Only those sent since: 2h, or a time.")]
UntilOption = Annotated[str | None, Option(help="Only those sent before: 1h, or a time.")]
QueueArgument = Annotated[str, Argument(help="Queue name, URL or ARN.")]


@command()
def ls(
    aws: Aws,
    pattern: Annotated[str, Argument(help="Names to show, as a glob.")] = "*",
    dlq: Annotated[bool, Option(help="Only queues that are somebody's dead-letter queue.")] = False,
) -> Iterator[Queue | Note]:
    """List queues with their depths and dead-letter wiring."""
    with aws.pool(READERS) as pool:
        yield from list_queues(aws.client("sqs"), pool, pattern=pattern, only_dlqs=dlq)


@command(calls=GIVE_BACK)
def peek_(
    aws: Aws,
    queue: QueueArgument,
    count: Annotated[
        int, Option(help="How many messages, at most.", short="-n", min=1, max=MOST_PEEKED)
    ] = 10,
    raise_receive_count: Annotated[
        bool,
        Option(
            help="Look even where each look counts towards the queue's own maxReceiveCount and "
            "may push messages into its dead-letter queue."
        ),
    ] = False,
) -> Iterator[Peeked | Note]:
    """Show messages of a queue and give every one of them back at once."""
    sqs = aws.client("sqs")
    ref = _resolve(aws, queue)
    facts = read_facts(sqs, ref)
    if facts.dlq_arn and not raise_receive_count:
        raise UsageError(
            f"{ref.name} moves a message to its dead-letter queue after "
            f"{facts.max_receive_count} receives, and a look is a receive",
            hint="--raise-receive-count looks all the same",
        )
    seen = look(sqs, ref, count=count, about=facts.visible, stopped=aws.cancelled.is_set)
    if seen.hidden:
        yield Note(
            f"{seen.hidden} messages could not be given back: visible again within {HIDDEN} s",
            "warning",
        )
    for message in seen.messages:
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
        list[str], Option(help="name=value, name:Number=5 or name:Binary=BASE64; repeatable.")
    ] = [],  # noqa: B006 - the kernel hands over a list of its own
    group_id: Annotated[str | None, Option(help="Message group; FIFO queues need one.")] = None,
    dedup_id: Annotated[str | None, Option(help="Deduplication id, for FIFO queues.")] = None,
    delay: Annotated[
        str | None, Option(help="Hide it at first, 0s to 15m; not for FIFO queues.")
    ] = None,
) -> Iterator[Plan | Sent]:
    """Send one message, attributes and all."""
    sqs = aws.client("sqs")
    draft = Draft(
        body=_read_body(aws, body, body_file),
        attributes=read_attributes(attribute),
        group_id=group_id,
        dedup_id=dedup_id,
        delay=read_delay(delay),
    )
    facts = read_facts(sqs, _resolve(aws, queue))
    check_draft(draft, facts)
    yield Plan((Change("send", facts.ref.name, draft.summary(), irreversible=True),))
    yield send_draft(sqs, facts, draft)


@command(mutates=True, calls=GIVE_BACK)
def redrive_(
    aws: Aws,
    dlq: QueueArgument,
    to: Annotated[
        str | None, Option(help="Where all go; default: each back to its own source.")
    ] = None,
    where: WhereOption = None,
    match: MatchOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    max: Annotated[int | None, Option(help="Move at most so many messages.", min=1)] = None,
    rate: Annotated[str | None, Option(help="Move at most so many a second, like 50/s.")] = None,
    backup: Annotated[
        Path | None, Option(help="Append every message to this file before it is sent.")
    ] = None,
    lanes: Annotated[int, Option(help="Batches under way at a time.", min=1, max=64)] = 4,
    visibility: Annotated[
        str, Option(help="Hide what is under way for so long; a killed run's messages then return.")
    ] = "60s",
    resume: Annotated[
        str | None, Option(help="Go on with an interrupted run.", metavar="RUN")
    ] = None,
) -> Iterator[Plan | Progress | Note | Redriven]:
    """Move messages from a dead-letter queue back to where they came from."""
    lease = read_lease(visibility)
    pace = Pace(read_rate(rate), aws.clock) if rate is not None else None
    selection = read_selection(where=where, match=match, since=since, until=until, now=aws.clock())
    sqs = aws.client("sqs")
    facts = read_facts(sqs, _resolve(aws, dlq))
    given = _resolve(aws, to) if to is not None else None
    folder = aws.env.folders.state / "redrive"
    with open_run(folder, facts, run_id=aws.run_id, resume=resume) as opened:
        url = opened.destination(given)
        plan = plan_redrive(
            sqs,
            facts,
            to=QueueRef(name_of_url(url), url) if url is not None else None,
            limit=max,
            region=aws.region,
            stopped=aws.cancelled.is_set,
            unfinished=opened.unfinished,
            selective=selection is not None,
        )
        yield describe_plan(plan)
        options = {"--rate": rate, "--backup": str(backup) if backup else None}
        if selection is not None:
            options |= {"--where": where, "--match": match, **selection.times()}
        go_on = _command_to_go_on(aws, facts, opened.id, options)
        run = opened.begin(plan, service_now(sqs, facts.ref, aws.clock), go_on, lease=lease)
        with open_archive(backup, facts.arn) as archive, aws.pool(lanes) as pool:
            yield from apply_redrive(
                sqs,
                plan,
                run,
                pool=pool,
                lanes=lanes,
                sleep=aws.sleep,
                clock=aws.clock,
                cancelled=aws.cancelled,
                lease=lease,
                terms=Terms(selection.by(aws.clock) if selection else None, archive, pace),
            )


def _command_to_go_on(
    aws: Aws, dlq: QueueFacts, run_id: str, options: Mapping[str, str | None]
) -> str:
    target = aws.target
    every = {**options, "-p": target.profile, "-r": target.region, "--role": target.role}
    given = [word for flag, value in every.items() if value for word in (flag, value)]
    return shlex.join(["awsops", "sqs", "redrive", dlq.ref.name, "--resume", run_id, *given])


def _resolve(aws: Aws, text: str) -> QueueRef:
    def where() -> str:
        return f"account {aws.identity().account}, {aws.region}"

    return resolve_queue(aws.client("sqs"), text, region=aws.region, where=where)


def _read_body(aws: Aws, body: str | None, body_file: Path | None) -> str:
    if body is not None and body_file is not None:
        raise UsageError("give the body as an argument or with --body-file, not both")
    if body is not None:
        return body
    if body_file is not None:
        try:
            return body_file.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--body-file {body_file}: {error}") from error
    if aws.env.stdin_tty:
        raise UsageError("there is no body", hint="give it as an argument, --body-file or stdin")
    return aws.env.read_stdin()
