"""Roles that want MFA: a live session answers for the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from awsops.sandbox import control
from awsops.sandbox.accounts import ACCOUNTS
from awsops.testing import Result, run

from .conftest import Auth

Login = Callable[[], dict[str, Any]]


def whoami(auth: Auth, *argv: str, **options: Any) -> Result:
    return run(["creds", "whoami", *argv], environ=auth.sandbox.environ, home=auth.home, **options)


def test_a_profile_whose_role_wants_mfa_uses_the_live_session(auth: Auth, logged_in: Login) -> None:
    logged_in()
    result = whoami(auth, "-p", "mfa-prod")
    assert result.exit_code == 0, result.stderr
    assert ":assumed-role/ops-mfa/" in result.rows[0]["arn"]


def test_a_role_of_the_command_line_that_wants_mfa_uses_it_too(
    auth: Auth, logged_in: Login
) -> None:
    logged_in()
    role = "arn:aws:iam::333333333333:role/ops-mfa"
    result = whoami(auth, "-p", "demo-dev", "--role", role)
    assert result.exit_code == 0, result.stderr
    assert ":assumed-role/ops-mfa/" in result.rows[0]["arn"]


def test_without_a_session_the_code_is_asked(auth: Auth) -> None:
    refused = whoami(auth, "-p", "mfa-prod")
    assert refused.exit_code == 4
    assert "awsops auth login" in refused.stderr
    asked = whoami(auth, "-p", "mfa-prod", "-o", "ndjson", tty=True, answers=[auth.code()])
    assert asked.exit_code == 0, asked.stderr


def test_a_session_of_other_keys_does_not_answer(auth: Auth, logged_in: Login) -> None:
    """The device is the same, the keys are not: the person is asked, as without a session."""
    import json

    logged_in()
    [file] = auth.files()
    held = json.loads(file.read_text())
    file.write_text(json.dumps({**held, "source": "0" * 32}))
    result = whoami(auth, "-p", "mfa-prod")
    assert result.exit_code == 4
    assert "MfaRequired" in result.stderr


def test_an_expired_session_is_not_used(auth: Auth, logged_in: Login) -> None:
    import json

    logged_in()
    [file] = auth.files()
    file.write_text(json.dumps({**json.loads(file.read_text()), "expires_at": 1.0}))
    assert whoami(auth, "-p", "mfa-prod").exit_code == 4


def test_a_profile_without_a_role_keeps_its_own_keys(auth: Auth, logged_in: Login) -> None:
    logged_in()
    control.reset_calls(auth.sandbox.info)
    assert whoami(auth, "-p", "demo-dev").rows[0]["credential_source"] != "mfa-session"


def test_login_of_a_role_that_wants_mfa_signs_in_its_user_with_one_code(auth: Auth) -> None:
    result = auth(["login", "--code", auth.code()], profile="mfa-prod")
    assert result.exit_code == 0, result.stderr
    [row] = result.rows
    assert (row["profile"], row["arn"]) == ("mfa-prod", "arn:aws:iam::111111111111:user/demo")
    control.reset_calls(auth.sandbox.info)
    assert whoami(auth, "-p", "mfa-prod").exit_code == 0
    assert auth.calls()["sts.AssumeRole"] == 1
    assert auth(["login"]).rows[0]["reused"] is True


def test_the_code_of_a_role_is_asked_once_and_not_for_the_role(auth: Auth) -> None:
    result = auth(["login", "-o", "ndjson"], profile="mfa-prod", tty=True, answers=[auth.code()])
    assert result.exit_code == 0, result.stderr
    assert "sts.AssumeRole" not in auth.calls()


def test_login_of_a_role_without_mfa_says_that_there_is_nothing_to_sign_in_to(auth: Auth) -> None:
    result = auth(["login", "--code", "123456"], profile="ops-staging")
    assert result.exit_code == 4
    assert "is a role without MFA" in result.stderr
    assert "awsops auth login -p demo-dev" in result.stderr


def test_process_of_a_role_that_wants_mfa_makes_a_session_for_all_of_them(auth: Auth) -> None:
    result = auth(["process", "--code", auth.code()], profile="mfa-prod")
    assert result.exit_code == 0, result.stderr
    assert auth.calls()["sts.GetSessionToken"] == 1
    assert auth(["process"], profile="mfa-prod").exit_code == 0
    assert auth.calls()["sts.GetSessionToken"] == 1


def test_without_a_place_for_a_session_the_role_is_asked_for_a_code_itself(auth: Auth) -> None:
    (auth.home / "blocked").write_text("")
    environ = {"AWSOPS_CACHE_DIR": str(auth.home / "blocked" / "cache")}
    argv = ["export", "--shell", "json"]
    result = auth(argv, profile="mfa-prod", environ=environ, tty=True, answers=[auth.code()])
    assert result.exit_code == 0, result.stderr
    assert "ASIA" in result.stdout
    assert "sts.GetSessionToken" not in auth.calls()


@pytest.mark.parametrize(
    ("sources", "signed_in"),
    [
        ({"a": "b", "b": "me"}, True),  # by way of another role
        ({"a": "a"}, False),  # a loop without keys
        ({"a": "nobody"}, False),
    ],
)
def test_the_keys_behind_a_chain_of_roles_are_found(
    auth: Auth, sources: dict[str, str], signed_in: bool
) -> None:
    [account] = [known for known in ACCOUNTS if known.profile == "demo-dev"]
    place = f"region = eu-west-1\nendpoint_url = {auth.sandbox.info.endpoint}\n"
    role = f"role_arn = arn:aws:iam::333333333333:role/ops-mfa\nmfa_serial = {account.mfa_serial}\n"
    config = auth.home / "config"
    config.write_text(
        f"[profile me]\n{place}aws_access_key_id = {account.access_key}\n"
        f"aws_secret_access_key = {account.secret}\n"
        + "".join(
            f"[profile {name}]\n{place}{role}source_profile = {source}\n"
            for name, source in sources.items()
        )
    )
    environ = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    result = auth(["login", "--code", auth.code()], profile="a", environ=environ)
    assert (result.exit_code == 0) is signed_in, result.stderr
    assert "Traceback" not in result.stderr
