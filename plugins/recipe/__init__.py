"""Run runbooks: steps with checked parameters, a plan each, and checks in the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awsops.api import (
    Annotated,
    AwsopsError,
    Document,
    Host,
    Note,
    Option,
    UsageError,
    command,
)

from .rehearsing import policy as policy
from .rehearsing import rehearse as rehearse
from .reporting import new as new
from .reporting import report as report
from .running import Assignments, Name, ParamsFile
from .running import resume as resume  # commands of this noun
from .running import run as run

if TYPE_CHECKING:
    from awsops.recipe.model import Param, Recipe, Step


@dataclass(frozen=True, slots=True)
class Listed:
    """A recipe: `status` is ok, broken, or hidden when another of its name comes first."""

    name: str
    summary: str
    params: tuple[str, ...]
    steps: int
    origin: str
    status: str
    error: str | None
    path: Path


@dataclass(frozen=True, slots=True)
class Part:
    """A line of `recipe show`: a param, step, always, check or next, and what is said of it."""

    part: str
    name: str
    what: str
    details: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in a recipe; line and column count from 1."""

    file: str
    line: int
    column: int
    problem: str
    hint: str


@command()
def ls(host: Host) -> Iterator[Listed]:
    """List the recipes that there are, the broken ones with their error."""
    from awsops.recipe.library import load, places, rivals

    found = list(places(host.env))
    winners = {place.name: place for place in reversed(found)}
    for place in found:
        hidden = place is not winners[place.name]
        try:
            if len(clash := rivals(found, place.name)) > 1:
                raise UsageError(f"{len(clash)} plugins have a recipe of this name: name its file")
            recipe = load(place).whole()
        except AwsopsError as error:
            first = error.message.split("\n")[:2]
            text = " ".join(line.strip() for line in first)
            yield Listed(place.name, "", (), 0, place.origin, "broken", text, place.path)
            continue
        yield Listed(
            name=place.name,
            summary=recipe.summary,
            params=tuple(param.name for param in recipe.params),
            steps=len(recipe.steps),
            origin=place.origin,
            status="hidden" if hidden else "ok",
            error=None,
            path=place.path,
        )


@command()
def show(
    host: Host,
    name: Name,
    source: Annotated[bool, Option(help="Print the recipe's text as it is.")] = False,
) -> Iterator[Part | Note | Document]:
    """Show a recipe's parameters, steps and checks."""
    from awsops.recipe.library import find_recipe, find_text

    if source:
        yield Document(find_text(host.env, name))
        return
    recipe = find_recipe(host.env, name).whole()
    yield Note(f"{recipe.name}: {recipe.summary}")
    for paragraph in recipe.description.split("\n\n"):
        if paragraph.strip():
            yield Note(" ".join(paragraph.split()))
    yield from _parts(recipe)


@command()
def check(
    host: Host, name: Name, set_: Assignments = None, params: ParamsFile = None
) -> Iterator[Mistake | Note]:
    """Find every mistake in a recipe without running it."""
    from awsops.recipe.checking import check_recipe
    from awsops.recipe.library import find_recipe
    from awsops.recipe.params import given_params
    from awsops.recipe.problems import RecipeError

    try:
        draft = find_recipe(host.env, name)
        given = given_params(draft.recipe, host.env, set_ or (), params)
        recipe = check_recipe(draft, host, given).recipe
    except RecipeError as error:
        for problem in error.problems:
            yield Mistake(error.source, problem.line, problem.column, problem.message, problem.hint)
        count = len(error.problems)
        plural = "problem" if count == 1 else "problems"
        raise UsageError(f"{error.source}: {count} {plural}", code="InvalidRecipe") from None
    yield Note(f"{recipe.name} is right: {len(recipe.steps)} steps, {len(recipe.checks)} checks")


@command()
def schema(host: Host) -> Iterator[Document]:
    """Print the JSON Schema of recipes, for editors."""
    import json

    from awsops.recipe.schema import recipe_schema

    yield Document(json.dumps(recipe_schema(), indent=2))


def _parts(recipe: Recipe) -> Iterator[Part]:
    for param in recipe.params:
        yield Part("param", param.name, _kind(param), param.help)
    for step in recipe.every_step:
        words = [f"{name}={_given(bound.node.plain())}" for name, bound in step.arguments.items()]
        if step.for_each is not None:
            words.append(f"for each of {step.for_each.expression.text}")
        if step.when is not None:
            words.append(f"when {step.when.expression.text}")
        words += _more(step)
        yield Part("always" if step.always else "step", step.id, step.command, ", ".join(words))
    for check in recipe.checks:
        that = " ".join(check.that.expression.text.split())
        yield Part("check", check.name, f"for each {check.each}", that)
    for text in recipe.next:
        yield Part("next", "", text.template.text, "")


def _more(step: Step) -> Iterator[str]:
    if step.confirm is not None:
        yield f"asks {step.confirm.template.text!r}"
    if step.retry is not None:
        yield f"{step.retry.times} more tries"
    if step.on_error != "stop":
        yield f"on error {step.on_error}"
    if step.strategy is not None:
        yield "in waves of " + ", ".join(str(n or "rest") for n in step.strategy.waves)


def _kind(param: Param) -> str:
    words = [param.type]
    if param.secret:
        words.append("secret")
    if param.choices:
        words.append("one of " + ", ".join(str(choice) for choice in param.choices))
    if param.required:
        words.append("required")
    elif param.default is not None and not param.secret:
        words.append(f"default {_given(param.default)}")
    return ", ".join(words)


def _given(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return "null" if value is None else str(value)
