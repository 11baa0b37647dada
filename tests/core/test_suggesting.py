"""Which names are offered for a mistyped one: those worth pasting, and no others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsops.suggesting import did_you_mean, nearest

QUEUES = ["orders", "orders-dlq", "orders-dlq.fifo", "payments"]
REGIONS = ["eu-west-1", "eu-west-2", "eu-west-3", "us-west-1", "ca-west-1", "ap-east-1"]


@pytest.mark.parametrize(
    ("word", "names", "meant"),
    [
        ("orders-dql", QUEUES, ["orders-dlq"]),
        ("ordres", QUEUES, ["orders"]),
        ("dlq", QUEUES, ["orders-dlq", "orders-dlq.fifo"]),
        ("ORDERS-DLQ", QUEUES, ["orders-dlq"]),
        ("eu-wst-1", REGIONS, ["eu-west-1"]),
        ("prod-ue", ["prod-eu", "prod-us", "dev"], ["prod-eu", "prod-us"]),
        ("redrive", ["redrive-dlq", "drain-poison"], ["redrive-dlq"]),
        ("login-docker", ["login", "ls", "lifecycle"], ["login"]),
    ],
)
def test_the_name_that_is_meant_comes_without_the_others(
    word: str, names: list[str], meant: list[str]
) -> None:
    assert nearest(word, names) == meant


@pytest.mark.parametrize("word", ["mars-1", "", "x", "Ireland", "x" * 5000])
def test_what_is_like_no_name_gets_none(word: str) -> None:
    assert nearest(word, REGIONS) == []


def test_a_name_that_exists_needs_no_other() -> None:
    assert nearest("orders", QUEUES) == []


def test_a_sign_stands_before_each_as_it_is_typed() -> None:
    assert did_you_mean("prd", ["prod", "dev"], sign="@") == "did you mean @prod?"
    assert did_you_mean("xyz", ["prod"]) is None


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=8))
def test_only_names_that_there_are_and_never_more_than_three(word: str, names: list[str]) -> None:
    found = nearest(word, names)
    assert len(found) == len(set(found)) <= 3
    assert set(found) <= set(names) - {word}
