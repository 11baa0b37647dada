"""Roles that want MFA: a live session answers for the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awsops.sandbox import control
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
