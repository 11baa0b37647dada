"""Changes a running sandbox, and asks what it has seen: for rehearsals and for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awsops.sandbox import client
from awsops.sandbox.chaos import parse
from awsops.sandbox.lifecycle import SandboxInfo


@dataclass(frozen=True, slots=True)
class Calls:
    """What a sandbox was asked. calls: by `service.operation` (`sqs.SendMessage`), every try
    counted. errors: by `service.operation:code`. faults: by `service.operation:kind`, those that
    chaos brought about."""

    calls: dict[str, int]
    errors: dict[str, int]
    faults: dict[str, int]


def set_chaos(info: SandboxInfo, spec: str) -> None:
    """Makes the day as bad as `spec` says, from now on; an empty one makes it good again.

    With a seed the day is the same one whatever the sandbox was asked before.
    Raises ValueError for a bad specification.
    """
    text = parse(spec).spec()
    client.request(info.port, "POST", "chaos", {"spec": text}, instance=info.instance)


def chaos(info: SandboxInfo) -> str:
    """The specification in force; empty on a good day."""
    return str(client.request(info.port, "GET", "chaos")["spec"])


def calls(info: SandboxInfo) -> Calls:
    """What the sandbox was asked since it started or `reset_calls` was called."""
    return Calls(**client.request(info.port, "GET", "calls"))


def reset_calls(info: SandboxInfo) -> None:
    """Counts from zero; chaos with a seed starts its day again."""
    client.request(info.port, "POST", "calls/reset", {}, instance=info.instance)


def reset(info: SandboxInfo) -> None:
    """Forgets all that happened: queues, users, sessions, logs, counts. Seeded queues too."""
    client.request(info.port, "POST", "reset", {}, instance=info.instance)


def mfa_code(info: SandboxInfo, serial: str) -> tuple[str, int]:
    """What the virtual device of a demo user shows now, and for how many more seconds.

    serial: such as `arn:aws:iam::111111111111:mfa/demo`. Raises KeyError for another device.
    """
    answer = client.request(info.port, "GET", "mfa")
    return str(answer["codes"][serial]), int(answer["seconds"])


def now(info: SandboxInfo) -> float:
    """What time it is in the sandbox for metrics, alarms and shifts, in seconds since 1970."""
    return float(client.request(info.port, "GET", "clock")["now"])


def advance(info: SandboxInfo, seconds: float) -> float:
    """Puts that clock forward, for every account, and returns the new time. It never goes back.

    Raises ValueError unless `seconds` is 0 to 366 days.
    """
    answer = client.request(
        info.port, "POST", "clock", {"seconds": seconds}, instance=info.instance
    )
    return float(answer["now"])


def shorten_sessions(info: SandboxInfo, seconds: float | None) -> None:
    """Sessions of STS that are made from now on end after `seconds` at most, whatever was asked
    for; None: as asked for, as after a reset. Raises AdminError for less than 0.
    """
    body = {"seconds": seconds}
    client.request(info.port, "POST", "sessions", body, instance=info.instance)


def end_sessions(info: SandboxInfo) -> int:
    """Ends every session of STS that there is, and returns how many did."""
    answer = client.request(info.port, "POST", "sessions/end", {}, instance=info.instance)
    return int(answer["ended"])


def record_metric(
    info: SandboxInfo,
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    points: Sequence[tuple[float, float]],
    *,
    account: str,
    region: str,
) -> None:
    """Adds data points (seconds since 1970, value) as AWS's own services do: into any namespace,
    `AWS/SQS` included, which PutMetricData refuses. account: its twelve digits.
    """
    body = {
        "account": account,
        "region": region,
        "namespace": namespace,
        "name": name,
        "dimensions": dict(dimensions),
        "points": [list(point) for point in points],
    }
    client.request(info.port, "POST", "metrics", body, instance=info.instance)


def play_traffic(
    info: SandboxInfo,
    function: str,
    alias: str | None,
    *,
    per_second: float = 0.0,
    versions: Mapping[str, Mapping[str, Any]] | None = None,
    account: str,
    region: str,
) -> None:
    """From now on callers send `per_second` calls through an alias, and its versions do as told.

    versions: by version (`*` for all others) `errors` and `throttles` (shares of its calls, 0 to
    1) and `p99_ms`, each a number or pairs of the version's weight and the number that holds from
    it on: `{"3": {"errors": [[0, 0], [0.25, 0.2]]}}` fails one call in five once a quarter of all
    calls reach it. Without an alias it tells how the function does when invoked itself. Raises
    AdminError for what does not exist.
    """
    body = {
        "account": account,
        "region": region,
        "function": function,
        "alias": alias,
        "per_second": per_second,
        "versions": {version: dict(given) for version, given in (versions or {}).items()},
    }
    client.request(info.port, "POST", "traffic", body, instance=info.instance)


def start_registry(info: SandboxInfo, account: str, region: str) -> str:
    """Makes a real `docker-registry` the registry of an account in a region; returns its host.

    It ends with the sandbox or a reset. AdminError where that program is not installed.
    """
    body = {"account": account, "region": region}
    answer = client.request(info.port, "POST", "registry", body, instance=info.instance)
    return str(answer["host"])
