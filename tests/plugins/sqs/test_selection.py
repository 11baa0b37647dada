from __future__ import annotations

import json
from typing import Any

import pytest
from awsops_plugins.sqs.messages import Message
from awsops_plugins.sqs.selection import read_selection

from awsops.errors import UsageError

NOW = 1_700_000_000.0


def message(body: str, sent: float = NOW - 100, **attributes: Any) -> Message:
    typed = {name: {"DataType": "String", "StringValue": v} for name, v in attributes.items()}
    system = {"SentTimestamp": str(int(sent * 1000)), "ApproximateReceiveCount": "4"}
    return Message("m", "h", body, typed, system)


def selects(message: Message, **options: str) -> bool:
    given = {"where": None, "match": None, "since": None, "until": None, **options}
    selection = read_selection(**given, now=NOW)
    assert selection is not None
    return selection.selects(message, NOW)


def test_without_options_there_is_no_selection() -> None:
    assert read_selection(where=None, match=None, since=None, until=None, now=NOW) is None


@pytest.mark.parametrize(
    ("where", "chosen"),
    [
        ("body.customer == 'acme'", True),
        ("body.customer == 'other'", False),
        ("attributes.error == 'Timeout'", True),
        ("age > `60`", True),
        ("age > `3600`", False),
        ("system.ApproximateReceiveCount == '4'", True),
        ("body.total", True),  # 0 is true in JMESPath
        ("body.missing", False),
        ("body.tags", False),
        ("contains(body.missing, 'x')", False),
        ("body.items[?sku == 'a']", True),
    ],
)
def test_where_sees_body_attributes_system_and_age(where: str, chosen: bool) -> None:
    body = json.dumps({"customer": "acme", "total": 0, "tags": [], "items": [{"sku": "a"}]})
    assert selects(message(body, error="Timeout"), where=where) is chosen


def test_a_body_that_is_not_json_is_text_to_where() -> None:
    assert selects(message("plain text"), where="starts_with(body, 'plain')")


def test_match_searches_the_body() -> None:
    assert selects(message("order 4711 failed"), match=r"\b47\d\d\b")
    assert not selects(message("order 815"), match=r"^\d")


def test_since_and_until_go_by_the_time_of_sending() -> None:
    old, young = message("x", NOW - 7200), message("x", NOW - 60)
    assert [selects(m, since="1h") for m in (old, young)] == [False, True]
    assert [selects(m, until="1h") for m in (old, young)] == [True, False]


def test_all_conditions_must_hold() -> None:
    assert selects(message('{"a": 1}'), where="body.a == `1`", match="a", since="1h")
    assert not selects(message('{"a": 1}'), where="body.a == `1`", match="b", since="1h")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"where": "body.["}, "--where"),
        ({"where": "nonsense(body)"}, "--where"),
        ({"where": "contains(body)"}, "--where"),
        ({"match": "("}, "--match"),
        ({"since": "yesterday-ish"}, "yesterday-ish"),
    ],
)
def test_what_cannot_be_understood_is_refused(options: dict[str, str], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        selects(message("x"), **options)


def test_the_times_of_a_resumed_run_are_those_of_the_first() -> None:
    selection = read_selection(where=None, match=None, since="2h", until=None, now=NOW)
    assert selection is not None
    assert selection.times() == {"--since": "2023-11-14T20:13:20Z"}
