"""What the journal may hold: the resource and the change, never a secret or a payload."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from hypothesis import given
from hypothesis import strategies as st

from awsops.events import Secret
from awsops.redacted_argv import redact_argv
from awsops.redaction import MAX_CALL, redact
from awsops.secret_words import REDACTED, is_secret_name

NEEDLE = "hunter2Qx7zzPlugh"


def input_shape(service: str, operation: str) -> Any:
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    return model.operation_model(operation).input_shape


def test_what_names_the_resource_is_kept_as_it_is() -> None:
    params = {
        "StreamName": "orders",
        "TargetShardCount": 8,
        "ScalingType": "UNIFORM_SCALING",
        "Enabled": True,
        "Nothing": None,
        "Keys": ["a", "b"],
        "At": datetime(2026, 3, 1, tzinfo=UTC),
        "SecretId": "db/prod",
        "ClientRequestToken": "0b6c",
    }
    expected = {**params, "At": "2026-03-01T00:00:00+00:00"}
    assert redact(params) == expected


def test_a_member_that_botocore_marks_sensitive_is_taken_out() -> None:
    shape = input_shape("ssm", "PutParameter")
    params = {"Name": "/db/host", "Value": NEEDLE, "Type": "String"}
    assert redact(params, shape) == {"Name": "/db/host", "Value": REDACTED, "Type": "String"}


def test_a_sensitive_shape_inside_lists_and_maps_is_taken_out() -> None:
    shape = input_shape("cognito-idp", "AdminUpdateUserAttributes")
    params = {"UserPoolId": "p", "UserAttributes": [{"Name": "city", "Value": NEEDLE}]}
    attribute = {"Name": "city", "Value": REDACTED}
    assert redact(params, shape) == {"UserPoolId": "p", "UserAttributes": [attribute]}
    shape = input_shape("sagemaker", "CreateModelCard")
    assert redact({"Content": NEEDLE}, shape) == {"Content": REDACTED}


def test_the_variables_of_a_function_keep_their_names_alone() -> None:
    shape = input_shape("lambda", "UpdateFunctionConfiguration")
    params = {"FunctionName": "f", "Environment": {"Variables": {"HOST": NEEDLE}}}
    variables = {"HOST": f"<… {len(NEEDLE)} bytes>"}
    assert redact(params, shape) == {"FunctionName": "f", "Environment": {"Variables": variables}}


def test_blobs_are_taken_out_even_when_given_as_text() -> None:
    shape = input_shape("kms", "Encrypt")
    assert NEEDLE not in json.dumps(redact({"KeyId": "k", "Plaintext": NEEDLE}, shape))
    shape = input_shape("kinesis", "PutRecord")
    params = {"StreamName": "s", "Data": NEEDLE, "PartitionKey": "p"}
    size = f"<… {len(NEEDLE)} bytes>"
    assert redact(params, shape) == {"StreamName": "s", "Data": size, "PartitionKey": "p"}


@pytest.mark.parametrize("with_shape", [True, False])
def test_a_batch_of_messages_keeps_ids_and_attribute_names(with_shape: bool) -> None:
    entry = {
        "Id": "1",
        "MessageBody": "é" + NEEDLE,
        "MessageAttributes": {
            "kind": {"DataType": "String", "StringValue": NEEDLE},
            "DataType": {"DataType": "Binary", "BinaryValue": NEEDLE.encode()},
        },
        "MessageSystemAttributes": {
            "AWSTraceHeader": {"DataType": "String", "StringValue": NEEDLE}
        },
        "MessageGroupId": "g",
    }
    shape = input_shape("sqs", "SendMessageBatch") if with_shape else None
    assert redact({"QueueUrl": "https://q/1/orders", "Entries": [entry]}, shape) == {
        "QueueUrl": "https://q/1/orders",
        "Entries": [
            {
                "Id": "1",
                "MessageBody": f"<… {len(NEEDLE) + 2} bytes>",
                "MessageAttributes": {
                    "kind": {"DataType": "String"},
                    "DataType": {"DataType": "Binary"},
                },
                "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String"}},
                "MessageGroupId": "g",
            }
        ],
    }


def test_receipt_handles_are_cut_so_that_a_redrive_leaves_a_small_record() -> None:
    entries = [{"Id": str(i), "ReceiptHandle": "AQEB" * 100} for i in range(10)]
    redacted = redact({"QueueUrl": "q", "Entries": entries})
    assert redacted["Entries"][3]["ReceiptHandle"] == "AQEB" * 6 + "<… 400 bytes>"
    assert len(json.dumps(redacted)) < 1_000


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        ({"environment": [{"name": "HOST", "value": NEEDLE}]}, "HOST"),
        ({"environmentVariables": [{"name": "A", "type": "PLAINTEXT", "value": NEEDLE}]}, "TEXT"),
        ({"Environment": {"Variables": {"name": NEEDLE, "TYPE": NEEDLE}}}, "TYPE"),
        ({"Tags": [{"Key": "db-password", "Value": NEEDLE}]}, "db-password"),
        ({"Parameters": [{"ParameterKey": "DBPassword", "ParameterValue": NEEDLE}]}, "DBPassword"),
        ({"Tags": {"api_key": NEEDLE, "team": "orders"}}, "orders"),
        ({"Endpoint": f"https://user:{NEEDLE}@example.com/x"}, "example.com/x"),
        ({"Url": f"https://h/?a=1&X-Amz-Security-Token={NEEDLE}&b=2"}, "b=2"),
        ({"Text": f"-----BEGIN RSA PRIVATE KEY-----\n{NEEDLE}"}, REDACTED),
        ({"Credentials": {"AccessKeyId": "k", "Other": NEEDLE}}, REDACTED),
        ({"Secrets": [NEEDLE]}, REDACTED),
        ({"Body": io.BytesIO(NEEDLE.encode())}, "<BytesIO>"),
        ({"Anything": Secret(NEEDLE)}, "<Secret>"),
    ],
)
def test_a_secret_is_taken_out_and_what_stands_beside_it_is_kept(
    params: dict[str, object], kept: str
) -> None:
    text = json.dumps(redact(params), ensure_ascii=False)
    assert NEEDLE not in text
    assert kept in text


def test_a_policy_is_kept_whole_and_another_long_text_is_cut() -> None:
    policy = json.dumps({"Statement": ["x" * 10_000]})
    redacted = redact({"PolicyDocument": policy, "Description": "d" * 2_000})
    assert redacted["PolicyDocument"] == policy
    assert redacted["Description"] == "d" * 1_024 + "<… 2000 bytes>"


@pytest.mark.parametrize(
    "name",
    [
        "SecretString",
        "MasterUserPassword",
        "SessionToken",
        "TokenCode",
        "SecretAccessKey",
        "secretAccessKey",
        "private_key",
        "ClientSecret",
        "api-key",
        "AuthToken",
        "APIKey",
        "Pin",
    ],
)
def test_a_secret_name_is_told_in_any_spelling(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "NextToken",
        "nextForwardToken",
        "ContinuationToken",
        "StartingToken",
        "ClientToken",
        "SecretId",
        "SecretArn",
        "AccessKeyId",
        "MaxPasswordAge",
        "Spinner",
        "TokenType",
    ],
)
def test_a_name_about_a_secret_is_not_one(name: str) -> None:
    assert not is_secret_name(name)


def test_a_cyclic_or_enormous_structure_ends() -> None:
    cycle: dict[str, object] = {}
    cycle["again"] = [cycle] * 50
    wide = {f"k{i}": ["x" * 900] * 200 for i in range(500)}
    empty: list[object] = []
    for _ in range(10):
        empty = [empty] * 100
    for value in (cycle, wide, {"deep": empty}):
        assert len(json.dumps(redact(value))) < 3 * MAX_CALL


def test_values_that_json_cannot_hold_become_text() -> None:
    params = {"a": float("nan"), "b": 10**5000, "c": Decimal("1.5"), "d": {1, 2}, 3: object()}
    redacted = redact(params)  # type: ignore[arg-type]
    assert redacted == {"a": "nan", "b": "<int>", "c": "<Decimal>", "d": [1, 2], "3": "<object>"}


SENSITIVE = st.sampled_from(
    ["Password", "client_secret", "SessionToken", "MessageBody", "Payload", "Data", "Credentials"]
)
HARMLESS = st.sampled_from(["QueueUrl", "Tags", "Entries", "Config", "Id", "name", "Key"])
HIDDEN = st.one_of(
    st.just(NEEDLE),
    st.just(NEEDLE.encode()),
    st.builds(lambda n: "x" * n + NEEDLE, st.integers(0, 2_000)),
    st.just([NEEDLE]),
    st.just({"Deep": {"Value": NEEDLE}}),
)
LEAVES = st.one_of(st.integers(), st.text(max_size=20), st.booleans(), st.none())


def trees() -> st.SearchStrategy[Any]:
    secret = st.dictionaries(SENSITIVE, HIDDEN, max_size=2)
    environment = st.fixed_dictionaries(
        {"Environment": st.dictionaries(st.text(max_size=8), st.just(NEEDLE), max_size=3)}
    )
    return st.recursive(
        st.one_of(LEAVES, secret, environment),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(HARMLESS, inner, max_size=4),
            st.builds(lambda a, b: {**a, "More": b}, secret, inner),
        ),
        max_leaves=20,
    )


@given(trees())
def test_a_secret_in_any_sensitive_place_never_reaches_the_json(tree: Any) -> None:
    assert NEEDLE not in json.dumps(redact({"Top": tree}), ensure_ascii=False)


@given(st.recursive(LEAVES, lambda inner: st.dictionaries(HARMLESS, inner), max_leaves=10))
def test_the_copy_is_always_json(tree: Any) -> None:
    assert isinstance(json.loads(json.dumps(redact({"Top": tree}), allow_nan=False)), dict)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["sqs", "ls", "-p", "prod-*"], ["sqs", "ls", "-p", "prod-*"]),
        (["--password", NEEDLE, "x"], ["--password", REDACTED, "x"]),
        ([f"--client-secret={NEEDLE}"], [f"--client-secret={REDACTED}"]),
        (["auth", "login", "--code", "123456"], ["auth", "login", "--code", REDACTED]),
        (["--set", f"db_password={NEEDLE}"], ["--set", f"db_password={REDACTED}"]),
        ([f"--set=token={NEEDLE}"], [f"--set=token={REDACTED}"]),
        (["--body", NEEDLE], ["--body", "<…>"]),
        (["--password-stdin", "host"], ["--password-stdin", "host"]),
        (["--secret-id", "db"], ["--secret-id", "db"]),
        (["--next-token", "abc"], ["--next-token", "abc"]),
        (["send", f'{{"card": "{NEEDLE}"}}'], ["send", f"<… {len(NEEDLE) + 12} bytes>"]),
        ([f"https://me:{NEEDLE}@h/"], [f"https://{REDACTED}@h/"]),
        ([f"-----BEGIN PRIVATE KEY-----={NEEDLE}"], [REDACTED]),
        (["--where", "kind == 'a=b'"], ["--where", "kind == 'a=b'"]),
    ],
)
def test_a_command_line_keeps_all_but_its_secrets(argv: list[str], expected: list[str]) -> None:
    assert redact_argv(argv) == expected


@given(st.lists(st.text(max_size=12), max_size=4), st.lists(st.text(max_size=12), max_size=4))
def test_a_secret_option_is_redacted_wherever_it_stands(
    before: list[str], after: list[str]
) -> None:
    words = [word for word in before if not word.startswith("--")]
    redacted = redact_argv([*words, "--auth-token", NEEDLE, *after])
    assert redacted[len(words) : len(words) + 2] == ["--auth-token", REDACTED]
    assert NEEDLE not in " ".join(redacted)


def test_a_payload_is_known_by_its_parameter_where_it_stands_without_an_option() -> None:
    argv = ["sqs", "send", "orders", NEEDLE, "--attribute", f"kind={NEEDLE}"]
    params = {"queue": "orders", "body": NEEDLE, "attribute": [f"kind={NEEDLE}"], "delay": None}
    size = f"<… {len(NEEDLE)} bytes>"
    expected = ["sqs", "send", "orders", size, "--attribute", "<…>"]
    assert redact_argv(argv, params) == expected
