"""A session that ends in the middle of a long command: renewed where it can be, else the end of the
command, with what to type next.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsops.sandbox import control
from awsops.testing import FakeClock, Result, Sandbox, run
from tests.plugins.kinesis_place import SLOW_TAG

REGION = "eu-west-1"
ROLE = "arn:aws:iam::111111111111:role/long-work"
# Below botocore's ten minutes, within which it asks for new ones before every call.
SHORT_SECONDS = 300.0


class EndingClock(FakeClock):
    """Every session that there is has ended after each sleep, from the second on."""

    def __init__(self, sandbox: Sandbox, naps: int = 1_000) -> None:
        super().__init__(control.now(sandbox.info))
        self._sandbox = sandbox
        self._most = naps

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.naps) >= 2:
            control.end_sessions(self._sandbox.info)
        if len(self.naps) >= self._most:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def clients(awsops_sandbox: Sandbox) -> Iterator[Callable[[str], Any]]:
    """Clients of demo-dev's own user, whose keys do not end."""
    import botocore.session

    awsops_sandbox.renew()
    session = botocore.session.Session(profile="demo-dev")
    for name, file in (("config_file", "config"), ("credentials_file", "credentials")):
        session.set_config_variable(name, str(awsops_sandbox.info.folder / file))
    yield lambda service: session.create_client(service, region_name=REGION)
    awsops_sandbox.renew()


@pytest.fixture
def profile(
    awsops_sandbox: Sandbox, clients: Callable[[str], Any], tmp_path: Path
) -> Callable[[str], dict[str, str]]:
    """The environment of a profile `ending` whose session is a role's, a process's or written."""
    allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    iam = clients("iam")
    name = ROLE.rpartition("/")[2]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=_policy(allowed))
    folder = awsops_sandbox.info.folder
    control.shorten_sessions(awsops_sandbox.info, SHORT_SECONDS)

    def make(kind: str) -> dict[str, str]:
        own = f"\n[profile ending]\nregion = {REGION}\nendpoint_url = {awsops_sandbox.endpoint}\n"
        keys = ""
        if kind == "role":
            own += f"role_arn = {ROLE}\nsource_profile = demo-dev\n"
        elif kind == "process":
            own += f"credential_process = '{_program(tmp_path, folder)}'\n"
        else:
            got = clients("sts").get_session_token()["Credentials"]
            keys = (
                f"\n[ending]\naws_access_key_id = {got['AccessKeyId']}\n"
                f"aws_secret_access_key = {got['SecretAccessKey']}\n"
                f"aws_session_token = {got['SessionToken']}\n"
            )
        (tmp_path / "config").write_text((folder / "config").read_text() + own)
        (tmp_path / "credentials").write_text((folder / "credentials").read_text() + keys)
        return {
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        }

    return make


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _program(folder: Path, files: Path) -> str:
    """A credential process: awsops itself, which assumes the role each time it is asked."""
    program = folder / "give-keys"
    program.write_text(
        "#!/bin/sh\n"
        f"export AWS_CONFIG_FILE='{files}/config'\n"
        f"export AWS_SHARED_CREDENTIALS_FILE='{files}/credentials'\n"
        f"exec '{sys.executable}' -c 'from awsops.cli import entry_point; entry_point()' "
        f"auth process -p demo-dev --role {ROLE}\n"
    )
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def stream(clients: Callable[[str], Any]) -> str:
    kinesis = clients("kinesis")
    kinesis.add_tags_to_stream(StreamName="clicks", Tags={SLOW_TAG: "0.05"})
    return "clicks"


@pytest.fixture
def group(clients: Callable[[str], Any], awsops_sandbox: Sandbox) -> str:
    logs = clients("logs")
    logs.create_log_group(logGroupName="/long/work")
    logs.create_log_stream(logGroupName="/long/work", logStreamName="s")
    event = {"timestamp": int(control.now(awsops_sandbox.info) * 1000), "message": "first"}
    logs.put_log_events(logGroupName="/long/work", logStreamName="s", logEvents=[event])
    return "/long/work"


