"""What policies forbid in the sandbox, and the messages that tell why."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

OPS = "arn:aws:iam::222222222222:role/ops"
Make = Callable[..., Any]
# IAM user guide, "Allows MFA-authenticated IAM users to manage their own credentials".
WANTS_MFA = {
    "Sid": "DenyAllExceptListedIfNoMFA",
    "Effect": "Deny",
    "NotAction": ["iam:ListMFADevices", "sts:GetSessionToken"],
    "Resource": "*",
    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def role(client: Make) -> Callable[..., dict[str, str]]:
    """The keys of a session of the role `ops` under a session policy."""

    def assume(*statements: dict[str, Any]) -> dict[str, str]:
        given = {"Policy": policy(*statements)} if statements else {}
        answer = client("sts").assume_role(RoleArn=OPS, RoleSessionName="me", **given)
        return dict(answer["Credentials"])

    return assume


@pytest.fixture
def user(client: Make) -> Callable[..., dict[str, str]]:
    """The keys of a new user with a policy of its own."""

    def make(*statements: dict[str, Any]) -> dict[str, str]:
        iam, name = client("iam"), f"user-{uuid.uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        if statements:
            document = policy(*statements)
            iam.put_user_policy(UserName=name, PolicyName="Own", PolicyDocument=document)
        return dict(iam.create_access_key(UserName=name)["AccessKey"])

    return make


def refusal(call: Callable[..., Any], **params: Any) -> dict[str, str]:
    with pytest.raises(ClientError) as error:
        call(**params)
    return dict(error.value.response["Error"])


def test_a_session_policy_leaves_only_what_it_allows(client: Make, role: Any) -> None:
    keys = role({"Effect": "Allow", "Action": "sqs:List*", "Resource": "*"})
    assert client("sqs", keys=keys).list_queues()
    refused = refusal(client("sqs", keys=keys).create_queue, QueueName="new")
    assert refused["Code"] in ("AccessDenied", "AccessDeniedException")
    assert "no session policy allows the sqs:CreateQueue action" in refused["Message"]


def test_a_session_without_a_policy_may_do_all(client: Make, role: Any) -> None:
    assert client("ec2", keys=role()).describe_regions()["Regions"]


def test_who_one_is_may_always_be_asked(client: Make, role: Any) -> None:
    keys = role({"Effect": "Deny", "Action": "*", "Resource": "*"})
    assert client("sts", keys=keys).get_caller_identity()["Account"] == "222222222222"


def test_a_policy_that_is_none_is_refused(client: Make) -> None:
    refused = refusal(client("sts").assume_role, RoleArn=OPS, RoleSessionName="me", Policy="{")
    assert refused["Code"] == "MalformedPolicyDocument"


def test_a_users_own_policy_denies(client: Make, user: Any) -> None:
    keys = user({"Effect": "Deny", "Action": "logs:Describe*", "Resource": "*"})
    refused = refusal(client("logs", keys=keys).describe_log_groups)
    assert refused["Code"] == "AccessDeniedException"
    assert "explicit deny in an identity-based policy" in refused["Message"]
    assert client("sqs", keys=keys).list_queues()


def test_an_attached_policy_denies(client: Make, user: Any) -> None:
    keys, iam = user(), client("iam")
    denied = policy({"Effect": "Deny", "Action": "sqs:*", "Resource": "*"})
    made = iam.create_policy(PolicyName=f"p-{uuid.uuid4().hex[:8]}", PolicyDocument=denied)
    iam.attach_user_policy(UserName=keys["UserName"], PolicyArn=made["Policy"]["Arn"])
    assert refusal(client("sqs", keys=keys).list_queues)["Code"].startswith("AccessDenied")


def test_a_policy_that_wants_mfa_lets_the_rest_pass(client: Make, user: Any) -> None:
    keys = user(WANTS_MFA)
    assert client("iam", keys=keys).list_mfa_devices()["MFADevices"] == []
    assert client("sts", keys=keys).get_session_token()["Credentials"]
    assert refusal(client("iam", keys=keys).list_access_keys)["Code"] == "AccessDenied"


@pytest.mark.parametrize(
    ("condition", "denied"),
    [
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False),  # long-term keys lack the key
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": False}}, True),
        ({"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, False),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
    ],
)
def test_a_deny_holds_under_its_condition(
    client: Make, user: Any, condition: dict[str, Any], denied: bool
) -> None:
    keys = user({"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": condition})
    sqs = client("sqs", keys=keys)
    if denied:
        refusal(sqs.list_queues)
    else:
        assert sqs.list_queues()


def encoded(client: Make, keys: dict[str, str]) -> str:
    refused = refusal(client("ec2", keys=keys).describe_regions)
    assert refused["Code"] == "UnauthorizedOperation"
    return refused["Message"].partition("Encoded authorization failure message: ")[2]


def test_ec2_gives_a_message_that_sts_decodes(client: Make, role: Any) -> None:
    message = encoded(
        client, role({"Sid": "No", "Effect": "Deny", "Action": "ec2:*", "Resource": "*"})
    )
    answer = client("sts", 1).decode_authorization_message(EncodedMessage=message)
    verdict = json.loads(answer["DecodedMessage"])
    assert (verdict["allowed"], verdict["explicitDeny"]) == (False, True)
    assert verdict["context"]["action"] == "ec2:DescribeRegions"
    assert [item["statementId"] for item in verdict["matchedStatements"]["items"]] == ["No"]


def test_another_account_cannot_decode_it(client: Make, role: Any) -> None:
    message = encoded(client, role({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}))
    call = client("sts", 0).decode_authorization_message
    code = refusal(call, EncodedMessage=message)["Code"]
    assert code == "InvalidAuthorizationMessageException"
