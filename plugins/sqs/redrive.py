"""Redrive: the messages of a dead-letter queue go back to where they came from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass

from awsops.errors import AwsopsError, CancelledError, PartialError, UsageError
from awsops.events import Change, Note, Plan, Progress

from .client import SqsClient, service_time
from .guard import LoopGuard
from .hands import VISIBILITY
from .lanes import Lanes
from .messages import BATCH
from .peek import look
from .queues import QueueFacts, QueueRef, read_facts, source_queues
from .record import Record
from .routing import Destination, Router, read_destination
from .tally import Tally

PROGRESS_SECONDS = 0.25
NAMED = 5  # sources named in a plan before it only counts them


@dataclass(frozen=True, slots=True)
class Redriven:
    """The row of `sqs redrive`.

    `matched` messages were chosen: `moved` (copy accepted, original deleted) plus `failed` (still
    in the dead-letter queue). `skipped` were sent after the run began and left alone. `seconds`
    is the time of the whole run, `rate` messages moved a second until the last one: the polls that
    make sure that nothing is left do not count.
    """

    run: str
    dlq: str
    destination: str
    matched: int
    moved: int
    skipped: int
    failed: int
    seconds: float
    rate: float


@dataclass(frozen=True, slots=True)
class RedrivePlan:
    """What a redrive will do. `to` takes everything; else each message goes to its own source."""

    dlq: QueueFacts
    to: Destination | None
    sources: tuple[QueueRef, ...]
    region: str
    limit: int | None
    empty: bool

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
    dlq: QueueRef,
    *,
    to: QueueRef | None,
    limit: int | None,
    region: str,
    stopped: Callable[[], bool],
) -> RedrivePlan:
    """Read what is there and decide where it goes; changes nothing.

    UsageError when the destination is the queue itself, is FIFO and the queue is not, or cannot
    be known.
    """
    facts = read_facts(sqs, dlq)
    destination = _check_destination(sqs, dlq, to) if to is not None else None
    sources = [] if destination else source_queues(sqs, dlq)
    empty = False
    if facts.visible == 0 or not (destination or sources):
        # Counts lag by up to a minute; a look does not, and shows whether messages name a source.
        seen = look(sqs, dlq, count=BATCH, about=BATCH, stopped=stopped).messages
        empty = not seen
        if seen and not (destination or sources) and all(m.source_arn is None for m in seen):
            raise UsageError(
                f"{dlq.name} is no queue's dead-letter queue, and its messages name no source",
                hint="say where they go with --to QUEUE",
            )
    return RedrivePlan(facts, destination, tuple(sources), region, limit, empty)


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
        return Plan((), f"{name} is empty: there is nothing to redrive", warnings)
    target = plan.destination_name()
    if plan.to is None and len(plan.sources) != 1:
        target = f"each its own source ({target})" if plan.sources else target
    about = f"about {_counted(plan.about)}" if plan.dlq.visible else "a few messages"
    detail = f"{about} to {target}"
    if plan.limit is not None:
        detail += f", at most {plan.limit:,}"
    change = Change(
        action="redrive",
        resource=name,
        detail=detail,
        irreversible=True,
        why_no_undo="the copies are new messages, which consumers may take at once",
    )
    kept = "kept: body, message attributes, trace header, message group"
    fresh = "; new: message id, age" + (", deduplication id" if plan.dlq.ref.fifo else "")
    return Plan((change,), f"{kept}{fresh}", warnings)


def _warnings(plan: RedrivePlan) -> Iterator[str]:
    facts = plan.dlq
    name = facts.ref.name
    if facts.in_flight:
        yield f"{_counted(facts.in_flight)} of {name} held by another consumer: left alone"
    if facts.dlq_arn:
        yield (
            f"{name} has a dead-letter queue of its own: a message that cannot be moved comes "
            f"nearer to its {facts.max_receive_count} receives"
        )
    if facts.ref.fifo and plan.to is not None and not plan.to.fifo:
        yield f"{plan.to.name} is not a FIFO queue: the order of {name} is lost"


def apply_redrive(
    sqs: SqsClient,
    plan: RedrivePlan,
    *,
    pool: Executor,
    lanes: int,
    run_id: str,
    record: Record,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    cancelled: threading.Event,
) -> Iterator[Progress | Note | Redriven]:
    """Move the messages, `lanes` (1..) threads of `pool` at a time; the last row is a Redriven.

    `sleep` and `clock` are seconds. Once `cancelled` is set the batches under way are finished and
    the rest is given back. Raised after the row: CancelledError, PartialError when some messages
    failed, or the error that stopped the run.
    """
    began = clock()
    if plan.empty:
        yield _row(plan, None, run_id, began, clock())
        return
    work = _make_lanes(sqs, plan, lanes, run_id, record, sleep, clock, cancelled)
    futures = [pool.submit(work.work, number) for number in range(lanes)]
    try:
        while wait(futures, timeout=PROGRESS_SECONDS).not_done:
            yield _progress(plan, work, began, clock())
    finally:
        work.stop()
        wait(futures)
        work.finish(pool.map)
    yield _progress(plan, work, began, clock())
    yield from _notes(plan, work, record)
    yield _row(plan, work, run_id, began, clock())
    _raise_what_happened(work, futures, record, cancelled, plan.dlq.ref.name)


def _make_lanes(
    sqs: SqsClient,
    plan: RedrivePlan,
    lanes: int,
    run_id: str,
    record: Record,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    cancelled: threading.Event,
) -> Lanes:
    # The start of the run by the service's clock: ours may be minutes off.
    url = plan.dlq.ref.url
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return Lanes(
        sqs,
        plan.dlq.ref,
        router=Router(sqs, region=plan.region, fixed=plan.to, sources=plan.sources),
        record=record,
        guard=LoopGuard(service_time(answer) or clock()),
        run_id=run_id,
        lanes=lanes,
        limit=plan.limit,
        sleep=sleep,
        clock=clock,
        cancelled=cancelled,
    )


def _progress(plan: RedrivePlan, work: Lanes, began: float, now: float) -> Progress:
    tally = work.tally
    parts = [f"{tally.moved / max(now - began, 0.001):,.0f}/s"]
    if tally.skipped:
        parts.append(f"{tally.skipped:,} skipped")
    if tally.failed:
        parts.append(f"{tally.failed:,} failed")
    done = tally.moved + tally.failed
    return Progress(done, max(plan.about, done), "messages", ", ".join(parts))


def _notes(plan: RedrivePlan, work: Lanes, record: Record) -> Iterator[Note]:
    tally = work.tally
    name = plan.dlq.ref.name
    for reason, count in tally.failures.most_common():
        which = tally.example[reason]
        yield Note(f"{_counted(count)} left in {name} (such as {which}): {reason}", "warning")
    if tally.skipped:
        yield Note(f"{_counted(tally.skipped)} sent after the run began left alone in {name}")
    if record.undeleted():
        yield Note(
            f"{_counted(record.undeleted())} sent but not deleted, and so both in {name} and in "
            f" {', '.join(sorted(work.destinations()))}",
            "warning",
        )
    if tally.unreleased:
        yield Note(
            f"{_counted(tally.unreleased)} of {name} could not be given back at once: "
            f"visible again within {VISIBILITY // 60} to 15 minutes",
            "warning",
        )


def _row(plan: RedrivePlan, work: Lanes | None, run_id: str, began: float, now: float) -> Redriven:
    tally = work.tally if work else Tally()
    used = ", ".join(sorted(work.destinations())) if work else ""
    moving = max(tally.last_move - began, 0.001)
    return Redriven(
        run=run_id,
        dlq=plan.dlq.ref.name,
        destination=used or plan.destination_name(),
        matched=tally.moved + tally.failed,
        moved=tally.moved,
        skipped=tally.skipped,
        failed=tally.failed,
        seconds=round(now - began, 3),
        rate=round(tally.moved / moving, 1),
    )


def _counted(count: int) -> str:
    return f"{count:,} message" if count == 1 else f"{count:,} messages"


def _raise_what_happened(
    work: Lanes,
    futures: list[Future[None]],
    record: Record,
    cancelled: threading.Event,
    name: str,
) -> None:
    for future in futures:
        error = future.exception()
        if error is not None:
            raise error
    if cancelled.is_set():
        raise CancelledError(
            f"stopped: {_counted(work.tally.moved)} of {name} moved, the others stay",
            hint="run the same command again to go on",
        )
    left = work.tally.failed + record.undeleted()
    if left:
        kind = PartialError if work.tally.moved else AwsopsError
        raise kind(f"{_counted(left)} of {name} could not be moved")
