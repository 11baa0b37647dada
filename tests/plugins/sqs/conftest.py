"""A strict SQS in memory, with a clock that only moves when somebody waits, and faults to order."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from awsops_plugins.sqs.guard import LoopGuard
from awsops_plugins.sqs.planning import plan_redrive
from awsops_plugins.sqs.queues import QueueRef, read_facts
from awsops_plugins.sqs.record import MemoryRecord
from awsops_plugins.sqs.redrive import Redriven, apply_redrive
from awsops_plugins.sqs.runs import Run as RedriveRun
from awsops_plugins.sqs.runs import service_now
from awsops_plugins.sqs.terms import Terms

from awsops.events import Note, Progress

ACCOUNT = "123456789012"
REGION = "eu-west-1"
START = 1_700_000_000.0
Entry = dict[str, Any]


class ServiceError(Exception):
    """What botocore's ClientError looks like from outside."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.response = {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }


class LostAnswerError(ConnectionResetError):
    """The call was carried out and its answer did not arrive."""


class Clock:
    def __init__(self) -> None:
        self.now = START
        self.naps: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        with self._lock:
            self.naps.append(seconds)
            self.now += seconds


@dataclass
class Stored:
    id: str
    body: str
    sent: float
    number: int
    attributes: dict[str, Any] = field(default_factory=dict)
    trace: str | None = None
    group: str | None = None
    dedup: str | None = None
    source: str | None = None
    visible_at: float = 0.0
    handle: str | None = None
    count: int = 0


class FakeQueue:
    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        self.attributes = attributes
        self.messages: list[Stored] = []
        self.accepted_dedup: dict[str, tuple[float, str]] = {}

    @property
    def fifo(self) -> bool:
        return self.name.endswith(".fifo")

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.messages]

    def policy(self) -> tuple[str, int] | None:
        text = self.attributes.get("RedrivePolicy")
        if text is None:
            return None
        policy = json.loads(text)
        return policy["deadLetterTargetArn"], int(policy["maxReceiveCount"])


Fault = Callable[[str, dict[str, Any]], BaseException | None]
EntryFault = Callable[[str, Entry], dict[str, Any] | None]


