"""CloudWatch Logs: slices side by side, a million rows, and how far behind a tail is."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from .loopback import running
from .measure import Program, WrongResultError, middle
from .profiles import static
from .report import Line

if TYPE_CHECKING:
    from .cases import Bench

DELAY = 0.05  # seconds a call
TAKES = 0.5  # seconds that a query runs
ROWS, DENSITY = 1_000_000, 100
LANES, SLICES, GROUPS = 16, 64, 20
FOLLOWED = 12.0  # seconds
_FROM = "2026-01-05T00:00:00Z"


def serving(per_second: int = 1) -> AbstractContextManager[str]:
    """The URL of a loopback CloudWatch Logs for as long as the block runs."""
    return running("logs_server.py", delay=DELAY, groups=GROUPS, per_second=per_second, takes=TAKES)


def _query(to: str, *more: str) -> tuple[str, ...]:
    """A query over one group, from midnight `to` a time."""
    words = ("logs", "query", "fields @timestamp, @message", "-g", "/bench/group-00")
    return (*words, "--from", _FROM, "--to", to, "-p", "p-0000", "-o", "ndjson", *more)


def _expect(rows: int, out: str) -> None:
    if out.count("\n") != rows:
        raise WrongResultError(f"{out.count(chr(10)):,} rows, not {rows:,}")


def slices(bench: Bench) -> list[Line]:
    """`--all` over 64 slices: 16 side by side against the same slices one after another."""
    seconds = 6_400
    to = "2026-01-05T01:46:39Z"
    with serving() as url:
        home = static(bench.folder / "logs", url, 1)

        def check(out: str) -> None:
            _expect(seconds, out)

        bare = bench.script(home, "query_slices.py", _FROM, str(seconds), str(SLICES))
        many = _query(to, "--all", "-j", str(LANES))
        samples = bench.measure(
            {
                "awsops": bench.program(home, "awsops", *many, check=check),
                "boto3": Program(bare.argv, bare.environ, check),
            },
            {"awsops": 3, "boto3": 1},
        )
    what = f"logs query --all: {SLICES} slices, {LANES} at a time, against boto3 one by one"
    return [Line.faster("logs-all", what, samples["awsops"], samples["boto3"], 12)]


def rows(bench: Bench) -> list[Line]:
    """A million rows to ndjson."""
    with serving(DENSITY) as url:
        home = static(bench.folder / "logs", url, 1)

        def check(out: str) -> None:
            _expect(ROWS, out)

        words = _query("2026-01-05T02:46:39Z", "--all")
        program = bench.program(home, "awsops", *words, check=check)
        ours = middle(bench.measure({"awsops": program}, {"awsops": 1})["awsops"])
    what = f"logs query --all: {ROWS:,} rows to ndjson"
    return [
        Line.limit("logs-rows", f"{what}: wall", ours.wall, ROWS / 40_000, "s"),
        Line.limit("logs-rows", f"{what}: peak memory", ours.rss, 150, "MB"),
    ]


def tail(bench: Bench) -> list[Line]:
    """The longest time from an event's being there to its line, over 20 groups."""
    with serving() as url:
        home = static(bench.folder / "logs", url, 1)
        words = ("logs", "tail", "/bench/*", "-f", "--since", "1s", "--format", "{message}")
        program = bench.program(home, "awsops", *words, "-p", "p-0000")
        behind = _behind(list(program.argv), dict(program.environ))
    if len(behind) < GROUPS * FOLLOWED:
        raise WrongResultError(f"only {len(behind)} lines in {FOLLOWED:g} s")
    what = f"logs tail of {GROUPS} groups: the latest of {len(behind):,} lines"
    return [Line.limit("logs-tail", what, max(behind), 1.1, "s")]


def _behind(argv: list[str], environ: dict[str, str]) -> list[float]:
    process = subprocess.Popen(
        argv,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    begun: float | None = None
    behind = []
    for line in process.stdout:
        now = time.time()
        begun = begun or now
        if float(line) > begun:  # what was there before is history
            behind.append(now - float(line))
        if now > begun + FOLLOWED:
            os.kill(process.pid, signal.SIGINT)
            break
    process.communicate()
    return behind
