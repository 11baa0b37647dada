"""An Env whose streams are strings, and the rows that the golden files show."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path

import pytest

from awsops.env import Env, Folders
from awsops.events import Change, Plan, Secret
from awsops.testing import FakeClock, ScriptedPrompter

MakeEnv = Callable[..., Env]


@pytest.fixture
def make_env(tmp_path: Path) -> MakeEnv:
    """`make_env(width=80, tty=False, environ=...)`: an Env on strings with a clock that waits."""

    def make(
        width: int | None = 80, tty: bool = False, environ: dict[str, str] | None = None
    ) -> Env:
        clock = FakeClock(0.0)
        return Env(
            stdin=io.StringIO(),
            stdout=io.StringIO(),
            stderr=io.StringIO(),
            environ=environ or {},
            stdin_tty=tty,
            stdout_tty=tty,
            stderr_tty=tty,
            folders=Folders(tmp_path, tmp_path, tmp_path),
            prompter=ScriptedPrompter(),
            clock=clock,
            monotonic=clock,
            sleep=clock.sleep,
            fixed_width=width,
        )

    return make


class State(Enum):
    ACTIVE = "ACTIVE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Tag:
    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Worker:
    name: str
    state: State
    backlog: int | None
    ratio: float
    price: Decimal
    paused: bool
    since: datetime
    lag: timedelta
    arn: str
    token: Secret
    tags: tuple[Tag, ...]
    config: Path
    digest: bytes
    note: str | None


def _worker(number: int, name: str, **more: object) -> Worker:
    values: dict[str, object] = {
        "state": State.ACTIVE,
        "backlog": 10**number,
        "ratio": 2 / 3,
        "price": Decimal("0.10"),
        "paused": False,
        "since": datetime(2024, 5, number, 12, 30, tzinfo=UTC),
        "lag": timedelta(minutes=number),
        "arn": f"arn:aws:lambda:eu-west-1:111122223333:function:{name}:live",
        "token": Secret("correct horse battery staple"),
        "tags": (),
        "config": Path("/etc/worker.toml"),
        "digest": b"\x00\xff",
        "note": None,
    }
    return Worker(name, **{**values, **more})  # type: ignore[arg-type]


WORKERS = (
    _worker(1, "orders", tags=(Tag("team", "shop"), Tag("tier", None))),
    _worker(
        2,
        "注文-🚚-großhandel",
        state=State.FAILED,
        backlog=None,
        paused=True,
        since=datetime(2024, 5, 2, 1, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=2))),
        note='broke at 09:30:\n\tTraceback, "quoted", \x1b[31mred\x1b[0m and\r\n\tback\\slash',
    ),
    _worker(3, "089123456789", price=Decimal("12"), note="a, b; 'c'"),
)


@pytest.fixture
def workers() -> tuple[Worker, ...]:
    """Rows with everything in them: wide characters, None, secrets, nesting, control characters."""
    return WORKERS


@pytest.fixture
def plans() -> list[tuple[str, str, Plan]]:
    """What a mutating command would do in four targets, two of them idle."""
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*"}]}'
    once = "SQS keeps no copy of a deleted queue"
    busy = Plan(
        changes=(
            Change("move", "orders-dlq", "500 messages to orders"),
            Change("delete", "orders-old", irreversible=True, why_no_undo=once),
            Change(
                "set",
                "arn:aws:sqs:eu-west-1:111122223333:注文-orders",
                "VisibilityTimeout of the queue",
                before="30",
                after="60",
            ),
            Change("put-policy", "orders", before=policy, after=None),
        ),
        summary="Redrive orders-dlq",
        warnings=("3 messages do not say where they came from: they stay in orders-dlq",),
    )
    many = Plan(
        tuple(Change("delete-image", f"api@sha256:{n:064x}", irreversible=True) for n in range(150))
    )
    return [
        ("demo-prod/eu-west-1", "111122223333", busy),
        ("demo-dev/eu-central-1", "444455556666", many),
        ("demo-staging/eu-west-1", "777788889999", Plan(())),
        ("demo-test/eu-west-1", "777788889999", Plan((), warnings=("\x1b[2Jno such queue",))),
    ]
