"""A running sandbox for the whole session, and SQS alone, in this process, with a clock to turn."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from awsops.sandbox import SandboxInfo, start, stop
from awsops.sandbox.accounts import ACCOUNTS
from awsops.sandbox.identity import user_identity
from awsops.sandbox.sqs.registry import Caller, Registry
from awsops.sandbox.sqs.service import OPERATIONS

Make = Callable[..., Any]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxInfo]:
    """A sandbox of this test session's own; it ends with it even when a test kills the session."""
    folder = tmp_path_factory.mktemp("sandboxes")
    yield start(folder, "tests", parent_pid=os.getpid())
    stop(folder, "tests")


@pytest.fixture(scope="session")
def _session() -> Any:
    import botocore.session

    return botocore.session.Session(profile=None)


@pytest.fixture
def client(sandbox: SandboxInfo, _session: Any) -> Make:
    """Makes a client: `client("sqs")` in the dev account, `client("sqs", account=1)` in staging,
    `client("sqs", keys=...)` with credentials as STS returns them."""
    from botocore.config import Config

    def make(
        service: str,
        account: int = 0,
        keys: dict[str, str] | None = None,
        *,
        endpoint: str = sandbox.endpoint,
        region: str = "eu-west-1",
        attempts: int = 1,
        **config: Any,
    ) -> Any:
        known = ACCOUNTS[account]
        keys = keys or {"AccessKeyId": known.access_key, "SecretAccessKey": known.secret}
        return _session.create_client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=Config(retries={"total_max_attempts": attempts}, proxies={}, **config),
        )

    return make


class Clock:
    """Epoch seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class LocalSqs:
    """SQS without HTTP: `sqs("SendMessage", QueueUrl=..., MessageBody=...)`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.registry = Registry(clock)
        self.caller = self.caller_of("111111111111")

    def caller_of(self, account: str) -> Caller:
        identity = user_identity(f"AKIA{account}", None, account, "tester")
        return Caller(identity, "eu-west-1", "http://127.0.0.1")

    def __call__(self, operation: str, *, caller: Caller | None = None, **params: Any) -> Any:
        with self.registry.lock:
            self.registry.moves.advance(self.clock())
            return OPERATIONS[operation](self.registry, caller or self.caller, params)

    def create(self, name: str, **attributes: str) -> str:
        return self("CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"]

    def send(self, url: str, body: str, **params: Any) -> Any:
        return self("SendMessage", QueueUrl=url, MessageBody=body, **params)

    def receive(self, url: str, count: int = 10, **params: Any) -> list[Any]:
        answer = self("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=count, **params)
        return answer.get("Messages", [])

    def bodies(self, url: str, count: int = 10, **params: Any) -> list[str]:
        return [message["Body"] for message in self.receive(url, count, **params)]

    def delete(self, url: str, message: Any) -> None:
        self("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def depth(self, url: str) -> tuple[int, int, int]:
        """Visible, in flight, delayed."""
        found = self("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
        prefix = "ApproximateNumberOfMessages"
        return tuple(int(found[prefix + kind]) for kind in ("", "NotVisible", "Delayed"))

    def arn(self, url: str) -> str:
        return "arn:aws:sqs:eu-west-1:" + ":".join(url.rsplit("/", 2)[1:])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sqs(clock: Clock) -> LocalSqs:
    return LocalSqs(clock)
