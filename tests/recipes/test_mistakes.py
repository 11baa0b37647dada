"""Conditions that cannot mean what they say are refused before anything runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsops.expressions import is_true
from awsops.recipe.evaluating import EvaluationError
from awsops.recipe.expressions import parse_expression
from awsops.recipe.mistakes import mistakes

PAGE = Path(__file__).parents[2] / "docs" / "recipes.md"
RECIPE = """
name: t
summary: s
params:
  mode: {default: fast}
  max: {type: int, default: 3}
  force: {type: bool, default: false}
  list: {type: list, default: []}
  limit: {type: int, default: null}
steps:
  - {id: a, run: store ls}
  - {id: b, run: store ls, when: WHEN}
"""


@pytest.fixture
def refused(problems: Callable[..., list[str]]) -> Callable[[str], str]:
    """What `recipe check` says of a `when`; empty when it takes it."""

    def find(when: str) -> str:
        quoted = when.replace("'", "''")
        return "\n".join(problems(RECIPE.replace("WHEN", f"'{quoted}'")))

    return find


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("!params.force", "put it into brackets: !(params.name)"),
        ("!steps.a.rows[0].boxes", "put it into brackets"),
        ("!params.mode == 'fast'", "put it into brackets"),
        ("!(params.mode) == 'fast'", "! stands for what is beside it alone: write a != b"),
        ('params.mode == "fast"', "a text stands in single quotes: 'fast'"),
        ("params.mode == `5`", "a text stands in single quotes: '5'"),
        ("params.max > 5", "a number is written between backquotes: `5`"),
        ("params.max == '3'", "number == text is never true"),
        ("params.max != '3'", "number != text is always true"),
        ("params.force == 'true'", "true and false are written between backquotes: `true`"),
        ("params.force == true", "write `true`, between backquotes"),
        ("params.limit == None", "write `null`, between backquotes"),
        ("params.mode > `5`", "text > number is never true"),
        ("params.force > `5`", "> compares numbers, and params.force is boolean"),
        ("params.max", "params.max is a number, and a number is always true: 0 too"),
        ("params.force && steps.a.count", "steps.a.count is a number"),
        ("!(length(steps.a.rows))", "length() is a number"),
        ("steps.a.rows[?length(name)]", "length() is a number"),
        ("params.force and params.mode", "&& is and, || is or, ! is not"),
        ("params.mode = 'fast'", "== compares"),
        ("steps['a'].rows", "without brackets and quotes"),
        ("params.max - `1` > `0`", "sub()"),
    ],
)
def test_a_common_mistake_is_refused_with_what_to_write(
    when: str, said: str, refused: Callable[[str], str]
) -> None:
    assert said in refused(when)


@pytest.mark.parametrize(
    "when",
    [
        "!(params.force)",
        "params.limit",
        "!(params.limit)",
        "params.limit == `null`",
        "params.limit == `5`",
        "(params.limit || `10`) > `5`",
        "params.mode != 'fast' && !(params.force)",
        "contains(params.list, 'a') == `true`",
        "steps.a.rows[?boxes > `0`]",
        "steps.a.status == 'done'",
        "steps.a.rows[0].boxes == '5'",
    ],
)
def test_what_may_be_so_or_so_is_taken(when: str, refused: Callable[[str], str]) -> None:
    assert refused(when) == ""


def advised_against() -> list[str]:
    """The first text of each line of the table of what to write instead."""
    table = PAGE.read_text().split("| instead of | write |\n| --- | --- |\n")[1].split("\n\n")[0]
    return re.findall(r"^\| `(.*?)`", table, re.MULTILINE)


@pytest.mark.parametrize("text", advised_against())
def test_the_page_advises_against_what_is_refused(text: str, refused: Callable[[str], str]) -> None:
    assert refused(text)


VALUES = st.one_of(st.integers(-3, 3), st.sampled_from(["", "a", "5"]), st.booleans(), st.just([]))
KINDS: dict[type, str] = {int: "number", str: "text", bool: "boolean", list: "list"}
SIGNS = ("==", "!=", "<", "<=", ">", ">=")


@given(left=VALUES, right=VALUES, sign=st.sampled_from(SIGNS))
def test_a_comparison_that_is_refused_is_always_or_never_true(
    left: Any, right: Any, sign: str
) -> None:
    expression = parse_expression(f"params.a {sign} params.b")
    kinds = {"a": KINDS[type(left)], "b": KINDS[type(right)]}
    found = list(mistakes(expression.ast, kinds, condition=True))
    if found:
        try:
            value = is_true(expression.value({"params": {"a": left, "b": right}}))
        except EvaluationError:
            value = False
        assert value == ("always true" in found[0][0])
