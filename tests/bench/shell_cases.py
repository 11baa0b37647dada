"""How long a person waits at the prompt: for Tab, and for the doctor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .measure import WrongResultError, middle
from .profiles import static
from .report import Line

if TYPE_CHECKING:
    from .cases import Bench

KIND = "sqs:complete_queues"
SCOPED = "lambda:complete_versions:rollback:alias=1:--application,--engine,--group,--to"
NAMES = 1_000
MOST_WARM, MOST_COLD = 0.080, 0.400  # seconds
PROFILES, MOST_DOCTOR = 20, 1.5


def tab(bench: Bench) -> list[Line]:
    """Names that are known, also those of what was typed, and an account that does not answer."""
    from awsops.completion.names import Name, NameCache, cache_folder
    from awsops.completion.question import Question

    home = static(bench.folder / "tab", bench.server.url, 1)
    known = bench.program(
        home, "awsops", "__names", KIND, "=", "sqs", "peek", "-p", "p-0000", check=_all_names
    )
    cache = NameCache(cache_folder(known.environ), known.environ)
    question = Question(KIND, profile=("p-0000",))
    cache.write(question, [Name(f"queue-{n:04}", f"{n} messages") for n in range(NAMES)])
    unknown = bench.program(
        home,
        "awsops",
        *("__names", KIND, "=", "sqs", "peek", "--endpoint-url", "http://127.0.0.1:9"),
        check=_no_names,
    )
    words = ("lambda", "rollback", "-p", "p-0000", "orders:live", "--to")
    scoped = bench.program(home, "awsops", "__names", SCOPED, "=", "=6", *words, check=_all_names)
    question = Question(
        "lambda:complete_versions", profile=("p-0000",), scope=(("alias", "orders:live"),)
    )
    cache.write(question, [Name(f"{n}", f"{n} days ago") for n in range(NAMES)])
    samples = bench.measure({"known": known, "scoped": scoped, "unknown": unknown})
    scoped_wall = middle(samples["scoped"]).wall
    return [
        Line.limit(
            "tab", f"Tab, {NAMES} names of what was typed: wall", scoped_wall, MOST_WARM, "s"
        ),
        Line.limit(
            "tab", f"Tab, {NAMES} names known: wall", middle(samples["known"]).wall, MOST_WARM, "s"
        ),
        Line.limit(
            "tab", "Tab, nobody answers: wall", middle(samples["unknown"]).wall, MOST_COLD, "s"
        ),
    ]


def doctor(bench: Bench) -> list[Line]:
    """Every check, with a call of 100 ms for each profile."""
    home = static(bench.folder / "doctor", bench.server.url, PROFILES)
    program = bench.program(home, "awsops", "doctor", "-o", "ndjson", check=_all_profiles)
    wall = middle(bench.measure({"awsops": program})["awsops"]).wall
    return [
        Line.limit("doctor", f"awsops doctor, {PROFILES} profiles: wall", wall, MOST_DOCTOR, "s")
    ]


def _all_names(out: str) -> None:
    if len(out.splitlines()) != NAMES:
        raise WrongResultError(f"{len(out.splitlines())} of {NAMES} names")


def _no_names(out: str) -> None:
    if out:
        raise WrongResultError("names came from nowhere")


def _all_profiles(out: str) -> None:
    rows = [json.loads(line) for line in out.splitlines()]
    good = [row for row in rows if row["area"].startswith("profile ") and row["status"] == "ok"]
    if len(good) != PROFILES:
        raise WrongResultError(f"{len(good)} of {PROFILES} profiles are well")
