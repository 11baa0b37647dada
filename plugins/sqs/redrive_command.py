"""The command `sqs redrive`: what was asked for, planned, and carried out by one of two engines."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from awsops.api import Annotated, Aws, Note, Option, Plan, Progress, command

from .archive import open_archive
from .arguments import (
    GIVE_BACK,
    LanesOption,
    MatchOption,
    QueueArgument,
    SinceOption,
    UntilOption,
    WhereOption,
    find_queue,
    how_many_lanes,
)
from .lanes import Terms
from .messages import Message
from .move_tasks import apply_move, why_not_aws
from .pacing import Pace, read_rate
from .planning import RedrivePlan, describe_plan, plan_redrive
from .queues import QueueFacts, QueueRef, name_of_url, read_facts
from .redrive import Redriven, apply_redrive
from .runs import OpenRun, open_run, read_lease, service_now
from .selection import Selection, read_selection

ToOption = Annotated[str | None, Option(help="Where all go; default: each to its own source.")]
MaxOption = Annotated[int | None, Option(help="Move at most so many messages.", min=1)]
RateOption = Annotated[str | None, Option(help="Move at most so many a second, like 50/s.")]
BackupOption = Annotated[
    Path | None, Option(help="Append every message to this file before it is sent.")
]
VisibilityOption = Annotated[
    str, Option(help="Hide what is under way for so long; a killed run's messages then return.")
]
ResumeOption = Annotated[str | None, Option(help="Go on with an interrupted run.", metavar="RUN")]
EngineOption = Annotated[
    str,
    Option(
        help="client moves them from here; aws has SQS move them, all and 500/s at most; auto is "
        "aws wherever that can do it.",
        choices=("client", "aws", "auto"),
    ),
]

Event = Plan | Progress | Note | Redriven


@dataclass(frozen=True)
class Wish:
    """What the command line asks for, read. `rate` is messages a second, `lease` seconds."""

    selection: Selection | None
    where: str | None
    match: str | None
    limit: int | None
    rate: float | None
    backup: Path | None
    lanes: int
    lease: int
    resume: str | None
    engine: str

    def client_only(self) -> list[str]:
        """The options given that only our own engine understands."""
        given = {
            "--where, --match, --since or --until": self.selection,
            "--max": self.limit,
            "--backup": self.backup,
            "--resume": self.resume,
        }
        return [name for name, value in given.items() if value is not None]

    def terms(self, aws: Aws, backup: Callable[[Sequence[Message]], None] | None) -> Terms:
        selects = self.selection.by(aws.clock) if self.selection else None
        pace = Pace(self.rate, aws.clock) if self.rate is not None else None
        return Terms(selects, backup, pace)

    def command_to_go_on(self, aws: Aws, dlq: QueueFacts, run_id: str) -> str:
        """The command line that resumes the run on the same terms."""
        target = aws.target
        options = {
            "--resume": run_id,
            "--where": self.where,
            "--match": self.match,
            **(self.selection.times() if self.selection else {}),
            "--rate": f"{self.rate:g}" if self.rate is not None else None,
            "--backup": str(self.backup) if self.backup else None,
            "-p": target.profile,
            "-r": target.region,
            "--role": target.role,
        }
        given = [word for flag, value in options.items() if value for word in (flag, value)]
        return shlex.join(["awsops", "sqs", "redrive", dlq.ref.name, *given])


@command(mutates=True, calls=GIVE_BACK)
def redrive_(
    aws: Aws,
    dlq: QueueArgument,
    to: ToOption = None,
    where: WhereOption = None,
    match: MatchOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    max: MaxOption = None,
    rate: RateOption = None,
    backup: BackupOption = None,
    engine: EngineOption = "client",
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
    )
    facts = read_facts(aws.client("sqs"), find_queue(aws, dlq))
    given = find_queue(aws, to) if to is not None else None
    folder = aws.env.folders.state / "sqs"
    with open_run(folder, facts, run_id=aws.run_id, resume=resume) as opened:
        yield from _redrive(aws, wish, facts, opened, opened.destination(given))


def _redrive(
    aws: Aws, wish: Wish, facts: QueueFacts, opened: OpenRun, to: str | None
) -> Iterator[Event]:
    sqs = aws.client("sqs")
    plan = plan_redrive(
        sqs,
        facts,
        to=QueueRef(name_of_url(to), to) if to is not None else None,
        limit=wish.limit,
        region=aws.region,
        stopped=aws.cancelled.is_set,
        unfinished=opened.unfinished,
        selective=wish.selection is not None,
    )
    reason = None
    if wish.engine != "client":
        reason = why_not_aws(sqs, plan, wish.client_only(), wish.rate)
        if wish.engine == "aws" and reason:
            raise reason
        yield Note(f"engine client: {reason}" if reason else "engine aws: SQS moves them itself")
    yield describe_plan(plan)
    if wish.engine == "client" or reason or plan.empty:
        yield from _by_client(aws, wish, plan, opened)
    else:
        yield from apply_move(
            sqs,
            plan,
            run_id=aws.run_id,
            rate=wish.rate,
            sleep=aws.sleep,
            clock=aws.clock,
            cancelled=aws.cancelled,
        )


def _by_client(aws: Aws, wish: Wish, plan: RedrivePlan, opened: OpenRun) -> Iterator[Event]:
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
            terms=wish.terms(aws, backup),
        )
