"""The command `sqs redrive`: what was asked for, planned, and carried out by one of two engines."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from awsops.api import Annotated, Aws, Note, Option, Plan, Progress, UsageError, command
from awsops.elsewhere import Elsewhere, elsewhere
from awsops.local_choices import complete_profiles, complete_regions

from .archive import open_archive
from .arguments import (
    GIVE_BACK,
    DlqArgument,
    LanesOption,
    MatchOption,
    SinceOption,
    UntilOption,
    WhereOption,
    find_queue,
    how_many_lanes,
)
from .by_sqs import (
    FASTEST,
    MoveRun,
    apply_move,
    check_nothing_moves,
    usage_of,
    watch_on,
    why_not_aws,
    why_not_home,
)
from .choices import complete_goals, complete_redrives
from .client import SqsClient
from .each import Settled
from .move_tasks import active_task
from .pacing import read_rate
from .planning import RedrivePlan, describe_arrival, describe_plan, plan_redrive
from .queues import QueueFacts, QueueRef, name_of_url, read_facts
from .redrive import Redriven, apply_redrive
from .rewriting import read_rewriting
from .runs import OpenRun, open_run, read_lease, service_now
from .selection import read_selection
from .wish import GOES_ON, Wish

ToOption = Annotated[
    str | None,
    Option(
        help="Where all go; default: each to its own source.",
        complete=complete_goals,
        metavar="QUEUE",
    ),
]
MaxOption = Annotated[int | None, Option(help="Move at most so many messages.", min=1)]
RateOption = Annotated[
    str | None, Option(help="Move at most so many a second, like 50/s.", metavar="RATE")
]
BackupOption = Annotated[
    Path | None, Option(help="Append every message to this file before it is sent.")
]
VisibilityOption = Annotated[
    str,
    Option(
        help="Hide what is under way for so long; a killed run's messages then return.",
        metavar="DURATION",
    ),
]
TransformOption = Annotated[
    str | None,
    Option(
        help="Send this JMESPath of {body, attributes, system, age} as the body.",
        metavar="EXPRESSION",
    ),
]
KeepDedupOption = Annotated[
    bool,
    Option(help="Keep FIFO deduplication ids; SQS drops copies of those it saw in 5 minutes."),
]
ReturnedOption = Annotated[
    str | None,
    Option(help="Stop when so many of the moved come back, like 20%.", metavar="SHARE"),
]
EachOption = Annotated[bool, Option(help="Show a row for each message instead of the sum.")]
ToProfileOption = Annotated[
    str | None,
    Option(
        help="The profile of the account that --to is in.",
        complete=complete_profiles,
        metavar="NAME",
    ),
]
ToRegionOption = Annotated[
    str | None,
    Option(help="The region that --to is in.", complete=complete_regions, metavar="REGION"),
]
ResumeOption = Annotated[
    str | None,
    Option(help="Go on with an interrupted run.", complete=complete_redrives, metavar="RUN"),
]
EngineOption = Annotated[
    str | None,
    Option(
        help="client moves them from here; aws has SQS move all, at 500/s at most; default: "
        "auto, which is aws for slow runs of 15 minutes and more that it can do.",
        choices=("client", "aws", "auto"),
    ),
]

# A run at a low rate that takes longer is better made where nobody closes the lid.
LONG_SECONDS = 900
ITSELF = "SQS moves them itself"

Event = Plan | Progress | Note | Redriven | Settled


@command(mutates=True, calls=GIVE_BACK, resumes=GOES_ON)
def redrive_(
    aws: Aws,
    dlq: DlqArgument,
    to: ToOption = None,
    where: WhereOption = None,
    match: MatchOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    max: MaxOption = None,
    rate: RateOption = None,
    backup: BackupOption = None,
    transform: TransformOption = None,
    keep_dedup_id: KeepDedupOption = False,
    stop_if_returned: ReturnedOption = None,
    each: EachOption = False,
    to_profile: ToProfileOption = None,
    to_region: ToRegionOption = None,
    engine: EngineOption = None,
    lanes: LanesOption = None,
    visibility: VisibilityOption = "60s",
    resume: ResumeOption = None,
) -> Iterator[Event]:
    """Move messages from a dead-letter queue back to where they came from."""
    wish = Wish(
        selection=read_selection(
            where=where, match=match, since=since, until=until, now=aws.clock()
        ),
        where=where,
        match=match,
        limit=max,
        rate=read_rate(rate) if rate is not None else None,
        backup=backup,
        lanes=how_many_lanes(aws, lanes),
        lease=read_lease(visibility),
        resume=resume,
        engine=engine,
        transform=transform,
        keep_dedup_id=keep_dedup_id,
        returned=stop_if_returned,
        each=each,
        to_profile=to_profile,
        to_region=to_region,
    )
    wish.terms(aws, None, None)  # what is wrong in them is said before anything is read
    if (to_profile or to_region) and to is None and resume is None:
        raise UsageError("--to-profile and --to-region say where --to is", hint="add --to QUEUE")
    facts = read_facts(aws.client("sqs"), find_queue(aws, dlq))
    other = None
    if to_profile or to_region:
        other = elsewhere(aws, profile=to_profile, region=to_region)
    given = find_queue(other or aws, to) if to is not None else None
    folder = aws.env.folders.state / "sqs"
    with open_run(folder, facts, run_id=aws.run_id, resume=resume) as opened:
        yield from _redrive(aws, other, wish, facts, opened, opened.destination(given))


def _redrive(
    aws: Aws,
    other: Elsewhere | None,
    wish: Wish,
    facts: QueueFacts,
    opened: OpenRun,
    to: str | None,
) -> Iterator[Event]:
    sqs = aws.client("sqs")
    plan = plan_redrive(
        sqs,
        facts,
        to=QueueRef(name_of_url(to), to) if to is not None else None,
        limit=opened.left_of(wish.limit),
        region=aws.region,
        stopped=aws.cancelled.is_set,
        unfinished=opened.unfinished,
        selects=wish.selection.by(aws.clock) if wish.selection else None,
        to_sqs=other.client("sqs") if other else None,
        place=_place(other),
        rewriting=read_rewriting(wish.transform, aws.clock),
        keep_dedup_id=wish.keep_dedup_id,
    )
    if opened.moved_by_sqs_since is not None:
        yield from _watch_on(aws, wish, plan, opened)
        return
    by_client = "" if wish.engine == "client" else _why_client(sqs, plan, wish)
    if wish.engine == "aws" and by_client and not plan.empty:
        raise usage_of(by_client)
    by_sqs = wish.engine != "client" and not by_client
    if by_sqs:
        check_nothing_moves(sqs, facts)
        plan = replace(plan, engine=f"aws: {ITSELF}")
    elif not plan.empty:
        rival = active_task(sqs, facts)
        why = f"client: {by_client}" if wish.engine != "client" and not wish.resume else ""
        plan = replace(plan, rival=rival.told() if rival else "", engine=why)
    if other is not None and not plan.empty:
        other.announce(describe_arrival(plan))
    yield describe_plan(plan)
    if by_sqs:
        yield from _by_sqs(aws, wish, plan, opened)
    else:
        yield from _by_client(aws, other, wish, plan, opened)


def _why_client(sqs: SqsClient, plan: RedrivePlan, wish: Wish) -> str:
    """Why the messages are moved from here; empty when SQS is to move them itself."""
    if plan.empty:
        return "there is nothing to move"
    cannot = why_not_aws(sqs, plan, wish.client_only(), wish.rate)
    if cannot:
        return cannot
    if wish.engine == "aws" or (wish.rate and plan.about / wish.rate >= LONG_SECONDS):
        return why_not_home(sqs, plan)
    return f"it counts each message, can be resumed, and may be faster than SQS's {FASTEST}/s"


def _by_sqs(aws: Aws, wish: Wish, plan: RedrivePlan, opened: OpenRun) -> Iterator[Event]:
    sqs = aws.client("sqs")
    started = service_now(sqs, plan.dlq.ref, aws.clock)
    opened.begin_move(plan, started)
    yield from apply_move(
        sqs,
        plan,
        _move_run(aws, wish, plan, opened, started),
        rate=wish.rate,
        sleep=aws.sleep,
        clock=aws.clock,
        cancelled=aws.cancelled,
    )


def _watch_on(aws: Aws, wish: Wish, plan: RedrivePlan, opened: OpenRun) -> Iterator[Event]:
    """The task that a run left behind: everything was said when it began."""
    given = [option for option in wish.client_only() if option != "--resume"]
    if given or wish.engine == "client":
        said = ", ".join(given) or "--engine client"
        raise UsageError(
            f"run {opened.id} is a move task of SQS, which does not know {said}",
            hint="leave that out, or begin a new run without --resume",
        )
    since = opened.moved_by_sqs_since or 0.0
    yield from watch_on(
        aws.client("sqs"),
        plan,
        _move_run(aws, wish, plan, opened, since),
        sleep=aws.sleep,
        clock=aws.clock,
        cancelled=aws.cancelled,
    )


def _move_run(aws: Aws, wish: Wish, plan: RedrivePlan, opened: OpenRun, since: float) -> MoveRun:
    words = ["awsops", "sqs", "redrive", plan.dlq.ref.name]
    to = ["--to", plan.to.name] if plan.to else []
    rate = ["--rate", f"{wish.rate:g}"] if wish.rate is not None else []
    where = aws.target_options()
    return MoveRun(
        id=opened.id,
        since=since,
        go_on=shlex.join([*words, "--resume", opened.id, *where]),
        anew=shlex.join([*words, "--engine", "aws", *to, *rate, *where]),
    )


def _place(other: Elsewhere | None) -> str:
    if other is None:
        return ""
    return f"account {other.identity().account} ({other.target.label})"


def _by_client(
    aws: Aws, other: Elsewhere | None, wish: Wish, plan: RedrivePlan, opened: OpenRun
) -> Iterator[Event]:
    # Hundreds of calls a second, each of whose parameters is made here.
    sqs = aws.client("sqs", lean=True)
    started = service_now(sqs, plan.dlq.ref, aws.clock)
    go_on = wish.command_to_go_on(aws, plan.dlq, opened.id)
    run = opened.begin(plan, started, go_on, lease=wish.lease)
    with open_archive(wish.backup, plan.dlq.arn) as backup, aws.pool(wish.lanes) as pool:
        yield from apply_redrive(
            sqs,
            plan,
            run,
            pool=pool,
            lanes=wish.lanes,
            sleep=aws.sleep,
            clock=aws.clock,
            cancelled=aws.cancelled,
            lease=wish.lease,
            terms=wish.terms(aws, other, backup),
        )
