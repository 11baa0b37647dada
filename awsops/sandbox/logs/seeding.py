"""What the demo accounts have of CloudWatch Logs: an API, a function, a network, an audit trail."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from awsops.sandbox.accounts import ACCOUNTS
from awsops.sandbox.logs.events import add
from awsops.sandbox.logs.state import Group, Region

HOUR_MS = 3_600_000
SPIKE_MS = 20 * 60_000  # the errors of the last twenty minutes
REQUESTS = 900  # over the last three hours
INVOCATIONS = 120
FLOWS = 200

_PATHS = ("/orders", "/cart", "/checkout", "/search")
_ACTIONS = ("RunInstances", "DeleteBucket", "AssumeRole", "UpdateFunctionCode", "StopInstances")


def seed_region(region: Region, now: float) -> None:
    """The groups of a demo account in its own region; nothing anywhere else."""
    if (region.account, region.region) not in {(a.account_id, a.region) for a in ACCOUNTS}:
        return
    dice = random.Random(region.account)
    now_ms = int(now * 1000)
    _fill(region, "/demo/orders-api", "api", _requests(dice, now_ms), now_ms, 30)
    _fill(region, "/aws/lambda/orders", "live", _reports(dice, now_ms), now_ms, 14)
    _fill(region, "/demo/vpc-flow", "eni-0example", _flows(dice, region, now_ms), now_ms, 7)
    _fill(region, "/demo/cloudtrail", "trail", _trail(dice, region, now_ms), now_ms, None)


def _fill(
    region: Region,
    name: str,
    stream: str,
    lines: Iterator[tuple[int, str]],
    now_ms: int,
    retention: int | None,
) -> None:
    group = Group(name, region.account, region.region, now_ms - 48 * HOUR_MS, retention=retention)
    region.groups[name] = group
    group.streams[stream] = group.created
    for at, text in lines:
        add(region, group, stream, at, text, at + 400)


def _requests(dice: random.Random, now_ms: int) -> Iterator[tuple[int, str]]:
    for number in range(REQUESTS):
        at = now_ms - 3 * HOUR_MS + number * 3 * HOUR_MS // REQUESTS
        path = dice.choice(_PATHS)
        bad = dice.random() < (0.35 if path == "/checkout" and now_ms - at < SPIKE_MS else 0.02)
        line = {
            "level": "ERROR" if bad else "INFO",
            "path": path,
            "status": dice.choice((500, 502, 503)) if bad else 200,
            "ms": round(dice.expovariate(1 / (900 if bad else 60)), 1),
            "request_id": f"{dice.getrandbits(48):012x}",
        }
        if bad:
            line["message"] = "Exception: PaymentGatewayTimeout: no answer within 900 ms"
        yield at, json.dumps(line)


def _reports(dice: random.Random, now_ms: int) -> Iterator[tuple[int, str]]:
    for number in range(INVOCATIONS):
        at = now_ms - 2 * HOUR_MS + number * 2 * HOUR_MS // INVOCATIONS
        request = f"{dice.getrandbits(48):012x}"
        took = round(dice.expovariate(1 / 80), 2)
        cold = f"\tInit Duration: {dice.uniform(150, 450):.2f} ms" if number % 20 == 0 else ""
        yield at, f"START RequestId: {request} Version: 2"
        yield (
            at + int(took),
            f"REPORT RequestId: {request}\tDuration: {took} ms\tBilled Duration: {int(took) + 1} ms"
            f"\tMemory Size: 256 MB\tMax Memory Used: {dice.randint(70, 200)} MB{cold}",
        )


def _flows(dice: random.Random, region: Region, now_ms: int) -> Iterator[tuple[int, str]]:
    for number in range(FLOWS):
        at = now_ms - HOUR_MS + number * HOUR_MS // FLOWS
        action = "REJECT" if dice.random() < 0.2 else "ACCEPT"
        source = f"10.0.{dice.randrange(4)}.{dice.randrange(1, 9)}"
        size = dice.randrange(40, 90_000)
        yield (
            at,
            f"2 {region.account} eni-0example {source} 10.0.9.10 {dice.randrange(1024, 65000)} 443 "
            f"6 {size // 900 + 1} {size} {at // 1000} {at // 1000 + 60} {action} OK",
        )


def _trail(dice: random.Random, region: Region, now_ms: int) -> Iterator[tuple[int, str]]:
    for number in range(60):
        at = now_ms - 6 * HOUR_MS + number * 6 * HOUR_MS // 60
        user = dice.choice(("alice", "bob", "deploy"))
        event = {
            "eventName": dice.choice(_ACTIONS),
            "eventSource": "example.amazonaws.com",
            "userIdentity": {"arn": f"arn:aws:iam::{region.account}:user/{user}"},
            "sourceIPAddress": f"192.0.2.{dice.randrange(1, 20)}",
            "awsRegion": region.region,
        }
        if dice.random() < 0.1:
            event["errorCode"] = "AccessDenied"
        yield at, json.dumps(event)
