"""YAML: values with places, 1.2 scalars, and hostile files."""

from __future__ import annotations

from typing import Any

import pytest

from awsops.recipe.document import MAX_BYTES, parse_document
from awsops.recipe.problems import RecipeError


def parse(text: str) -> Any:
    return parse_document(text.encode(), "t.yaml")


def refusal(text: str | bytes) -> str:
    with pytest.raises(RecipeError) as caught:
        parse_document(text if isinstance(text, bytes) else text.encode(), "t.yaml")
    return caught.value.message


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("2.5", 2.5),
        ("true", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("0123", "0123"),
        ("012345678901", "012345678901"),
        ("2026-01-01", "2026-01-01"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("9" * 40, "9" * 40),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
    ],
)
def test_a_plain_scalar_means_what_was_typed(written: str, value: object) -> None:
    found = parse(f"key: {written}\n").plain()["key"]
    assert found == value
    assert type(found) is type(value)


def test_every_value_knows_its_line_and_column() -> None:
    root = parse("a:\n  - b: ünï\n    c: [1, 2]\n")
    item = root.value["a"].value.value[0]
    assert (item.value["b"].key.line, item.value["b"].key.column) == (2, 5)
    assert (item.value["c"].value.line, item.value["c"].value.column) == (3, 8)
    second = item.value["c"].value.value[1]
    assert (second.line, second.column) == (3, 12)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: 1\na: 2\n", "2:1", "'a' stands twice, first in line 1"),
        ("a: &x 1\nb: *x\n", "2:4", "anchors and aliases"),
        ("a: {{ params.x }}\n", "1:5", 'quote a value that begins with {{ : "{{ params.name }}"'),
        ("a: b: c\n", "1:5", "not YAML"),
        ("a:\n\t- b\n", "2:1", "indent with spaces, not tabs"),
        ("---\na: 1\n---\nb: 2\n", "3:1", "a second document"),
        ("a: !!python/object:os.system x\n", "1:4", "tags such as"),
        ("a: !env HOME\n", "1:4", "tags such as"),
        ("", "1:1", "empty"),
        ("# nothing\n", "1:1", "empty"),
        ("a: 'b\n", "2:1", "not YAML"),
        ("a: x\x07\n", "1:5", "a character that YAML does not allow"),
        ("? [a]\n: b\n", "1:3", "a key must be text"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, place: str, words: str) -> None:
    message = refusal(text)
    assert message.startswith(f"t.yaml:{place}: ")
    assert words in message


def test_text_that_is_not_utf8_is_refused_where_it_stops_being_so() -> None:
    assert refusal(b"a: 1\nb: \xff\n") == "t.yaml:2:4: not UTF-8 text"


def test_a_billion_laughs_are_refused_at_the_first_alias() -> None:
    laughs = "a: &a [lol]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
    )
    assert "anchors and aliases" in refusal(laughs)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[{", "[\n"])
def test_deep_nesting_is_refused_at_its_thirty_third_level(opening: str) -> None:
    assert "nested deeper than 32 levels" in refusal(opening * (MAX_BYTES // len(opening)))


def test_ten_megabytes_are_refused_unparsed() -> None:
    assert refusal(b"\xff" * 10_000_000) == "t.yaml:1:1: more than 128 KB: no recipe is that long"


def test_more_values_than_a_recipe_has_are_refused() -> None:
    assert "more than 20000 values" in refusal("[" + "a," * 60_000 + "]")
