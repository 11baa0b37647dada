"""The parameters and steps of the recipe that was named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from awsops.api import Choice, Host

if TYPE_CHECKING:
    from awsops.recipe.model import Recipe


def complete_parameters(host: Host, name: str = "", stem: str = "") -> Iterator[Choice]:
    """NAME= of each parameter of the recipe, then what it may be where that is fixed; a secret has
    no place on a command line.
    """
    recipe = _recipe(host, name)
    for param in recipe.params if recipe else ():
        if param.secret:
            continue
        if not stem:
            yield Choice(f"{param.name}=", param.help)
        elif stem == f"{param.name}=":
            yield from (Choice(f"{stem}{choice}") for choice in param.choices)


def complete_steps(host: Host, name: str) -> Iterator[Choice]:
    """The steps of the recipe, with the command that each runs."""
    recipe = _recipe(host, name)
    for step in (*recipe.steps, *recipe.always) if recipe else ():
        yield Choice(step.id, f"{step.noun} {step.verb}")


def complete_cut_off(host: Host, run: str) -> Iterator[Choice]:
    """The steps of the run of which nobody knows whether they were done, with their command."""
    from awsops.recipe.report import CUT_OFF, read_report

    found = read_report(host.env.folders.state, host.journal, run)
    begun = {step.step for step in found.steps if step.status == CUT_OFF}
    for step in _of_run(_header(host, run)).every_step:
        if step.id in begun:
            yield Choice(step.id, f"{step.noun} {step.verb}")


def _header(host: Host, run: str) -> dict[str, Any]:
    from awsops.recipe.recording import record_folder
    from awsops.records import RunRecord

    return RunRecord.peek(record_folder(host.env.folders.state), run)


def _of_run(header: dict[str, Any]) -> Recipe:
    """The recipe as it was when the run began."""
    from awsops.recipe.library import from_texts

    return from_texts(header["text"], header["included"], header["source"]).recipe


def _recipe(host: Host, name: str) -> Recipe | None:
    from awsops.recipe.library import STDIN, find_recipe

    return None if name in ("", STDIN) else find_recipe(host.env, name).recipe
