"""Parameters: where they come from, in which order, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.errors import UsageError
from awsops.recipe.model import Recipe
from awsops.recipe.params import ask_params, given_params, secret_values
from awsops.recipe.reading import read_recipe

TEXT = """
name: t
summary: s
params:
  queue: {help: Which queue}
  max: {type: int, default: null, min: 1}
  mode: {choices: [slow, fast], default: slow}
  regions: {type: list, default: []}
  wait: {type: duration, default: 5m}
  keep: {type: bool, default: true}
  rate: {type: float, default: 1.5}
  limit: {type: size, default: 1MB}
  token: {secret: true, default: null}
steps: [{id: a, run: store ls}]
"""


@pytest.fixture
def recipe() -> Recipe:
    return read_recipe(TEXT.encode(), "t.yaml").whole()


@pytest.fixture
def given(recipe: Recipe, make_env: Callable[..., Any]) -> Callable[..., Any]:
    def read(*assignments: str, file: Path | None = None, **environ: str) -> dict[str, Any]:
        return dict(given_params(recipe, make_env(environ), assignments, file))

    return read


@pytest.mark.parametrize(
    ("assignment", "name", "value"),
    [
        ("queue=orders", "queue", "orders"),
        ("queue=a=b", "queue", "a=b"),
        ("queue=", "queue", ""),
        ("queue=012", "queue", "012"),
        ("max=5", "max", 5),
        ("max=", "max", None),
        ("mode=fast", "mode", "fast"),
        ("regions=a, b,", "regions", ["a", "b"]),
        ('regions=["a", 1]', "regions", ["a", 1]),
        ("wait=1h30m", "wait", "1h30m"),
        ("keep=no", "keep", False),
        ("keep=TRUE", "keep", True),
        ("rate=2", "rate", 2.0),
        ("limit=10KiB", "limit", "10KiB"),
    ],
)
def test_text_becomes_what_the_type_says(
    given: Any, assignment: str, name: str, value: object
) -> None:
    found = given(assignment)[name]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("assignment", "words", "hint"),
    [
        ("max=five", "--set max: takes a whole number, not 'five'", None),
        ("max=0", "--set max: must be 1 or more, not '0'", None),
        ("mode=quick", "--set mode: takes one of slow, fast", None),
        ("mod=slow", "--set: unknown parameter 'mod'", "did you mean mode?"),
        ("max", "--set 'max' has no value", "write --set name=value"),
        ("keep=perhaps", "takes true or false", None),
        ("rate=nan", "takes a number", None),
        ("rate=1e999", "takes a number", None),
        ("wait=90", "takes a duration", None),
        ("limit=lots", "takes a size", None),
        ("regions=[1", "takes a list: a,b or a JSON list", None),
        ("regions=[[1]]", "takes a flat list", None),
        ("regions=" + ",".join("ab" * 700), "at most 1000 items", None),
        ("queue=" + "x" * 300_000, "takes at most 256 KB of text", None),
        ("token=abc", "--set token: it is secret", "set AWSOPS_PARAM_TOKEN, or give --params FILE"),
    ],
)
def test_a_wrong_value_is_refused(given: Any, assignment: str, words: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        given(assignment)
    assert words in caught.value.message
    assert "abc" not in caught.value.message
    if hint is not None:
        assert caught.value.hint == hint


def test_the_command_line_wins_over_the_file_and_the_file_over_the_environment(
    given: Any, tmp_path: Path
) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("mode: fast\nmax: 3\nregions: [x]\n")
    found = given(
        "max=4", file=file, AWSOPS_PARAM_MAX="1", AWSOPS_PARAM_MODE="slow", AWSOPS_PARAM_QUEUE="q"
    )
    assert (found["max"], found["mode"], found["regions"], found["queue"]) == (
        4,
        "fast",
        ["x"],
        "q",
    )
    assert found["wait"] == "5m"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mdoe: x\n", "p.yaml:1: unknown parameter 'mdoe'"),
        ("mode: [a]\n", "p.yaml:1: mode: takes text"),
        ("max: {a: b}\n", "p.yaml:1: max takes one value or a flat list"),
        ("- a\n", "a mapping of name to value"),
        ("token: [hunter2]\n", "p.yaml:1: token: takes text"),
        ("a: [\n", "not YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(
    given: Any, tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        given(file=file)
    assert words in caught.value.message
    assert "hunter2" not in caught.value.message


def test_a_file_that_cannot_be_read_is_a_usage_error(given: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--params .* cannot be read"):
        given(file=tmp_path / "none.yaml")


def test_what_is_missing_is_named_with_how_to_give_it(
    recipe: Recipe, make_env: Callable[..., Any]
) -> None:
    env = make_env()
    with pytest.raises(UsageError) as caught:
        ask_params(recipe, env, given_params(recipe, env, (), None))
    assert caught.value.message == "the parameter is missing: queue"
    assert caught.value.hint == "give --set queue=..."


def test_at_a_terminal_what_is_missing_is_asked_for(
    recipe: Recipe, make_env: Callable[..., Any]
) -> None:
    env = make_env(answers=["orders"])
    values = ask_params(recipe, env, given_params(recipe, env, (), None))
    assert values["queue"] == "orders"
    assert env.prompter.questions == ["Which queue"]


PROMPTS = """
name: t
summary: s
params:
  secret: {secret: true, prompt: The secret}
  mode: {choices: [slow, fast], prompt: How}
  max: {type: int, default: 5, prompt: How many}
steps: [{id: a, run: store ls}]
"""


def test_a_parameter_with_a_prompt_is_asked_for_and_an_empty_answer_is_its_default(
    make_env: Callable[..., Any],
) -> None:
    recipe = read_recipe(PROMPTS.encode(), "t.yaml").whole()
    env = make_env(answers=["hunter2", "fast", ""])
    values = ask_params(recipe, env, given_params(recipe, env, (), None))
    assert values == {"secret": "hunter2", "mode": "fast", "max": 5}
    assert env.prompter.questions == ["The secret", "How", "How many [5]"]
    assert secret_values(recipe, values) == ["hunter2"]


def test_a_prompt_with_a_default_does_not_stop_a_script(make_env: Callable[..., Any]) -> None:
    recipe = read_recipe(PROMPTS.encode(), "t.yaml").whole()
    env = make_env({"AWSOPS_PARAM_SECRET": "s3cret"})
    values = ask_params(recipe, env, given_params(recipe, env, ("mode=slow",), None))
    assert values == {"secret": "s3cret", "mode": "slow", "max": 5}


def test_a_wrong_answer_is_refused_without_showing_a_secret(
    make_env: Callable[..., Any],
) -> None:
    text = PROMPTS.replace("{secret: true,", "{secret: true, type: int,")
    recipe = read_recipe(text.encode(), "t.yaml").whole()
    env = make_env(answers=["hunter2"])
    with pytest.raises(UsageError) as caught:
        ask_params(recipe, env, given_params(recipe, env, (), None))
    assert caught.value.message == "secret: takes a whole number"
