"""`recipe run` and `recipe resume`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awsops.api import (
    Annotated,
    Argument,
    AwsopsError,
    Choice,
    Host,
    Note,
    Option,
    UsageError,
    command,
)
from awsops.atomic_files import private_folder
from awsops.recipe.results import StepRow

from .choices import (
    complete_cut_off,
    complete_parameters,
    complete_steps,
)

if TYPE_CHECKING:
    from awsops.recipe.library import Found


def complete_recipes(host: Host) -> Iterator[Choice]:
    """Every recipe that can be read, with what it is for."""
    from awsops.recipe.library import load, places

    for place in places(host.env):
        try:
            yield Choice(place.name, load(place).whole().summary)
        except AwsopsError:
            continue


def complete_runs(host: Host) -> Iterator[Choice]:
    """The recorded runs, the newest first."""
    from awsops.recipe.recording import record_folder
    from awsops.records import RunRecord

    folder = record_folder(host.env.folders.state)
    for name in reversed(RunRecord.known(folder)):
        yield Choice(name, str(RunRecord.peek(folder, name).get("recipe", "")))


Name = Annotated[
    str,
    Argument(help="Its name, a file, or - for stdin.", complete=complete_recipes, files=True),
]
SEEN = "recipes-seen"  # in the state folder: digests of texts that were shown
RunId = Annotated[str, Argument(help="The run's id.", complete=complete_runs)]
Assignments = Annotated[
    list[str] | None,
    Option(
        help="A parameter; may be repeated.", complete=complete_parameters, metavar="NAME=VALUE"
    ),
]
ParamsFile = Annotated[Path | None, Option(help="YAML file of parameters, name: value.")]
OnlyOption = Annotated[
    list[str] | None,
    Option(help="Run only this step; may be repeated.", complete=complete_steps, metavar="STEP"),
]
FromOption = Annotated[
    str | None,
    Option(help="Begin with this step.", name="--from", complete=complete_steps, metavar="STEP"),
]
StepOption = Annotated[bool, Option(help="Ask before each step.")]

Event = StepRow | Note | dict[str, Any]


@command(takes_targets=True)
def run(
    host: Host,
    name: Name,
    set_: Assignments = None,
    params: ParamsFile = None,
    steps: Annotated[bool, Option(help="Give the steps as rows, not their results.")] = False,
    from_: FromOption = None,
    only: OnlyOption = None,
    step: StepOption = False,
) -> Iterator[Event]:
    """Run a recipe over the targets, each step planned and confirmed."""
    from awsops.recipe.choosing import Choice as Chosen
    from awsops.recipe.library import find_whole
    from awsops.recipe.session import Given, begin

    if step and not host.env.interactive:
        raise UsageError("--step asks before each step, and stdin is not a terminal")
    found = find_whole(host.env, name)
    yield from _shown_once(host, found)
    choice = Chosen(only=frozenset(only or ()), start=from_, ask=step)
    yield from begin(host, found, Given(set_ or (), params), choice, as_steps=steps)


@command(takes_targets=True)
def resume(
    host: Host,
    run: RunId,
    params: Annotated[
        Path | None, Option(help="YAML file of the secrets, which a run does not keep.")
    ] = None,
    again: Annotated[
        list[str] | None,
        Option(
            help="Run this step again, which was cut off; may be repeated.",
            complete=complete_cut_off,
            metavar="STEP",
        ),
    ] = None,
    done: Annotated[
        list[str] | None,
        Option(
            help="Take this step, which was cut off, as done.",
            complete=complete_cut_off,
            metavar="STEP",
        ),
    ] = None,
) -> Iterator[Event]:
    """Go on with a run of a recipe that was cut off or failed."""
    from awsops.recipe.choosing import Choice as Chosen
    from awsops.recipe.session import resume as go_on

    if host.options.dry_run:
        raise UsageError("a run that goes on changes things: resume takes no --dry-run")
    choice = Chosen(again=frozenset(again or ()), done=frozenset(done or ()))
    yield from go_on(host, run, params, choice)


def _shown_once(host: Host, found: Found) -> Iterator[Note]:
    """A recipe that neither ships nor was put into the person's folder is shown before its first
    run here: what it will do, before anything is asked.
    """
    if not found.from_outside:
        return
    digest = found.digest
    seen = host.env.folders.state / SEEN
    try:
        known = digest in seen.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        known = False
    if known:
        return
    from awsops.recipe.library import PLUGIN

    recipe = found.draft.recipe
    whose = f" of {found.origin}" if found.origin.startswith(PLUGIN) else ""
    yield Note(f"{recipe.source}{whose}: run here for the first time; its steps are:")
    for each in recipe.every_step:
        given = ", ".join(f"{key}={_words(b.node.plain())}" for key, b in each.arguments.items())
        yield Note(f"  {each.number}. {each.id}: {each.command}{f' ({given})' if given else ''}")
    if not host.options.dry_run:
        private_folder(host.env.folders.state)
        descriptor = os.open(seen, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(f"{digest}\n")


def _words(value: object) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
