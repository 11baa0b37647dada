"""The command `lambda shift`: what was asked for, planned, and carried out alias by alias."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import get_args

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    AwsopsError,
    Note,
    Option,
    Plan,
    Progress,
    RunRecord,
    UsageError,
    command,
)
from awsops.units import parse_duration

from .alias_commands import ApplicationOption, EngineOption, GroupOption
from .asking import Question, allow_question
from .deploy_command import Asked, deploy
from .gates import Gates, OnIdle, read_p99_limit, read_rate_limit
from .names import AliasRef, command_line, complete_aliases, complete_functions, read_alias_ref
from .planning import ShiftPlan, Terms, describe_shift, plan_shift, publish
from .resuming import plan_resume
from .routing import AliasState
from .rows import ShiftStep
from .runs import KEEP_SECONDS, Position, folder_of, header_of, record_name, runs_of
from .shifting import Shift
from .strategy import read_strategy
from .trail import who_changed
from .waves import read_waves, run_waves

SHORTEST_POLL = 1.0  # seconds; DescribeAlarms takes 9 calls a second from an account (quotas)

AliasesArgument = Annotated[
    list[str],
    Argument(help="FUNCTION:ALIAS; several are shifted alike.", complete=complete_aliases),
]
ToOption = Annotated[
    str | None,
    Option(
        help="VERSION, latest-published, or publish: $LATEST as a new version.", metavar="VERSION"
    ),
]
CanaryOption = Annotated[
    str | None, Option(help="One step, like 10%/5m, then all.", metavar="STEP")
]
LinearOption = Annotated[str | None, Option(help="Equal steps, like 10%/1m.", metavar="STEP")]
StepsOption = Annotated[
    str | None, Option(help="Weights in per cent, like 1,5,25,100.", metavar="PERCENT,...")
]
EveryOption = Annotated[
    str | None, Option(help="How long each of --steps lasts, like 2m or 30s.", metavar="DURATION")
]
StrategyOption = Annotated[
    str | None,
    Option(help="AWS's name, like Canary10Percent5Minutes or AllAtOnce.", metavar="NAME"),
]
Event = Plan | Progress | Note | ShiftStep


@dataclass(frozen=True, slots=True)
class Prepared:
    """One alias that is ready to go. record: of the run that is resumed; None for a new one."""

    plan: ShiftPlan
    start: Position
    record: RunRecord | None = None
    run: str = ""


@command(mutates=True, resumes=("aliases", "wave"))
def shift(
    aws: Aws,
    aliases: AliasesArgument,
    to: ToOption = None,
    canary: CanaryOption = None,
    linear: LinearOption = None,
    steps: StepsOption = None,
    every: EveryOption = None,
    strategy: StrategyOption = None,
    all_at_once: Annotated[bool, Option(help="No step in between.")] = False,
    alarm: Annotated[
        list[str],
        Option(help="Roll back when this alarm goes off; metric or composite.", metavar="ALARM"),
    ] = [],  # noqa: B006 - the kernel hands over a list of its own
    ignore_alarm: Annotated[
        list[str], Option(help="Go on although this alarm is on.", metavar="ALARM")
    ] = [],  # noqa: B006
    max_error_rate: Annotated[
        str | None,
        Option(help="Of the new version: 1%, or +0.5% above the old one.", metavar="PERCENT"),
    ] = None,
    max_p99: Annotated[
        str | None,
        Option(help="Of the new version: +20% above the old one, or 800ms.", metavar="LIMIT"),
    ] = None,
    max_throttles: Annotated[
        int | None, Option(help="Throttled calls of the alias in a step.", min=0)
    ] = None,
    min_invocations: Annotated[
        int, Option(help="Calls of the new version before a step counts.", min=0)
    ] = 50,
    on_idle: Annotated[
        str, Option(help="What to do when they do not come.", choices=get_args(OnIdle))
    ] = "wait",
    poll: Annotated[str, Option(help="How often to look, 1s or more.", metavar="DURATION")] = "5s",
    pre: Annotated[
        str | None,
        Option(
            help="Function to ask before the first step.",
            complete=complete_functions,
            metavar="FUNCTION",
        ),
    ] = None,
    post: Annotated[
        str | None,
        Option(
            help="Function to ask after the promotion.",
            complete=complete_functions,
            metavar="FUNCTION",
        ),
    ] = None,
    smoke: Annotated[
        int, Option(help="Calls through the alias at each step.", min=0, max=1000)
    ] = 0,
    wave: Annotated[
        str | None, Option(help="How many aliases at a time, like 1,5,rest.", metavar="N,...")
    ] = None,
    resume: Annotated[
        str | None, Option(help="Go on with an interrupted run.", metavar="RUN")
    ] = None,
    engine: EngineOption = "client",
    create: Annotated[bool, Option(help="Make what CodeDeploy lacks.")] = False,
    application: ApplicationOption = None,
    group: GroupOption = None,
    service_role: Annotated[
        str | None,
        Option(help="Role that CodeDeploy acts as; default: one that is made.", metavar="ROLE"),
    ] = None,
) -> Iterator[Plan | Progress | Note | ShiftStep]:
    """Shift an alias to another version step by step, watched and reversible."""
    refs = [read_alias_ref(aws, text) for text in aliases]
    waves = read_waves(wave, refs)
    if resume is not None:
        _check_resume(to, canary, linear, steps, strategy, all_at_once or None)
        ready = [_resumed(aws, ref, resume) for ref in refs]
    else:
        if to is None:
            raise UsageError("shift to what?", hint="--to VERSION, latest-published or publish")
        terms = Terms(
            read_strategy(
                canary=canary,
                linear=linear,
                steps=steps,
                every=every,
                name=strategy,
                all_at_once=all_at_once,
            ),
            Gates(
                tuple(dict.fromkeys(alarm)),
                read_rate_limit(max_error_rate) if max_error_rate else None,
                read_p99_limit(max_p99) if max_p99 else None,
                max_throttles,
                min_invocations,
                _on_idle(on_idle),
            ),
            tuple(dict.fromkeys(ignore_alarm)),
            _poll(poll),
            pre,
            post,
            smoke,
        )
        if engine == "codedeploy":
            asked = Asked(application, group, service_role, create)
            yield from deploy(aws, refs, to, terms, asked, in_progress=_in_progress)
            return
        _check_client(create or None, application, group, service_role)
        ready = [_planned(aws, ref, to, terms) for ref in refs]
    with _closing(aws, ready) as together:
        yield _plan(aws, ready)
        allow_question(aws.env)
        by_ref = {one.plan.ref: one for one in ready}
        yield from run_waves(
            aws, [[_carry_out(aws, by_ref[ref], together) for ref in part] for part in waves]
        )


def _check_resume(*given: object) -> None:
    if any(option is not None for option in given):
        raise UsageError("--resume goes on as the run began: it takes no --to and no strategy")


def _check_client(*given: object) -> None:
    if any(option is not None for option in given):
        raise UsageError(
            "--create, --application, --group and --service-role are CodeDeploy's",
            hint="--engine codedeploy",
        )


def _on_idle(text: str) -> OnIdle:
    return "continue" if text == "continue" else "rollback" if text == "rollback" else "wait"


def _poll(text: str) -> float:
    seconds = parse_duration(text)
    if not SHORTEST_POLL <= seconds <= 300:
        raise UsageError(f"--poll {text}: expected 1s to 5m")
    return seconds


def _planned(aws: Aws, ref: AliasRef, to: str, terms: Terms) -> Prepared:
    folder, account = folder_of(aws.env.folders.state), aws.identity().account
    for run in runs_of(folder, account, aws.region, ref):
        if RunRecord.is_held(folder, record_name(run, account, aws.region, ref)):
            raise UsageError(f"run {run} is shifting {ref} at this moment", code="InProgress")
    plan = plan_shift(
        aws.client("lambda"),
        aws.client("cloudwatch"),
        ref,
        to,
        terms,
        now=aws.clock(),
        in_progress=lambda state: _in_progress(aws, state),
    )
    return Prepared(plan, Position("step"), run=aws.run_id)


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


def _resumed(aws: Aws, ref: AliasRef, run: str) -> Prepared:
    name = record_name(run, aws.identity().account, aws.region, ref)
    record = RunRecord.resume(folder_of(aws.env.folders.state), name)
    try:
        plan, start = plan_resume(aws.client("lambda"), ref, record.header, record.entries)
    except BaseException:
        record.close(finished=False)
        raise
    return Prepared(plan, start, record, run)


@dataclass(frozen=True)
class Together:
    """What the aliases of one run share. begun: those whose turn came."""

    question: Question
    begun: set[AliasRef] = field(default_factory=set)


@contextmanager
def _closing(aws: Aws, ready: Sequence[Prepared]) -> Iterator[Together]:
    """Let go of the records of aliases whose turn never came."""
    together = Together(Question(aws.env))
    try:
        yield together
    finally:
        for one in ready:
            if one.record is not None and one.plan.ref not in together.begun:
                one.record.close(finished=False)


def _plan(aws: Aws, ready: Sequence[Prepared]) -> Plan:
    """The plans of all aliases as one."""
    plans = []
    for one in ready:
        undo = command_line(aws, "rollback", str(one.plan.ref))
        if one.record is None:
            plans.append(describe_shift(one.plan, undo))
        else:
            from .resuming import describe_resume

            plans.append(describe_resume(one.plan, one.start, undo))
    return Plan(
        tuple(change for plan in plans for change in plan.changes),
        "; ".join(dict.fromkeys(plan.summary for plan in plans if plan.summary)),
        tuple(dict.fromkeys(warning for plan in plans for warning in plan.warnings)),
    )


def _carry_out(
    aws: Aws, one: Prepared, together: Together
) -> Iterator[Progress | Note | ShiftStep]:
    """Everything after the confirmation, for one alias."""
    plan, lam = one.plan, aws.client("lambda")
    if plan.done:
        return
    if plan.publish is not None:
        number = publish(
            lam, plan.ref.function, plan.publish, sleep=aws.sleep, stopped=aws.cancelled.is_set
        )
        yield Note(f"published version {number} of {plan.ref.function}")
        if number == plan.old:
            yield Note(f"{plan.ref} is at version {number} already: $LATEST has not changed")
            return
        plan = plan.with_version(number)
    assert plan.new is not None
    together.begun.add(plan.ref)
    record = one.record or _begin(aws, plan)
    made = _shift(aws, plan, plan.new, record, one.run, together)
    try:
        yield from made.run(one.start)
    finally:
        # What was promoted is kept: `lambda rollback` reads the version before from it.
        record.close(finished=made.ended and not made.promoted and one.start.stage != "ended")


def _begin(aws: Aws, plan: ShiftPlan) -> RunRecord:
    """The record is on disk before the first call that moves traffic."""
    assert plan.new is not None
    return RunRecord.begin(
        folder_of(aws.env.folders.state),
        record_name(aws.run_id, aws.identity().account, aws.region, plan.ref),
        header_of(plan.ref, plan.old, plan.new, plan.terms, aws.clock()),
        keep_seconds=KEEP_SECONDS,
    )


def _shift(
    aws: Aws, plan: ShiftPlan, new: str, record: RunRecord, run: str, together: Together
) -> Shift:
    name = str(plan.ref)
    return Shift(
        lam=aws.client("lambda"),
        cloudwatch=aws.client("cloudwatch"),
        state=plan.state,
        old=plan.old,
        new=new,
        terms=plan.terms,
        record=record,
        clock=aws.clock,
        sleep=aws.sleep,
        pause=aws.env.sleep,
        cancelled=aws.cancelled,
        rolls_back=together.question.yes,
        who=lambda state: who_changed(aws, state, since=aws.clock() - 3600),
        rollback=command_line(aws, "rollback", name),
        resume=command_line(aws, "shift", name, "--resume", run),
        run_id=run,
        asks=aws.env.interactive,
    )
