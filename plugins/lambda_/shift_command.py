"""The command `lambda shift`: what was asked for, planned, and carried out alias by alias."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import get_args

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Note,
    Option,
    Plan,
    Progress,
    RunRecord,
    UsageError,
    command,
)
from awsops.running.waves import Sizes, read_sizes
from awsops.units import parse_duration

from .alias_commands import ApplicationOption, EngineOption, GroupOption
from .asking import allow_question
from .calling import patient
from .choices import (
    complete_alarms,
    complete_aliases,
    complete_functions,
    complete_new_versions,
    complete_service_roles,
    complete_shifts,
    complete_strategies,
)
from .deploy_command import Asked, deploy
from .gates import Gates, OnIdle, read_p99_limit, read_rate_limit
from .names import command_line, read_alias_ref
from .planning import ShiftPlan, Source, Terms, publish
from .prepared import (
    Prepared,
    Together,
    describe_all,
    find_again,
    held_together,
    prepare,
)
from .routing import Route
from .rows import ShiftStep
from .shifting import Shift
from .strategy import read_strategy
from .taken_back import noted
from .trail import who_changed
from .waves import Unit, run_waves

SHORTEST_POLL = 1.0  # seconds; DescribeAlarms takes 9 calls a second from an account (quotas)

AliasesArgument = Annotated[
    list[str],
    Argument(help="FUNCTION:ALIAS; several are shifted alike.", complete=complete_aliases),
]
ToOption = Annotated[
    str | None,
    Option(
        help="VERSION, latest-published, or publish: $LATEST as a new version.",
        complete=complete_new_versions,
        metavar="VERSION",
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
    Option(
        help="AWS's name, like Canary10Percent5Minutes or AllAtOnce.",
        complete=complete_strategies,
        metavar="NAME",
    ),
]
Event = Plan | Progress | Note | ShiftStep


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
        Option(
            help="Roll back when this alarm goes off; metric or composite.",
            complete=complete_alarms,
            metavar="ALARM",
        ),
    ] = [],  # noqa: B006 - the kernel hands over a list of its own
    ignore_alarm: Annotated[
        list[str],
        Option(help="Go on although this alarm is on.", complete=complete_alarms, metavar="ALARM"),
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
        str | None,
        Option(help="How many at a time over all targets, like 1,5,rest.", metavar="N,..."),
    ] = None,
    resume: Annotated[
        str | None,
        Option(help="Go on with an interrupted run.", complete=complete_shifts, metavar="RUN"),
    ] = None,
    engine: EngineOption = "client",
    create: Annotated[bool, Option(help="Make what CodeDeploy lacks.")] = False,
    application: ApplicationOption = None,
    group: GroupOption = None,
    service_role: Annotated[
        str | None,
        Option(
            help="Role that CodeDeploy acts as; default: one that is made.",
            complete=complete_service_roles,
            metavar="ROLE",
        ),
    ] = None,
) -> Iterator[Plan | Progress | Note | ShiftStep]:
    """Shift an alias to another version step by step, watched and reversible."""
    refs = [read_alias_ref(aws, text) for text in aliases]
    if len(set(refs)) != len(refs):
        raise UsageError("an alias is named twice")
    sizes = read_sizes(wave) if wave is not None else None
    if resume is not None:
        _check_resume(to, canary, linear, steps, strategy, all_at_once or None)
        ready = [find_again(aws, ref, resume) for ref in refs]
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
            if sizes is not None:
                raise UsageError(
                    "CodeDeploy cannot go in waves: --wave is the client's",
                    hint="leave --engine out, or name one wave's aliases at a time",
                )
            asked = Asked(application, group, service_role, create)
            yield from deploy(aws, refs, to, terms, asked)
            return
        _check_client(create or None, application, group, service_role)
        ready = [prepare(aws, ref, to, terms) for ref in refs]
    yield from _shift_all(aws, ready, sizes, wave)


def _shift_all(
    aws: Aws, ready: Sequence[Prepared], sizes: Sizes | None, wave: str | None
) -> Iterator[Plan | Progress | Note | ShiftStep]:
    """The plan, and after it each alias when its turn has come."""
    with held_together(aws, ready) as together:
        going = [one for one in ready if not one.plan.done]
        if sizes is None and going and going[0].record is not None:
            wave = going[0].record.header.get("wave")
            sizes = read_sizes(wave) if wave else None
        names = [str(one.plan.ref) for one in going]
        begun = [number for number, one in enumerate(going) if one.begun]
        aws.join_waves(names, sizes or (None,), begun)
        yield describe_all(aws, ready)
        allow_question(aws.env)
        going = together.begin_records(aws, wave)
        units = [Unit(one.plan.ref, one.run, _carry_out(aws, one, together)) for one in going]
        yield from run_waves(aws, units)


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


def _carry_out(
    aws: Aws, one: Prepared, together: Together
) -> Iterator[Progress | Note | ShiftStep]:
    """Everything after the confirmation, for one alias whose turn has come."""
    assert one.record is not None
    together.begun.add(one.plan.ref)
    finished = True  # nothing has been moved yet
    try:
        plan = one.plan
        if plan.publish is not None:
            plan = yield from _publish(aws, plan, plan.publish, one.record)
        if plan.new is None or plan.done:
            return
        finished = False
        made = _shift(aws, plan, plan.new, one.record, one.run, together)
        try:
            yield from made.run(one.start)
        finally:
            # What was promoted is kept: `lambda rollback` reads the version before from it.
            finished = made.ended and not made.promoted and one.start.stage != "ended"
            if finished and made.state.revision != plan.state.revision:
                _remember(aws, made)
    finally:
        one.record.close(finished=finished)


def _remember(aws: Aws, made: Shift) -> None:
    """A rollback typed after this one must not go further back."""
    with noted(aws, made.state, Route(made.old), was=f"a shift to version {made.new}") as done:
        done(made.state)


def _publish(
    aws: Aws, plan: ShiftPlan, source: Source, record: RunRecord
) -> Generator[Note, None, ShiftPlan]:
    function = plan.ref.function
    number = publish(
        aws.client("lambda"), function, source, sleep=aws.sleep, stopped=aws.cancelled.is_set
    )
    yield Note(f"published version {number} of {function}")
    if number == plan.old:
        yield Note(f"{plan.ref} is at version {number} already: $LATEST has not changed")
    record.rewrite((), {**record.header, "new": number, "publish": None})
    return plan.with_version(number)


def _shift(
    aws: Aws, plan: ShiftPlan, new: str, record: RunRecord, run: str, together: Together
) -> Shift:
    name = str(plan.ref)
    return Shift(
        lam=aws.client("lambda"),
        patient=patient(aws),
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
        status=command_line(aws, "status", name),
        resume=command_line(aws, "shift", name, "--resume", run),
        run_id=run,
    )
