"""What a list of names shows, and what can be chosen from it."""

from __future__ import annotations

import pytest

from awsops.name_list import NameList
from awsops.output.cells import cell_width

MANY = [f"queue-{number:05d}" for number in range(10_000)]


def typed(names: list[str], text: str, details: list[str] | None = None) -> NameList:
    found = NameList(names, details or [])
    found.type(text)
    return found


def test_what_is_typed_narrows_ten_thousand_names_down() -> None:
    found = typed(MANY, "0712")
    assert [text for _, text in found.rows(80, 3)] == ["queue-00712", "queue-07120", "queue-07121"]
    assert found.status(80).startswith("11 of 10000 names; type to search")


def test_where_nothing_matches_nothing_can_be_chosen() -> None:
    found = typed(["orders", "refunds"], "zzz")
    assert (found.chosen, found.rows(80, 20)) == (None, [])
    assert found.status(80).startswith("none of 2 names has that in it")


def test_what_was_erased_matches_again() -> None:
    found = typed(["orders", "refunds"], "rex")
    found.erase()
    assert found.chosen == "refunds"


@pytest.mark.parametrize(("text", "first"), [("orders", "orders"), ("dlq", "dlq-of-orders")])
def test_the_name_itself_comes_first_then_those_that_begin_so(text: str, first: str) -> None:
    assert typed(["orders-dlq", "orders", "dlq-of-orders"], text).chosen == first


def test_words_may_stand_anywhere_in_any_case_and_beside_the_name() -> None:
    found = typed(["orders-dlq", "orders"], "ORD 500", ["500 messages", "3 messages"])
    assert found.chosen == "orders-dlq"


def test_the_one_that_is_pointed_at_is_always_shown() -> None:
    found = NameList(MANY)
    for _ in range(50):
        found.step(1)
        assert [pointed for pointed, _ in found.rows(80, 7)].count(True) == 1
    found.leap(1_000_000)
    assert found.rows(80, 7)[-1] == (True, MANY[-1])
    found.step(1)
    assert found.rows(80, 7)[0] == (True, MANY[0])


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_no_line_is_wider_than_the_screen(columns: int) -> None:
    names = ["x" * 300 + "-dlq", "請求書" * 60, "orders", "größe bücher"]
    rows = NameList(names, ["9 messages", "", "500 messages, 12 in flight", ""]).rows(columns, 20)
    assert len(rows) == len(names)
    assert all(cell_width(text) <= columns - 3 for _, text in rows)


def test_of_a_name_that_is_too_wide_both_ends_are_shown() -> None:
    ((_, line),) = NameList(["payments-" + "x" * 300 + "-dlq"]).rows(40, 5)
    assert (line[:9], line[-4:]) == ("payments-", "-dlq")
    assert "..." in line


def test_what_would_act_on_the_terminal_is_shown_and_chosen_as_it_is() -> None:
    found = NameList(["a\x1b[2Jb"])
    assert found.rows(80, 5) == [(True, "a\\x1b[2Jb")]
    assert found.chosen == "a\x1b[2Jb"


def test_of_what_is_pasted_only_what_can_be_seen_is_looked_for() -> None:
    found = typed(["orders", "refunds"], "\x1bref\x00")
    assert (found.typed, found.chosen) == ("ref", "refunds")
