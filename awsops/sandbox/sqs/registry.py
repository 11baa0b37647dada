"""The queues of all accounts and regions, and the way between them that a message can take."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from awsops.sandbox.identity import Identity
from awsops.sandbox.sqs import attributes, faults, permissions
from awsops.sandbox.sqs.fifo import FifoQueue
from awsops.sandbox.sqs.message import Message
from awsops.sandbox.sqs.moves import Moves
from awsops.sandbox.sqs.queue import Queue, QueueKey

REUSE_NAME_SECONDS = 60  # SQS API reference, DeleteQueue
PURGE_SECONDS = 60  # SQS API reference, PurgeQueue
MAX_LISTED = 1000  # ListQueues, ListDeadLetterSourceQueues


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls SQS, in which region, and the endpoint that queue URLs start with."""

    identity: Identity
    region: str
    endpoint: str

    def url_of(self, queue: Queue) -> str:
        return f"{self.endpoint}/{queue.key.account}/{queue.key.name}"


class Registry:
    """Every queue of the sandbox. One lock guards all of it: calls are short, moves cross queues.

    `arrived` wakes those who wait in a long poll.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.arrived = threading.Condition(self.lock)
        self.moves = Moves(self.by_arn, self.sources_of, self._transfer)
        self._queues: dict[QueueKey, Queue] = {}
        self._deleted: dict[QueueKey, float] = {}

    def reset(self) -> None:
        """Forgets every queue and every task."""
        with self.lock:
            self._queues.clear()
            self._deleted.clear()
            self.moves = Moves(self.by_arn, self.sources_of, self._transfer)
            self.arrived.notify_all()

    # Finding queues.

    def by_arn(self, arn: str) -> Queue | None:
        parts = arn.split(":")
        if len(parts) != 6 or parts[2] != "sqs":
            return None
        return self._queues.get(QueueKey(account=parts[4], region=parts[3], name=parts[5]))

    def of_url(self, caller: Caller, params: Mapping[str, Any], action: str) -> Queue:
        """The queue that the call's QueueUrl names, if the caller may do `action` to it."""
        url = params.get("QueueUrl")
        if not url:
            raise faults.missing_parameter("QueueUrl")
        parts = str(url).rstrip("/").rsplit("/", 2)
        account, name = parts[-2:] if len(parts) == 3 else (caller.identity.account, parts[-1])
        queue = self._queues.get(QueueKey(account, caller.region, name))
        if queue is None:
            raise faults.queue_does_not_exist()
        permissions.require(caller.identity, queue, action)
        queue.wake(self.clock())
        return queue

    def named(self, caller: Caller, name: str, owner: str | None) -> Queue:
        queue = self._queues.get(QueueKey(owner or caller.identity.account, caller.region, name))
        if queue is None:
            raise faults.queue_does_not_exist()
        permissions.require(caller.identity, queue, "GetQueueUrl")
        return queue

    def of_account(self, caller: Caller, prefix: str = "") -> list[Queue]:
        """The caller's own queues in its region, by name."""
        found = [
            queue
            for key, queue in self._queues.items()
            if key.account == caller.identity.account
            and key.region == caller.region
            and key.name.startswith(prefix)
        ]
        return sorted(found, key=lambda queue: queue.key.name)

    def sources_of(self, target: Queue) -> list[Queue]:
        """The queues whose dead letters come here."""
        return [
            queue
            for queue in self._queues.values()
            if (redrive := attributes.read_redrive(queue)) and redrive.target_arn == target.arn
        ]

    # Making, changing and removing them.

    def create(self, key: QueueKey, given: Mapping[str, Any], tags: Mapping[str, str]) -> Queue:
        """CreateQueue. The same attributes again give the same queue; others are refused."""
        fifo = str(given.get("FifoQueue", "")).lower() == "true"
        attributes.check_name(key.name, fifo)
        if not fifo and key.name.endswith(".fifo"):
            raise faults.invalid_parameter(
                "Can only include alphanumeric characters, hyphens, or underscores. "
                "1 to 80 in length"
            )
        checked = attributes.check(given, fifo=fifo, creating=True)
        self._check_policies(checked, key.arn, fifo)
        now = self.clock()
        if (known := self._queues.get(key)) is not None:
            for name, value in checked.items():
                if known.attributes.get(name) != value:
                    raise faults.queue_exists(
                        "A queue already exists with the same name and a different value for "
                        f"attribute {name}"
                    )
            return known
        if now - self._deleted.get(key, 0.0) < REUSE_NAME_SECONDS:
            raise faults.queue_deleted_recently()
        kind = FifoQueue if fifo else Queue
        queue = kind(key, attributes.with_defaults(checked, fifo=fifo), now)
        queue.tags.update(tags)
        self._queues[key] = queue
        return queue

    def set_attributes(self, queue: Queue, given: Mapping[str, Any]) -> None:
        checked = attributes.check(given, fifo=queue.fifo, creating=False)
        self._check_policies(checked, queue.arn, queue.fifo)
        if checked.get("KmsMasterKeyId"):
            checked.setdefault("SqsManagedSseEnabled", "false")
        if checked.get("SqsManagedSseEnabled") == "true":
            checked.setdefault("KmsMasterKeyId", "")
        for name, value in checked.items():
            if value == "":
                queue.attributes.pop(name, None)
            else:
                queue.attributes[name] = value
        queue.modified = self.clock()
        if "MessageRetentionPeriod" in checked:
            queue.retention_changed()

    def _check_policies(self, checked: dict[str, str], arn: str, fifo: bool) -> None:
        if checked.get("RedrivePolicy"):
            checked["RedrivePolicy"] = attributes.check_redrive(
                checked["RedrivePolicy"], arn, fifo, self.by_arn
            )
        if checked.get("RedriveAllowPolicy"):
            attributes.check_redrive_allow(checked["RedriveAllowPolicy"])

    def delete(self, queue: Queue) -> None:
        del self._queues[queue.key]
        self._deleted[queue.key] = self.clock()
        self.arrived.notify_all()

    def remove_silently(self, keys: Iterable[QueueKey]) -> None:
        """Removes queues so that their names can be used again at once: for seeding."""
        for key in keys:
            self._queues.pop(key, None)
            self._deleted.pop(key, None)

    def exists(self, queue: Queue) -> bool:
        return self._queues.get(queue.key) is queue

    def purge(self, queue: Queue) -> None:
        now = self.clock()
        if queue.purged is not None and now - queue.purged < PURGE_SECONDS:
            raise faults.purge_in_progress(queue.key.name)
        queue.purge(now)

    # Between queues.

    def burial_of(self, queue: Queue) -> Callable[[Message], bool] | None:
        """What to do with a message received too often; None when the queue has no DLQ."""
        redrive = attributes.read_redrive(queue)
        target = self.by_arn(redrive.target_arn) if redrive else None
        if redrive is None or target is None or target is queue:
            return None

        def bury(message: Message) -> bool:
            if message.received < redrive.max_receives:
                return False
            queue.forget(message)
            self.put_dead(message, queue, target)
            return True

        return bury

    def put_dead(self, message: Message, source: Queue, target: Queue) -> None:
        """A message that died in `source` arrives in its dead-letter queue."""
        now = self.clock()
        message.source_arn = source.arn
        if isinstance(target, FifoQueue):
            message.sequence = target.next_sequence()
            message.sent_at = now  # FIFO resets the enqueue time, standard queues keep it
        target.put(message, now)
        self.arrived.notify_all()

    def _transfer(self, source: Queue, destination: Queue | None, now: float) -> str | None:
        message = source.pop(now)
        if message is None:
            return "empty"
        target = destination or self.by_arn(message.source_arn or "")
        if target is None or not self.exists(target):
            source.put(message, now)
            named = destination is not None or message.source_arn is not None
            return (
                "AWS.SimpleQueueService.NonExistentQueue"
                if named
                else "CouldNotDetermineMessageSource"
            )
        moved = Message(
            # A redriven message counts as new: new id, new age (SQS developer guide).
            id=str(uuid.uuid4()),
            body=message.body,
            md5=message.md5,
            attributes=message.attributes,
            sender=message.sender,
            sent_at=now,
            trace=message.trace,
            group=message.group,
            dedup=message.dedup,
        )
        if isinstance(target, FifoQueue):
            moved.sequence = target.next_sequence()
        target.put(moved, now)
        self.arrived.notify_all()
        return None
