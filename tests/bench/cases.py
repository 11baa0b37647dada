"""What is measured, against what, and what must come out: the table of the project's promise."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import (
    auth_cases,
    ecr_cases,
    kinesis_cases,
    lambda_cases,
    logs_cases,
    recipe_cases,
    shell_cases,
    sqs_cases,
)
from .environment import Environment
from .loopback import Loopback
from .measure import Program, Sample, WrongResultError, interleaved, middle
from .profiles import Home, mixed, static
from .report import Line

_SCRIPTS = Path(__file__).with_name("scripts")


@dataclass(frozen=True)
class Bench:
    """What a case has to hand; `quick` means fewer runs and the slowest peer not at all."""

    environment: Environment
    server: Loopback
    folder: Path
    quick: bool
    progress: Callable[[str], None]

    @property
    def runs(self) -> int:
        """How often a program is run: the median of an odd number is one of them."""
        return 3 if self.quick else 9

    def program(
        self, home: Home, *words: str, check: Callable[[str], None] = lambda out: None
    ) -> Program:
        """A program of the measured environment, seeing nothing but `home`."""
        name, *rest = words
        path = self.environment.program(name)
        assert path is not None, name
        return Program([path, *rest], home.environ(str(self.environment.bin)), check)

    def script(self, home: Home, name: str, *words: str) -> Program:
        """One of the scripts beside this file."""
        return self.program(home, "python", str(_SCRIPTS / name), *words)

    def measure(
        self, programs: Mapping[str, Program], runs: Mapping[str, int] | None = None
    ) -> dict[str, list[Sample]]:
        """Turn by turn, `self.runs` times each unless `runs` says otherwise."""
        times = {name: (runs or {}).get(name, self.runs) for name in programs}
        return interleaved(programs, times, self.progress)


@dataclass(frozen=True)
class Case:
    """One comparison; `run` gives a line of the report for each bound."""

    name: str
    run: Callable[[Bench], list[Line]]


def version(bench: Bench) -> list[Line]:
    return [_against_typer(bench, "version", ["--version"], 1.0)]


def help_(bench: Bench) -> list[Line]:
    return [_against_typer(bench, "help", ["--help"], 2.0)]


def _against_typer(bench: Bench, name: str, words: list[str], bound: float) -> Line:
    home = static(bench.folder / "one", bench.server.url, 1)
    samples = bench.measure(
        {
            "awsops": bench.program(home, "awsops", *words),
            "typer": bench.program(home, "python", "-c", "import typer"),
        }
    )
    what = f"awsops {' '.join(words)} against python -c 'import typer'"
    return Line.ratio(name, what, samples["awsops"], samples["typer"], bound)


def whoami(bench: Bench) -> list[Line]:
    home = static(bench.folder / "one", bench.server.url, 1)
    samples = bench.measure(
        {
            "awsops": bench.program(home, "awsops", "creds", "whoami", "-p", "p-0000"),
            "boto3": bench.script(home, "whoami.py", "p-0000"),
        }
    )
    what = "awsops creds whoami against a bare boto3 script"
    return [Line.ratio("whoami", what, samples["awsops"], samples["boto3"], 1.1)]


def whoami_aws(bench: Bench) -> list[Line]:
    what = "awsops creds whoami against aws sts get-caller-identity"
    if bench.environment.program("aws") is None:
        reason = bench.environment.missing.get("aws", "awscli is not installed")
        return [Line.skipped("whoami-aws", what, reason)]
    home = static(bench.folder / "one", bench.server.url, 1)
    words = ("sts", "get-caller-identity", "--profile", "p-0000")
    samples = bench.measure(
        {
            "awsops": bench.program(home, "awsops", "creds", "whoami", "-p", "p-0000"),
            "aws": bench.program(home, "aws", *words),
        }
    )
    return [Line.ratio("whoami-aws", what, samples["awsops"], samples["aws"], 0.75)]


def _fan_out(bench: Bench, home: Home, jobs: int) -> Program:
    """`creds whoami` over every profile p-*; every account must be in the answer."""

    def check(out: str) -> None:
        rows = [json.loads(line) for line in out.splitlines()]
        accounts = {row["account"] for row in rows}
        if len(rows) != home.targets or accounts != home.accounts:
            raise WrongResultError(f"{len(rows)} rows, {len(accounts)} accounts")

    words = ("creds", "whoami", "-p", "p-*", "-j", str(jobs), "-o", "ndjson")
    return bench.program(home, "awsops", *words, check=check)


def profiles_200(bench: Bench) -> list[Line]:
    home = static(bench.folder / "200", bench.server.url, 200)
    programs = {"awsops": _fan_out(bench, home, 64)}
    what = "200 profiles, 100 ms a call, -j 64"
    if not bench.quick:
        programs["boto3"] = bench.script(home, "session_per_profile.py", "64")
    # The peer takes half a minute and hardly varies.
    samples = bench.measure(programs, {"boto3": 2})
    ours = middle(samples["awsops"])
    lines = [
        Line.limit("200", f"{what}: wall", ours.wall, 1.0, "s"),
        Line.limit("200", f"{what}: peak memory", ours.rss, 80, "MB"),
    ]
    faster = "200 profiles against a boto3 Session a profile, 64 threads"
    if bench.quick:
        return [*lines, Line.skipped("200", faster, "left out by --quick")]
    return [*lines, Line.faster("200", faster, samples["awsops"], samples["boto3"], 30)]


def profiles_1000(bench: Bench) -> list[Line]:
    home = static(bench.folder / "1000", bench.server.url, 1_000)
    ours = middle(bench.measure({"awsops": _fan_out(bench, home, 128)})["awsops"])
    what = "1,000 profiles, 100 ms a call, -j 128"
    return [
        Line.limit("1000", f"{what}: wall", ours.wall, 2.5, "s"),
        Line.limit("1000", f"{what}: peak memory", ours.rss, 90, "MB"),
    ]


def mix(bench: Bench) -> list[Line]:
    home = mixed(bench.folder / "mix", bench.server.url, 200)
    alone: list[float] = []
    programs = {
        "awsops": _fan_out(bench, home, 64),
        "calls": Program(
            bench.script(home, "calls_alone.py", "64").argv,
            home.environ(str(bench.environment.bin) + ":/usr/bin:/bin"),
            lambda out: alone.append(float(out)),
        ),
    }
    programs["awsops"] = Program(
        programs["awsops"].argv, programs["calls"].environ, programs["awsops"].check
    )
    bench.server.reset()
    samples = bench.measure(programs)
    roles = bench.server.counts()["roles"]
    # Each role once a run, and once a run of the bare calls.
    runs = len(alone) * 2
    times = max(roles.values(), default=0) / runs if runs else 0.0
    own = sorted(alone)[len(alone) // 2]
    what = "200 mixed profiles (static, role, process, two regions), -j 64"
    wall = middle(samples["awsops"]).wall
    return [
        Line.limit(
            "mix", f"{what}: wall; the calls alone take {own:.2f} s", wall, own * 1.3 + 0.5, "s"
        ),
        Line.limit("mix", f"the same: AssumeRole calls a role ({len(roles)} roles)", times, 1, ""),
    ]


CASES = (
    Case("version", version),
    Case("help", help_),
    Case("whoami", whoami),
    Case("whoami-aws", whoami_aws),
    Case("200", profiles_200),
    Case("1000", profiles_1000),
    Case("mix", mix),
    Case("tab", shell_cases.tab),
    Case("doctor", shell_cases.doctor),
    Case("auth-together", auth_cases.together),
    Case("sqs-redrive", sqs_cases.speed),
    Case("sqs-memory", sqs_cases.memory),
    Case("sqs-record", sqs_cases.record),
    Case("ecr-login", ecr_cases.login),
    Case("ecr-helper", ecr_cases.helper),
    Case("recipe-check", recipe_cases.check),
    Case("history-ls", recipe_cases.history),
    Case("journal-change", recipe_cases.change),
    Case("kinesis-plan", kinesis_cases.plan),
    Case("kinesis-shards", kinesis_cases.shards),
    Case("kinesis-step", kinesis_cases.step),
    Case("lambda-breach", lambda_cases.breach),
    Case("logs-all", logs_cases.slices),
    Case("logs-rows", logs_cases.rows),
    Case("logs-tail", logs_cases.tail),
)
