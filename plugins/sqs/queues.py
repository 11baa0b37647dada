"""Queues: found by name, ARN or URL, described, and listed with their depths and wiring."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import unquote, urlsplit

from awsops.errors import NotFoundError, UsageError
from awsops.events import Note
from awsops.service_errors import is_denied
from awsops.suggesting import MOST_COMPARED, did_you_mean

from .client import SqsClient, is_no_such_queue

PAGE = 1000  # ListQueues, ListDeadLetterSourceQueues: MaxResults, at most 1,000
MAX_MESSAGE_BYTES = 1_048_576  # SQS API reference, SendMessage: 1 MiB


@dataclass(frozen=True, slots=True)
class QueueRef:
    """A queue that exists: what the API calls take."""

    name: str
    url: str

    @property
    def fifo(self) -> bool:
        return self.name.endswith(".fifo")  # SQS API reference, CreateQueue: the suffix is the law


@dataclass(frozen=True, slots=True)
class Queue:
    """A row of `sqs ls`. Counts are approximate, as SQS gives them."""

    name: str
    type: str
    visible: int
    in_flight: int
    delayed: int
    dlq: str | None
    max_receive_count: int | None
    url: str


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """A queue's attributes, as far as a move needs them. Sizes are bytes."""

    ref: QueueRef
    arn: str
    visible: int
    in_flight: int
    delayed: int
    dlq_arn: str | None
    max_receive_count: int | None
    max_message_bytes: int
    content_dedup: bool
    retention: int = 345_600  # seconds; SQS API reference, MessageRetentionPeriod: 4 days

    def row(self) -> Queue:
        return Queue(
            name=self.ref.name,
            type="fifo" if self.ref.fifo else "standard",
            visible=self.visible,
            in_flight=self.in_flight,
            delayed=self.delayed,
            dlq=name_of_arn(self.dlq_arn) if self.dlq_arn else None,
            max_receive_count=self.max_receive_count,
            url=self.ref.url,
        )


@dataclass(frozen=True, slots=True)
class _Given:
    name: str
    account: str | None = None
    region: str | None = None


def name_of_arn(arn: str) -> str:
    """The name of a queue by its ARN."""
    return arn.rpartition(":")[2]


def name_of_url(url: str) -> str:
    """The name of a queue by its URL, the last part of its path."""
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])


def resolve_queue(
    sqs: SqsClient, text: str, *, region: str, where: Callable[[], str] | None = None
) -> QueueRef:
    """The queue that a person named by name, ARN or URL.

    `region` is the one that `sqs` speaks to; `where` says for a message whose queues were searched
    (asked only when the queue is not found). NotFoundError when there is no such queue, UsageError
    when the ARN or URL is malformed or of another region.
    """
    given = _read_name(text)
    if given.region not in (None, region):
        raise UsageError(
            f"queue {text} is in {given.region}, and this target is in {region}",
            hint=f"add -r {given.region}",
        )
    params = {"QueueName": given.name}
    if given.account:
        params["QueueOwnerAWSAccountId"] = given.account
    try:
        url = sqs.get_queue_url(**params)["QueueUrl"]
    except Exception as error:
        if not is_no_such_queue(error):
            raise
        place = where() if where else region
        raise _not_found(sqs, given, place) from error
    return QueueRef(given.name, str(url))


def _read_name(text: str) -> _Given:
    if text.startswith("arn:"):
        parts = text.split(":")
        if len(parts) != 6 or parts[2] != "sqs" or not parts[5]:
            raise UsageError(
                f"{text} is not the ARN of an SQS queue",
                hint="it looks like arn:aws:sqs:eu-west-1:123456789012:orders-dlq",
            )
        return _Given(parts[5], parts[4] or None, parts[3] or None)
    if text.startswith(("https://", "http://")):
        return _read_url(text)
    if not text or "/" in text:
        raise UsageError(f"{text!r} is not a queue's name, ARN or URL")
    return _Given(text)


def _read_url(text: str) -> _Given:
    parts = urlsplit(text)
    path = [unquote(part) for part in parts.path.split("/") if part]
    if not path:
        raise UsageError(
            f"{text} is not the URL of an SQS queue",
            hint="it looks like https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dlq",
        )
    account = path[-2] if len(path) > 1 and path[-2].isdigit() else None
    host = (parts.hostname or "").split(".")
    region = None
    if "amazonaws" in host:
        if host[0] in ("sqs", "sqs-fips"):
            region = host[1]
        elif host[1] == "queue":  # the older form, eu-west-1.queue.amazonaws.com
            region = host[0]
    return _Given(path[-1], account, region)