class FakeSqs:
    """The calls of `SqsClient`. `faults` see each call before it is carried out, `entry_faults`
    each entry of a batch, `lost_answers` names operations whose answers get lost."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.queues: dict[str, FakeQueue] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.faults: list[Fault] = []
        self.entry_faults: list[EntryFault] = []
        self.lost_answers: list[str] = []
        self.dice: random.Random | None = None  # a standard queue's order is theirs to choose
        self.loose_groups = False  # delivers a group's next messages while earlier are in flight
        self._lock = threading.RLock()
        self._number = 0

    # -- for tests -------------------------------------------------------------------------

    def add_queue(self, name: str, dlq: str | None = None, **attributes: str) -> FakeQueue:
        if dlq is not None:
            arn = self.queues[dlq].arn
            attributes["RedrivePolicy"] = json.dumps(
                {"deadLetterTargetArn": arn, "maxReceiveCount": 3}
            )
        self.queues[name] = FakeQueue(name, attributes)
        return self.queues[name]

    def put(self, queue: str, body: str, **fields: Any) -> Stored:
        """A message that was there before, as if moved by SQS when `source` is given."""
        with self._lock:
            self._number += 1
            source = fields.pop("source", None)
            stored = Stored(
                id=f"m-{self._number}",
                body=body,
                sent=fields.pop("sent", self.clock.now - 3600),
                number=self._number,
                source=self.queues[source].arn if source else None,
                **fields,
            )
            self.queues[queue].messages.append(stored)
            return stored

    def names(self, operation: str) -> list[dict[str, Any]]:
        return [params for name, params in self.calls if name == operation]

    def hidden(self, queue: str) -> list[str]:
        return [m.body for m in self.queues[queue].messages if m.visible_at > self.clock.now]

    # -- the API ---------------------------------------------------------------------------

    def get_queue_url(self, **params: Any) -> Any:
        self._enter("GetQueueUrl", params)
        if params.get("QueueOwnerAWSAccountId", ACCOUNT) != ACCOUNT:
            raise ServiceError("AWS.SimpleQueueService.NonExistentQueue")
        if params["QueueName"] not in self.queues:
            raise ServiceError("AWS.SimpleQueueService.NonExistentQueue", "no such queue")
        return {"QueueUrl": self.queues[params["QueueName"]].url}

    def get_queue_attributes(self, **params: Any) -> Any:
        self._enter("GetQueueAttributes", params)
        queue, now = self._queue(params), self.clock.now
        visible = sum(m.visible_at <= now for m in queue.messages)
        return {
            "Attributes": {
                "QueueArn": queue.arn,
                "ApproximateNumberOfMessages": str(visible),
                "ApproximateNumberOfMessagesNotVisible": str(len(queue.messages) - visible),
                "ApproximateNumberOfMessagesDelayed": "0",
                **queue.attributes,
            }
        }

    def list_queues(self, **params: Any) -> Any:
        self._enter("ListQueues", params)
        prefix = params.get("QueueNamePrefix", "")
        urls = sorted(q.url for q in self.queues.values() if q.name.startswith(prefix))
        return self._page("QueueUrls", urls, params)

    def list_dead_letter_source_queues(self, **params: Any) -> Any:
        self._enter("ListDeadLetterSourceQueues", params)
        arn = self._queue(params).arn
        sources = [q.url for q in self.queues.values() if (q.policy() or ("",))[0] == arn]
        return self._page("queueUrls", sorted(sources), params)

    def receive_message(self, **params: Any) -> Any:
        self._enter("ReceiveMessage", params)
        assert 1 <= params["MaxNumberOfMessages"] <= 10
        assert 0 <= params["VisibilityTimeout"] <= 43_200
        with self._lock:
            queue, found, locked = self._queue(params), [], set()
            now = self.clock.now
            if queue.fifo and not self.loose_groups:
                locked = {m.group for m in queue.messages if m.visible_at > now}
            for message in self._in_order(queue):
                if len(found) == params["MaxNumberOfMessages"]:
                    break
                if message.visible_at > now or message.group in locked:
                    continue
                self._number += 1
                message.handle = f"{message.id}#{self._number}"
                message.visible_at = now + params["VisibilityTimeout"]
                message.count += 1
                found.append(self._shown(message))
            if not found:
                self.clock.now += params["WaitTimeSeconds"]
        if not found:
            time.sleep(0.0005)  # lets the other lanes run: a long poll takes no time here
        return self._leave("ReceiveMessage", {"Messages": found} if found else {})

    def _in_order(self, queue: FakeQueue) -> list[Stored]:
        """As SQS hands them out: a standard queue in whatever order it likes."""
        messages = list(queue.messages)
        if self.dice is not None and not queue.fifo:
            self.dice.shuffle(messages)
        return messages

    def send_message(self, **params: Any) -> Any:
        self._enter("SendMessage", params)
        with self._lock:
            stored = self._store(self._queue(params), params)
        return {
            "MessageId": stored.id,
            "MD5OfMessageBody": hashlib.md5(stored.body.encode()).hexdigest(),
        }

    def send_message_batch(self, **params: Any) -> Any:
        self._enter("SendMessageBatch", params)
        queue = self._queue(params)
        if sum(self._size(entry) for entry in params["Entries"]) > 1_048_576:
            raise ServiceError("AWS.SimpleQueueService.BatchRequestTooLong")

        def send(entry: Entry) -> dict[str, Any]:
            return {"MessageId": self._store(queue, entry).id}

        return self._batch("SendMessageBatch", params, send)

    def delete_message_batch(self, **params: Any) -> Any:
        self._enter("DeleteMessageBatch", params)
        queue = self._queue(params)

        def delete(entry: Entry) -> dict[str, Any]:
            for message in queue.messages:
                if message.handle == entry["ReceiptHandle"]:
                    if queue.fifo and message.visible_at <= self.clock.now:
                        raise ServiceError("InvalidParameterValue", "the handle has expired")
                    queue.messages.remove(message)
                    return {}
            # An old handle, or one of a message that is gone, succeeds and deletes nothing.
            if queue.fifo:
                raise ServiceError("InvalidParameterValue", entry["ReceiptHandle"])
            return {}

        return self._batch("DeleteMessageBatch", params, delete)

    def change_message_visibility_batch(self, **params: Any) -> Any:
        self._enter("ChangeMessageVisibilityBatch", params)
        queue = self._queue(params)

        def change(entry: Entry) -> dict[str, Any]:
            assert 0 <= entry["VisibilityTimeout"] <= 43_200
            for message in queue.messages:
                if message.handle == entry["ReceiptHandle"]:
                    if message.visible_at <= self.clock.now:
                        raise ServiceError("MessageNotInflight")
                    message.visible_at = self.clock.now + entry["VisibilityTimeout"]
                    return {}
            raise ServiceError("ReceiptHandleIsInvalid")

        return self._batch("ChangeMessageVisibilityBatch", params, change)

    # -- inside ----------------------------------------------------------------------------

    def _enter(self, operation: str, params: dict[str, Any]) -> None:
        with self._lock:
            self.calls.append((operation, params))
            for fault in self.faults:
                error = fault(operation, params)
                if error is not None:
                    raise error

    def _leave(self, operation: str, answer: Any) -> Any:
        with self._lock:
            if operation in self.lost_answers:
                self.lost_answers.remove(operation)
                raise LostAnswerError(operation)
        return answer

    def _queue(self, params: dict[str, Any]) -> FakeQueue:
        for queue in self.queues.values():
            if queue.url == params["QueueUrl"]:
                return queue
        raise ServiceError("AWS.SimpleQueueService.NonExistentQueue")

    def _batch(
        self, operation: str, params: dict[str, Any], one: Callable[[Entry], dict[str, Any]]
    ) -> Any:
        entries = params["Entries"]
        assert 1 <= len(entries) <= 10
        assert len({entry["Id"] for entry in entries}) == len(entries)
        done, failed = [], []
        with self._lock:
            for entry in entries:
                wrong = next(
                    (f for f in (g(operation, entry) for g in self.entry_faults) if f), None
                )
                if wrong is not None:
                    failed.append({"Id": entry["Id"], **wrong})
                    continue
                try:
                    done.append({"Id": entry["Id"], **one(entry)})
                except ServiceError as error:
                    code = error.response["Error"]["Code"]
                    failed.append({"Id": entry["Id"], "SenderFault": True, "Code": code})
        answer: dict[str, Any] = {"Successful": done}
        if failed:
            answer["Failed"] = failed
        return self._leave(operation, answer)

    def _store(self, queue: FakeQueue, entry: Entry) -> Stored:
        assert entry["MessageBody"]
        assert set(entry.get("MessageSystemAttributes", {})) <= {"AWSTraceHeader"}
        group, dedup = entry.get("MessageGroupId"), entry.get("MessageDeduplicationId")
        if self._size(entry) > int(queue.attributes.get("MaximumMessageSize", 1_048_576)):
            raise ServiceError("InvalidParameterValue", "too long")
        if queue.fifo:
            if group is None or dedup is None:
                raise ServiceError("MissingParameter")
            seen = queue.accepted_dedup.get(dedup)
            if seen and self.clock.now - seen[0] < 300:
                return Stored(seen[1], entry["MessageBody"], 0, 0)
        elif dedup is not None:
            raise ServiceError("InvalidParameterValue", "no dedup id on a standard queue")
        trace = entry.get("MessageSystemAttributes", {}).get("AWSTraceHeader", {})
        stored = self.put(
            queue.name,
            entry["MessageBody"],
            sent=self.clock.now,
            attributes=entry.get("MessageAttributes", {}),
            trace=trace.get("StringValue"),
            group=group,
            dedup=dedup,
        )
        if dedup is not None:
            queue.accepted_dedup[dedup] = (self.clock.now, stored.id)
        return stored

    def _shown(self, message: Stored) -> dict[str, Any]:
        system = {
            "SentTimestamp": str(int(message.sent * 1000)),
            "ApproximateReceiveCount": str(message.count),
            "AWSTraceHeader": message.trace,
            "MessageGroupId": message.group,
            "MessageDeduplicationId": message.dedup,
            "DeadLetterQueueSourceArn": message.source,
        }
        shown = {
            "MessageId": message.id,
            "ReceiptHandle": message.handle,
            "Body": message.body,
            "Attributes": {k: v for k, v in system.items() if v is not None},
        }
        if message.attributes:
            shown["MessageAttributes"] = message.attributes
        return shown

    @staticmethod
    def _size(entry: Entry) -> int:
        size = len(entry["MessageBody"].encode())
        for name, value in entry.get("MessageAttributes", {}).items():
            content = value.get("StringValue", "").encode() or value.get("BinaryValue", b"")
            size += len(name.encode()) + len(value["DataType"].encode()) + len(content)
        return size

    @staticmethod
    def _page(key: str, urls: list[str], params: dict[str, Any]) -> Any:
        size, start = min(params["MaxResults"], 3), int(params.get("NextToken", 0))
        page: dict[str, Any] = {key: urls[start : start + size]} if urls else {}
        if start + size < len(urls):
            page["NextToken"] = str(start + size)
        return page


@dataclass
class _Run:
    """One redrive of a fake queue, to its end."""

    sqs: Any
    lanes: int = 2
    to: str | None = None
    limit: int | None = None
    started: float | None = None
    patience: float = 0.0
    suspicion: float = 0.0
    terms: Terms = field(default_factory=Terms)
    cancelled: threading.Event = field(default_factory=threading.Event)
    record: Any = field(default_factory=MemoryRecord)
    row: Redriven | None = None
    notes: list[str] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)
    error: BaseException | None = None

    def plan(self, dlq: str) -> Any:
        return plan_redrive(
            self.sqs,
            read_facts(self.sqs, self._ref(dlq)),
            to=self._ref(self.to) if self.to else None,
            limit=self.limit,
            region=REGION,
            stopped=self.cancelled.is_set,
            unfinished=1 if self.patience else 0,
            selects=self.terms.selects,
        )

    def __call__(self, dlq: str, plan: Any = None) -> _Run:
        plan = plan or self.plan(dlq)
        with ThreadPoolExecutor(self.lanes) as pool:
            events = apply_redrive(
                self.sqs,
                plan,
                self.begin(dlq),
                pool=pool,
                lanes=self.lanes,
                sleep=self.sqs.clock.sleep,
                clock=self.sqs.clock,
                cancelled=self.cancelled,
                terms=self.terms,
            )
            try:
                for event in events:
                    self._keep(event)
            except Exception as error:
                self.error = error
        return self

    def _keep(self, event: Any) -> None:
        if isinstance(event, Redriven):
            self.row = event
        elif isinstance(event, Note):
            self.notes.append(event.text)
        else:
            self.progress.append(event)

    def begin(self, dlq: str) -> RedriveRun:
        started = self.started or service_now(self.sqs, self._ref(dlq), self.sqs.clock)
        go_on = "awsops sqs redrive --resume run-1"
        return RedriveRun(
            "run-1",
            self.record,
            LoopGuard(started),
            go_on,
            self.patience,
            suspicion=self.suspicion,
        )

    def counts(self) -> tuple[int, int, int]:
        assert self.row is not None
        return self.row.moved, self.row.skipped, self.row.failed

    def _ref(self, name: str) -> QueueRef:
        return QueueRef(name, self.sqs.queues[name].url)


@pytest.fixture
def sqs() -> FakeSqs:
    return FakeSqs()


@pytest.fixture
def new_sqs() -> type[FakeSqs]:
    """For properties, which need a fresh one for every example."""
    return FakeSqs


@pytest.fixture
def service_error() -> type[ServiceError]:
    return ServiceError


@pytest.fixture
def Run() -> type[_Run]:
    return _Run