Awsops = Callable[..., Result]
Profile = Callable[[str], dict[str, str]]
AT = ("-p", "ending")


def test_a_resharding_goes_on_with_a_renewed_session(
    awsops: Awsops, profile: Profile, stream: str, awsops_sandbox: Sandbox
) -> None:
    environ, clock = profile("role"), EndingClock(awsops_sandbox)
    words = ["kinesis", "scale", stream, "--to", "20", "--yes", *AT]
    result = awsops(words, environ=environ, clock=clock)
    assert (result.exit_code, len(clock.naps) >= 2) == (0, True), result.stderr
    assert [row["open_shards"] for row in result.rows] == [20]


@pytest.mark.parametrize("kind", ["role", "process"])
def test_a_tail_goes_on_with_a_renewed_session(
    kind: str, awsops: Awsops, profile: Profile, group: str, awsops_sandbox: Sandbox
) -> None:
    environ, clock = profile(kind), EndingClock(awsops_sandbox, naps=3)
    words = ["logs", "tail", group, "--follow", "--engine", "poll", *AT]
    result = awsops(words, environ=environ, clock=clock)
    assert "expired" not in result.stderr
    assert [row["message"] for row in result.rows] == ["first"]


def test_a_resharding_that_cannot_be_renewed_ends_with_the_command_that_goes_on(
    awsops: Awsops, profile: Profile, stream: str, awsops_sandbox: Sandbox
) -> None:
    words = ["kinesis", "scale", stream, "--to", "20", "--yes", *AT]
    result = awsops(words, environ=profile("file"), clock=EndingClock(awsops_sandbox))
    assert result.exit_code == 4
    said = " ".join(result.stderr.split())
    assert "renew it: awsops auth login -p PROFILE --write ending;" in said
    found = re.search(r"to go on: awsops (kinesis scale \S+ --resume \S+ -p ending)", said)
    assert found, said
    again = awsops([*found[1].split(), "--yes"], environ=profile("file"))
    assert (again.exit_code, again.rows[-1]["open_shards"]) == (0, 20), again.stderr


def test_a_tail_that_cannot_be_renewed_ends_with_where_to_go_on_from(
    awsops: Awsops, profile: Profile, group: str, awsops_sandbox: Sandbox
) -> None:
    words = ["logs", "tail", group, "--follow", "--engine", "poll", *AT]
    result = awsops(words, environ=profile("file"), clock=EndingClock(awsops_sandbox))
    assert result.exit_code == 4
    assert re.search(r"shown up to \S+: --since \S+Z goes on from there", result.stderr)
    assert "the session has expired" in result.stderr


def test_a_tail_that_has_shown_nothing_yet_says_where_to_begin_again(
    awsops: Awsops, profile: Profile, group: str, awsops_sandbox: Sandbox
) -> None:
    words = ["logs", "tail", group, "--follow", "--engine", "poll", "--filter", "none", *AT]
    result = awsops(words, environ=profile("file"), clock=EndingClock(awsops_sandbox))
    assert result.exit_code == 4
    assert re.search(r"nothing was shown: --since \S+Z begins where this began", result.stderr)


def test_a_session_of_the_environment_is_exported_again(
    clients: Callable[[str], Any], awsops_sandbox: Sandbox
) -> None:
    got = clients("sts").get_session_token()["Credentials"]
    environ = {
        "AWS_ACCESS_KEY_ID": got["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": got["SecretAccessKey"],
        "AWS_SESSION_TOKEN": got["SessionToken"],
        "AWS_ENDPOINT_URL": awsops_sandbox.endpoint,
        "AWS_DEFAULT_REGION": REGION,
    }
    control.end_sessions(awsops_sandbox.info)
    result = run(["sqs", "ls"], environ=environ)
    assert result.exit_code == 4
    assert 'renew it: eval "$(awsops auth export -p PROFILE)"' in " ".join(result.stderr.split())
