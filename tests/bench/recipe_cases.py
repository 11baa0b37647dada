"""What recipes and the journal cost: a check, a change, a look at a long history."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from awsops.events import Change
from awsops.journal import Journal
from awsops.journal.entries import CallRecord

from .measure import WrongResultError, middle
from .profiles import static
from .report import Line

if TYPE_CHECKING:
    from .cases import Bench

STEPS = 200
RUNS, CHANGES_A_RUN = 1_000, 100
MEASURED_CHANGES = 300


def check(bench: Bench) -> list[Line]:
    """`recipe check` of 200 steps that run sqs redrive, each with parameters of its own."""
    home = static(bench.folder / "one", bench.server.url, 1)
    path = bench.folder / "long.yaml"
    steps = "\n".join(
        f"  - {{id: s{n}, run: sqs redrive, with: "
        f'{{dlq: "{{{{ params.dlq }}}}", max: {n + 1}, to: orders{n}}}}}'
        for n in range(STEPS)
    )
    path.write_text(f"name: long\nsummary: s\nparams: {{dlq: {{default: d}}}}\nsteps:\n{steps}\n")
    ours = bench.measure({"awsops": bench.program(home, "awsops", "recipe", "check", str(path))})
    wall = middle(ours["awsops"]).wall
    return [Line.limit("recipe-check", f"recipe check of {STEPS} steps: wall", wall, 0.3, "s")]


def history(bench: Bench) -> list[Line]:
    """`history ls` over a journal of 100,000 changes."""
    home = static(bench.folder / "history", bench.server.url, 1)
    _fill(home.folder / ".local/state/awsops/journal.sqlite3")

    def all_there(out: str) -> None:
        if len(out.splitlines()) != 20:
            raise WrongResultError(f"{len(out.splitlines())} runs")

    program = bench.program(home, "awsops", "history", "ls", check=all_there)
    wall = middle(bench.measure({"awsops": program})["awsops"]).wall
    what = f"history ls over {RUNS * CHANGES_A_RUN:,} changes: wall"
    return [Line.limit("history-ls", what, wall, 0.3, "s")]


def change(bench: Bench) -> list[Line]:
    """What the journal adds to a change: synced before the call leaves, closed after it."""
    journal = Journal(bench.folder / "change" / "journal.sqlite3", time.time)
    journal.begin_run("run", "bench", ["bench"], time.time())
    costs = []
    for _ in range(MEASURED_CHANGES):
        began = time.perf_counter()
        entry = journal.begin_call(_call("run"))
        journal.end_call(entry, "ok", "request", None)
        costs.append(time.perf_counter() - began)
    journal.close()
    middle_cost = sorted(costs)[len(costs) // 2] * 1_000
    what = "the journal's cost of a change, synced to disk: median"
    return [Line.limit("journal-change", what, middle_cost, 3.0, "ms")]


def _fill(path: Path) -> None:
    """Runs of a hundred changes each, written as the journal writes them, in few transactions."""
    from awsops.journal.writing import Entry, insert

    journal = Journal(path, time.time)
    now = time.time()
    place = {"account": "111111111111", "region": "eu-west-1", "profile": "p"}
    change = Change("tag", "queue", before="a", after="b", undo="awsops sqs ls")
    fields = {name: getattr(change, name) for name in Change.__slots__}
    for first in range(0, RUNS, 100):
        with journal._file.transaction(durable=False) as db:
            for number in range(first, first + 100):
                run = f"20260101-{number:06}-aaaa"
                at = now - (RUNS - number) * 60
                body = {"command": "sqs tag", "argv": ["sqs", "tag"], "started_at": at}
                entries = [Entry(run, "run", body, durable=False)]
                entries += [
                    Entry(run, "change", {"at": at, **place, **fields}, durable=False)
                    for _ in range(CHANGES_A_RUN)
                ]
                entries.append(
                    Entry(run, "run_end", {"ended_at": at + 5, "exit_code": 0}, durable=False)
                )
                insert(db, entries)
    journal.close()


def _call(run: str) -> CallRecord:
    return CallRecord(
        run_id=run,
        caller_arn="arn:aws:iam::111111111111:user/bench",
        account="111111111111",
        region="eu-west-1",
        profile="p",
        service="sqs",
        operation="TagQueue",
        params_json='{"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111111111111/orders"}',
    )
