"""Which queue gives up into which, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from awsops.units import format_duration

from .queues import QueueFacts, name_of_arn


@dataclass(frozen=True, slots=True)
class Wire:
    """A row of `sqs policy`: a dead-letter queue (no `source`), or one of its sources below it.

    `visible` is how many messages lie in the queue of the row.
    """

    tree: str
    dlq: str
    source: str | None
    max_receive_count: int | None
    visible: int | None
    problem: str | None


def wiring(
    queues: Sequence[QueueFacts],
    pattern: str = "*",
    *,
    unread: Collection[str] = (),
    ascii_only: bool = False,
) -> Iterator[Wire]:
    """Every dead-letter queue by name, its sources (whose names match the glob) below it; queues
    without wiring are left out. `unread` has the names of queues that exist and may not be read."""
    twig, last_twig = ("|-", "`-") if ascii_only else ("├─", "└─")
    by_arn = {queue.arn: queue for queue in queues}
    sources: dict[str, list[QueueFacts]] = {}
    for queue in queues:
        if queue.dlq_arn and fnmatchcase(queue.ref.name, pattern):
            sources.setdefault(queue.dlq_arn, []).append(queue)
    for arn in sorted(sources, key=name_of_arn):
        dlq, name = by_arn.get(arn), name_of_arn(arn)
        yield Wire(
            tree=name,
            dlq=name,
            source=None,
            max_receive_count=None,
            visible=dlq.visible if dlq else None,
            problem=None if dlq else _missing(name in unread),
        )
        last = sources[arn][-1]
        for source in sources[arn]:
            yield Wire(
                tree=f"{last_twig if source is last else twig} {source.ref.name}",
                dlq=name,
                source=source.ref.name,
                max_receive_count=source.max_receive_count,
                visible=source.visible,
                problem=_problem(source, dlq),
            )


def _missing(exists: bool) -> str:
    if exists:
        return "its attributes may not be read"
    return "there is no such queue here: what fails is not kept"


def _problem(source: QueueFacts, dlq: QueueFacts | None) -> str | None:
    if dlq is None:
        return None
    if source.ref.fifo != dlq.ref.fifo:
        return "one is a FIFO queue and the other is not"
    # A message's age goes on counting in a standard dead-letter queue (SQS developer guide).
    if not source.ref.fifo and dlq.retention < source.retention:
        kept, longer = format_duration(dlq.retention), format_duration(source.retention)
        return f"{dlq.ref.name} keeps messages for {kept}, the source for {longer}"
    if source.max_receive_count == 1:
        return "one failed receive, or a slow one, is enough to give a message up"
    return None
