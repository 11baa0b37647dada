"""`recipe rehearse` and `recipe policy`: on an AWS that is not there tomorrow."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awsops.api import Annotated, AwsopsError, Document, ExitCode, Host, Note, Option, command
from awsops.local_choices import complete_faults

from .running import SEEN, Assignments, Name, ParamsFile

if TYPE_CHECKING:
    from awsops.recipe.checking import Checked
    from awsops.recipe.library import Found
    from awsops.recipe.model import Recipe, Value
    from awsops.recipe.rehearsing import Ran, Rehearsal

ChaosOption = Annotated[
    str | None,
    Option(
        help="Faults, such as throttle=0.1,error=0.02,latency=50ms,seed=7.",
        complete=complete_faults,
        metavar="FAULTS",
    ),
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
    _, answers = _params(host, recipe, set_, params)
    began = host.env.monotonic()
    with rehearsal(host.env) as stage:
        stage.environ.update(answers)
        words = _prepare(host, stage, found, chaos, seed_from) + _words(host, set_, params)
        ran = yield from _told(stage.follow(words))
        seen = stage.seen()
        changes = _changes(stage)
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
        super().__init__(
            f"the rehearsal of {recipe} failed with exit code {int(exit_code)}",
            hint="--set gives it other parameters, --seed-from what it looks for in the sandbox",
        )
        self.exit_code = exit_code


@command(takes_targets=True)
def policy(
    host: Host,
    name: Name,
    set_: Assignments = None,
    params: ParamsFile = None,
    seed_from: SeedOption = None,
) -> Iterator[Document | Note]:
    """Rehearse a recipe, each of its steps, and print the IAM policy that it needs."""
    from awsops.recipe.checking import check_recipe
    from awsops.recipe.library import find_whole
    from awsops.recipe.permissions import policy_for
    from awsops.recipe.rehearsing import rehearsal

    found = find_whole(host.env, name)
    values, answers = _params(host, found.draft.whole(), set_, params)
    checked = check_recipe(found.draft, host, values)
    words = _words(host, set_, params)
    with rehearsal(host.env) as stage:
        stage.environ.update(answers)
        ran = stage.run(_prepare(host, stage, found, None, seed_from) + words)
        calls = stage.traced()
        alone, missed = yield from _rest(stage, checked, words, seed_from)
        calls += alone
    declared: set[str] = set()
    for spec in checked.specs.values():
        declared |= spec.calls
    seen = {call["call"] for call in calls}
    made = policy_for(calls, declared=sorted(declared - seen))
    yield Document(json.dumps(made.document, indent=2))
    for text in made.open:
        yield Note(f"not narrowed: {text}", "warning")
    for step, reason in missed.items():
        text = f"what step {step} calls may be missing: it could not be rehearsed ({reason})"
        yield Note(text, "warning")
    if ran.exit_code != 0:
        problem = next((line for line in ran.said if line.startswith("awsops: ")), "")
        raise AwsopsError(
            f"the rehearsal failed: {problem.removeprefix('awsops: ')}",
            hint="the policy is that of the calls until then, and of each step on its own; "
            "--seed-from brings what it looks for",
            code="RehearsalFailed",
        )


def _rest(
    stage: Rehearsal, checked: Checked, words: list[str], seed_from: Path | None
) -> Generator[Note, None, tuple[list[dict[str, Any]], dict[str, str]]]:
    """The calls of the steps that the rehearsal left out, each run on its own; and why of those
    that cannot be. They get the sandbox as the rehearsal did.
    """
    from awsops.recipe.covering import alone, how_far
    from awsops.recipe.rehearsing import seed_from as seed

    steps = checked.recipe.every_step
    state = stage.folder / "state"
    came = how_far(state, steps)
    left = [step for step in steps if not came[step.id].whole]
    calls: list[dict[str, Any]] = []
    missed: dict[str, str] = {}
    path = stage.folder / "alone.yaml"
    for step in left:
        stage.renew()
        if seed_from is not None:
            seed(stage, seed_from)
        stage.traced()
        path.write_text(alone(checked, step), encoding="utf-8")
        stage.run(["recipe", "run", str(path), *words, "-y", "-o", "ndjson"])
        calls += stage.traced()
        now = how_far(state, (step,))[step.id]
        if not now.whole:
            missed[step.id] = now.reason
    also = [step.id for step in left if step.id not in missed]
    if also:
        yield Note(f"rehearsed on their own, without their conditions: {', '.join(also)}")
    return calls, missed


def _params(
    host: Host, recipe: Recipe, set_: Sequence[str] | None, file: Path | None
) -> tuple[dict[str, Value], dict[str, str]]:
    """Every parameter, and those that were asked for as an environment: a rehearsal asks nobody.

    UsageError when one is missing and nobody can be asked.
    """
    from awsops.recipe.params import ENVIRONMENT_PREFIX, ask_params, given_params

    given = given_params(recipe, host.env, set_ or (), file)
    values = ask_params(recipe, host.env, given)
    asked = {name: value for name, value in values.items() if name not in given}
    return values, {
        f"{ENVIRONMENT_PREFIX}{name.upper()}": json.dumps(value)
        if isinstance(value, list)
        else str(value)
        for name, value in asked.items()
        if value is not None
    }


def _words(host: Host, set_: Sequence[str] | None, params: Path | None) -> list[str]:
    words = [f"--set={assignment}" for assignment in set_ or ()]
    if params is not None:
        words.append(f"--params={params.absolute()}")
    words += [f"--profile={profile}" for profile in host.options.profile]
    return words + [f"--region={region}" for region in host.options.region]


def _told(lines: Generator[str, None, Ran]) -> Generator[Note, None, Ran]:
    while True:
        try:
            line = next(lines)
        except StopIteration as end:
            ran: Ran = end.value
            return ran
        if "awsops recipe resume" not in line:  # its record goes with the sandbox
            yield Note(line)


def _prepare(
    host: Host, stage: Rehearsal, found: Found, chaos: str | None, seed_from: Path | None
) -> list[str]:
    """Seed the sandbox and make its day bad; the words that run the recipe there to its end."""
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
    return ["recipe", "run", recipe.name, "-y", "--steps", "-o", "ndjson"]


def _changes(stage: Rehearsal) -> int:
    rows: list[dict[str, Any]] = stage.run(["history", "ls", "-o", "ndjson"]).rows
    return sum(int(row["changes"]) for row in rows[:1])
