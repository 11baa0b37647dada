"""An access denied says whom to ask for what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from awsops.denied import hint_for, read_denial
from awsops.testing import Result

USER = "arn:aws:iam::123456789012:user/nora"
SESSION = "arn:aws:sts::123456789012:assumed-role/Support/nora"
RESERVED = "AWSReservedSSO_OnCall_Read_0123456789abcdef"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/0c160e0c-8b9d-4a96-94a7-4da768d63a00"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"


def refused(who: str = USER, action: str = "sqs:SendMessage", tail: str = "") -> str:
    return f"User: {who} is not authorized to perform: {action} on resource: {QUEUE}{tail}"


ALLOWED_BY = '{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "' + QUEUE + '"}'
HINTS = {
    "no policy allows it": (
        refused(tail=" because no identity-based policy allows the sqs:SendMessage action"),
        f"ask for {ALLOWED_BY} on {USER}, or choose a profile with -p",
    ),
    "no reason is given": (refused(), f"ask for {ALLOWED_BY} on {USER}"),
    "the caller is a role's session": (
        refused(SESSION),
        "on arn:aws:iam::123456789012:role/Support,",
    ),
    "the boundary lacks it": (
        refused(tail=" because no permissions boundary allows the sqs:SendMessage action"),
        f"the permissions boundary has to allow it too: {ALLOWED_BY} for {USER}",
    ),
    "a policy of the organization denies it": (
        refused(tail=" with an explicit deny in a service control policy"),
        f"a service control policy denies sqs:SendMessage to {USER}, and no allow outweighs that",
    ),
    "a policy of its own denies it": (
        refused(tail=" with an explicit deny in an identity-based policy"),
        "one of its policies denies sqs:SendMessage",
    ),
    "the resource is any": (
        f"User: {USER} is not authorized to perform: sqs:ListQueues",
        '"Action": "sqs:ListQueues", "Resource": "*"}',
    ),
    "the role may not exist": (
        refused(action="sts:AssumeRole"),
        "check the role's name, for which there may be no role; ask for",
    ),
    "no trust policy names it": (
        f"User: {USER} is not authorized to perform: sts:AssumeRole because no role trust policy "
        "allows the sts:AssumeRole action",
        "and that the role's trust policy names it",
    ),
    "the organization lets no role be assumed": (
        refused(action="sts:AssumeRole", tail=" because no service control policy allows the x"),
        "the service control policy has to allow it too",
    ),
    "the key of a queue refuses": (
        f"User: {USER} is not authorized to perform: kms:Decrypt on resource: {KEY} because no "
        "identity-based policy allows the kms:Decrypt action (Service: AWSKMS; Status Code: 400)",
        'the KMS key behind it refuses: ask for {"Effect": "Allow", "Action": "kms:Decrypt", '
        f'"Resource": "{KEY}"}} on {USER}, and that the key\'s own policy lets it',
    ),
    "the key of another account refuses": (
        f"User: {USER} is not authorized to perform: kms:GenerateDataKey on this resource because "
        "the resource does not exist in this Region, no resource-based policies allow access, or "
        "a resource-based policy explicitly denies access",
        "the KMS key behind it refuses",
    ),
    "a key refuses without a word on whom": (
        "The ciphertext refers to a customer master key that does not exist, does not exist in "
        "this region, or you are not allowed to access. (Service: AWSKMS; Status Code: 400)",
        "encrypted with a KMS key that is not there or that the caller may not use",
    ),
    "the caller came through Identity Center": (
        refused(f"arn:aws:sts::123456789012:assumed-role/{RESERVED}/nora@example.com"),
        "on the permission set OnCall_Read in account 123456789012,",
    ),
    "the policy that denies is named": (
        refused(
            tail=" with an explicit deny in a service control policy: "
            "arn:aws:organizations::123456789012:policy/o-a/service_control_policy/p-b"
        ),
        "a service control policy denies sqs:SendMessage",
    ),
    "another partition": (
        refused("arn:aws-cn:sts::123456789012:assumed-role/Support/nora"),
        "on arn:aws-cn:iam::123456789012:role/Support,",
    ),
    "the message is encoded": (
        "You are not authorized to perform this operation. Encoded authorization failure "
        "message: 4GIOHlTkIaWHQD0Q0m6XSnuMH",
        "awsops creds decode MESSAGE says which statement it was",
    ),
    "the message says nothing": (
        "Access to the resource https://sqs.eu-west-1.amazonaws.com/ is denied.",
        "the caller may not call SendMessage: ask for that permission",
    ),
}


@pytest.mark.parametrize(("message", "expected"), HINTS.values(), ids=HINTS)
def test_the_hint_says_what_to_ask_for_when(message: str, expected: str) -> None:
    assert expected in hint_for(message, "SendMessage")


def test_an_action_in_small_letters_is_written_as_policies_write_it() -> None:
    assert '"sqs:SendMessage"' in hint_for(refused(action="sqs:sendmessage"), "SendMessage")


def test_brackets_and_quotes_of_older_services_are_left_out() -> None:
    found = read_denial(
        f'User: {USER} is not authorized to perform: [sqs:SendMessage] on resource "{QUEUE}"'
    )
    assert found is not None
    assert (found.action, found.resource) == ("sqs:SendMessage", QUEUE)


def test_the_command_line_shows_it(cli: Callable[..., Result], loopback: Any) -> None:
    loopback.answer = lambda call: loopback.refusal(call, "AccessDenied", refused(), 403)
    result = cli(["sqs", "ls", "-p", "one"], loopback.accounts(["one"]))
    assert result.exit_code == 4
    assert f"hint: ask for {ALLOWED_BY} on {USER}" in result.stderr