def _not_found(sqs: SqsClient, given: _Given, place: str) -> NotFoundError:
    from itertools import islice

    message = f"no queue named {given.name} in {place}"
    try:
        names = [name_of_url(url) for url in islice(list_queue_urls(sqs), MOST_COMPARED)]
    except Exception:  # a hint is not worth an error: listing may well be denied
        names = []
    meant = did_you_mean(given.name, names)
    return NotFoundError(message, hint=meant or "awsops sqs ls lists them")


def list_queue_urls(sqs: SqsClient, prefix: str = "") -> Iterator[str]:
    """The URLs of all queues whose names begin with `prefix`, page after page."""
    params: dict[str, object] = {"MaxResults": PAGE}
    if prefix:
        params["QueueNamePrefix"] = prefix
    while True:
        page = sqs.list_queues(**params)
        yield from page.get("QueueUrls", [])
        if not page.get("NextToken"):
            return
        params["NextToken"] = page["NextToken"]


def source_queues(sqs: SqsClient, dlq: QueueRef) -> list[QueueRef]:
    """The queues whose dead-letter queue this is, in order of name."""
    params: dict[str, object] = {"QueueUrl": dlq.url, "MaxResults": PAGE}
    found: list[QueueRef] = []
    while True:
        page = sqs.list_dead_letter_source_queues(**params)
        found += [QueueRef(name_of_url(url), url) for url in page.get("queueUrls", [])]
        if not page.get("NextToken"):
            return sorted(found, key=lambda queue: queue.name)
        params["NextToken"] = page["NextToken"]


def read_facts(sqs: SqsClient, queue: QueueRef) -> QueueFacts:
    """The attributes of one queue (one call)."""
    answer = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])
    held = answer.get("Attributes", {})
    policy = json.loads(held["RedrivePolicy"]) if held.get("RedrivePolicy") else {}
    count = policy.get("maxReceiveCount")
    return QueueFacts(
        ref=queue,
        arn=held.get("QueueArn", ""),
        visible=int(held.get("ApproximateNumberOfMessages", 0)),
        in_flight=int(held.get("ApproximateNumberOfMessagesNotVisible", 0)),
        delayed=int(held.get("ApproximateNumberOfMessagesDelayed", 0)),
        dlq_arn=policy.get("deadLetterTargetArn"),
        max_receive_count=int(count) if count is not None else None,
        max_message_bytes=int(held.get("MaximumMessageSize", MAX_MESSAGE_BYTES)),
        content_dedup=held.get("ContentBasedDeduplication") == "true",
        retention=int(held.get("MessageRetentionPeriod", 345_600)),
    )


def list_queues(
    sqs: SqsClient, pool: Executor, *, pattern: str = "*", only_dlqs: bool = False
) -> Iterator[Queue | Note]:
    """The queues whose names match the glob, by name, their attributes read in parallel.

    A queue deleted meanwhile is left out. One whose attributes may not be read becomes a warning;
    when none may be read, the service's error is raised.
    """
    for found in read_all_facts(sqs, pool, pattern=pattern, only_dlqs=only_dlqs):
        yield found.row() if isinstance(found, QueueFacts) else found


def read_all_facts(
    sqs: SqsClient, pool: Executor, *, pattern: str = "*", only_dlqs: bool = False
) -> Iterator[QueueFacts | Note]:
    """As `list_queues`, with everything that a queue's attributes say."""
    urls = list_queue_urls(sqs, _literal_prefix(pattern))
    refs = [QueueRef(name_of_url(url), url) for url in urls]
    chosen = sorted((r for r in refs if fnmatchcase(r.name, pattern)), key=lambda r: r.name)
    denied: list[tuple[QueueRef, Exception]] = []
    shown = 0

    def read(ref: QueueRef) -> QueueFacts | Exception | None:
        try:
            if only_dlqs and not _is_dlq(sqs, ref):
                return None
            return read_facts(sqs, ref)
        except Exception as error:
            if is_no_such_queue(error):
                return None
            if is_denied(error):
                return error
            raise

    for ref, result in zip(chosen, pool.map(read, chosen), strict=True):
        if isinstance(result, QueueFacts):
            shown += 1
            yield result
        elif result is not None:
            denied.append((ref, result))
    if denied and not shown:
        raise denied[0][1]
    if denied:
        names = ", ".join(ref.name for ref, _ in denied[:3]) + (", ..." if len(denied) > 3 else "")
        which = "1 queue" if len(denied) == 1 else f"{len(denied):,} queues"
        yield Note(f"left out, {which} whose attributes may not be read: {names}", "warning")


def _is_dlq(sqs: SqsClient, queue: QueueRef) -> bool:
    page = sqs.list_dead_letter_source_queues(QueueUrl=queue.url, MaxResults=1)
    return bool(page.get("queueUrls"))


def _literal_prefix(pattern: str) -> str:
    for position, letter in enumerate(pattern):
        if letter in "*?[":
            return pattern[:position]
    return pattern
