"""Where recipes are found: on a path, in the person's folders, with awsops, and with plugins."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from awsops.errors import AwsopsError, NotFoundError, UsageError
from awsops.recipe.document import MAX_BYTES
from awsops.recipe.language import MOST_INCLUDED
from awsops.recipe.model import Draft, Recipe
from awsops.recipe.problems import Problem, nearest, shown

if TYPE_CHECKING:
    from awsops.env import Env

SUFFIXES = (".yaml", ".yml")
STDIN = "-"
OWN, SHIPPED, PLUGIN = "config", "shipped", "plugin "


@dataclass(frozen=True, slots=True)
class Place:
    """A recipe's file that exists. `origin` is path, AWSOPS_RECIPE_PATH, config, shipped, or
    `plugin` and its noun.
    """

    name: str
    path: Path
    origin: str

    @property
    def of_plugin(self) -> bool:
        """Whether a plugin brought it."""
        return self.origin.startswith(PLUGIN)


@dataclass(frozen=True, slots=True)
class Found:
    """A recipe with what it includes put in; the texts are what a resumed run reads again."""

    draft: Draft
    text: str
    included: Mapping[str, str]
    origin: str

    @property
    def from_outside(self) -> bool:
        """Whether it neither ships with awsops nor was put into the person's own folder."""
        return self.origin not in (OWN, SHIPPED)

    @property
    def digest(self) -> str:
        """What tells one text of a recipe, with what it includes, from another."""
        import hashlib

        whole = "\n".join([self.text, *self.included.values()])
        return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()


def find_recipe(env: Env, wanted: str) -> Draft:
    """The recipe that a person named: a name, a file, or `-` for stdin.

    NotFoundError with suggestions, UsageError when it cannot be read, RecipeError: it is no YAML.
    """
    return find_whole(env, wanted).draft


def find_whole(env: Env, wanted: str) -> Found:
    """As `find_recipe`, with its texts."""
    included: dict[str, str] = {}

    def find(name: str) -> Draft:
        place = find_place(env, name)
        draft = load(place)
        included[name] = _read_file(place.path).decode("utf-8", "replace")
        return draft

    if wanted == STDIN:
        content, origin = _read_stdin(env), "stdin"
        draft = _parse(content, "stdin")
    else:
        place = find_place(env, wanted)
        content, origin = _read_file(place.path), place.origin
        draft = load(place)
    draft = expand(draft, find)
    return Found(draft, content.decode("utf-8", "replace"), included, origin)


def from_texts(text: str, included: Mapping[str, str], source: str) -> Draft:
    """A recipe as it was when its run began."""
    draft = _parse(text.encode(), source)
    return expand(draft, lambda name: _parse(included[name].encode(), name))


def expand(draft: Draft, find: Callable[[str], Draft], seen: tuple[str, ...] = ()) -> Draft:
    """The recipe with the params, steps, checks and clean-up of what it includes before its own.

    What is wrong with an included one is a problem at the place that names it.
    """
    recipe = draft.recipe
    problems = list(draft.problems)
    seen = (*seen, recipe.name)
    parts: list[Recipe] = []
    for name, node in recipe.include:
        try:
            other = find(name)
            if other.recipe.name in seen:
                problems.append(node.problem(f"{name} includes itself: {' -> '.join(seen)}"))
                continue
            if len(seen) > MOST_INCLUDED:
                problems.append(node.problem("includes are nested too deeply"))
                continue
            parts.append(expand(other, find, seen).whole())
        except AwsopsError as error:
            first = error.message.split("\n")[0]
            hint = error.hint or f"awsops recipe check {name}"
            problems.append(node.problem(f"include {name}: {first}", hint))
    if not parts:
        return replace(draft, problems=tuple(problems))
    merged = _merged(recipe, parts)
    problems += _twice(merged)
    return Draft(merged, tuple(problems))


def _merged(recipe: Recipe, parts: list[Recipe]) -> Recipe:
    every = [*parts, recipe]
    steps = [step for each in every for step in each.steps]
    always = [step for each in every for step in each.always]
    numbered = [replace(step, number=n) for n, step in enumerate([*steps, *always], 1)]
    return replace(
        recipe,
        params=tuple({param.name: param for each in every for param in each.params}.values()),
        steps=tuple(numbered[: len(steps)]),
        always=tuple(numbered[len(steps) :]),
        checks=tuple(check for each in every for check in each.checks),
    )


