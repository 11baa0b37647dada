"""`auth login`: one code, one session, and a message for everything that can go wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from awsops.sandbox import control
from awsops.sandbox.accounts import ACCOUNTS
from awsops.sandbox.chaos import Chaos
from awsops.testing import run

from .conftest import SERIAL, Auth

Login = Callable[[], dict[str, Any]]


def test_the_device_is_found_and_the_session_kept(auth: Auth) -> None:
    result = auth(["login"], tty=True, answers=[auth.code()])
    assert result.exit_code == 0, result.stderr
    [file] = auth.files()
    held = json.loads(file.read_text())
    assert (held["serial"], held["account"]) == (SERIAL, "111111111111")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_the_row_says_whose_session_and_until_when(logged_in: Login) -> None:
    row = logged_in()
    assert list(row) == ["profile", "account", "arn", "serial", "expires_at", "reused"]
    assert (row["profile"], row["serial"], row["reused"]) == ("demo-dev", SERIAL, False)


def test_a_live_session_is_reused_without_a_call(auth: Auth, logged_in: Login) -> None:
    first = logged_in()
    control.reset_calls(auth.sandbox.info)
    again = auth(["login"]).rows[0]
    assert (again["reused"], again["expires_at"]) == (True, first["expires_at"])
    assert auth.calls() == {}


def test_renew_asks_for_another(auth: Auth, logged_in: Login) -> None:
    logged_in()
    refused = auth(["login", "--renew"])
    assert "MfaRequired" in refused.stderr
    assert auth(["login"]).rows[0]["reused"] is True


@pytest.fixture
def used(auth: Auth) -> Callable[[], str]:
    """A code that a login has used, and that the device still shows or did just now."""

    def code() -> str:
        shown = auth.code()
        assert auth(["login", "--code", shown]).exit_code == 0
        return shown

    return code


def test_a_code_that_was_used_already_is_told_from_a_mistyped_one(
    auth: Auth, used: Callable[[], str]
) -> None:
    code = used()
    refused = auth(["login", "--renew", "--code", code])
    assert refused.exit_code == 4
    assert "CodeReused" in refused.stderr
    assert "s ago, and takes none twice" in refused.stderr
    mistyped = auth(["login", "--renew", "--code", "000000"])
    assert "CodeReused" not in mistyped.stderr


def test_a_role_is_told_of_a_used_code_too(auth: Auth, used: Callable[[], str]) -> None:
    code = used()
    assert auth(["logout"]).exit_code == 0
    role = "arn:aws:iam::333333333333:role/ops-mfa"
    refused = auth(["assume", role, "--code", code])
    assert "CodeReused" in refused.stderr


@pytest.fixture
def lossy(auth: Auth) -> Iterator[None]:
    """The first answer to GetSessionToken is lost on the way; all else goes well."""
    calls = [("sts.GetCallerIdentity", 0), ("sts.GetSessionToken", 1), ("sts.GetSessionToken", 2)]
    seed = next(
        seed
        for seed in range(10_000)
        if Chaos(lost=0.5, seed=seed).fault("sts.GetSessionToken", 0) == "lost"
        and not any(Chaos(lost=0.5, seed=seed).fault(*call) for call in calls)
    )
    control.set_chaos(auth.sandbox.info, f"lost=0.5,only=sts,seed={seed}")
    yield
    control.set_chaos(auth.sandbox.info, "")


@pytest.mark.usefixtures("lossy")
def test_a_code_whose_answer_was_lost_is_said_to_be_spent(auth: Auth) -> None:
    result = auth(["login", "--code", auth.code()])
    assert result.exit_code == 4
    assert "was lost on the way, and AWS takes none twice" in result.stderr
    assert auth.calls()["sts.GetSessionToken"] == 2


def test_a_code_is_kept_nowhere(auth: Auth, used: Callable[[], str]) -> None:
    code = used().encode()
    files = [path.read_bytes() for path in auth.home.rglob("*") if path.is_file()]
    assert files
    assert not [content for content in files if b'"%b"' % code in content]


def test_a_failed_login_leaves_the_session_as_it_was(auth: Auth, logged_in: Login) -> None:
    logged_in()
    before = auth.files()[0].read_bytes()
    assert auth(["login", "--renew", "--code", "000000"]).exit_code == 4
    assert auth.files()[0].read_bytes() == before


def test_a_wrong_code_is_refused_in_words(auth: Auth) -> None:
    result = auth(["login", "--code", "000000"])
    assert result.exit_code == 4
    assert f"refused the code of {SERIAL}" in result.stderr
    assert "wait for the next code" in result.stderr


@pytest.mark.parametrize("code", ["12345", "1234567", "12 456", "abcdef"])
def test_what_is_no_code_is_refused_before_it_leaves(auth: Auth, code: str) -> None:
    result = auth(["login", "--code", code])
    assert result.exit_code == 2
    assert "six digits" in result.stderr
    assert "sts.GetSessionToken" not in auth.calls()


@pytest.mark.parametrize("duration", ["14m", "37h", "1s", "soon"])
def test_a_duration_that_sts_refuses_is_refused_here(auth: Auth, duration: str) -> None:
    result = auth(["login", "--duration", duration])
    assert result.exit_code == 2
    assert duration in result.stderr


def test_without_a_terminal_nobody_is_asked(auth: Auth) -> None:
    result = auth(["login"])
    assert result.exit_code == 4
    assert "MfaRequired" in result.stderr
    assert "sts.GetSessionToken" not in auth.calls()


def test_a_device_that_is_not_the_users_is_named(auth: Auth) -> None:
    wrong = "arn:aws:iam::111111111111:mfa/other"
    result = auth(["login", "--serial", wrong, "--code", "123456"])
    assert result.exit_code == 4
    assert wrong in result.stderr


def test_temporary_credentials_are_named(auth: Auth) -> None:
    credentials = auth.home / "credentials"
    credentials.write_text(auth.given("AWS_SHARED_CREDENTIALS_FILE"))
    environ = {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    assert auth(["login", "--code", auth.code(), "--write", "mfa"], environ=environ).exit_code == 0
    result = auth(["login", "--code", "123456"], profile="mfa", environ=environ)
    assert result.exit_code == 4
    assert "temporary credentials" in result.stderr
    assert "creds chain" in result.stderr


def test_write_puts_it_into_the_credentials_file(auth: Auth) -> None:
    credentials = auth.home / "credentials"
    before = auth.given("AWS_SHARED_CREDENTIALS_FILE")
    credentials.write_text(before)
    environ = {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    result = auth(["login", "--code", auth.code(), "--write", "dev-mfa"], environ=environ)
    assert result.exit_code == 0, result.stderr
    after = credentials.read_text()
    assert after.startswith(before)
    assert "[dev-mfa]\naws_access_key_id = " in after


def test_what_is_written_goes_where_its_source_does(auth: Auth) -> None:
    credentials = auth.home / "credentials"
    credentials.write_text(auth.given("AWS_SHARED_CREDENTIALS_FILE"))
    environ = {
        name: value
        for name, value in auth.sandbox.environ.items()
        if name not in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION")
    }
    environ["AWS_SHARED_CREDENTIALS_FILE"] = str(credentials)
    login = ["auth", "login", "-p", "demo-dev", "--write", "mfa", "--code", auth.code()]
    assert run(login, environ=environ, home=auth.home).exit_code == 0
    result = run(["creds", "whoami", "-p", "mfa"], environ=environ, home=auth.home)
    [row] = result.rows
    assert (row["account"], row["region"]) == ("111111111111", "eu-west-1")


def test_a_profile_that_would_not_use_the_session_is_refused(auth: Auth) -> None:
    result = auth(["login", "--write", "ops-staging"], tty=True, width=200)
    assert result.exit_code == 2
    assert "the profile ops-staging has role_arn" in result.stderr
    assert "sts.GetSessionToken" not in auth.calls()


def test_a_region_of_its_own_is_kept(auth: Auth) -> None:
    credentials = auth.home / "credentials"
    before = auth.given("AWS_SHARED_CREDENTIALS_FILE")
    credentials.write_text(f"{before}[mfa]\nregion = us-west-2\n")
    environ = {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    result = auth(["login", "--code", auth.code(), "--write", "mfa"], environ=environ)
    assert result.exit_code == 0, result.stderr
    section = credentials.read_text().partition("[mfa]\n")[2]
    assert section.count("region") == 1
    assert "region = us-west-2" in section


def test_write_does_not_overwrite_its_own_source(auth: Auth) -> None:
    result = auth(["login", "--write", "demo-dev", "--code", "123456"])
    assert result.exit_code == 2
    assert "demo-dev-mfa" in result.stderr


def test_a_corrupt_session_is_a_miss_with_a_note(auth: Auth, logged_in: Login) -> None:
    logged_in()
    auth.files()[0].write_text('{"version": 1')
    assert "no session and is not used" in auth(["status"], profile="").stderr
    missed = auth(["login"])
    assert missed.exit_code == 4
    assert "no session and is not used" in missed.stderr


def test_status_lists_what_there_is_and_logout_forgets_it(auth: Auth, logged_in: Login) -> None:
    logged_in()
    [held] = auth(["status"], profile="").rows
    assert held["profile"] == "demo-dev"
    assert 43_000 < held["seconds_left"] <= 43_200
    [gone] = auth(["logout"]).rows
    assert gone["profile"] == "demo-dev"
    assert auth.files() == []
    assert auth(["status"], profile="").rows == []


def test_logout_of_another_profile_leaves_it(auth: Auth, logged_in: Login) -> None:
    logged_in()
    assert auth(["logout"], profile="demo-prod").rows == []
    assert len(auth.files()) == 1
    assert len(auth(["logout", "--all"], profile="demo-prod").rows) == 1
    assert auth.files() == []


def test_devices_are_listed(auth: Auth) -> None:
    [device] = auth(["devices"]).rows
    assert (device["serial"], device["kind"], device["usable"]) == (SERIAL, "virtual", True)


def test_a_home_that_cannot_be_written_is_said_and_nothing_else_lost(auth: Auth) -> None:
    blocked = auth.home / "blocked"
    blocked.write_text("")
    environ = {"AWSOPS_CACHE_DIR": str(blocked / "cache")}
    result = auth(["login", "--code", auth.code()], environ=environ)
    assert result.exit_code == 1
    assert "AWSOPS_CACHE_DIR" in result.stderr
    assert "Traceback" not in result.stderr


def test_no_secret_reaches_the_screen_or_the_journal(auth: Auth) -> None:
    code = auth.code()
    result = auth(["login", "--code", code, "-v", "-o", "json"])
    held = json.loads(auth.files()[0].read_text())
    written = result.stdout + result.stderr
    for path in auth.home.rglob("*"):
        if path.is_file() and path.suffix != ".session":
            written += path.read_bytes().decode(errors="replace")
    for secret in (held["secret_key"], held["token"]):
        assert secret not in written
    assert f'"{code}"' not in written
    assert os.path.basename(auth.files()[0])[:32] not in result.stdout


def test_two_targets_do_not_write_one_profile(auth: Auth) -> None:
    result = auth(["login", "-p", "demo-prod", "--write", "both", "--code", auth.code()])
    assert result.exit_code == 2
    assert "auth login --write is for one target, 2 were named" in result.stderr
    assert "demo-prod/eu-west-1, demo-dev/eu-west-1" in result.stderr
    assert "sts.GetSessionToken" not in auth.calls()


def test_two_targets_without_write_are_two_sessions(auth: Auth) -> None:
    result = auth(["login", "-p", "demo-prod"], tty=True, answers=["000000", "000000"])
    assert auth.calls()["sts.GetSessionToken"] == 2, result.stderr


def nowhere(auth: Auth) -> dict[str, str]:
    """An environment whose cache folder cannot be made."""
    blocked = auth.home / "blocked"
    blocked.write_text("")
    return {"AWSOPS_CACHE_DIR": str(blocked / "cache")}


def test_without_a_place_for_the_session_no_code_is_asked(auth: Auth) -> None:
    result = auth(["login"], environ=nowhere(auth), tty=True, width=200)
    assert result.exit_code == 1
    assert "a session cannot be kept in" in result.stderr
    assert "AWSOPS_CACHE_DIR" in result.stderr
    assert "sts.GetSessionToken" not in auth.calls()


@pytest.mark.parametrize("verb", [["export", "--shell", "json"], ["process"]])
def test_what_hands_the_session_on_needs_no_place_for_it(auth: Auth, verb: list[str]) -> None:
    result = auth([*verb, "--code", auth.code()], environ=nowhere(auth))
    assert result.exit_code == 0, result.stderr
    assert "ASIA" in result.stdout
    assert "a session cannot be kept in" in result.stderr


def test_exec_needs_no_place_for_the_session(auth: Auth) -> None:
    argv = ["exec", "--code", auth.code(), "--", "env"]
    result = auth(argv, environ=nowhere(auth))
    assert "AWS_SESSION_TOKEN=" in result.stdout, result.stderr


def test_write_needs_no_other_place_for_the_session(auth: Auth) -> None:
    credentials = auth.home / "credentials"
    credentials.write_text(auth.given("AWS_SHARED_CREDENTIALS_FILE"))
    environ = {**nowhere(auth), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    result = auth(["login", "--write", "mfa", "--code", auth.code()], environ=environ)
    assert result.exit_code == 0, result.stderr
    assert "aws_session_token" in credentials.read_text().partition("[mfa]")[2]


def test_a_credentials_file_that_cannot_be_written_is_said_before_a_code_is_asked(
    auth: Auth,
) -> None:
    [account] = [known for known in ACCOUNTS if known.profile == "demo-dev"]
    config = auth.home / "config"
    config.write_text(
        f"[profile demo-dev]\naws_access_key_id = {account.access_key}\n"
        f"aws_secret_access_key = {account.secret}\nregion = eu-west-1\n"
        f"endpoint_url = {auth.sandbox.info.endpoint}\n"
    )
    (auth.home / "file").write_text("")
    credentials = auth.home / "file" / "credentials"
    environ = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    result = auth(["login", "--write", "mfa"], environ=environ, tty=True)
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
    assert "sts.GetSessionToken" not in auth.calls()


def test_long_term_keys_under_the_name_are_said_before_a_code_is_asked(auth: Auth) -> None:
    result = auth(["login", "--write", "demo-prod"], tty=True, width=200)
    assert result.exit_code == 2
    assert "[demo-prod]" in result.stderr
    assert "holds long-term keys" in result.stderr
    assert "sts.GetSessionToken" not in auth.calls()


def test_status_is_in_the_order_of_profiles(auth: Auth, logged_in: Login) -> None:
    logged_in()
    for role in ("333333333333", "222222222222"):
        assert auth(["assume", f"arn:aws:iam::{role}:role/ops"]).exit_code == 0
    rows = auth(["status"], profile="").rows
    assert [row["account"] for row in rows] == ["111111111111", "222222222222", "333333333333"]
