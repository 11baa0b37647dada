"""Each of botocore's errors becomes one of ours: a code, an exit code and what to do next."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from awsops.botocore_errors import from_exception
from awsops.errors import AwsopsError, CredentialsError, ExitCode
from awsops.testing import Result

if TYPE_CHECKING:
    from tests.conftest import Loopback

Cli = Callable[..., Result]

# What a service answers, and what a person is told.
SERVICE_ERRORS = [
    ("ExpiredToken", 4, "the session has expired: renew it"),
    ("ExpiredTokenException", 4, "the session has expired: renew it"),
    ("RequestExpired", 4, "the session has expired: renew it"),
    ("AccessDenied", 4, "the caller may not call ListQueues: ask for that permission"),
    ("AccessDeniedException", 4, "the caller may not call ListQueues: ask for that permission"),
    ("UnauthorizedOperation", 4, "the caller may not call ListQueues"),
    ("InvalidClientTokenId", 4, "the key is unknown, inactive or mistyped"),
    ("UnrecognizedClientException", 4, "the key is unknown, inactive or mistyped"),
    ("SignatureDoesNotMatch", 4, "the key is unknown, inactive or mistyped"),
    ("RequestTimeTooSkewed", 4, "this machine's clock is wrong"),
    ("ThrottlingException", 1, "use fewer --jobs, or wait"),
    ("RequestThrottled", 1, "use fewer --jobs, or wait"),
    ("AWS.SimpleQueueService.NonExistentQueue", 5, "check the name, and that -p and -r"),
    ("ResourceNotFoundException", 5, "check the name, and that -p and -r"),
    ("ValidationException", 1, "the service refused a value"),
    ("InternalError", 1, ""),
]


@pytest.fixture
def caller(write_plugin: Callable[..., Path]) -> None:
    """`call queues` lists queues, `call wrongly` gives a parameter of the wrong kind."""
    write_plugin(
        "call",
        """
        @command()
        def queues(aws: Aws):
            aws.client("sqs").list_queues()
            yield Row("done")

        @command()
        def wrongly(aws: Aws):
            aws.client("sqs").list_queues(QueueNamePrefix=1, MaxResult=2)
            yield Row("done")
        """,
    )


@pytest.mark.parametrize(("code", "exit_code", "hint"), SERVICE_ERRORS, ids=lambda v: str(v)[:40])
def test_an_error_of_a_service_has_its_exit_code_and_hint(
    code: str, exit_code: int, hint: str, caller: None, cli: Cli, loopback: Loopback
) -> None:
    loopback.answer = lambda call: loopback.refusal(call, code, "the service's own words")
    result = cli(["call", "queues", "-p", "a"], loopback.accounts(["a"]))
    assert result.exit_code == exit_code, result.stderr
    assert f"{code.rpartition('.')[2]}: the service's own words" in result.stderr
    assert hint in result.stderr
    assert "Traceback" not in result.stderr


def test_a_parameter_that_botocore_refuses_is_usage(
    caller: None, cli: Cli, loopback: Loopback
) -> None:
    result = cli(["call", "wrongly", "-p", "a"], loopback.accounts(["a"]))
    assert (result.exit_code, loopback.calls) == (2, [])
    assert "MaxResult" in result.stderr
    assert "before anything was sent" in result.stderr


def test_no_credentials_at_all_says_how_to_name_some(caller: None, cli: Cli) -> None:
    result = cli(["call", "queues", "-r", "eu-west-1"])
    assert result.exit_code == 4
    assert "NoCredentials: no credentials, and no profile to take them from" in result.stderr
    assert "awsops creds chain shows where they were looked for" in result.stderr


def test_half_a_key_is_named_as_such(caller: None, cli: Cli) -> None:
    result = cli(["call", "queues", "-r", "eu-west-1"], {"AWS_ACCESS_KEY_ID": "AKIATESTXXXX"})
    assert result.exit_code == 4
    assert "one half of a key" in result.stderr


def test_a_stale_profile_in_the_environment_is_usage(
    caller: None, cli: Cli, loopback: Loopback
) -> None:
    environ = {**loopback.accounts(["a"]), "AWS_PROFILE": "gone"}
    result = cli(["call", "queues"], environ)
    assert (result.exit_code, loopback.calls) == (2, [])
    assert "gone" in result.stderr
    assert "unset AWS_PROFILE; profiles: a" in result.stderr


def test_a_profile_that_is_named_works_beside_a_stale_one_in_the_environment(
    caller: None, cli: Cli, loopback: Loopback
) -> None:
    environ = {**loopback.accounts(["a"]), "AWS_PROFILE": "gone"}
    assert cli(["call", "queues", "-p", "a"], environ).exit_code == 0


def test_nobody_at_the_endpoint_is_a_failure_with_the_networks_hint(
    caller: None, cli: Cli, loopback: Loopback
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: the connection is refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        environ = {**loopback.accounts(["a"]), "AWS_ENDPOINT_URL": url}
        result = cli(["call", "queues", "-p", "a"], environ)
    assert result.exit_code == 1
    assert "EndpointConnection: Could not connect" in result.stderr
    assert "check the network, the proxy and the endpoint" in result.stderr


def test_an_answer_that_is_lost_says_that_the_call_may_have_been_made(
    caller: None, cli: Cli, loopback: Loopback
) -> None:
    loopback.answer = lambda call: None
    result = cli(["call", "queues", "-p", "a"], loopback.accounts(["a"]))
    assert result.exit_code == 1
    assert "the call may have been made" in result.stderr


def test_a_config_file_that_is_no_ini_file_is_usage(
    caller: None, cli: Cli, loopback: Loopback
) -> None:
    environ = loopback.accounts(["a"])
    (loopback.folder / "config").write_text("[profile a\nregion")
    result = cli(["call", "queues", "-p", "a"], environ)
    assert result.exit_code == 2
    assert "must be INI" in result.stderr


def test_a_credential_process_that_fails_says_to_run_it_by_hand(
    caller: None, cli: Cli, loopback: Loopback
) -> None:
    environ = loopback.accounts(["a"])
    (loopback.folder / "credentials").unlink()
    config = "[profile a]\nregion = eu-west-1\ncredential_process = false\n"
    (loopback.folder / "config").write_text(config)
    result = cli(["call", "queues", "-p", "a"], environ)
    assert result.exit_code == 4
    assert "credential_process by hand" in result.stderr


def test_our_own_errors_pass_as_they_are() -> None:
    error = CredentialsError("no", hint="yes", code="Own")
    assert from_exception(error) is error
    assert (error.exit_code, error.code) == (ExitCode.DENIED, "Own")


def test_an_exception_that_only_bears_the_name_of_one_of_botocores_is_unforeseen() -> None:
    class NoCredentialsError(Exception):
        pass

    assert from_exception(NoCredentialsError()) is None
    assert from_exception(KeyError("x")) is None


def test_every_error_of_botocore_is_known() -> None:
    import botocore.exceptions

    known = [
        error
        for name, cls in vars(botocore.exceptions).items()
        if isinstance(cls, type) and issubclass(cls, botocore.exceptions.BotoCoreError)
        for error in [from_exception(cls.__new__(cls, "text"))]
    ]
    assert len(known) > 50
    assert all(isinstance(error, AwsopsError) for error in known)
