"""The plan of a redrive: what there is, where it goes, and what a person should know before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from awsops.errors import UsageError
from awsops.events import Change, Plan

from .client import SqsClient, is_over_limit
from .forecast import LOOKED_AT, Forecast, forecast
from .messages import BATCH, Message
from .peek import look
from .queues import QueueFacts, QueueRef, source_queues
from .rewriting import NotRewrittenError, Rewriting, shown
from .routing import Destination, Router, read_destination

NAMED = 5  # sources named in a plan before it only counts them

# What a plan looks at is hidden for no longer, should it be killed: the shortest lease of a run,
# which the next process waits for in any case.
GLANCE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Example:
    """A body before and after it was rewritten; of `barren` of the `looked_at` nothing is made."""

    before: str
    after: str
    barren: int
    looked_at: int


@dataclass(frozen=True, slots=True)
class RedrivePlan:
    """What a redrive will do. `to` takes everything; else each message goes to its own source.

    `unfinished` messages were in work when the run that is resumed was interrupted. `selective`:
    only a part of the messages is meant. `place` names the account of `to` where it is another,
    `example` is a body before and after it was rewritten, `forecast` what a look has counted.
    `hidden` of what was looked at could not be given back at once, `rival` tells how far a move
    task is that is at work on the queue, `engine` who moves them and why, where awsops chose.
    """

    dlq: QueueFacts
    to: Destination | None
    sources: tuple[QueueRef, ...]
    region: str
    limit: int | None
    empty: bool
    unfinished: int = 0
    selective: bool = False
    place: str = ""
    example: Example | None = None
    keep_dedup_id: bool = False
    forecast: Forecast | None = None
    hidden: int = 0
    rival: str = ""
    engine: str = ""

    @property
    def about(self) -> int:
        """How many messages, as SQS counts them: approximately."""
        return self.dlq.visible if self.limit is None else min(self.limit, self.dlq.visible)

    def destination_name(self) -> str:
        if self.to is not None:
            return self.to.name
        if len(self.sources) > NAMED:
            return f"{len(self.sources)} source queues"
        return ", ".join(source.name for source in self.sources) or "each message's own source"


def plan_redrive(
    sqs: SqsClient,
    dlq: QueueFacts,
    *,
    to: QueueRef | None,
    limit: int | None,
    region: str,
    stopped: Callable[[], bool],
    unfinished: int = 0,
    selects: Callable[[Message], bool] | None = None,
    to_sqs: SqsClient | None = None,
    place: str = "",
    rewriting: Rewriting | None = None,
    keep_dedup_id: bool = False,
) -> RedrivePlan:
    """Read what is there and decide where it goes; changes nothing.

    UsageError when the destination is the queue itself, is FIFO and the queue is not, or cannot
    be known.
    """
    ref = dlq.ref
    destination = _check_destination(to_sqs or sqs, ref, to) if to is not None else None
    sources = [] if destination else source_queues(sqs, ref)
    empty = limit == 0  # a resumed run that has moved all that it may
    # Not where each look brings a message nearer to the next dead-letter queue.
    asks_where = selects is not None or (destination is None and len(sources) != 1)
    counts = asks_where and not unfinished and dlq.dlq_arn is None
    example = split = None
    hidden = 0
    if counts or dlq.visible == 0 or rewriting is not None or not (destination or sources):
        glance = _glance(sqs, dlq, LOOKED_AT if counts else BATCH, stopped)
        seen, hidden = glance.messages, glance.hidden
        empty = empty or not (seen or unfinished or glance.refused)
        if seen and not (destination or sources) and all(m.source_arn is None for m in seen):
            raise UsageError(
                f"{ref.name} is no queue's dead-letter queue, and its messages name no source",
                hint="say where they go with --to QUEUE",
            )
        if rewriting is not None and seen:
            example = _example(rewriting, seen)
        if counts and seen:
            router = Router(sqs, region=region, fixed=destination, sources=sources)
            split = forecast(seen, router, selects=selects, counted=dlq.visible)
    return RedrivePlan(
        dlq=dlq,
        to=destination,
        sources=tuple(sources),
        region=region,
        limit=limit,
        empty=empty,
        unfinished=unfinished,
        selective=selects is not None,
        place=place,
        example=example,
        keep_dedup_id=keep_dedup_id,
        forecast=split,
        hidden=hidden,
    )


@dataclass(frozen=True, slots=True)
class _Glance:
    """`refused`: as many messages are in flight as SQS allows, and it shows no more."""

    messages: list[Message]
    hidden: int
    refused: bool = False


def _glance(sqs: SqsClient, dlq: QueueFacts, count: int, stopped: Callable[[], bool]) -> _Glance:
    """Some messages, given back at once. Counts lag by up to a minute; a look does not."""
    about = min(count, dlq.visible) or BATCH
    try:
        seen = look(
            sqs, dlq.ref, count=count, about=about, stopped=stopped, visibility=GLANCE_SECONDS
        )
    except Exception as error:
        if not is_over_limit(error):
            raise
        return _Glance([], 0, refused=True)
    return _Glance(seen.messages, seen.hidden)


def _example(rewriting: Rewriting, seen: list[Message]) -> Example:
    """The first body of which the expression makes another; UsageError when it makes none."""
    found: tuple[str, str] | None = None
    barren = 0
    for message in seen:
        try:
            made = rewriting.of(message).body
        except NotRewrittenError:
            barren += 1
            continue
        found = found or (shown(message.body), shown(made))
    if found is None:
        raise UsageError(
            f"--transform gives nothing for any of the first {len(seen)} messages",
            hint="it is a JMESPath over {body, attributes, system, age}, such as body.detail",
        )
    return Example(*found, barren, len(seen))


def _check_destination(sqs: SqsClient, dlq: QueueRef, to: QueueRef) -> Destination:
    if to.url == dlq.url:
        raise UsageError(f"--to {to.name} is the queue that is redriven")
    if to.fifo and not dlq.fifo:
        raise UsageError(
            f"--to {to.name} is a FIFO queue, and {dlq.name} is not: its messages have no order"
        )
    return read_destination(sqs, to)


def describe_plan(plan: RedrivePlan) -> Plan:
    """The plan as a person confirms it; without changes when the queue is empty."""
    name = plan.dlq.ref.name
    warnings = tuple(_warnings(plan))
    if plan.empty:
        why = "as many as --max were moved" if plan.limit == 0 else f"{name} is empty"
        return Plan((), f"{why}: there is nothing to redrive", warnings)
    detail = _what_goes_where(plan)
    if plan.place:
        detail += f" in {plan.place}"
    if plan.limit is not None:
        detail += f", at most {plan.limit:,}"
    change = Change(
        action="redrive",
        resource=name,
        detail=detail,
        before=plan.example.before if plan.example else None,
        after=plan.example.after if plan.example else None,
        irreversible=True,
        why_no_undo="the copies are new messages, which consumers may take at once",
    )
    kept = "kept: body, message attributes, trace header, message group"
    fresh_dedup = plan.dlq.ref.fifo and not plan.keep_dedup_id
    fresh = "; new: message id, age" + (", deduplication id" if fresh_dedup else "")
    if plan.example:
        fresh += "; rewritten: the body"
    if plan.engine:
        fresh += f"; engine {plan.engine}"
    return Plan((change,), f"{kept}{fresh}", warnings)


def _what_goes_where(plan: RedrivePlan) -> str:
    known = plan.forecast
    if known is not None and known.whole:
        if plan.selective:
            split = f": {known.split()}" if known.chosen else ""
            return f"{known.chosen:,} of {counted(known.seen)} selected{split}"
        return f"{counted(known.seen)}: {known.split()}"
    target = plan.destination_name()
    if plan.to is None and len(plan.sources) > 1:
        target = f"each its own source ({target})"
    about = f"about {counted(plan.about)}" if plan.dlq.visible else "a few messages"
    if plan.selective:
        about = f"what is selected of about {counted(plan.dlq.visible)}"
    if known is None:
        return f"{about} to {target}"
    chosen = f"{known.chosen:,} are selected: " if plan.selective else ""
    split = known.split() if known.chosen else "none is"
    return f"{about} to {target}; of the first {known.seen:,}, {chosen}{split}"


def describe_arrival(plan: RedrivePlan) -> Plan:
    """The other half of the plan, where the destination is in another account or region."""
    change = Change(
        action="send",
        resource=plan.destination_name(),
        detail=f"the copies, from {plan.dlq.arn}",
        irreversible=True,
        why_no_undo="the copies are new messages, which consumers may take at once",
    )
    return Plan((change,))


def _warnings(plan: RedrivePlan) -> Iterator[str]:
    facts = plan.dlq
    name = facts.ref.name
    if plan.unfinished:
        yield (
            f"{counted(plan.unfinished)} were in work when the run was interrupted: what was sent "
            "is only deleted, as soon as it is visible again (within a minute)"
        )
    elif facts.in_flight:
        yield f"{counted(facts.in_flight)} of {name} held by another consumer: left alone"
    if plan.example and plan.example.barren:
        yield (
            f"--transform gives nothing for {plan.example.barren} of the first "
            f"{plan.example.looked_at} messages: such messages stay"
        )
    if plan.rival:
        yield (
            f"a move task of SQS moves messages of {name} at the same time, {plan.rival}: "
            f"awsops sqs cancel {name} stops it"
        )
    if facts.dlq_arn:
        yield (
            f"{name} has a dead-letter queue of its own: a message that cannot be moved comes "
            f"nearer to its {facts.max_receive_count} receives"
        )
    if facts.ref.fifo and plan.keep_dedup_id:
        yield (
            "SQS accepts a copy whose deduplication id it saw within five minutes and delivers "
            "nothing: such a message is lost"
        )
    if facts.ref.fifo and plan.selective:
        yield f"{name} is a FIFO queue: what stays holds up what is behind it in its group"
    if facts.ref.fifo and plan.to is not None and not plan.to.fifo:
        yield f"{plan.to.name} is not a FIFO queue: the order of {name} is lost"


def counted(count: int) -> str:
    """`1 message`, `1,200 messages`."""
    return f"{count:,} message" if count == 1 else f"{count:,} messages"
