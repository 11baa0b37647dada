"""What an error lacks and the command line knows: the option, the resource, the help page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.testing import Result

Cli = Callable[..., Result]
DEV = ["-p", "demo-dev"]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["sqs", "redrive", "orders-dlq", "--since", "soon"], "--since: 'soon' is not a time"),
        (["sqs", "attrs", "orders", "--set", "DelaySeconds=soon"], "--set: 'soon' is not a dur"),
        (["ecr", "prune", "orders", "--older-than", "soon"], "--older-than: 'soon' is not a dur"),
    ],
)
def test_a_text_that_is_no_time_is_named_with_its_option(
    awsops: Cli, argv: list[str], said: str
) -> None:
    result = awsops([*argv, *DEV])
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_misuse_without_a_hint_of_its_own_has_the_help_page(awsops: Cli) -> None:
    result = awsops(["sqs", "redrive", "orders-dlq", "--match", "(", *DEV])
    assert result.stderr.endswith("hint: awsops sqs redrive --help\n")


@pytest.mark.parametrize("where", ["option", "environment"])
def test_an_endpoint_that_is_no_url_is_usage(awsops: Cli, where: str) -> None:
    if where == "option":
        result = awsops(["sqs", "ls", "--endpoint-url", "nope", *DEV])
    else:
        result = awsops(["sqs", "ls", *DEV], environ={"AWS_ENDPOINT_URL_SQS": "nope"})
    assert result.exit_code == 2
    assert "Invalid endpoint: nope" in result.stderr
    assert "AWS_ENDPOINT_URL" in result.stderr


def test_profiles_with_a_comma_between_are_taken_apart(awsops: Cli) -> None:
    result = awsops(["sqs", "ls", "-p", "demo-dev,demo-prod"])
    assert "hint: give -p for each: -p demo-dev -p demo-prod\n" in result.stderr


def test_a_group_of_profiles_that_is_not_there_is_made_by_what_the_hint_says(awsops: Cli) -> None:
    result = awsops(["sqs", "ls", "-p", "@prod"])
    assert "awsops config set groups.prod PROFILE... defines it" in result.stderr


def test_a_region_without_hosts_is_told_from_a_network_that_fails(
    cli: Cli, loopback: Any, write_plugin: Callable[..., Path]
) -> None:
    write_plugin(
        "far",
        """
        @command()
        def away(aws: Aws):
            from botocore.exceptions import EndpointConnectionError
            raise EndpointConnectionError(endpoint_url="https://sqs.eu-wst-1.amazonaws.com/")
            yield Row("")
        """,
    )
    environ = {**loopback.accounts(["one"]), "AWS_DEFAULT_REGION": "eu-wst-1"}
    del environ["AWS_ENDPOINT_URL"]
    result = cli(["far", "away", "-p", "one"], environ)
    assert result.exit_code == 1
    assert "botocore knows no region eu-wst-1: did you mean eu-west-1?" in result.stderr


ROLE = "arn:aws:iam::222222222222:role/opps"


def test_a_role_that_may_not_exist_is_not_asked_for_as_if_it_did(awsops: Cli) -> None:
    result = awsops(["sqs", "ls", "--role", ROLE, *DEV])
    assert result.exit_code == 4
    assert "hint: check the role's name" in result.stderr
    assert f'"Resource": "{ROLE}"' in result.stderr


EARLY = {
    "a noun": ["sqz", "ls"],
    "a verb": ["sqs", "lss"],
    "an option": ["sqs", "ls", "--nope"],
    "a value": ["sqs", "redrive", "x", "--max", "many"],
    "an argument": ["sqs", "peek"],
}


@pytest.mark.parametrize("argv", EARLY.values(), ids=EARLY)
@pytest.mark.parametrize("option", [["-o", "json"], ["-ojson"], ["--output=json"]], ids=str)
def test_a_line_that_cannot_be_read_is_a_record_where_json_was_asked_for(
    cli: Cli, argv: list[str], option: list[str]
) -> None:
    result = cli([*argv, *option])
    assert (result.exit_code, len(result.rows)) == (2, 1)
    assert result.rows[0]["error"]["hint"] in result.stderr


def test_what_a_shell_or_the_sdk_reads_stays_empty(cli: Cli) -> None:
    for argv in (["auth", "process", "--nope"], ["auth", "export", "--nope"]):
        assert cli([*argv, "-o", "json"]).stdout == ""


def test_by_default_a_line_that_cannot_be_read_writes_to_stderr_alone(cli: Cli) -> None:
    assert cli(["sqs", "lss"]).stdout == ""


def test_what_could_steer_the_terminal_is_shown_and_never_sent(cli: Cli) -> None:
    assert "\x1b" not in cli(["\x1b[31msqs", "ls"]).stderr
