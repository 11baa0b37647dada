"""`creds rotate`, `creds report` and `creds decode`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from awsops_plugins.creds.report import credentials_of

from awsops import testing
from awsops.testing import Result, Sandbox, run

Run = Callable[..., Result]
WHOLE = {
    "allowed": False,
    "explicitDeny": True,
    "matchedStatements": {"items": [{"statementId": "NoStops", "sourcePolicyId": "Guardrail"}]},
    "failures": {"items": []},
    "context": {
        "principal": {"id": "AIDATEST", "arn": "arn:aws:iam::000000000001:user/me"},
        "action": "ec2:StopInstances",
        "resource": "arn:aws:ec2:eu-west-1:000000000001:instance/i-1",
        "conditions": {"items": [{"key": "ec2:Region", "values": {"items": [{"value": "eu"}]}}]},
    },
}


@pytest.fixture(scope="module")
def own_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with testing.own_sandbox(tmp_path_factory.mktemp("keys")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(own_sandbox: Sandbox) -> Sandbox:
    """Keys are changed here: each test begins with those of a new sandbox."""
    from awsops.sandbox import control

    control.reset(own_sandbox.info)
    return own_sandbox


@pytest.fixture
def keys(sandbox: Sandbox, tmp_path: Path) -> Run:
    """Runs `awsops creds ...` for demo-dev with a credentials file that may be changed."""
    path = tmp_path / "credentials"
    path.write_text(Path(sandbox.environ["AWS_SHARED_CREDENTIALS_FILE"]).read_text())
    environ = {**sandbox.environ, "AWS_SHARED_CREDENTIALS_FILE": str(path)}

    def on_keys(argv: list[str], **options: Any) -> Result:
        return run(["creds", *argv, "-p", "demo-dev"], environ=environ, home=tmp_path, **options)

    return on_keys


def _iam(sandbox: Sandbox, path: Path) -> Any:
    import configparser

    found = configparser.RawConfigParser()
    found.read(path)
    section = found["demo-dev"]
    return botocore.session.Session().create_client(
        "iam",
        region_name="us-east-1",
        endpoint_url=sandbox.info.endpoint,
        aws_access_key_id=section["aws_access_key_id"],
        aws_secret_access_key=section["aws_secret_access_key"],
    )


def _states(sandbox: Sandbox, path: Path) -> dict[str, str]:
    listed = _iam(sandbox, path).list_access_keys()["AccessKeyMetadata"]
    return {key["AccessKeyId"][-4:]: key["Status"] for key in listed}


def test_rotate_writes_a_key_that_works_and_switches_the_old_one_off(
    keys: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    result = keys(["rotate", "-y"])
    assert result.exit_code == 0, result.stderr
    [row] = result.rows
    assert (row["user"], row["old_key"]) == ("demo", "inactive")
    assert _states(sandbox, tmp_path / "credentials") == {
        row["new_key_suffix"]: "Active",
        row["old_key_suffix"]: "Inactive",
    }
    assert keys(["whoami"]).exit_code == 0


def test_rotate_deletes_the_old_key_when_told(keys: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    result = keys(["rotate", "-y", "--delete-old"])
    assert result.exit_code == 0, result.stderr
    [row] = result.rows
    assert _states(sandbox, tmp_path / "credentials") == {row["new_key_suffix"]: "Active"}


def test_a_dry_run_changes_nothing(keys: Run, tmp_path: Path) -> None:
    before = (tmp_path / "credentials").read_text()
    result = keys(["rotate", "--dry-run", "--delete-old"])
    assert result.exit_code == 0
    assert "delete access key" in result.stderr
    assert (tmp_path / "credentials").read_text() == before


def test_a_new_key_that_cannot_be_written_is_deleted_again(
    keys: Run, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("awsops.credentials.shared_file.replace_file", full)
    result = keys(["rotate", "-y"])
    assert result.exit_code == 1
    assert "No space left" in result.stderr
    assert list(_states(sandbox, tmp_path / "credentials").values()) == ["Active"]


def test_a_key_that_reached_the_file_is_kept_whatever_happens_next(
    keys: Run, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from awsops.atomic_files import replace_file

    def written_and_then(*args: Any, **options: Any) -> None:
        replace_file(*args, **options)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("awsops.credentials.shared_file.replace_file", written_and_then)
    assert keys(["rotate", "-y"]).exit_code == 1
    assert keys(["whoami"]).exit_code == 0
    assert list(_states(sandbox, tmp_path / "credentials").values()) == ["Active", "Active"]


def test_with_two_keys_there_is_no_room_and_the_other_is_named(
    keys: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    other = _iam(sandbox, tmp_path / "credentials").create_access_key()["AccessKey"]
    result = keys(["rotate", "-y"])
    assert result.exit_code == 2
    assert f"...{other['AccessKeyId'][-4:]}, active" in result.stderr


def test_keys_of_the_environment_cannot_be_rotated(sandbox: Sandbox) -> None:
    exported = run(["auth", "export", "--shell", "json", "-p", "demo-dev"], environ=sandbox.environ)
    result = run(["creds", "rotate", "-y"], environ=json.loads(exported.stdout))
    assert result.exit_code == 2
    assert "come from env" in result.stderr


@pytest.fixture
def guarded(keys: Run, sandbox: Sandbox, tmp_path: Path) -> Run:
    """As `keys`, for a user whose policy denies nearly everything without MFA."""
    statement = {
        "Effect": "Deny",
        "NotAction": ["iam:ListMFADevices", "sts:GetSessionToken"],
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = _iam(sandbox, tmp_path / "credentials")
    iam.put_user_policy(UserName="demo", PolicyName="WantsMfa", PolicyDocument=document)
    return keys


def _code(sandbox: Sandbox) -> str:
    from awsops.sandbox import control

    return control.mfa_code(sandbox.info, "arn:aws:iam::111111111111:mfa/demo")[0]


def test_rotate_under_a_policy_that_wants_mfa_names_the_ways(
    guarded: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    before = (tmp_path / "credentials").read_text()
    result = guarded(["rotate", "-y"])
    assert result.exit_code == 4
    assert "--code CODE, or first awsops auth login -p demo-dev" in result.stderr
    assert (tmp_path / "credentials").read_text() == before


@pytest.mark.parametrize("asked", [True, False])
def test_rotate_under_a_policy_that_wants_mfa_takes_a_code(
    guarded: Run, sandbox: Sandbox, asked: bool
) -> None:
    code = _code(sandbox)
    how = ["-o", "ndjson"] if asked else ["--code", code]
    options = {"tty": True, "answers": [code]} if asked else {}
    result = guarded(["rotate", "-y", "--delete-old", *how], **options)
    assert result.exit_code == 0, result.stderr
    assert guarded(["whoami"]).exit_code == 0


def test_rotate_under_a_policy_that_wants_mfa_uses_the_live_session(
    guarded: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = str(tmp_path / "credentials")
    environ = {**sandbox.environ, "AWS_SHARED_CREDENTIALS_FILE": path}
    login = ["auth", "login", "-p", "demo-dev", "--code", _code(sandbox)]
    assert run(login, environ=environ, home=tmp_path).exit_code == 0
    result = guarded(["rotate", "-y", "--delete-old"])
    assert result.exit_code == 0, result.stderr
    assert "the sessions of the old key are forgotten here" in result.stderr
    exported = run(["auth", "process", "-p", "demo-dev"], environ=environ, home=tmp_path)
    assert "MfaRequired" in exported.stderr  # and not the bare new key
    [memory] = [json.loads(path.read_text()) for path in tmp_path.rglob("*.session")]
    assert (memory["secret_key"], memory["token"]) == ("", "")


def test_no_key_is_shown_or_journalled(keys: Run, tmp_path: Path) -> None:
    before = (tmp_path / "credentials").read_text()
    result = keys(["rotate", "-y", "-v"])
    after = (tmp_path / "credentials").read_text()
    secret = after.split("[demo-dev]")[1].split("aws_secret_access_key = ")[1].splitlines()[0]
    assert secret not in before
    written = result.stdout + result.stderr
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != "credentials":
            written += path.read_bytes().decode(errors="replace")
    assert secret not in written


def test_report_lists_every_credential(keys: Run) -> None:
    result = keys(["report"])
    assert result.exit_code == 0, result.stderr
    assert any(row["user"] == "demo" and row["kind"] == "key 1" for row in result.rows)


NOW = datetime(2026, 6, 1, tzinfo=UTC)
LINE = {
    "user": "ann",
    "mfa_active": "true",
    "password_enabled": "false",
    "access_key_1_active": "false",
    "access_key_1_last_rotated": "N/A",
    "access_key_2_active": "false",
    "access_key_2_last_rotated": "N/A",
}


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"password_enabled": "true", "mfa_active": "false"}, "no MFA"),
        ({"password_enabled": "true", "password_last_used": "2026-05-31T00:00:00Z"}, None),
        (
            {"access_key_1_active": "true", "access_key_1_last_rotated": "2025-06-01T00:00:00Z"},
            "never used in 365 days",
        ),
        (
            {
                "access_key_1_active": "true",
                "access_key_1_last_rotated": "2026-05-30T00:00:00+00:00",
                "access_key_1_last_used_date": "2026-01-01T00:00:00+00:00",
            },
            "unused for 151 days",
        ),
        (
            {"access_key_1_active": "false", "access_key_1_last_rotated": "2020-06-01T00:00:00Z"},
            None,
        ),
        (
            {
                "user": "<root_account>",
                "access_key_1_active": "true",
                "access_key_1_last_rotated": "2026-05-30T00:00:00Z",
            },
            "key of the root user",
        ),
    ],
)
def test_what_is_wrong_with_a_credential_is_said(
    changes: dict[str, str], finding: str | None
) -> None:
    found = list(credentials_of({**LINE, **changes}, NOW, 90))
    assert found[-1].finding == finding


@pytest.fixture
def decode(loopback: Any, cli: Callable[..., Any]) -> Run:
    def run_decode(*argv: str, **options: Any) -> Any:
        def answer(call: Any) -> tuple[int, str] | None:
            if call.operation != "DecodeAuthorizationMessage":
                return loopback.usual(call)  # type: ignore[no-any-return]
            if call.params["EncodedMessage"] != "good":
                code = "InvalidAuthorizationMessageException"
                return loopback.refusal(call, code)  # type: ignore[no-any-return]
            text = json.dumps(WHOLE).replace('"', "&quot;")
            return 200, (
                "<DecodeAuthorizationMessageResponse><DecodeAuthorizationMessageResult>"
                f"<DecodedMessage>{text}</DecodedMessage></DecodeAuthorizationMessageResult>"
                "</DecodeAuthorizationMessageResponse>"
            )

        loopback.answer = answer
        return cli(["creds", "decode", *argv, "-p", "p"], loopback.accounts(["p"]), **options)

    return run_decode


def test_decode_says_who_what_and_by_which_statement(decode: Run) -> None:
    result = decode("good")
    [row] = result.rows
    assert (row["verdict"], row["action"]) == ("explicit deny", "ec2:StopInstances")
    assert row["statements"] == ["NoStops (Guardrail)"]
    assert row["message"] == WHOLE
    assert "denied by NoStops (Guardrail); no Allow can help" in result.stderr


def test_decode_takes_the_whole_pasted_error(decode: Run) -> None:
    pasted = "You are not authorized. Encoded authorization failure message: good\n"
    assert decode("-", stdin=pasted).exit_code == 0


def test_a_refusal_of_the_sandbox_is_decoded(
    awsops: Run, awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    deny = {"Sid": "NoRegions", "Effect": "Deny", "Action": "ec2:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    role = ["auth", "assume", "ops-staging", "--policy", policy, "--shell", "json", "-p"]
    values = json.loads(awsops([*role, "demo-dev"]).stdout)
    refused = run(["creds", "whoami", "-r", "all"], environ=values, home=tmp_path / "other")
    assert "awsops creds decode MESSAGE" in refused.stderr
    result = awsops(["creds", "decode", "-", "-p", "demo-staging"], stdin=refused.stderr)
    [row] = result.rows
    assert (row["verdict"], row["action"]) == ("explicit deny", "ec2:DescribeRegions")
    assert row["statements"] == ["NoRegions (session policy)"]


@pytest.mark.parametrize("text", ["", "   ", "bad"])
def test_decode_of_something_else_is_refused(decode: Run, text: str) -> None:
    assert decode("-", stdin=text).exit_code == 2


def test_rotate_without_p_changes_the_profile_that_aws_profile_names(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "credentials"
    before = Path(sandbox.environ["AWS_SHARED_CREDENTIALS_FILE"]).read_text()
    path.write_text(f"[default]\naws_access_key_id = AKIATEST\n{before}")
    environ = {
        **sandbox.environ,
        "AWS_SHARED_CREDENTIALS_FILE": str(path),
        "AWS_PROFILE": "demo-dev",
    }
    result = run(["creds", "rotate", "-y"], environ=environ, home=tmp_path)
    assert result.exit_code == 0, result.stderr
    assert "[demo-dev" in result.stderr
    assert path.read_text().startswith("[default]\naws_access_key_id = AKIATEST\n")
    assert run(["creds", "whoami"], environ=environ, home=tmp_path).exit_code == 0
