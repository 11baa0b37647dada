"""Every kind of bad day at once: a queue, a proxy and a process of `awsops sqs redrive` for each.

They wait most of their time (for leases to end, for polls to stay empty): side by side they take as
long as the slowest of them.
"""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.peers.faulty_proxy import FAULTS, Sign, in_front_of

_DOUBT = re.compile(r"up to ([\d,]+) messages? may arrive once more")
_SHARE = dict.fromkeys(FAULTS, 0.2) | {"credentials": 0.04}
# At most one strike for so many messages: a receive without its answer hides ten for a lease.
_EVERY = dict.fromkeys(FAULTS, 10) | {"reset": 20, "lost": 30}


@dataclass(frozen=True, slots=True)
class Day:
    """What came of one fault: how often it struck, and messages lost, doubled, and said to be."""

    fault: str
    times: int
    lost: int
    doubled: int
    said: int
    left: int  # in the dead-letter queue, visible or in flight


@dataclass(frozen=True, slots=True)
class Place:
    """An SQS: `argv` and `environ` lead `awsops` to it, `sign` what the proxy changes."""

    client: Any
    endpoint: str
    argv: Sequence[str]
    environ: Mapping[str, str]
    process: Callable[..., subprocess.Popen[str]]
    sign: Sign | None = None

    def days(self, messages: int, faults: Sequence[str] = FAULTS) -> list[Day]:
        """Redrive as many messages through each fault, all at the same time."""
        mark = uuid.uuid4().hex[:8]
        with ThreadPoolExecutor(len(faults)) as pool:
            return list(pool.map(lambda fault: self._day(fault, mark, messages), faults))

    def _day(self, fault: str, mark: str, messages: int) -> Day:
        dlq, orders = self._queues(f"{fault}-{mark}")
        self._fill(dlq, messages)
        most = messages // _EVERY[fault]
        with in_front_of(
            self.endpoint, fault, _SHARE[fault], seed=11, most=most, sign=self.sign
        ) as (url, weather):
            code, told = self._redrive(dlq, url)
        if fault == "credentials":  # renewed, and gone on with
            way_on = re.search(r"--resume (\S+)", told)
            assert (code, way_on is not None) == (4, True), told
            assert way_on is not None
            code, told = self._redrive(dlq, self.endpoint, "--resume", way_on[1])
        assert code == 0, told
        arrived = self._drain(orders)
        kinds = len(set(arrived))
        struck = weather.struck.total()
        return Day(
            fault, struck, messages - kinds, len(arrived) - kinds, doubted(told), self._left(dlq)
        )

    def _redrive(self, dlq: str, url: str, *more: str) -> tuple[int, str]:
        words = ["sqs", "redrive", dlq.rpartition("/")[2], "--engine", "client", "-y", *more]
        running = self.process(
            [*words, "--visibility", "10s", *self.argv],
            environ={**self.environ, "AWS_ENDPOINT_URL_SQS": url},
        )
        _, told = running.communicate()
        return int(running.returncode), told

    def _queues(self, name: str) -> tuple[str, str]:
        dlq = str(self.client.create_queue(QueueName=f"dead-{name}")["QueueUrl"])
        held = self.client.get_queue_attributes(QueueUrl=dlq, AttributeNames=["QueueArn"])
        arn = held["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
        made = self.client.create_queue(
            QueueName=f"orders-{name}", Attributes={"RedrivePolicy": policy}
        )
        return dlq, str(made["QueueUrl"])

    def _fill(self, url: str, count: int) -> None:
        for start in range(0, count, 10):
            numbers = range(start, min(start + 10, count))
            entries = [{"Id": str(n), "MessageBody": f"body-{n}"} for n in numbers]
            answer = self.client.send_message_batch(QueueUrl=url, Entries=entries)
            assert not answer.get("Failed")

    def _left(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        held = self.client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(held[name]) for name in names)

    def _drain(self, url: str) -> list[str]:
        found: list[str] = []
        while True:
            messages = self.client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
                "Messages", []
            )
            if not messages:
                return found
            found += [message["Body"] for message in messages]
            entries = [
                {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
                for n, message in enumerate(messages)
            ]
            self.client.delete_message_batch(QueueUrl=url, Entries=entries)


def doubted(told: str) -> int:
    """How many copies the run says may be too many."""
    said = _DOUBT.search(told)
    return int(said[1].replace(",", "")) if said else 0


def check(days: Sequence[Day]) -> None:
    """Every fault struck, none lost a message, and none doubled more than its run said."""
    for day in days:
        print(
            f"{day.fault}: {day.times} times, {day.lost} lost, {day.doubled} doubled, "
            f"{day.said} said"
        )
    assert [day.fault for day in days if not day.times] == []
    assert [day for day in days if day.lost or day.left] == []
    assert [day for day in days if day.doubled > day.said] == []
