"""`python -m tests.bench`: speed and memory of awsops beside its peers, in one run.

Everything is compared within the run and turn by turn, because a figure of another machine or
another hour says nothing. A bound that is missed is printed, it does not fail: what fails is a
program that did something else than it should.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .cases import CASES, Bench
from .environment import prepare
from .loopback import loopback
from .measure import WrongResultError
from .report import Line, as_json, as_table


def main(argv: list[str] | None = None) -> int:
    """Run the chosen cases and print the report; 1 when one could not be measured."""
    given = _parser().parse_args(argv)
    names = given.only or [case.name for case in CASES]
    _say("building the wheel and its environment (kept in build/bench)")
    try:
        environment = prepare()
    except subprocess.CalledProcessError as error:
        _say(f"cannot be installed: {error.stderr}")
        return 1
    lines: list[Line] = []
    before = _load()
    failed = False
    with (
        tempfile.TemporaryDirectory(prefix="awsops-bench-") as folder,
        loopback(given.delay / 1000) as server,
    ):
        for case in CASES:
            if case.name not in names:
                continue
            bench = Bench(
                environment,
                server,
                Path(folder),
                given.quick,
                lambda text, name=case.name: _say(f"{name}: {text}"),
            )
            try:
                lines += case.run(bench)
            except WrongResultError as error:
                _say(f"{case.name}: {error}")
                failed = True
    if given.output == "json":
        print(as_json(lines))
    else:
        print(as_table(lines))
        print(_machine(before))
    return int(failed)


def _machine(load: float) -> str:
    """What the absolute bounds were measured on: on a busy machine they say little."""
    processors = os.cpu_count() or 1
    busy = " (busy: trust the ratios, not the seconds)" if load > processors / 2 else ""
    return f"{processors} processors, load average {load:.1f} before the run{busy}"


def _load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    names = [case.name for case in CASES]
    parser.add_argument(
        "--only", action="append", choices=names, metavar="NAME", help=f"one of {', '.join(names)}"
    )
    parser.add_argument("--quick", action="store_true", help="3 runs each, no half-minute peer")
    parser.add_argument("-o", "--output", choices=["table", "json"], default="table")
    parser.add_argument(
        "--delay", type=float, default=100.0, metavar="MS", help="what a call takes (100)"
    )
    return parser


def _say(text: str) -> None:
    end = "\r\x1b[K" if sys.stderr.isatty() else "\n"
    sys.stderr.write(text + end)
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
