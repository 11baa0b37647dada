"""The queues that an argument may name, with their depths."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from awsops.api import Aws, Choice

from .client import SqsClient, is_no_such_queue
from .queues import QueueRef, list_queue_urls, name_of_url, read_facts

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
