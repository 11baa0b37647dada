"""Kinesis: planning for large streams, listing their shards, and how soon a step is over."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from statistics import median
from typing import TYPE_CHECKING

from .loopback import running
from .measure import Program, WrongResultError, middle
from .profiles import static
from .report import Line

if TYPE_CHECKING:
    from .cases import Bench

DELAY = 0.01  # seconds a call
CHANGE = 1.0  # seconds that a stream is UPDATING after a split
SHARDS, LARGE, PARTS = 5_000, 10_000, 5


def serving() -> AbstractContextManager[str]:
    """The URL of a loopback Kinesis for as long as the block runs."""
    return running("kinesis_server.py", delay=DELAY, change=CHANGE)


def plan(bench: Bench) -> list[Line]:
    """The planner alone, and the whole command with its calls and 20,000 planned changes."""
    seconds: list[float] = []
    with serving() as url:
        home = static(bench.folder / "kinesis", url, 1)
        bare = bench.script(home, "plan_shards.py")
        programs = {
            "planner": Program(bare.argv, bare.environ, lambda out: seconds.append(float(out))),
            "command": bench.program(
                home,
                *("awsops", "kinesis", "balance", f"uneven-{LARGE}", "-p", "p-0000"),
                *("--engine", "split-merge", "--dry-run", "-o", "ndjson"),
                check=_all_planned,
            ),
        }
        samples = bench.measure(programs)
    what = f"kinesis: a plan for {LARGE:,} shards"
    whole = middle(samples["command"])
    return [
        Line.limit("kinesis-plan", f"{what}: the planner", median(seconds), 1.0, "s"),
        Line.limit(
            "kinesis-plan",
            f"{what}: the planner's peak memory",
            middle(samples["planner"]).rss,
            150,
            "MB",
        ),
        Line.limit(
            "kinesis-plan", f"{what}: balance --dry-run, calls and all", whole.wall, 3.0, "s"
        ),
        Line.limit("kinesis-plan", f"{what}: its peak memory", whole.rss, 150, "MB"),
    ]


def _all_planned(out: str) -> None:
    if out.count("\n") < 2 * LARGE - 100:
        raise WrongResultError(f"{out.count(chr(10))} changes were planned")


def shards(bench: Bench) -> list[Line]:
    """`kinesis shards` of a large stream beside the same calls in plain boto3."""

    def check(out: str) -> None:
        if out.count("\n") != SHARDS:
            raise WrongResultError(f"{out.count(chr(10))} shards were listed")

    with serving() as url:
        home = static(bench.folder / "kinesis", url, 1)
        name = f"even-{SHARDS}"
        words = ("kinesis", "shards", name, "-p", "p-0000", "-o", "ndjson")
        bare = bench.script(home, "list_shards.py", name)
        samples = bench.measure(
            {
                "awsops": bench.program(home, "awsops", *words, check=check),
                "boto3": Program(bare.argv, bare.environ, check),
            }
        )
    what = f"kinesis shards of {SHARDS:,} against a bare boto3 script"
    return [Line.ratio("kinesis-shards", what, samples["awsops"], samples["boto3"], 1.2)]


def step(bench: Bench) -> list[Line]:
    """Seconds a step on a stream that is ACTIVE again after one second."""
    found: list[float] = []

    def check(out: str) -> None:
        (row,) = [json.loads(line) for line in out.splitlines()]
        if row["steps"] != PARTS - 1:
            raise WrongResultError(f"{row['steps']} steps")
        found.append(row["seconds"] / row["steps"])

    with serving() as url:
        home = static(bench.folder / "kinesis", url, 1)
        for turn in range(1 if bench.quick else 3):
            words = ("kinesis", "split", f"even-1-{turn}", "0", "--into", str(PARTS), "--yes")
            bench.program(home, "awsops", *words, "-p", "p-0000", check=check).run()
    what = f"kinesis split: a step on a stream ACTIVE after {CHANGE:g} s"
    return [Line.limit("kinesis-step", what, median(found), 1.5, "s")]
