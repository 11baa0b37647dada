"""Expressions that a person gives with an option."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from awsops.errors import UsageError
from awsops.expressions import Question, is_true, read_pattern, read_question

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=8,
)


def asked(expression: str) -> Question:
    return read_question(expression, "--where", trial={}, hint="such as this")


def test_a_question_is_answered_from_a_document() -> None:
    assert asked("a.b")({"a": {"b": 5}}) == 5


@pytest.mark.parametrize("expression", ["a ==", "[", "nosuch(a)", "length()", "`" + "9" * 5_000])
def test_what_is_no_question_is_refused_before_anything_is_asked(expression: str) -> None:
    with pytest.raises(UsageError, match=r"^--where is not JMESPath: ") as refused:
        asked(expression)
    assert refused.value.hint == "such as this"


@pytest.mark.parametrize("expression", ["contains(a, `1`)", "sum(a)", "sort_by(b, &x)"])
def test_where_a_type_is_wrong_there_is_no_answer(expression: str) -> None:
    assert asked(expression)({"a": "text", "b": [{"x": 1}, {"x": "2"}]}) is None


@pytest.mark.filterwarnings("ignore:deprecated string literal")  # `abc` for 'abc'
@given(st.text(st.sampled_from("ab.[]{}()&|!=<>*@`'\"0 ,:?"), max_size=12), JSON)
@example("contains(@, `1`)", "text")
@example("``", None)
def test_any_text_is_refused_in_words_or_asked_of_any_document(text: str, document: Any) -> None:
    try:
        ask = asked(text)
    except UsageError:
        return
    ask(document)


@pytest.mark.parametrize("answer", [None, False, "", [], {}])
def test_what_is_empty_is_not_true(answer: object) -> None:
    assert not is_true(answer)


@pytest.mark.parametrize("answer", [0, 0.0, True, "no", [None], {"a": None}])
def test_what_is_there_is_true_and_so_is_zero(answer: object) -> None:
    assert is_true(answer)


def test_a_pattern_that_is_none_is_refused_by_its_option() -> None:
    with pytest.raises(UsageError, match=r"^--grep is not a regular expression: "):
        read_pattern("(", "--grep")
