"""docs/recipes.md says what the language is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from awsops.recipe.evaluating import function_table
from awsops.recipe.language import CHECK, PARAM, RECIPE, RETRY, STEP, STRATEGY, TARGETS, Key
from awsops.recipe.references import RESULT_FIELDS, RUN_FIELDS, TARGET_FIELDS
from awsops.testing import run

PAGE = Path(__file__).parents[2] / "docs" / "recipes.md"
SECTIONS: dict[str, tuple[Key, ...]] = {
    "The recipe": RECIPE,
    "A parameter": PARAM,
    "A step": STEP,
    "A retry": RETRY,
    "A strategy": STRATEGY,
    "Targets": TARGETS,
    "A check": CHECK,
}


def key_tables() -> str:
    """The tables of docs/recipes.md between the two comments."""
    lines = []
    for title, keys in SECTIONS.items():
        lines += [f"**{title}**", "", "| key | what it is |", "| --- | --- |"]
        for key in keys:
            choices = f" One of {', '.join(key.choices)}." if key.choices else ""
            needed = " (required)" if key.required else ""
            lines.append(f"| `{key.name}`{needed} | {key.help}{choices} |")
        lines.append("")
    return "\n".join(lines)


def test_the_tables_of_keys_are_those_of_the_language() -> None:
    between = re.search(r"<!-- keys: .*? -->\n(.*?)<!-- /keys -->", PAGE.read_text(), re.DOTALL)
    assert between is not None
    assert between.group(1) == key_tables()


def test_every_name_and_own_function_stands_on_the_page() -> None:
    page = PAGE.read_text()
    for name in (*RESULT_FIELDS, *RUN_FIELDS, *TARGET_FIELDS):
        assert f".{name}`" in page or f"`{name}`" in page, name
    from jmespath.functions import Functions

    for name in set(function_table()) - set(Functions.FUNCTION_TABLE):
        assert f"`{name}(" in page, name


@pytest.mark.parametrize("text", re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL))
def test_every_recipe_on_the_page_passes_recipe_check(text: str) -> None:
    result = run(["recipe", "check", "-"], stdin=text)
    assert result.exit_code == 0, result.stdout
