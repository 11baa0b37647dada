"""Expressions and templates: values, types, arithmetic, and the bounds that make them total."""

from __future__ import annotations

from typing import Any

import pytest

from awsops.recipe.evaluating import EvaluationError
from awsops.recipe.expressions import ExpressionError, parse_expression, parse_template

SCOPE: dict[str, Any] = {
    "params": {"dlq": "orders-dlq", "n": 3, "none": None, "list": ["a", "b"], "on": True},
    "steps": {"s": {"rows": [{"name": "a", "v": 1}, {"name": "orders-dlq", "v": 5}]}},
}


def value(text: str) -> Any:
    return parse_expression(text).value(SCOPE)


def no_value(text: str) -> str:
    with pytest.raises(EvaluationError) as caught:
        value(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("params.n", 3),
        ("{{ params.n }}", 3),
        ("sum(steps.s.rows[].v)", 6),
        ("steps.s.rows[?name == root().params.dlq].v | [0]", 5),
        ("add(params.n, `2`)", 5),
        ("add(params.n, `2`, `5`)", 10),
        ("sub(params.n, `2`)", 1),
        ("mul(params.n, `2`)", 6),
        ("div(`6`, params.n)", 2),
        ("div(`7`, `2`)", 3.5),
        ("unique(['a', 'b', 'a'])", ["a", "b"]),
        ("to_number('12')", 12),
        ("to_number('1.5')", 1.5),
        ("to_number('nan')", None),
        ("to_number('1e999')", None),
        ("to_number(params.on)", None),
        ("to_string(params.list)", '["a","b"]'),
        ("contains(params.list, 'a')", True),
        ("contains(params.dlq, `1`)", False),
        ("join('-', params.list)", "a-b"),
        ("map(&add(v, `1`), steps.s.rows)", [2, 6]),
    ],
)
def test_an_expression_has_the_value_of_its_jmespath(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sum(steps.nope)", "sum() takes list of number, not null"),
        ("add(`1`, `2`, 'a')", "add() takes numbers; argument 3 is string"),
        ("add(`1`, `true`)", "add() takes number, not boolean"),
        ("div(`1`, `0`)", "div() by zero"),
        ("`1` < 'a'", "types that do not suit each other"),
        ("max_by(steps.s.rows, &nope)", "max_by() takes number or string, not null"),
        ("unique(steps.s.rows)", "unique() takes a list of texts or numbers"),
    ],
)
def test_an_expression_without_a_value_says_why(text: str, words: str) -> None:
    assert words in no_value(text)


@pytest.mark.parametrize(
    "text",
    [
        "|".join(["[@, @]"] * 60),
        "|".join(["[@, @][]"] * 60),
        "|".join(["{a: @, b: @}"] * 60),
        "|".join(["to_string([@, @])"] * 60),
        "params.dlq|" + "|".join(["join(@, [@, @, @, @])"] * 60),
        "|".join(["merge({a: @}, {b: @})"] * 60),
    ],
)
def test_an_expression_that_would_fill_the_memory_is_stopped(text: str) -> None:
    assert "too much work" in no_value(text)


def test_squaring_a_number_for_ever_is_stopped() -> None:
    assert "range of numbers" in no_value("params.n|" + "|".join(["mul(@, @)"] * 100))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("params.", "it ends too early"),
        ("params..n", "'params..n'"),
        ("", "an empty expression"),
        ("a = b", "'a = b'"),
        ("`abc`", "texts stand in 'single quotes'"),
        ("(" * 1500, "not a JMESPath expression"),
        ("a" * 3000, "longer than 2000 characters"),
        ("@[" + "9" * 1900 + "]", "has no value"),
        ("{{ a }} and {{ b }}", "one expression and nothing around it"),
        ("{{ a", "has no closing }}"),
    ],
)
def test_a_wrong_expression_is_refused_in_words(text: str, words: str) -> None:
    if words == "has no value":  # as large an index as a list never has
        assert value(text) is None
        return
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("{{ params.n }}", 3),
        ("{{ params.list }}", ["a", "b"]),
        ("{{ params.none }}", None),
        ("x{{ params.n }}", "x3"),
        ("{{ params.dlq }}-{{ params.n }}", "orders-dlq-3"),
        ("<{{ params.none }}>", "<>"),
        ("<{{ params.list }}>", '<["a", "b"]>'),
        ("<{{ params.on }}>", "<true>"),
        ("{{ {a: {b: params.n}} }}", {"a": {"b": 3}}),
        ("{{ '}}' }}", "}}"),
        ("{{ '{{' }}", "{{"),
        ('{{ {"}}": params.n} }}!', '{"}}": 3}!'),
        ("{ params.n }", "{ params.n }"),
        ("a }} b", "a }} b"),
    ],
)
def test_a_template_keeps_the_type_of_a_lone_expression(text: str, expected: object) -> None:
    assert parse_template(text).value(SCOPE) == expected
