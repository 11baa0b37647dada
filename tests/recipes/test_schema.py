"""The JSON Schema says what the reader does."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from awsops.recipe.document import parse_document
from awsops.recipe.library import shipped_folder
from awsops.recipe.reading import read_recipe
from awsops.recipe.schema import recipe_schema


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = recipe_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_shipped_recipes_are_valid(validator: Any) -> None:
    shipped = list(shipped_folder().glob("*.yaml"))
    assert shipped
    for path in shipped:
        document = parse_document(path.read_bytes(), path.name).plain()
        assert [error.message for error in validator.iter_errors(document)] == []


ALL = """
name: all
summary: every key there is
description: long
params:
  bare:
  one:
    {type: int, help: h, default: 1, choices: [1, 2], min: 1, max: 2, secret: false, prompt: p}
  two: {type: list, default: [a, 1, true, null]}
steps:
  - id: a
    run: sqs ls
    with: {a: 1, b: [x, 2], c: null, d: "{{ params.one }}"}
    when: true
    for_each: params.two
    register: b
    show: true
    confirm: sure?
    retry: {times: 2, wait: 5s}
    timeout: 5m
    on_error: rollback
    strategy: {waves: [1, 5, rest], max_failures: 1}
    idempotent: true
always:
  - {id: z, run: sqs ls}
targets: {profiles: ["demo-*"], regions: [eu-west-1], role: ops}
include: [other]
strategy: {waves: [1, rest]}
checks:
  - {name: n, that: "`true`", message: m, hint: h, when: "`true`", each: run}
next: [a, b]
"""


def test_every_key_of_the_language_is_valid_and_read(validator: Any) -> None:
    assert read_recipe(ALL.encode(), "all.yaml").problems == ()
    document = parse_document(ALL.encode(), "all.yaml").plain()
    assert [error.message for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("name: all", "name: a b"),
        ("summary: every key there is", "summry: x"),
        ("type: int", "type: integer"),
        ("run: sqs ls", "run: sqs"),
        ("id: a", "id: a-b"),
        ("each: run", "each: time"),
        ("show: true", "show: sure"),
        ("next: [a, b]", "next: a"),
        ("b: [x, 2]", "b: {x: 2}"),
        ("message: m,", ""),
    ],
)
def test_what_the_reader_refuses_an_editor_underlines(
    validator: Any, before: str, after: str
) -> None:
    text = ALL.replace(before, after)
    assert text != ALL
    assert read_recipe(text.encode(), "all.yaml").problems
    assert list(validator.iter_errors(parse_document(text.encode(), "all.yaml").plain()))
