"""One program measured from outside: wall time, processor time and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

# ru_maxrss is in KiB on Linux and in bytes on macOS (getrusage(2)).
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class WrongResultError(Exception):
    """The measured program failed, or did something other than what is being compared."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run. `wall` and `cpu` (user and system, waited-for children too) in seconds.

    `rss` is the peak of resident memory in MB (10^6 bytes). A child begins as a copy of its
    parent, so what this process holds is the least that can be measured: keep it small.
    """

    wall: float
    cpu: float
    rss: float


@dataclass(frozen=True, slots=True)
class Program:
    """What is run: `check` is given standard output and raises WrongResultError."""

    argv: Sequence[str]
    environ: Mapping[str, str]
    check: Callable[[str], None] = lambda out: None

    def run(self) -> Sample:
        """Run it once to its end, its output kept aside."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            began = time.perf_counter()
            child = subprocess.Popen(
                list(self.argv),
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
            _, status, usage = os.wait4(child.pid, 0)
            wall = time.perf_counter() - began
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            if child.returncode != 0:
                said = err.read()[-2_000:] or "nothing"
                raise WrongResultError(f"{self.argv[0]} ended with {child.returncode}: {said}")
            self.check(out.read())
        rss = usage.ru_maxrss * _RSS_UNIT / 1e6
        return Sample(wall, usage.ru_utime + usage.ru_stime, rss)


def interleaved(
    programs: Mapping[str, Program], runs: Mapping[str, int], progress: Callable[[str], None]
) -> dict[str, list[Sample]]:
    """Run each program `runs[name]` times, turn by turn: what slows the machine slows all.

    One run of each that is asked for more than twice comes first and is not counted: it brings
    the files into memory.
    """
    for name, program in programs.items():
        if runs[name] > 2:
            program.run()
    samples: dict[str, list[Sample]] = {name: [] for name in programs}
    for turn in range(max(runs.values())):
        for name, program in programs.items():
            if turn < runs[name]:
                progress(f"{name} {turn + 1}/{runs[name]}")
                samples[name].append(program.run())
    return samples


def middle(samples: Sequence[Sample]) -> Sample:
    """The median of each quantity."""
    return Sample(
        median(s.wall for s in samples),
        median(s.cpu for s in samples),
        median(s.rss for s in samples),
    )
