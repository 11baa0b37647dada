"""`auth assume`: roles, and chains of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from awsops.sandbox import control

from .conftest import Auth

OPS = "arn:aws:iam::222222222222:role/ops"
PROD = "arn:aws:iam::333333333333:role/ops"
MFA = "arn:aws:iam::333333333333:role/ops-mfa"


def test_a_role_is_assumed_and_its_session_kept(auth: Auth) -> None:
    [row] = auth(["assume", OPS, "--session-name", "night-shift"]).rows
    assert row["arn"] == "arn:aws:sts::222222222222:assumed-role/ops/night-shift"
    assert (row["account"], row["role"], row["reused"]) == ("222222222222", "ops", False)
    control.reset_calls(auth.sandbox.info)
    [again] = auth(["assume", OPS, "--session-name", "night-shift"]).rows
    assert (again["reused"], again["expires_at"]) == (True, row["expires_at"])
    assert auth.calls() == {}


def test_the_session_is_named_after_us_by_default(auth: Auth) -> None:
    [row] = auth(["assume", OPS]).rows
    assert row["arn"].rpartition("/")[2].startswith("awsops-")


def test_the_same_request_is_the_same_session_whatever_run_it_is(auth: Auth) -> None:
    first, again = auth(["assume", OPS]).rows[0], auth(["assume", OPS]).rows[0]
    assert (first["reused"], again["reused"]) == (False, True)


def test_write_does_not_overwrite_long_term_keys(auth: Auth) -> None:
    credentials = auth.home / "credentials"
    credentials.write_text(auth.given("AWS_SHARED_CREDENTIALS_FILE"))
    before = credentials.read_text()
    environ = {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    result = auth(["assume", OPS, "--write", "demo-dev"], environ=environ)
    assert result.exit_code == 2
    assert "holds long-term keys" in result.stderr
    assert credentials.read_text() == before


def test_a_profile_stands_for_its_role(auth: Auth) -> None:
    [row] = auth(["assume", "ops-staging"]).rows
    assert row["arn"].startswith("arn:aws:sts::222222222222:assumed-role/ops/")


def test_a_chain_is_assumed_link_by_link(auth: Auth) -> None:
    rows = auth(["assume", OPS, PROD, "--session-name", "me"]).rows
    assert [row["account"] for row in rows] == ["222222222222", "333333333333"]


def test_a_role_that_wants_mfa_asks_for_the_code(auth: Auth) -> None:
    refused = auth(["assume", MFA])
    assert refused.exit_code == 4
    result = auth(["assume", MFA, "-o", "ndjson"], tty=True, answers=[auth.code()])
    assert result.exit_code == 0, result.stderr
    assert result.rows[0]["role"] == "ops-mfa"


def test_a_live_session_answers_for_the_code(
    auth: Auth, logged_in: Callable[[], dict[str, Any]]
) -> None:
    logged_in()
    assert auth(["assume", MFA]).exit_code == 0


def test_what_differs_is_another_session(auth: Auth) -> None:
    auth(["assume", OPS, "--session-name", "one"])
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    tagged = ["--tag", "ticket=7", "--policy", policy, "--source-identity", "me"]
    assert auth(["assume", OPS, "--session-name", "one", *tagged]).rows[0]["reused"] is False
    assert len(auth.files()) == 2


def test_the_last_of_a_chain_is_exported(auth: Auth) -> None:
    result = auth(["assume", OPS, "--session-name", "me", "--shell", "json"])
    who = auth.sandbox_run(["creds", "whoami"], json.loads(result.stdout))
    assert who.rows[0]["arn"] == "arn:aws:sts::222222222222:assumed-role/ops/me"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["arn:aws:iam::1:role/x"], "not the ARN of a role"),
        (["demo-dev"], "has no role_arn"),
        ([OPS, "--duration", "13h"], "between 15m and 12h"),
        ([OPS, PROD, "--duration", "2h"], "lasts at most 1h"),
        ([OPS, "--tag", "novalue"], "expected KEY=VALUE"),
        ([OPS, "--policy", "{"], "not JSON"),
        ([OPS, "--session-name", "a b"], "--session-name"),
    ],
)
def test_what_sts_would_refuse_is_refused_before_it_is_asked(
    auth: Auth, argv: list[str], said: str
) -> None:
    result = auth(["assume", *argv])
    assert result.exit_code == 2
    assert said in result.stderr
    assert "sts.AssumeRole" not in auth.calls()


def test_a_profile_that_does_not_exist_is_named(auth: Auth) -> None:
    result = auth(["assume", "no-such-profile"])
    assert result.exit_code == 2
    assert "no-such-profile" in result.stderr
