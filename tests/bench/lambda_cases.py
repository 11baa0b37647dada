"""How long a bad version keeps its callers once the metrics show that it is bad."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .measure import WrongResultError
from .report import Line

if TYPE_CHECKING:
    from awsops.sandbox import SandboxInfo

    from .cases import Bench

ALIASES, QUICK_ALIASES = 30, 10  # a command shifts 32 at once
MOST_SECONDS = 5.5  # one poll of 5 s and one call
POLL = "5s"
ACCOUNT, REGION = "111111111111", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


def breach(bench: Bench) -> list[Line]:
    """One process shifts many aliases; each one's errors begin at a time of their own."""
    from awsops.sandbox import start, stop

    count = QUICK_ALIASES if bench.quick else ALIASES
    what = f"lambda shift, {count} aliases, --poll {POLL}: breach visible to weight zero, 95 %"
    folder = bench.folder / "lambda"
    info = start(folder, "bench", seed=False, parent_pid=os.getpid())
    try:
        seconds = sorted(_measure(bench, info, count))
    finally:
        stop(folder, "bench")
    return [Line.limit("lambda-breach", what, seconds[int(count * 0.95) - 1], MOST_SECONDS, "s")]


def _measure(bench: Bench, info: SandboxInfo, count: int) -> list[float]:
    lam = _client(info)
    names = [f"bench-{number}" for number in range(count)]
    for name in names:
        _make(lam, name)
    began, rows = _run(bench, info, names)
    if set(rows) != {f"{name}:live" for name in names}:
        raise WrongResultError(f"{len(rows)} of {count} aliases were rolled back")
    for name in names:
        if lam.get_alias(FunctionName=name, Name="live").get("RoutingConfig"):
            raise WrongResultError(f"{name} still has a weight")
    return [rows[f"{name}:live"] - began[name] for name in names]


def _client(info: SandboxInfo) -> Any:
    import botocore.session

    from awsops.sandbox.accounts import ACCOUNTS

    return botocore.session.Session(profile=None).create_client(
        "lambda",
        region_name=REGION,
        endpoint_url=info.endpoint,
        aws_access_key_id=ACCOUNTS[0].access_key,
        aws_secret_access_key=ACCOUNTS[0].secret,
    )


def _make(lam: Any, name: str) -> None:
    lam.create_function(
        FunctionName=name, Role=ROLE, Handler="a.h", Runtime="python3.12", Code={"ZipFile": b"0"}
    )
    for number in (1, 2):
        lam.update_function_code(FunctionName=name, ZipFile=b"%d" % number)
        lam.publish_version(FunctionName=name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")


def _run(
    bench: Bench, info: SandboxInfo, names: Sequence[str]
) -> tuple[dict[str, float], dict[str, float]]:
    """When each breach could be seen first, and when its alias was back: seconds since 1970."""
    from awsops.sandbox import lifecycle

    path = bench.environment.program("awsops")
    assert path is not None
    words = ["lambda", "shift", *(f"{name}:live" for name in names), "--to", "2"]
    words += ["--canary", "50%/10m", "--poll", POLL, "--min-invocations", "1"]
    words += ["--max-error-rate", "1%", "-p", "demo-dev", "-y", "-o", "ndjson"]
    home = bench.folder / "lambda-home"
    home.mkdir(exist_ok=True)
    environ = {**lifecycle.environment(info), "HOME": str(home), "PATH": os.environ["PATH"]}
    process = subprocess.Popen(
        [path, *words], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        began = _break_all(info, names)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
        process.wait()
    rows = [json.loads(line) for line in out.splitlines()]
    if not rows:
        raise WrongResultError(err[-500:])
    back = [row for row in rows if row.get("verdict") == "rolled back"]
    return began, {r["alias"]: datetime.fromisoformat(r["at"]).timestamp() for r in back}


def _break_all(info: SandboxInfo, names: Sequence[str]) -> dict[str, float]:
    """Begin each version's errors at a random time within two polls."""
    from awsops.sandbox import control

    lam = _client(info)
    until = time.monotonic() + 60
    while not all(lam.get_alias(FunctionName=n, Name="live").get("RoutingConfig") for n in names):
        if time.monotonic() > until:
            raise WrongResultError("the shifts did not begin")
        time.sleep(0.2)
    dice = random.Random(7)
    start = time.time() + 1
    began = {}
    for at, name in sorted((start + dice.uniform(0, 10), name) for name in names):
        time.sleep(max(at - time.time(), 0))
        now = time.time()
        control.play_traffic(
            info,
            name,
            "live",
            per_second=1000,
            versions={"2": {"errors": 1}},
            account=ACCOUNT,
            region=REGION,
        )
        began[name] = now + 1  # traffic is played by whole seconds: it is seen after the first
    return began
