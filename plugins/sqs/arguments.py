"""The arguments that several sqs commands share, and how a queue is found from one."""

from __future__ import annotations

from awsops.api import Annotated, Argument, Aws, Option, UsageError

from .choices import complete_dlqs, complete_queues
from .queues import QueueFacts, QueueRef, resolve_queue

QueueArgument = Annotated[str, Argument(help="Queue name, URL or ARN.", complete=complete_queues)]
DlqArgument = Annotated[str, Argument(help="Queue name, URL or ARN.", complete=complete_dlqs)]
PatternArgument = Annotated[
    str, Argument(help="Names of queues, as a glob.", complete=complete_queues)
]
WhereOption = Annotated[
    str | None,
    Option(
        help="Only where this JMESPath over {body, attributes, system, age} is true.",
        metavar="EXPRESSION",
    ),
]
MatchOption = Annotated[
    str | None,
    Option(help="Only where this regular expression is found in the body.", metavar="REGEX"),
]
SinceOption = Annotated[
    str | None, Option(help="Only those sent since: 2h, or a time.", metavar="TIME")
]
UntilOption = Annotated[
    str | None, Option(help="Only those sent before: 1h, or a time.", metavar="TIME")
]
LanesOption = Annotated[
    int | None,
    Option(help="Batches under way at a time; default: --jobs, else 4.", min=1, max=64),
]
DEFAULT_LANES, MOST_LANES = 4, 64

# A message that was only looked at is given back with these: they change nothing that lasts.
GIVE_BACK = ("sqs:ChangeMessageVisibility", "sqs:ChangeMessageVisibilityBatch")

# A look is a receive.
RaiseOption = Annotated[
    bool,
    Option(
        help="Look even where each look counts towards the queue's own maxReceiveCount and may "
        "push messages into its dead-letter queue."
    ),
]


def how_many_lanes(aws: Aws, given: int | None) -> int:
    """`--lanes`, else what `--jobs` leaves to this target, else a few."""
    return given or min(aws.jobs or DEFAULT_LANES, MOST_LANES)


def find_queue(aws: Aws, text: str) -> QueueRef:
    """The queue that a person named; NotFoundError says in which account and region it is not."""

    def where() -> str:
        return f"account {aws.identity().account}, {aws.region}"

    return resolve_queue(aws.client("sqs"), text, region=aws.region, where=where)


def check_look(facts: QueueFacts, allowed: bool) -> None:
    """UsageError where looking is not without consequence; `allowed` is what RaiseOption says."""
    if facts.dlq_arn and not allowed:
        raise UsageError(
            f"{facts.ref.name} moves a message to its dead-letter queue after "
            f"{facts.max_receive_count} receives, and a look is a receive",
            hint="--raise-receive-count looks all the same",
        )
