"""Where recipes are found, and that a broken one harms nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.errors import NotFoundError, UsageError
from awsops.recipe.library import find_recipe, places, shipped_folder
from awsops.recipe.problems import RecipeError

TEXT = "name: %s\nsummary: %s\nsteps: [{id: a, run: sqs ls}]\n"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """The folder of AWSOPS_RECIPE_PATH and that of the configuration."""
    named, config = tmp_path / "named", tmp_path / ".config" / "awsops" / "recipes"
    named.mkdir()
    config.mkdir(parents=True)
    return named, config


def test_a_recipe_is_looked_up_in_the_named_folder_then_the_persons_then_the_shipped_ones(
    folders: tuple[Path, Path], make_env: Callable[..., Any]
) -> None:
    named, config = folders
    env = make_env({"AWSOPS_RECIPE_PATH": str(named)})
    assert find_recipe(env, "redrive-dlq").recipe.source.endswith("redrive-dlq.yaml")
    (config / "redrive-dlq.yaml").write_text(TEXT % ("redrive-dlq", "mine"))
    assert find_recipe(env, "redrive-dlq").recipe.summary == "mine"
    (named / "redrive-dlq.yml").write_text(TEXT % ("redrive-dlq", "team"))
    assert find_recipe(env, "redrive-dlq").recipe.summary == "team"
    origins = [place.origin for place in places(env) if place.name == "redrive-dlq"]
    assert origins == ["AWSOPS_RECIPE_PATH", "config", "shipped"]


def test_a_path_and_stdin_are_recipes_too(tmp_path: Path, make_env: Callable[..., Any]) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(TEXT % ("mine", "from a path"))
    assert find_recipe(make_env(), str(path)).recipe.name == "mine"
    draft = find_recipe(make_env(stdin=TEXT % ("piped", "from stdin")), "-")
    assert (draft.recipe.name, draft.recipe.source) == ("piped", "stdin")


def test_a_name_that_does_not_exist_is_not_found_with_a_suggestion(
    make_env: Callable[..., Any], tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError) as caught:
        find_recipe(make_env(), "redrive-dql")
    assert "did you mean redrive-dlq?" in str(caught.value.hint)
    with pytest.raises(NotFoundError, match="there is no file"):
        find_recipe(make_env(), str(tmp_path / "none.yaml"))


def test_a_file_that_is_no_recipe_is_a_usage_error(
    make_env: Callable[..., Any], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"the recipe .* cannot be read"):
        find_recipe(make_env(), f"{tmp_path}/")
    binary = tmp_path / "b.yaml"
    binary.write_bytes(bytes(range(256)))
    with pytest.raises(RecipeError, match="not UTF-8"):
        find_recipe(make_env(), str(binary))
    with pytest.raises(RecipeError, match="more than 128 KB"):
        find_recipe(make_env(), "/dev/zero")


def test_a_recipe_that_is_called_otherwise_than_its_file_is_refused(
    folders: tuple[Path, Path], make_env: Callable[..., Any]
) -> None:
    (folders[1] / "a.yaml").write_text(TEXT % ("b", "s"))
    with pytest.raises(RecipeError, match=r"the recipe is called 'b', and its file a\.yaml"):
        find_recipe(make_env(), "a").whole()


def test_a_relative_recipe_path_is_refused(make_env: Callable[..., Any]) -> None:
    with pytest.raises(UsageError, match="relative folder: recipes"):
        find_recipe(make_env({"AWSOPS_RECIPE_PATH": "recipes"}), "redrive-dlq")


def test_every_shipped_recipe_reads_without_a_problem() -> None:
    from awsops.recipe.reading import read_recipe

    found = sorted(shipped_folder().glob("*.yaml"))
    assert "redrive-dlq.yaml" in [path.name for path in found]
    for path in found:
        assert read_recipe(path.read_bytes(), path.name).problems == ()