def _twice(recipe: Recipe) -> Iterator[Problem]:
    seen: set[str] = set()
    for step in recipe.every_step:
        if step.id in seen:
            message = f"step {shown(step.id)} is there twice, with what is included"
            yield step.node.problem(message)
        seen.add(step.id)


def find_text(env: Env, wanted: str) -> str:
    """The text of the recipe that a person named. NotFoundError, UsageError."""
    content = _read_stdin(env) if wanted == STDIN else _read_file(find_place(env, wanted).path)
    return content.decode("utf-8", "replace")


def find_place(env: Env, wanted: str) -> Place:
    """The file of a recipe by name or path. NotFoundError with suggestions."""
    if os.sep in wanted or wanted.endswith(SUFFIXES):
        return Place(Path(wanted).stem, Path(wanted).expanduser(), "path")
    found: list[Place] = []
    for place in places(env):  # plugins last, which take a while to find
        if place.name == wanted and not place.of_plugin:
            return place
        found.append(place)
    mine = rivals(found, wanted)
    if len(mine) > 1:
        raise UsageError(
            f"two plugins have a recipe {shown(wanted)}: {mine[0].path} and {mine[1].path}",
            hint=f"name its file, or copy the right one to {env.folders.config / 'recipes'}",
        )
    if mine:
        return mine[0]
    names = sorted({place.name for place in found})
    advice = nearest(wanted, names) or "there is none"
    raise NotFoundError(f"there is no recipe {shown(wanted)}", hint=advice)


def rivals(found: Sequence[Place], name: str) -> list[Place]:
    """The recipes of plugins that a name may stand for: none where something else has it."""
    named = [place for place in found if place.name == name]
    return named if all(place.of_plugin for place in named) else []


def places(env: Env) -> Iterator[Place]:
    """Every recipe by name, in the order in which a name is looked up; nothing is parsed."""
    for folder, origin in _folders(env):
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        for entry in entries:
            if entry.suffix in SUFFIXES and not entry.name.startswith("."):
                yield Place(entry.stem, entry, origin)


def load(place: Place) -> Draft:
    """The recipe in a file. NotFoundError, UsageError when unreadable, RecipeError: no YAML."""
    draft = _parse(_read_file(place.path), str(place.path))
    node = draft.recipe.name_node
    if place.origin == "path" or node is None or draft.recipe.name in ("", place.name):
        return draft
    name = shown(draft.recipe.name)
    problem = node.problem(f"the recipe is called {name}, and its file {place.path.name}")
    return replace(draft, problems=(*draft.problems, problem))


def _parse(content: bytes, source: str) -> Draft:
    from awsops.recipe.reading import read_recipe

    return read_recipe(content, source)


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}", hint="awsops recipe ls") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"the recipe {path} cannot be read: {reason}") from None


def _read_stdin(env: Env) -> bytes:
    try:
        return env.stdin.read(MAX_BYTES + 1).encode("utf-8", "surrogateescape")
    except UnicodeDecodeError:
        raise UsageError("the recipe on stdin is not UTF-8 text") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"the recipe from stdin cannot be read: {error}") from None


def _folders(env: Env) -> Iterator[tuple[Path, str]]:
    for name in env.environ.get("AWSOPS_RECIPE_PATH", "").split(os.pathsep):
        folder = Path(name).expanduser()
        if name and not folder.is_absolute():
            raise UsageError(
                f"AWSOPS_RECIPE_PATH holds a relative folder: {name}",
                hint="name it whole: which recipe runs must not depend on the current folder",
            )
        if name:
            yield folder, "AWSOPS_RECIPE_PATH"
    yield env.folders.config / "recipes", OWN
    yield shipped_folder(), SHIPPED
    yield from _plugin_folders(env)


def _plugin_folders(env: Env) -> Iterator[tuple[Path, str]]:
    """`recipes/` beside each plugin's module; plugins that are files of one folder share one.

    They come last: what is installed must not take the place of a recipe that was there.
    """
    from awsops.sources import Sources

    nouns: dict[Path, list[str]] = {}
    for found in Sources(env, before_load=lambda: None).added():
        if found.file is not None:
            of_folder = nouns.setdefault(found.file.parent / "recipes", [])
            if found.noun not in of_folder:
                of_folder.append(found.noun)
    for folder, names in nouns.items():
        yield folder, PLUGIN + ", ".join(sorted(names))


def shipped_folder() -> Path:
    """The folder of the recipes that come with awsops: in a wheel, else beside the source."""
    import awsops

    package = Path(awsops.__file__).parent
    installed = package / "data" / "recipes"
    return installed if installed.is_dir() else package.parent / "recipes"
