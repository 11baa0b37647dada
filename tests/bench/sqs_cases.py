"""Moving messages: speed, memory, and what the record costs, beside plain boto3 in the same run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from .loopback import ask, running
from .measure import Program, Sample, WrongResultError
from .profiles import Home, static
from .report import Line

if TYPE_CHECKING:
    from .cases import Bench

DELAY = 0.01  # seconds a call
LANES = "16"
SOME, MANY, QUICK_MANY = 10_000, 1_000_000, 100_000
REDRIVE = ("sqs", "redrive", "dead", "--jobs", LANES, "--yes", "-p", "p-0000")
MOST_MB = 120
MOST_GROWTH_MB = 5  # what two runs of the same size may differ by
_SCRIPTS = Path(__file__).with_name("scripts")


@dataclass(frozen=True, slots=True)
class Moved:
    """One run as the server saw it: messages a second from the first receive to the last delete."""

    rate: float
    sample: Sample


class Server:
    """The loopback SQS in a process of its own: `fill` it, run a program, ask for `counts`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def run(self, program: Program, count: int) -> Moved:
        """Fill the queue, run the program to its end; WrongResultError unless all were moved."""
        ask(f"{self.url}/-/fill?count={count}")
        sample = program.run()
        seen = ask(f"{self.url}/-/counts")
        if (seen["sent"], seen["deleted"], seen["early"]) != (count, count, 0):
            raise WrongResultError(f"{program.argv[0]} moved something else: {seen}")
        return Moved(count / seen["seconds"], sample)


@contextmanager
def serving() -> Iterator[Server]:
    """The server for as long as the block runs."""
    with running("sqs_server.py", delay=DELAY) as url:
        yield Server(url)


def redrive(bench: Bench, home: Home) -> Program:
    return bench.program(home, "awsops", *REDRIVE)


def _in_turns(
    server: Server, programs: Sequence[Program], runs: int, progress: Callable[[str], None]
) -> list[list[Moved]]:
    """Each program `runs` times, turn by turn, after one of each that is not counted."""
    found: list[list[Moved]] = [[] for _ in programs]
    for turn in range(runs + 1):
        for program, moved in zip(programs, found, strict=True):
            progress(f"{Path(program.argv[-1]).name} {turn}/{runs}")
            moved.append(server.run(program, SOME))
    return [moved[1:] for moved in found]


def _rate(moved: Sequence[Moved]) -> float:
    return median(one.rate for one in moved)


def speed(bench: Bench) -> list[Line]:
    """Messages a second with 16 batches under way, beside a loop of the same calls."""
    with serving() as server:
        home = static(bench.folder / "sqs", server.url, 1)
        programs = [redrive(bench, home), bench.script(home, "move_messages.py", LANES)]
        ours, theirs = _in_turns(server, programs, bench.runs, bench.progress)
    what = "sqs redrive, 10 ms a call, --jobs 16"
    against = f"{what}, against 16 threads of plain boto3 ({_rate(theirs):,.0f}/s)"
    return [
        _least(against, _rate(ours) / _rate(theirs), 0.95, "x"),
        _least(f"{what}: messages a second", _rate(ours), 2_400, "/s"),
    ]


def memory(bench: Bench) -> list[Line]:
    """Peak memory of a small run and of one a hundred times as large."""
    many = QUICK_MANY if bench.quick else MANY
    with serving() as server:
        home = static(bench.folder / "sqs", server.url, 1)
        program = redrive(bench, home)
        peaks = []
        for count in (SOME, many):
            bench.progress(f"{count:,} messages")
            peaks.append(server.run(program, count).sample.rss)
    return [
        Line.limit("sqs-memory", f"sqs redrive of {SOME:,}: peak memory", peaks[0], MOST_MB, "MB"),
        Line.limit("sqs-memory", f"sqs redrive of {many:,}: peak memory", peaks[1], MOST_MB, "MB"),
        Line.limit("sqs-memory", "growth between them", peaks[1] - peaks[0], MOST_GROWTH_MB, "MB"),
    ]


def record(bench: Bench) -> list[Line]:
    """What the record on disk costs: the same run, once with and once without it."""
    with serving() as server:
        home = static(bench.folder / "sqs", server.url, 1)
        kept = redrive(bench, home)
        script = str(_SCRIPTS / "redrive_without_record.py")
        python = bench.program(home, "python").argv[0]
        without = Program([python, script, *kept.argv[1:]], kept.environ)
        ours, bare = _in_turns(server, [kept, without], bench.runs, bench.progress)
    cost = (1 - _rate(ours) / _rate(bare)) * 100
    what = f"sqs redrive: cost of the record ({_rate(bare):,.0f}/s without it)"
    return [Line.limit("sqs-record", what, cost, 5, "%")]


def _least(what: str, measured: float, bound: float, unit: str) -> Line:
    return Line("sqs-redrive", what, "faster", measured, bound, unit)
