"""Queues of a test's own on the sandbox, and its bad days."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

DEV = ("-p", "demo-dev")
ALL = ("-p", "demo-*")


class Queues:
    """Queues of a test's own in the account demo-dev."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self._mark = uuid.uuid4().hex[:8]

    def name(self, name: str) -> str:
        stem, dot, suffix = name.partition(".")
        return f"{stem}-{self._mark}{dot}{suffix}"

    def make(self, name: str, dlq: str | None = None, **attributes: str) -> str:
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        if dlq is not None:
            arn = self.attributes(dlq)["QueueArn"]
            attributes["RedrivePolicy"] = json.dumps(
                {"deadLetterTargetArn": arn, "maxReceiveCount": 3}
            )
        self.client.create_queue(QueueName=self.name(name), Attributes=attributes)
        return self.name(name)

    def url(self, name: str) -> str:
        return str(self.client.get_queue_url(QueueName=self.name(name))["QueueUrl"])

    def attributes(self, name: str) -> dict[str, str]:
        answer = self.client.get_queue_attributes(QueueUrl=self.url(name), AttributeNames=["All"])
        return dict(answer["Attributes"])

    def depth(self, name: str) -> tuple[int, int]:
        """Visible and in flight."""
        held = self.attributes(name)
        return (
            int(held["ApproximateNumberOfMessages"]),
            int(held["ApproximateNumberOfMessagesNotVisible"]),
        )

    def fill(self, name: str, count: int, **fields: Any) -> None:
        for start in range(0, count, 10):
            numbers = range(start, min(start + 10, count))
            entries = [{"Id": str(n), "MessageBody": f"body-{n}", **fields} for n in numbers]
            if name.endswith(".fifo"):
                for entry in entries:
                    number = int(str(entry["Id"]))
                    entry["MessageGroupId"] = f"g{number % 3}"
                    entry["MessageDeduplicationId"] = f"d{number}"
            answer = self.client.send_message_batch(QueueUrl=self.url(name), Entries=entries)
            assert not answer.get("Failed")

    def drain(self, name: str) -> list[dict[str, Any]]:
        """All messages, in the order in which they come."""
        return drained(self.client, self.url(name))


def drained(client: Any, url: str) -> list[dict[str, Any]]:
    """All messages of a queue, in the order in which they come; it is empty afterwards."""
    found: list[dict[str, Any]] = []
    while True:
        messages = client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return found
        found += messages
        entries = [
            {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
            for n, message in enumerate(messages)
        ]
        client.delete_message_batch(QueueUrl=url, Entries=entries)


@pytest.fixture
def queues(awsops_sandbox: Any) -> Iterator[Queues]:
    import botocore.session
    from botocore.config import Config

    session = botocore.session.Session(profile="demo-dev")
    session.set_config_variable("config_file", awsops_sandbox.environ["AWS_CONFIG_FILE"])
    session.set_config_variable(
        "credentials_file", awsops_sandbox.environ["AWS_SHARED_CREDENTIALS_FILE"]
    )
    client = session.create_client(
        "sqs",
        region_name="eu-west-1",
        endpoint_url=awsops_sandbox.endpoint,
        config=Config(proxies={}, retries={"total_max_attempts": 10}),
    )
    yield Queues(client)
    client.close()


@pytest.fixture
def chaos(awsops_sandbox: Any) -> Iterator[Callable[[str], None]]:
    """`chaos("throttle=0.1")` makes the rest of the test a bad day."""
    from awsops.sandbox.control import set_chaos

    yield lambda spec: set_chaos(awsops_sandbox.info, spec)
    set_chaos(awsops_sandbox.info, "")
