"""The parameters and steps of the recipe that was named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awsops.api import Choice, Host

if TYPE_CHECKING:
    from awsops.recipe.model import Recipe


def complete_parameters(host: Host, name: str = "", stem: str = "") -> Iterator[Choice]:
    """NAME= of each parameter of the recipe, then what it may be where that is fixed; nothing where
    a run is named instead of a recipe.
    """
    recipe = _recipe(host, name)
    for param in recipe.params if recipe else ():
        if not stem:
            yield Choice(f"{param.name}=", param.help)
        elif stem == f"{param.name}=":
            yield from (Choice(f"{stem}{choice}") for choice in param.choices)


def complete_steps(host: Host, name: str) -> Iterator[Choice]:
    """The steps of the recipe, with the command that each runs."""
    recipe = _recipe(host, name)
    for step in (*recipe.steps, *recipe.always) if recipe else ():
        yield Choice(step.id, f"{step.noun} {step.verb}")


def _recipe(host: Host, name: str) -> Recipe | None:
    from awsops.recipe.library import STDIN, find_recipe

    return None if name in ("", STDIN) else find_recipe(host.env, name).recipe
