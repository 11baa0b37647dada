"""All messages of a queue deleted at once, which nothing brings back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from awsops.errors import AwsopsError, UsageError
from awsops.events import Change, Plan

from .client import SqsClient, error_code
from .planning import counted
from .queues import QueueFacts

PURGE_SECONDS = 60  # SQS API reference, PurgeQueue: it takes as long, and one at a time

_IN_PROGRESS = ("PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress")


@dataclass(frozen=True, slots=True)
class Purged:
    """A row of `sqs purge`: about how many messages the queue had."""

    queue: str
    about: int


def describe_purge(queue: QueueFacts) -> Plan:
    """The plan; without changes when the queue is empty by SQS's counts."""
    about = queue.visible + queue.in_flight + queue.delayed
    name = queue.ref.name
    change = Change(
        action="purge",
        resource=name,
        detail=f"about {counted(about)}, {queue.in_flight:,} of them in flight",
        irreversible=True,
        why_no_undo="SQS has no way back; awsops sqs export keeps a copy first",
    )
    warning = (
        f"a purge takes up to {PURGE_SECONDS} seconds: what is sent to {name} in that time may be "
        "deleted too, what was received before can still arrive, and no other purge is taken"
    )
    return Plan((change,), warnings=(warning,))


def check_typed(queue: QueueFacts, given: str | None, ask: Callable[[str], str] | None) -> None:
    """Have the queue's name typed: by `given`, else by the person whom `ask` asks.

    UsageError when another name was given, or when there is nobody to ask; AwsopsError when the
    person typed another one.
    """
    name = queue.ref.name
    if given is None and ask is not None:
        typed = ask(f"type {name} to purge it").strip()
        if typed != name:
            raise AwsopsError(f"{name} was not purged: {typed!r} is not its name", code="Declined")
    elif given != name:
        raise UsageError(
            f"{name} was not purged: its name has to be typed", hint=f"--confirm {name}"
        )


def purge_queue(sqs: SqsClient, queue: QueueFacts) -> Purged:
    """Purge it; AwsopsError when it was purged within the last minute."""
    try:
        sqs.purge_queue(QueueUrl=queue.ref.url)
    except Exception as error:
        if error_code(error) not in _IN_PROGRESS:
            raise
        raise AwsopsError(
            f"{queue.ref.name} was purged within the last {PURGE_SECONDS} seconds, and SQS takes "
            "one purge a minute",
            hint="what was in it then is being deleted; wait a minute for what came since",
        ) from error
    return Purged(queue.ref.name, queue.visible + queue.in_flight + queue.delayed)
