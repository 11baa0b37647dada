"""Rehearse on an embedded AWS with three seeded accounts, with faults on request."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from awsops.api import (
    Annotated,
    Argument,
    AwsopsError,
    Choice,
    Document,
    Host,
    Note,
    NotFoundError,
    Option,
    UsageError,
    command,
)
from awsops.local_choices import complete_faults
from awsops.sandbox import control
from awsops.sandbox.accounts import ACCOUNTS
from awsops.sandbox.client import AdminError
from awsops.sandbox.lifecycle import (
    SandboxError,
    SandboxInfo,
    environment,
    environment_to_unset,
    find,
    start,
    status,
    stop,
)

REGISTRY = "docker-registry"  # Debian's name for the distribution project's program


def complete_sandboxes(host: Host) -> Iterator[Choice]:
    """The sandboxes that run."""
    for info in status(_folder(host)):
        yield Choice(info.name, info.endpoint)


Name = Annotated[
    str,
    Argument(help="Which sandbox, when there are several.", complete=complete_sandboxes),
]


@dataclass(frozen=True, slots=True)
class Running:
    """One running sandbox; its profiles are usable after `awsops sandbox env`."""

    name: str
    endpoint: str
    pid: int
    started_at: datetime
    profiles: tuple[str, ...]
    chaos: str | None
    folder: Path


@dataclass(frozen=True, slots=True)
class Stopped:
    """A sandbox that was asked to end: status is stopped, or "not running"."""

    name: str
    status: str


@dataclass(frozen=True, slots=True)
class Seeded:
    """The dead letters put into one account's `orders-dlq`."""

    account: str
    queue: str
    messages: int


@command(name="start")
def start_sandbox(
    host: Host,
    name: Name = "default",
    chaos: Annotated[
        str | None,
        Option(
            help="Faults, such as throttle=0.1,error=0.02,latency=50ms,seed=7.",
            complete=complete_faults,
            metavar="FAULTS",
        ),
    ] = None,
    empty: Annotated[bool, Option(help="Start without seeded queues.")] = False,
    port: Annotated[int, Option(help="Port on 127.0.0.1.", min=0, max=65535)] = 0,
    registry: Annotated[
        bool, Option(help="Have a real docker-registry behind ECR, where it is installed.")
    ] = False,
) -> Iterator[Running | Note]:
    """Start a sandbox, or show the one of that name that runs."""
    if registry and shutil.which(REGISTRY, path=host.env.environ.get("PATH")) is None:
        raise NotFoundError(
            f"{REGISTRY} is not on PATH",
            hint="Debian and Ubuntu: apt-get install docker-registry; without --registry the "
            "sandbox's own takes what tools push",
        )
    before = find(_folder(host), name)
    with _our_errors():
        info = start(_folder(host), name, chaos=chaos, seed=not empty, port=port)
        registries = _start_registries(info) if registry else []
    if before is not None and before.instance == info.instance:
        yield Note(f"sandbox {name} was running already; it was left as it is", "warning")
    yield _running(info)
    for account, place in registries:
        yield Note(f"docker-registry at {place} is the registry of {account}")
    which = "" if name == "default" else f" {shlex.quote(name)}"
    yield Note(f'to use it in this shell: eval "$(awsops sandbox env{which})"')


def _start_registries(info: SandboxInfo) -> list[tuple[str, str]]:
    """Account and host of each; one that runs already stays."""
    return [(a.account_id, control.start_registry(info, a.account_id, a.region)) for a in ACCOUNTS]


@command(name="status")
def status_of_sandboxes(host: Host) -> Iterator[Running]:
    """List the sandboxes that run."""
    for info in status(_folder(host)):
        yield _running(info)


@command(document=True)
def env(host: Host, name: Name = "default") -> Iterator[Document]:
    """Print the shell commands that lead AWS tools to a sandbox and nowhere else."""
    info = _find(host, name)
    lines = [f"unset {variable}" for variable in environment_to_unset(host.env.environ)]
    lines += [f"export {k}={shlex.quote(v)}" for k, v in environment(info).items()]
    yield Document("\n".join(lines))


@command()
def seed(
    host: Host,
    name: Name = "default",
    messages: Annotated[
        int, Option(help="Dead letters in each account.", short="-n", min=0, max=100_000)
    ] = 500,
) -> Iterator[Seeded]:
    """Put the queues and dead letters of the three accounts back to the start."""
    from awsops.sandbox.seed import seed as seed_queues

    info = _find(host, name)
    with _our_errors():
        depths = seed_queues(info, messages=messages)
    for account, depth in depths.items():
        yield Seeded(account, "orders-dlq", depth)


@command(name="stop")
def stop_sandbox(
    host: Host,
    name: Name = "default",
    all_: Annotated[bool, Option(help="Stop every sandbox.", name="--all")] = False,
) -> Iterator[Stopped]:
    """Stop a sandbox; everything in it is gone."""
    names = [info.name for info in status(_folder(host))] if all_ else [name]
    for each in names:
        with _our_errors():
            ended = stop(_folder(host), each)
        yield Stopped(each, "stopped" if ended else "not running")


def _folder(host: Host) -> Path:
    return host.env.folders.state / "sandbox"


def _find(host: Host, name: str) -> SandboxInfo:
    info = find(_folder(host), name)
    if info is None:
        running = ", ".join(i.name for i in status(_folder(host)))
        hint = f"running: {running}" if running else "awsops sandbox start"
        raise NotFoundError(f"no sandbox called {name!r} is running", hint=hint)
    return info


def _running(info: SandboxInfo) -> Running:
    return Running(
        name=info.name,
        endpoint=info.endpoint,
        pid=info.pid,
        started_at=datetime.fromtimestamp(int(info.started_at), UTC),
        profiles=tuple(account.profile for account in info.accounts),
        chaos=info.chaos or None,
        folder=info.folder,
    )


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except SandboxError as error:
        raise AwsopsError(str(error), hint=error.hint or None, code="Sandbox") from None
    except ValueError as error:  # a name or a fault that does not exist
        raise UsageError(str(error), hint="awsops sandbox start --help") from None
    except AdminError as error:
        raise AwsopsError(str(error), code="Sandbox") from None
