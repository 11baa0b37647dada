"""`recipe rehearse` and `recipe policy`: on an AWS that is not there tomorrow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awsops.api import Annotated, AwsopsError, Document, ExitCode, Host, Note, Option, command

from .running import SEEN, Assignments, Name, ParamsFile

if TYPE_CHECKING:
    from awsops.recipe.library import Found
    from awsops.recipe.rehearsing import Ran, Rehearsal

ChaosOption = Annotated[
    str | None,
    Option(help="Faults, such as throttle=0.1,error=0.02,latency=50ms,seed=7.", metavar="FAULTS"),
]
SeedOption = Annotated[
    Path | None,
    Option(help="Command lines of awsops to run in the sandbox first.", metavar="FILE"),
]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal came to: `result` is passed or failed; `faults` are those it met."""

    recipe: str
    result: str
    exit_code: int
    steps: int
    calls: int
    changes: int
    faults: int
    seconds: float
    problem: str


@command(takes_targets=True)
def rehearse(
    host: Host,
    name: Name,
    set_: Assignments = None,
    params: ParamsFile = None,
    chaos: ChaosOption = None,
    seed_from: SeedOption = None,
) -> Iterator[Rehearsed | Note]:
    """Run a recipe whole in a fresh sandbox and say what it came to."""
    from awsops.recipe.library import find_whole
    from awsops.recipe.rehearsing import rehearsal

    found = find_whole(host.env, name)
    recipe = found.draft.whole()
    began = host.env.monotonic()
    with rehearsal(host.env) as stage:
        ran = _run(host, stage, found, _words(host, set_, params), chaos, seed_from)
        seen = stage.seen()
        changes = _changes(stage)
    for line in ran.said:
        if "awsops recipe resume" not in line:  # its record has gone with the sandbox
            yield Note(line)
    problem = next((line for line in ran.said if line.startswith("awsops: ")), "")
    yield Rehearsed(
        recipe=recipe.name,
        result="passed" if ran.exit_code == 0 else "failed",
        exit_code=ran.exit_code,
        steps=len(recipe.every_step),
        calls=sum(seen.calls.values()),
        changes=changes,
        faults=sum(seen.faults.values()),
        seconds=round(host.env.monotonic() - began, 1),
        problem=problem.removeprefix("awsops: "),
    )
    if ran.exit_code != 0:
        raise RehearsalFailedError(recipe.name, ExitCode(ran.exit_code))


class RehearsalFailedError(AwsopsError):
    """The recipe failed in the sandbox, with the exit code that it had there."""

    code = "RehearsalFailed"

    def __init__(self, recipe: str, exit_code: ExitCode) -> None:
        super().__init__(f"the rehearsal of {recipe} failed with exit code {int(exit_code)}")
        self.exit_code = exit_code


@command(takes_targets=True)
def policy(
    host: Host,
    name: Name,
    set_: Assignments = None,
    params: ParamsFile = None,
    seed_from: SeedOption = None,
) -> Iterator[Document | Note]:
    """Rehearse a recipe and print the IAM policy that it needs."""
    from awsops.recipe.library import find_whole
    from awsops.recipe.permissions import policy_for
    from awsops.recipe.rehearsing import rehearsal

    found = find_whole(host.env, name)
    recipe = found.draft.whole()
    with rehearsal(host.env) as stage:
        ran = _run(host, stage, found, _words(host, set_, params), None, seed_from)
        calls = stage.traced()
    skipped = {row["step"] for row in ran.rows if row.get("status") not in ("done", None)}
    declared: set[str] = set()
    for step in recipe.every_step:
        declared |= host.sources.spec(step.noun, step.verb).calls
    seen = {call["call"] for call in calls}
    made = policy_for(calls, declared=sorted(declared - seen))
    yield Document(json.dumps(made.document, indent=2))
    for text in made.open:
        yield Note(f"not narrowed: {text}", "warning")
    if skipped:
        names = ", ".join(sorted(skipped))
        yield Note(f"these steps did not run, so what they call is missing: {names}", "warning")
    if ran.exit_code != 0:
        problem = next((line for line in ran.said if line.startswith("awsops: ")), "")
        raise AwsopsError(
            f"the rehearsal ended early: {problem.removeprefix('awsops: ')}",
            hint="the policy is that of the calls until then; --seed-from brings what it looks for",
            code="RehearsalFailed",
        )


def _words(host: Host, set_: Sequence[str] | None, params: Path | None) -> list[str]:
    words = [f"--set={assignment}" for assignment in set_ or ()]
    if params is not None:
        words.append(f"--params={params.absolute()}")
    words += [f"--profile={profile}" for profile in host.options.profile]
    return words + [f"--region={region}" for region in host.options.region]


def _run(
    host: Host,
    stage: Rehearsal,
    found: Found,
    words: list[str],
    chaos: str | None,
    seed_from: Path | None,
) -> Ran:
    """Seed the sandbox, make its day bad, and run the recipe there to its end."""
    from awsops.recipe.rehearsing import seed_from as seed
    from awsops.sandbox import control

    if seed_from is not None:
        seed(stage, seed_from)
    control.reset_calls(stage.info)
    stage.traced()
    if chaos:
        try:
            control.set_chaos(stage.info, chaos)
        except ValueError as error:
            raise AwsopsError(f"--chaos: {error}", code="Usage") from None
    folder = stage.folder / "recipes"
    folder.mkdir()
    recipe = found.draft.recipe
    path = folder / f"{recipe.name}.yaml"
    path.write_text(found.text, encoding="utf-8")
    for name, text in found.included.items():
        (folder / f"{Path(name).stem}.yaml").write_text(text, encoding="utf-8")
    state = stage.folder / "state"
    state.mkdir(exist_ok=True)
    (state / SEEN).write_text(found.digest)
    search = host.env.environ.get("AWSOPS_RECIPE_PATH", "")
    stage.environ["AWSOPS_RECIPE_PATH"] = f"{folder}:{search}" if search else str(folder)
    return stage.run(["recipe", "run", recipe.name, *words, "-y", "--steps", "-o", "ndjson"])


def _changes(stage: Rehearsal) -> int:
    rows: list[dict[str, Any]] = stage.run(["history", "ls", "-o", "ndjson"]).rows
    return sum(int(row["changes"]) for row in rows[:1])
