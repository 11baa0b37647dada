"""Redrive: the messages of a dead-letter queue go back to where they came from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass

from awsops.errors import AwsopsError, CancelledError, PartialError
from awsops.events import Note, Progress
from awsops.units import format_duration

from .budget import Budget
from .client import SqsClient
from .each import Settled
from .growth import Growth
from .hands import LEASE
from .lanes import Lanes
from .planning import RedrivePlan, counted
from .returns import Returns
from .routing import Router
from .runs import Run
from .tally import Tally
from .terms import Terms

PROGRESS_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Redriven:
    """The row of `sqs redrive`.

    `matched` messages were chosen: `moved` (copy accepted, original deleted) plus `failed` (still
    in the dead-letter queue). `skipped` were not selected, or sent after the run began, and
    stay. Where a run took several processes, matched and moved count what all of them did, as far
    as it is known; `resumed`, a part of the moved, had been sent by an interrupted one and were
    only deleted.
    `seconds` is the time of the last process, `rate` messages that it moved a second until the
    last one: the polls that make sure that nothing is left do not count.
    """

    run: str
    dlq: str
    destination: str
    matched: int
    moved: int
    skipped: int
    failed: int
    resumed: int
    seconds: float
    rate: float


def apply_redrive(
    sqs: SqsClient,
    plan: RedrivePlan,
    run: Run,
    *,
    pool: Executor,
    lanes: int,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    cancelled: threading.Event,
    lease: int = LEASE,
    terms: Terms = Terms(),  # noqa: B008 - frozen
) -> Iterator[Progress | Note | Redriven | Settled]:
    """Move the messages, `lanes` (1..) threads of `pool` at a time; the last row is a Redriven.

    Messages in work are hidden for `lease` seconds at a time. `sleep` and `clock` are seconds. Once
    `cancelled` is set the batches under way are finished and the rest is given back. Raised after
    the row: CancelledError, PartialError when some failed, or the error that stopped the run.
    """
    began = clock()
    # What a killed process held is hidden until its leases end: the queue only seems empty.
    patient_until = began + run.patience
    work = Lanes(
        sqs,
        plan.dlq.ref,
        router=Router(sqs, region=plan.region, fixed=plan.to, sources=plan.sources),
        record=run.record,
        guard=run.guard,
        run_id=run.id,
        lanes=lanes,
        budget=_budget(plan, run, clock, patient_until),
        patient_until=patient_until,
        lease=lease,
        terms=terms,
        sleep=sleep,
        clock=clock,
        cancelled=cancelled,
    )
    growth = Growth(sqs, plan.dlq.ref, clock) if terms.returns else None
    futures = _start(work, plan, run, pool, lanes)
    try:
        while wait(futures, timeout=PROGRESS_SECONDS).not_done:
            yield from _suspicion(growth, work, terms.returns, plan.dlq.ref.name)
            yield from terms.each.take() if terms.each else ()
            yield _progress(plan, work, began, clock())
    finally:
        work.stop()
        wait(futures)
        work.finish(pool.map)
    yield from terms.each.take() if terms.each else ()
    yield _progress(plan, work, began, clock())
    # Killed after a delete, before it was written down: what was sent and is no longer in the
    # queue when its lease has ended, the killed process has moved.
    unseen = run.record.add_vanished() if _is_emptied(work, terms, cancelled) else 0
    yield from _notes(plan, work, run)
    if any(future.exception() for future in futures) and not cancelled.is_set():
        yield Note(f"the run has stopped early; to go on: {run.go_on}", "warning")
    row = _row(plan, work, run, began, clock(), unseen=unseen + run.record.likely)
    yield _as_note(row) if terms.each else row  # with --each, rows are of one kind
    _raise_what_happened(work, futures, run, cancelled, plan.dlq.ref.name, terms.returns)


def _budget(
    plan: RedrivePlan, run: Run, clock: Callable[[], float], patient_until: float
) -> Budget:
    most = plan.limit if run.room is None else run.room
    return Budget(most, clock, begun=run.begun, patient_until=patient_until)


def _start(
    work: Lanes, plan: RedrivePlan, run: Run, pool: Executor, lanes: int
) -> list[Future[None]]:
    """The lanes at work, once what an earlier process left is seen to."""
    if run.suspicion:
        work.unseen.suspect(run.suspicion)
    if plan.empty:
        return []
    work.deleter.check_allowed()
    work.delete_left_behind(pool.map)
    return [pool.submit(work.work, number) for number in range(lanes)]


def _suspicion(
    growth: Growth | None, work: Lanes, returns: Returns | None, name: str
) -> Iterator[Note]:
    """Redriven messages that fail again stand behind the older ones: counts tell of them first."""
    if growth is not None and returns is not None:
        growth.look(work.tally.moved)
        said = returns.suspicion(growth.came, work.tally.moved, name)
        if said:
            yield Note(said, "warning")


def _is_emptied(work: Lanes, terms: Terms, cancelled: threading.Event) -> bool:
    """Whether all that was in the queue has been seen, and moved or left alone on purpose."""
    tripped = terms.returns is not None and terms.returns.too_many
    return work.emptied and not (work.tally.failed or work.owed() or tripped or cancelled.is_set())


def _progress(plan: RedrivePlan, work: Lanes, began: float, now: float) -> Progress:
    tally = work.tally
    rate = tally.moved / max(now - began, 0.001)
    settled = tally.moved + tally.failed
    if plan.limit is None:  # with a limit, what is not selected says nothing of how far it is
        settled += tally.skipped
    parts = [f"{rate:,.0f}/s"]
    if tally.moved and plan.about > settled:
        left = (plan.about - settled) * (now - began) / (settled - tally.failed)
        parts.append(f"{format_duration(max(1, round(left)))} left")
    if work.patience.troubles:
        parts.append(f"{work.patience.troubles.total():,} turned away")
    counts = (
        f"moved {tally.moved:,}, skipped {tally.skipped + tally.late:,}, failed {tally.failed:,}"
    )
    # A copy: lanes add destinations while this is read.
    went = ", ".join(f"{name} {count:,}" for name, count in sorted(dict(tally.sent_to).items()))
    return Progress(
        settled,
        max(plan.about, settled),
        "messages",
        ", ".join(parts),
        details=((f"{counts}; to {went}" if went else counts,),),
    )


def _notes(plan: RedrivePlan, work: Lanes, run: Run) -> Iterator[Note]:
    tally = work.tally
    name = plan.dlq.ref.name
    for reason, count in tally.failures.most_common():
        which = tally.example[reason]
        yield Note(f"{counted(count)} left in {name} (such as {which}): {reason}", "warning")
    if tally.late:
        yield Note(f"{counted(tally.late)} sent after the run began left alone in {name}")
    if work.owed():
        yield Note(
            f"{counted(work.owed())} sent but not deleted, and so both in {name} and in "
            f"{', '.join(work.destinations())}; this deletes them: {run.go_on}",
            "warning",
        )
    if run.record.doubtful:
        yield Note(
            f"up to {counted(run.record.doubtful)} may arrive once more than they should: whether "
            "SQS had accepted them is not known",
            "warning",
        )
    yield from _notes_of_unseen(run, name)
    if work.patience.troubles:
        yield Note(f"{work.patience.summary()} and made again")
    if tally.unreleased:
        yield Note(
            f"{counted(tally.unreleased)} of {name} could not be given back at once: "
            f"visible again within 15 minutes",
            "warning",
        )


def _notes_of_unseen(run: Run, name: str) -> Iterator[Note]:
    """What is not known of the messages that an earlier process had in work."""
    if not run.begun:  # without a limit, a run that goes on comes to all of them
        return
    again = f"to look again: {run.go_on}"
    likely = run.record.likely
    sent = len(run.record.sent_before()) - likely
    if likely:
        yield Note(
            f"{counted(likely)} sent by an earlier process counted as moved: SQS took the deletes, "
            f"but carries none out if somebody received the message meanwhile; {again}",
            "warning",
        )
    if sent:
        yield Note(
            f"{counted(sent)} sent by an earlier process did not come again and not counted: "
            f"deleted by then, or both in {name} and where it went; {again}",
            "warning",
        )
    in_doubt = run.record.unfinished - sent - likely
    if in_doubt:
        yield Note(
            f"{counted(in_doubt)} sent by an earlier process without an answer did not come again "
            f"and not counted, but kept a place of --max; {again}",
            "warning",
        )


def _as_note(row: Redriven) -> Note:
    return Note(
        f"run {row.run}: {row.moved:,} moved, {row.skipped:,} skipped, {row.failed:,} failed in "
        f"{row.seconds:g} s, {row.rate:,.0f}/s"
    )


def _row(
    plan: RedrivePlan, work: Lanes, run: Run, began: float, now: float, *, unseen: int
) -> Redriven:
    tally: Tally = work.tally
    earlier = run.earlier + unseen
    moving = max(tally.last_move - began, 0.001)
    return Redriven(
        run=run.id,
        dlq=plan.dlq.ref.name,
        destination=", ".join(work.destinations()) or plan.destination_name(),
        matched=earlier + tally.moved + tally.failed,
        moved=earlier + tally.moved,
        skipped=tally.skipped + tally.late,
        failed=tally.failed,
        resumed=run.record.resumed,
        seconds=round(now - began, 3),
        rate=round(tally.moved / moving, 1),
    )


def _raise_what_happened(
    work: Lanes,
    futures: list[Future[None]],
    run: Run,
    cancelled: threading.Event,
    name: str,
    returns: Returns | None,
) -> None:
    for future in futures:
        error = future.exception()
        if error is not None:
            raise error
    if cancelled.is_set():
        raise CancelledError(
            f"stopped: {counted(work.tally.moved)} of {name} moved, the others stay",
            hint=f"to go on: {run.go_on}",
        )
    if returns is not None and returns.too_many:
        raise PartialError(
            f"stopped: {returns.summary()} to {name}; the others stay",
            hint=f"look at them: awsops sqs peek {name}; to go on: {run.go_on}",
            code="Returned",
        )
    left = work.tally.failed + work.owed()
    if left:
        kind = PartialError if work.tally.moved else AwsopsError
        raise kind(f"{counted(left)} of {name} could not be moved")
