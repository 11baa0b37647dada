"""The queues that an argument may name, with their depths."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from awsops.api import Aws, Choice
from awsops.elsewhere import elsewhere
from awsops.local_choices import resumable

from .attrs import SETTABLE, read_attributes_of
from .client import SqsClient, is_no_such_queue
from .queues import QueueRef, list_queue_urls, name_of_url, read_facts, resolve_queue

# Every queue is offered; the depths of so many are read, a call each.
MOST_DEPTHS = 200
READERS = 32
MOST_NAMES = 10_000


def complete_queues(aws: Aws) -> Iterator[Choice]:
    """Every queue, with how many messages it holds."""
    sqs = aws.client("sqs")
    yield from _described(aws, islice(_queues(sqs), MOST_NAMES))


def complete_dlqs(aws: Aws) -> Iterator[Choice]:
    """The queues that are somebody's dead-letter queue; every queue where none is."""
    sqs = aws.client("sqs")
    queues = list(islice(_queues(sqs), MOST_NAMES))

    def is_dlq(queue: QueueRef) -> bool:
        try:
            page = sqs.list_dead_letter_source_queues(QueueUrl=queue.url, MaxResults=1)
            return bool(page.get("queueUrls"))
        except Exception as error:
            if is_no_such_queue(error):
                return False
            raise

    with aws.pool(READERS) as pool:
        judged = list(pool.map(is_dlq, queues[:MOST_DEPTHS]))
    chosen = [queue for queue, dead in zip(queues, judged, strict=False) if dead]
    yield from _described(aws, iter([*chosen, *queues[MOST_DEPTHS:]] if chosen else queues))


def complete_goals(
    aws: Aws, to_profile: str | None = None, to_region: str | None = None
) -> Iterator[Choice]:
    """The queues of the account and region that messages go to."""
    if to_profile or to_region:
        aws = elsewhere(aws, profile=to_profile, region=to_region)
    yield from _described(aws, islice(_queues(aws.client("sqs")), MOST_NAMES))


def complete_redrives(aws: Aws, dlq: str) -> Iterator[Choice]:
    """The runs that redrive this queue and can be gone on with."""
    name = resolve_queue(aws.client("sqs"), dlq, region=aws.region).name
    ending = f".{aws.identity().account}.{aws.region}.{name}"
    yield from resumable(aws.env.folders.state / "sqs", ending)


def complete_drains(aws: Aws, queue: str) -> Iterator[Choice]:
    """The runs that drain this queue and can be gone on with."""
    name = resolve_queue(aws.client("sqs"), queue, region=aws.region).name
    ending = f".{aws.identity().account}.{aws.region}.{name}"
    yield from resumable(aws.env.folders.state / "sqs-drain", ending)


def complete_settings(aws: Aws, queue: str, stem: str = "") -> Iterator[Choice]:
    """What can be set, with what it is now; after `Name=` its value of now."""
    sqs = aws.client("sqs")
    now = read_attributes_of(sqs, resolve_queue(sqs, queue, region=aws.region))
    for name in SETTABLE:
        if not stem:
            yield Choice(f"{name}=", now.get(name, ""))
        elif stem == f"{name}=" and name in now:
            yield Choice(f"{name}={now[name]}", "as it is")


def _queues(sqs: SqsClient) -> Iterator[QueueRef]:
    for url in list_queue_urls(sqs):
        yield QueueRef(name_of_url(url), url)


def _described(aws: Aws, queues: Iterator[QueueRef]) -> Iterator[Choice]:
    sqs = aws.client("sqs")

    def describe(queue: QueueRef) -> Choice:
        try:
            facts = read_facts(sqs, queue)
        except Exception:  # the name is what was asked for: it may be denied, or gone by now
            return Choice(queue.name)
        return Choice(queue.name, _depth(facts.visible, facts.in_flight))

    first = list(islice(queues, MOST_DEPTHS))
    with aws.pool(READERS) as pool:
        yield from pool.map(describe, first)
    for queue in queues:
        yield Choice(queue.name)


def _depth(visible: int, in_flight: int) -> str:
    text = f"{visible} message" if visible == 1 else f"{visible} messages"
    return f"{text}, {in_flight} in flight" if in_flight else text
