"""Rows are the same whether botocore takes an answer apart or this tool does."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from awsops_plugins.logs.results import read_plainly, rows_of
from botocore.hooks import HierarchicalEmitter
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import ResponseParserError, create_parser
from hypothesis import given
from hypothesis import strategies as st

MODEL = ServiceModel(Loader().load_service_model("logs", "service-2"), "logs")
CELL = st.fixed_dictionaries({"field": st.text(max_size=5)}, optional={"value": st.text()})
ANSWER = st.fixed_dictionaries(
    {"status": st.sampled_from(["Running", "Complete"])},
    optional={
        "results": st.lists(st.lists(CELL, max_size=4), max_size=4),
        "statistics": st.fixed_dictionaries({"recordsMatched": st.sampled_from([0.0, 3.0])}),
        "nextToken": st.text(min_size=1),
    },
)


def parse(body: bytes, *, plainly: bool, status: int = 200) -> dict[str, Any]:
    """What a call gives for an answer, as botocore's endpoint puts it together."""
    events = HierarchicalEmitter()
    if plainly:
        read_plainly(SimpleNamespace(meta=SimpleNamespace(events=events)))
    response = {"status_code": status, "headers": {}, "body": body}
    more: dict[str, Any] = {}
    events.emit(
        "before-parse.cloudwatch-logs.GetQueryResults",
        operation_model=None,
        response_dict=response,
        customized_response_dict=more,
    )
    shape = MODEL.operation_model("GetQueryResults").output_shape
    parsed: dict[str, Any] = create_parser("json").parse(response, shape)
    return parsed | more


@given(ANSWER)
def test_the_rows_are_those_of_botocores_parser(answer: dict[str, Any]) -> None:
    body = json.dumps(answer).encode()
    plain, ours = parse(body, plainly=False), parse(body, plainly=True)
    assert rows_of(ours) == rows_of(plain)
    for key in ("status", "statistics", "nextToken"):
        assert ours.get(key) == plain.get(key)


@pytest.mark.parametrize("body", [b'{"results":[[{"value":"x"}]]}', b"[]", b"{"])
def test_an_answer_that_is_not_what_it_should_be_is_left_to_botocore(body: bytes) -> None:
    outcomes = []
    for plainly in (False, True):
        try:
            outcomes.append(str(parse(body, plainly=plainly).get("results")))
        except (ResponseParserError, TypeError, AttributeError) as error:
            outcomes.append(repr(error))
    assert outcomes[0] == outcomes[1]


def test_an_error_keeps_its_body() -> None:
    body = json.dumps({"__type": "ThrottlingException", "message": "slow"}).encode()
    assert parse(body, plainly=True, status=400)["Error"]["Code"] == "ThrottlingException"
