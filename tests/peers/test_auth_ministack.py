"""`auth` and `creds` on `ministack`, an IAM and STS that we did not write (PyPI).

With AUTH=true it checks keys, tokens, trust policies, external ids and tags. What it lacks is not
tried here: it takes any MFA code, and calls without a user name are those of the user `default`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from awsops.testing import Result, run
from tests.peers.processes import ministack

pytestmark = pytest.mark.peers

ACCOUNT = "000000000000"
USER = f"arn:aws:iam::{ACCOUNT}:user/default"
SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/me"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ministack(AUTH="true", AWS_ACCESS_KEY_ID="test") as url:
        yield url


@pytest.fixture(scope="module")
def iam(server: str) -> Any:
    """IAM as the root user, with the user `default` and a role `ops` that trusts it."""
    import botocore.session
    from botocore.config import Config

    client = botocore.session.Session(profile=None).create_client(
        "iam",
        region_name="us-east-1",
        endpoint_url=server,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(proxies={}),
    )
    client.create_user(UserName="default")
    client.put_user_policy(UserName="default", PolicyName="all", PolicyDocument=policy(EVERYTHING))
    trusted = {
        "Effect": "Allow",
        "Principal": {"AWS": USER},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"sts:ExternalId": "the-one"}},
    }
    client.create_role(RoleName="ops", AssumeRolePolicyDocument=policy(trusted))
    client.put_role_policy(RoleName="ops", PolicyName="all", PolicyDocument=policy(EVERYTHING))
    return client


@dataclass(frozen=True)
class Home:
    """`home("auth", "login")` runs it for the profile `me`, on files of its own."""

    folder: Path
    environ: dict[str, str]

    def __call__(self, *argv: str, **options: Any) -> Result:
        named = [] if "-p" in argv or argv[1] == "status" else ["-p", "me"]
        return run([*argv, *named], environ=self.environ, home=self.folder, **options)


@pytest.fixture
def home(server: str, iam: Any, tmp_path: Path) -> Home:
    for key in iam.list_access_keys(UserName="default")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="default", AccessKeyId=key["AccessKeyId"])
    key = iam.create_access_key(UserName="default")["AccessKey"]
    place = f"region = us-east-1\nendpoint_url = {server}\n"
    (tmp_path / "credentials").write_text(
        f"# kept\n[me]\naws_access_key_id = {key['AccessKeyId']}\n"
        f"aws_secret_access_key = {key['SecretAccessKey']}\n"
    )
    (tmp_path / "config").write_text(
        f"[profile me]\n{place}[profile ops]\n{place}source_profile = me\n"
        f"role_arn = arn:aws:iam::{ACCOUNT}:role/ops\nexternal_id = the-one\n"
    )
    return Home(
        tmp_path,
        {
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
            "NO_PROXY": "127.0.0.1",
        },
    )


LOGIN = ("auth", "login", "--serial", SERIAL, "--code", "123456")


def test_a_session_is_made_and_written_and_works(home: Home) -> None:
    result = home(*LOGIN, "--write", "session")
    assert result.exit_code == 0, result.stderr
    [row] = home("creds", "whoami", "-p", "session").rows
    assert row["arn"] == USER


def test_a_session_makes_no_session(home: Home) -> None:
    assert home(*LOGIN, "--write", "session").exit_code == 0
    assert "TemporaryCredentials" in home(*LOGIN, "-p", "session").stderr


def test_what_is_exported_is_the_role(home: Home) -> None:
    values = json.loads(home("auth", "export", "--shell", "json", "-p", "ops").stdout)
    [row] = run(["creds", "whoami"], environ={**values, "NO_PROXY": "127.0.0.1"}).rows
    assert row["arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/")


def test_a_role_is_assumed_with_its_external_id_and_tags(home: Home) -> None:
    terms = ("--session-name", "night", "--tag", "ticket=7", "--source-identity", "me")
    [row] = home("auth", "assume", "ops", *terms).rows
    assert row["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/night"


def test_a_wrong_external_id_is_refused(home: Home) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/ops"
    result = home("auth", "assume", role, "--external-id", "another")
    assert result.exit_code == 4
    assert "is not authorized to perform: sts:AssumeRole" in result.stderr


def test_the_report_is_read(home: Home) -> None:
    rows = home("creds", "report").rows
    assert ("default", "key 1") in {(row["user"], row["kind"]) for row in rows}


@pytest.mark.parametrize("delete", [False, True])
def test_a_key_is_rotated(home: Home, iam: Any, delete: bool) -> None:
    result = home("creds", "rotate", "-y", *(["--delete-old"] if delete else []))
    assert result.exit_code == 0, result.stderr
    [row] = result.rows
    listed = iam.list_access_keys(UserName="default")["AccessKeyMetadata"]
    states = {key["AccessKeyId"][-4:]: key["Status"] for key in listed}
    old = {} if delete else {row["old_key_suffix"]: "Inactive"}
    assert states == {row["new_key_suffix"]: "Active", **old}
    assert home("creds", "whoami").rows[0]["arn"] == USER
    assert (home.folder / "credentials").read_text().startswith("# kept\n[me]\n")


def test_a_rotation_is_finished_later(home: Home, iam: Any) -> None:
    assert home("creds", "rotate", "-y").exit_code == 0
    assert home("creds", "rotate", "--finish", "--delete-old", "-y").exit_code == 0
    assert len(iam.list_access_keys(UserName="default")["AccessKeyMetadata"]) == 1
    assert home("creds", "whoami").exit_code == 0
