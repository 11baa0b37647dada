"""A lean client signs and reads exactly what botocore does."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.parsers import ResponseParserFactory
from hypothesis import given
from hypothesis import strategies as st

from awsops.aws_lean_parsing import LeanParsers
from awsops.aws_lean_signing import _Short, _Signers

SERVICES = {
    service: botocore.session.Session().get_service_model(service)
    for service in ("sqs", "kinesis", "logs", "dynamodb")
}
SECRET, TOKEN = "s" * 40, "t" * 60


def request(headers: dict[str, Any], body: bytes, url: str) -> AWSRequest:
    made = AWSRequest(method="POST", url=url, headers=headers, data=body)
    made.context["client_config"] = None
    return made


def signer(token: str | None, region: str = "eu-west-1") -> SigV4Auth:
    return SigV4Auth(Credentials("AKIAIOSFODNN7EXAMPLE", SECRET, token), "sqs", region)


@pytest.fixture(autouse=True)
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    import datetime

    moment = datetime.datetime(2026, 3, 4, 5, 6, 7)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_: moment, raising=False)
    monkeypatch.setattr(time, "gmtime", lambda *_: moment.timetuple())


names = st.sampled_from(
    ["X-Amz-Target", "Content-Type", "User-Agent", "X-Amzn-Trace-Id", "amz-sdk-request", "Host"]
)
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)


@given(
    headers=st.dictionaries(names, values, max_size=6),
    body=st.binary(max_size=200),
    token=st.sampled_from([None, TOKEN]),
    url=st.sampled_from(
        [
            "https://sqs.eu-west-1.amazonaws.com/",
            "http://127.0.0.1:4566/",
            "https://SQS.example.com:443/a//b/../c d",
            "https://sqs.example.com/?Action=x&b=c",
            "http://[::1]:9/",
        ]
    ),
)
def test_a_request_is_signed_as_botocore_signs_it(
    headers: dict[str, str], body: bytes, token: str | None, url: str
) -> None:
    ours, theirs = (request(dict(headers), body, url) for _ in range(2))
    signer(token).add_auth(theirs)

    _Signers(signer)(token).add_auth(ours)

    assert dict(ours.headers.items()) == dict(theirs.headers.items())


def test_a_usual_request_is_signed_the_short_way() -> None:
    auth = _Signers(signer)(None)

    assert isinstance(auth, _Short)


def test_the_key_of_another_day_region_or_secret_is_made_anew() -> None:
    signers = _Signers(signer)
    scopes = [(SECRET, "20260304", "eu-west-1"), (SECRET, "20260305", "eu-west-1")]
    scopes += [(SECRET, "20260305", "us-east-1"), ("z" * 40, "20260305", "us-east-1")]

    assert len({signers.key(*scope, "sqs") for scope in scopes}) == len(scopes)


def test_a_second_authorization_takes_the_place_of_the_first() -> None:
    twice = request({"X-Amz-Target": "AmazonSQS.SendMessage"}, b"{}", "http://127.0.0.1/")
    auth = _Signers(signer)(TOKEN)

    auth.add_auth(twice)
    auth.add_auth(twice)

    assert len(twice.headers.get_all("Authorization")) == 1


def test_another_signature_is_left_to_botocore() -> None:
    class Other(SigV4Auth):
        pass

    def other() -> SigV4Auth:
        return Other(Credentials("AKIAIOSFODNN7EXAMPLE", SECRET), "sqs", "eu-west-1")

    assert type(_Signers(other)()) is Other


def answers(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """What a service could answer for a shape, with members that nobody knows and nulls."""
    kind = shape.type_name
    if kind == "structure":
        members = {
            member.serialization.get("name", name): st.none() | answers(member, depth + 1)
            for name, member in shape.members.items()
            if depth < 4
        }
        if getattr(shape, "is_tagged_union", False):
            return st.sampled_from(sorted(members)).flatmap(
                lambda name: st.fixed_dictionaries({name: answers_of(shape, name, depth)})
            )
        return st.fixed_dictionaries({}, optional={**members, "NotInTheModel": st.integers()})
    if kind == "list":
        return st.lists(answers(shape.member, depth + 1), max_size=2)
    if kind == "map":
        return st.dictionaries(st.text(max_size=5), answers(shape.value, depth + 1), max_size=2)
    if kind == "blob":
        return st.binary(max_size=9).map(lambda raw: base64.b64encode(raw).decode())
    if kind == "timestamp":
        return st.integers(0, 2**31)
    if kind == "boolean":
        return st.booleans()
    return st.text(max_size=5) if kind == "string" else st.integers(-9, 2**40)


def answers_of(shape: Any, json_name: str, depth: int) -> st.SearchStrategy[Any]:
    for name, member in shape.members.items():
        if member.serialization.get("name", name) == json_name:
            return answers(member, depth + 1)
    raise KeyError(json_name)


OPERATIONS = [
    ("sqs", "ReceiveMessage"),
    ("sqs", "SendMessageBatch"),
    ("sqs", "ListMessageMoveTasks"),
    ("kinesis", "GetRecords"),
    ("logs", "FilterLogEvents"),
    ("dynamodb", "GetItem"),
]


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
@given(data=st.data())
def test_an_answer_is_read_as_botocore_reads_it(
    service: str, operation: str, data: st.DataObject
) -> None:
    shape = SERVICES[service].operation_model(operation).output_shape
    body = json.dumps(data.draw(answers(shape))).encode()
    answer = {"status_code": 200, "headers": {"x-amzn-requestid": "r"}, "body": body}
    ordinary = ResponseParserFactory()

    ours = LeanParsers(ordinary).create_parser("json").parse(answer, shape)

    assert ours == ordinary.create_parser("json").parse(answer, shape)


def test_the_parsers_of_other_protocols_are_botocores() -> None:
    ordinary = ResponseParserFactory()

    parser = LeanParsers(ordinary).create_parser("rest-json")

    assert type(parser) is type(ordinary.create_parser("rest-json"))
