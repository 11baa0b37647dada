"""Targets share clients, but one account that is throttled leaves the others their retries."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from awsops.testing import Result

if TYPE_CHECKING:
    from tests.conftest import Answer, Call, Loopback

# Attempts at a call, and the retries that a quota of 500 at 5 each allows
# (botocore.retries.quota, botocore.retries.standard).
ATTEMPTS, RETRIES = 3, 100


@pytest.fixture
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore's real retries without the seconds between them."""
    clock = SimpleNamespace(sleep=lambda seconds: None, time=time.time)
    monkeypatch.setattr("botocore.endpoint.time", clock)


@pytest.fixture
def asker(write_plugin: Callable[..., Path]) -> None:
    """`ask often`: one target uses up its retries, the other begins when it has."""
    write_plugin(
        "ask",
        """
        USED_UP = threading.Event()

        @command()
        def often(aws: Aws):
            from botocore.exceptions import ClientError
            if aws.target.profile == "throttled":
                for _ in range(60):
                    try:
                        aws.client("sqs").list_queues()
                    except ClientError:
                        pass
                USED_UP.set()
            else:
                assert USED_UP.wait(30)
                aws.client("sqs").list_queues()
            yield Row(aws.target.profile)

        @command()
        def which(aws: Aws):
            client = aws.client("sqs")
            yield Row(f"{id(client)} {client.meta.config.retries['mode']}")
        """,
    )


def test_a_throttled_account_uses_up_its_own_retries_only(
    no_backoff: None, asker: None, cli: Callable[..., Result], loopback: Loopback
) -> None:
    calls: Counter[str] = Counter()

    def throttle(call: Call) -> Answer:
        if call.operation != "ListQueues":
            return loopback.usual(call)
        calls[call.account[-1]] += 1
        if call.account.endswith("1") or calls["2"] == 1:
            return loopback.refusal(call, "ThrottlingException")
        return loopback.usual(call)

    loopback.answer = throttle
    environ = loopback.accounts(["throttled", "well"], extra="retry_mode = standard")
    environ["AWS_MAX_ATTEMPTS"] = str(ATTEMPTS)
    result = cli(["ask", "often", "-p", "*"], environ)
    assert result.exit_code == 0, result.stderr
    assert calls == {"1": 60 + RETRIES, "2": 2}


@pytest.mark.parametrize(
    ("mode", "clients"), [("legacy", 1), ("standard", 1), ("adaptive", 3)], ids=str
)
def test_only_adaptive_clients_which_limit_their_own_rate_are_not_shared(
    mode: str, clients: int, asker: None, cli: Callable[..., Result], loopback: Loopback
) -> None:
    environ = loopback.accounts(["a", "b", "c"], extra=f"retry_mode = {mode}")
    result = cli(["ask", "which", "-p", "*"], environ)
    seen = {row["name"].split()[0] for row in result.rows}
    assert {row["name"].split()[1] for row in result.rows} == {mode}
    assert len(seen) == clients


def test_profiles_that_want_their_clients_otherwise_do_not_share_one(
    asker: None, cli: Callable[..., Result], loopback: Loopback
) -> None:
    environ = loopback.accounts(["a", "b"])
    (loopback.folder / "config").write_text(
        "[profile a]\nregion = eu-west-1\n[profile b]\nregion = eu-west-1\nretry_mode = legacy\n"
    )
    result = cli(["ask", "which", "-p", "*", "-o", "json"], environ)
    assert [row["name"].split()[1] for row in result.rows] == ["standard", "legacy"]
