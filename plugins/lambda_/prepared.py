"""The aliases of one run, planned or found again, and the records that make each resumable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from awsops.api import Aws, AwsopsError, Plan, RunRecord, UsageError

from .asking import Question, question_of
from .names import AliasRef, command_line
from .planning import ShiftPlan, Terms, describe_shift, plan_shift
from .resuming import describe_resume, plan_resume
from .routing import AliasState
from .runs import KEEP_SECONDS, Position, folder_of, header_of, record_name, runs_of


@dataclass(frozen=True, slots=True)
class Prepared:
    """One alias that is ready to go. record: of the run that is resumed; None for a new one.
    begun: an interrupted run had written more than that it was going to be shifted."""

    plan: ShiftPlan
    start: Position
    record: RunRecord | None = None
    run: str = ""
    begun: bool = False


def prepare(aws: Aws, ref: AliasRef, to: str, terms: Terms) -> Prepared:
    """A new shift of an alias, checked; UsageError when one of it is under way here."""
    folder, account = folder_of(aws.env.folders.state), aws.identity().account
    for run in runs_of(folder, account, aws.region, ref):
        if RunRecord.is_held(folder, record_name(run, account, aws.region, ref)):
            raise UsageError(
                f"run {run} is shifting {ref} at this moment",
                hint=f"{command_line(aws, 'status', str(ref))} shows how far it is",
                code="InProgress",
            )
    return Prepared(plan_one(aws, ref, to, terms), Position("step"), run=aws.run_id)


def plan_one(aws: Aws, ref: AliasRef, to: str, terms: Terms) -> ShiftPlan:
    """The shift of one alias of the target, checked; UsageError when it carries weights already."""
    return plan_shift(
        aws.client("lambda"),
        aws.client("cloudwatch"),
        ref,
        to,
        terms,
        now=aws.clock(),
        in_progress=lambda state: _in_progress(aws, state),
    )


def _in_progress(aws: Aws, state: AliasState) -> AwsopsError:
    """Weights that are there already: another shift, ours or somebody else's."""
    runs = runs_of(folder_of(aws.env.folders.state), aws.identity().account, aws.region, state.ref)
    back = command_line(aws, "rollback", str(state.ref))
    go_on = command_line(aws, "shift", str(state.ref), "--resume", runs[-1]) if runs else ""
    return UsageError(
        f"a shift of {state.ref} is in progress: it is at {state.route}; nothing was changed",
        hint=f"{go_on} goes on, {back} takes it back" if runs else f"{back} takes it back",
        code="InProgress",
    )


def find_again(aws: Aws, ref: AliasRef, run: str) -> Prepared:
    """A shift that was interrupted, or whose turn had not come; NotFoundError without a record."""
    name = record_name(run, aws.identity().account, aws.region, ref)
    record = RunRecord.resume(folder_of(aws.env.folders.state), name)
    try:
        entries = record.entries
        plan, start = plan_resume(aws.client("lambda"), ref, record.header, entries)
    except BaseException:
        record.close(finished=False)
        raise
    return Prepared(plan, start, record, run, begun=bool(entries))


@dataclass(frozen=True)
class Together:
    """What the aliases of one run share. begun: those whose turn came; records: those that this
    run has begun, by alias."""

    ready: Sequence[Prepared]
    question: Question
    begun: set[AliasRef] = field(default_factory=set)
    records: dict[AliasRef, RunRecord] = field(default_factory=dict)

    def begin_records(self, aws: Aws, wave: str | None) -> list[Prepared]:
        """All that is to be shifted, each with a record on disk before the first call: what a
        crash or a failed wave leaves undone can be begun with --resume."""
        try:
            for one in self.ready:
                if one.record is None and not one.plan.done:
                    self.records[one.plan.ref] = _begin(aws, one.plan, wave)
        except BaseException:
            for record in self.records.values():
                record.close(finished=True)
            self.records.clear()
            raise
        return [
            replace(one, record=one.record or self.records[one.plan.ref])
            for one in self.ready
            if not one.plan.done
        ]


@contextmanager
def held_together(aws: Aws, ready: Sequence[Prepared]) -> Iterator[Together]:
    """Let go of the records of aliases whose turn never came; they can be resumed."""
    together = Together(ready, question_of(aws, silence=True))
    try:
        yield together
    finally:
        held = {one.plan.ref: one.record for one in ready if one.record is not None}
        for ref, record in {**held, **together.records}.items():
            if ref not in together.begun:
                record.close(finished=False)


def _begin(aws: Aws, plan: ShiftPlan, wave: str | None) -> RunRecord:
    header = header_of(plan.ref, plan.old, plan.new, plan.terms, aws.clock())
    if plan.publish is not None:
        header["publish"] = [plan.publish.sha, plan.publish.revision]
    return RunRecord.begin(
        folder_of(aws.env.folders.state),
        record_name(aws.run_id, aws.identity().account, aws.region, plan.ref),
        {**header, "wave": wave},
        keep_seconds=KEEP_SECONDS,
    )


def describe_all(aws: Aws, ready: Sequence[Prepared]) -> Plan:
    """The plans of all aliases as one."""
    plans = []
    for one in ready:
        undo = command_line(aws, "rollback", str(one.plan.ref))
        if one.record is None:
            plans.append(describe_shift(one.plan, undo))
        else:
            plans.append(describe_resume(one.plan, one.start, undo))
    return Plan(
        tuple(change for plan in plans for change in plan.changes),
        "; ".join(dict.fromkeys(plan.summary for plan in plans if plan.summary)),
        tuple(dict.fromkeys(warning for plan in plans for warning in plan.warnings)),
    )
