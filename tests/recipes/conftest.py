"""A hand-made host: real commands and real binding, scripted outcomes, no AWS."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Change,
    Host,
    Note,
    Option,
    Outcome,
    Plan,
    command,
)
from awsops.command_line.binder import Binder
from awsops.command_line.refused_words import unknown_word
from awsops.env import Env, Folders
from awsops.errors import AwsopsError, ExitCode
from awsops.journal.entries import ChangeEntry
from awsops.plugin import SPEC_ATTRIBUTE, CommandSpec
from awsops.recipe.checking import check_recipe
from awsops.recipe.params import ask_params, given_params
from awsops.recipe.reading import read_recipe
from awsops.recipe.running import RecipeRun
from awsops.running.undoing import Undone
from awsops.targets import Target
from awsops.testing import FakeClock, ScriptedPrompter


@dataclass(frozen=True, slots=True)
class Shelf:
    name: str
    boxes: int


@dataclass(frozen=True, slots=True)
class Carried:
    moved: int
    failed: int


@command()
def ls(aws: Aws, pattern: Annotated[str, Argument(help="Names.")] = "*") -> Iterator[Shelf | Note]:
    """List shelves."""
    yield Shelf(pattern, 0)


@command(mutates=True)
def carry(
    aws: Aws,
    shelf: Annotated[str, Argument(help="From where.")],
    to: Annotated[str | None, Option(help="To where.")] = None,
    max: Annotated[int | None, Option(help="At most.", min=1)] = None,
    label: Annotated[list[str], Option(help="Labels.")] = [],  # noqa: B006
    speed: Annotated[str, Option(help="How fast.", choices=("slow", "fast"))] = "slow",
    loud: Annotated[bool, Option(help="Sing.")] = False,
    password: Annotated[str | None, Option(help="To the door.")] = None,
) -> Iterator[Plan | Carried]:
    """Carry boxes."""
    yield Plan((Change("carry", shelf),))


@command()
def untyped(aws: Aws) -> Iterator[Any]:
    """Yield who knows what."""
    yield {}


@command()
def whisper(host: Host) -> Iterator[Note]:
    """Say something about awsops itself."""
    yield Note("psst")


class Nouns:
    """`store` with the commands above."""

    def spec(self, noun: str, verb: str) -> CommandSpec:
        specs = {f.__name__: getattr(f, SPEC_ATTRIBUTE) for f in (ls, carry, untyped, whisper)}
        if noun != "store":
            raise unknown_word("command", noun, ["store"], "awsops")
        if verb not in specs:
            raise unknown_word("store command", verb, specs, "awsops store")
        return specs[verb]


@dataclass(frozen=True)
class Settings:
    dry_run: bool = False
    yes: bool = False


Answer = Outcome | AwsopsError | Callable[[Mapping[str, object]], Outcome]


@dataclass
class HandMadeHost:
    """Answers each command from `answers` in turn (the last one for ever) and keeps the calls."""

    env: Env
    options: Settings = field(default_factory=Settings)
    sources: Nouns = field(default_factory=Nouns)
    cancelled: threading.Event = field(default_factory=threading.Event)
    run_id: str = "20300101-000000-abcd"
    named: list[Target] = field(default_factory=lambda: [Target("only", "eu-west-1")])
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    called_on: list[list[str]] = field(default_factory=list)
    timeouts: list[float | None] = field(default_factory=list)
    undone: list[Undone] = field(default_factory=list)
    kept: list[ChangeEntry] = field(default_factory=list)
    clock: FakeClock = field(default_factory=lambda: FakeClock(1_000_000.0))

    def targets(self) -> Sequence[Target]:
        return self.named

    def mark(self) -> int:
        return 0

    def cut_off(self, since: int) -> Sequence[ChangeEntry]:
        return []

    def keep_change(self, entry: ChangeEntry) -> bool:
        self.kept.append(entry)
        return True

    def calls_made(self, since: int) -> Sequence[str]:
        return []

    def undo(self, run_id: str) -> Iterator[Undone]:
        yield from self.undone

    def bind(self, noun: str, verb: str, params: Mapping[str, object]) -> dict[str, object]:
        return Binder().bind(noun, self.sources.spec(noun, verb), params)

    def run(
        self,
        noun: str,
        verb: str,
        params: Mapping[str, object],
        *,
        quiet: bool = False,
        targets: Sequence[Target] | None = None,
        timeout: float | None = None,
        dry_run: bool | None = None,
        labelled: bool = False,
        after_cancel: bool = False,
        secrets: Sequence[str] = (),
    ) -> Outcome:
        bound = self.bind(noun, verb, params)
        self.calls.append((f"{noun} {verb}", bound))
        self.called_on.append([target.label for target in targets or ()])
        self.timeouts.append(timeout)
        self.clock.sleep(1.5)
        scripted = self.answers.get(verb, [Outcome((), (), ExitCode.OK)])
        answer = scripted.pop(0) if len(scripted) > 1 else scripted[0]
        if isinstance(answer, AwsopsError):
            raise answer
        outcome = answer if isinstance(answer, Outcome) else answer(bound)
        if self.options.dry_run and self.sources.spec(noun, verb).mutates:
            plans = outcome.plans or (Plan((Change(verb, str(params.get("shelf"))),)),)
            return Outcome((), outcome.errors, outcome.exit_code, plans)
        return outcome


def rows(*records: Mapping[str, object], code: ExitCode = ExitCode.OK) -> Outcome:
    """An outcome with these rows."""
    return Outcome(tuple(dict(record) for record in records), (), code)


@dataclass
class Ran:
    """What a run of a recipe came to."""

    notes: list[str]
    rows: list[dict[str, Any]]
    error: AwsopsError | None
    host: HandMadeHost

    @property
    def statuses(self) -> dict[str, str]:
        return {row["step"]: row["status"] for row in self.rows}


@pytest.fixture
def make_env(tmp_path: Path) -> Callable[..., Env]:
    """An Env with its own folders; `answers` make it interactive."""

    def make(
        environ: Mapping[str, str] | None = None,
        answers: Sequence[str] | None = None,
        stdin: str = "",
    ) -> Env:
        environment = {"HOME": str(tmp_path), **(environ or {})}
        tty = answers is not None
        return Env(
            stdin=io.StringIO(stdin),
            stdout=io.StringIO(),
            stderr=io.StringIO(),
            environ=environment,
            stdin_tty=tty,
            stdout_tty=tty,
            stderr_tty=tty,
            folders=Folders.from_environ(environment),
            prompter=ScriptedPrompter(list(answers or ())),
        )

    return make


@pytest.fixture
def host(make_env: Callable[..., Env]) -> HandMadeHost:
    """A host with one target and a clock that stands still between commands."""
    made = HandMadeHost(make_env())
    made.env.clock = made.env.monotonic = made.clock
    made.env.sleep, made.env.real_time = made.clock.sleep, False
    return made


@pytest.fixture
def problems(host: HandMadeHost) -> Callable[..., list[str]]:
    """`problems(text)` is what is wrong with a recipe, as `line:column: message; hint`."""
    from awsops.recipe.problems import RecipeError

    def find(text: str, *assignments: str) -> list[str]:
        try:
            draft = read_recipe(text.encode(), "t.yaml")
            given = given_params(draft.recipe, host.env, assignments, None)
            check_recipe(draft, host, given)
        except RecipeError as error:
            return [problem.text() for problem in error.problems]
        return []

    return find


@pytest.fixture
def run_recipe(host: HandMadeHost) -> Callable[..., Ran]:
    """`run_recipe(text, "name=value", dry_run=True)`: read, check and run it on the host."""
    import dataclasses

    def run(
        text: str, *assignments: str, dry_run: bool = False, steps_as_rows: bool = False
    ) -> Ran:
        host.options = Settings(dry_run)
        notes: list[str] = []
        found: list[dict[str, Any]] = []
        try:
            draft = read_recipe(text.encode(), "t.yaml")
            given = given_params(draft.recipe, host.env, assignments, None)
            values = ask_params(draft.recipe, host.env, given)
            checked = check_recipe(draft, host, values)
            recipe = RecipeRun(checked, host, values, steps_as_rows=steps_as_rows)
            for event in recipe.events():
                if isinstance(event, Note):
                    notes.append(event.text)
                elif isinstance(event, dict):
                    found.append(event)
                else:
                    found.append(dataclasses.asdict(event))
        except AwsopsError as error:
            return Ran(notes, found, error, host)
        return Ran(notes, found, None, host)

    return run


@pytest.fixture
def outcome() -> Callable[..., Outcome]:
    """`outcome({"boxes": 1}, ..., code=ExitCode.PARTIAL)`."""
    return rows
