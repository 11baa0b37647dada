"""`auth login` of an SSO profile: the device flow, on a server that plays Identity Center."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from awsops.testing import FakeClock, Result, run

Process = Callable[..., subprocess.Popen[str]]
Sso = Callable[..., tuple[int, str, str]]
IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult>"
    "<Arn>arn:aws:sts::000000000006:assumed-role/reader/me</Arn><UserId>AROATEST:me</UserId>"
    "<Account>000000000006</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@dataclass
class Center:
    """`refusals`: what /token says before it gives a token; a number is a status without a name,
    `reset` no answer at all. `refreshes`: whether tokens can be renewed."""

    refusals: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""
    refreshes: bool = False
    grants: list[str] = field(default_factory=list)
    logged_out: list[str] = field(default_factory=list)
    expires_in: int = 3600

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, str, str] | None:
        self.paths.append(path.partition("?")[0])
        if path == "/client/register":
            return _json({"clientId": "c", "clientSecret": "EXAMPLE", "clientSecretExpiresAt": 4e9})
        if path == "/device_authorization":
            return _json(
                {
                    "deviceCode": "d",
                    "userCode": "ABCD-EFGH",
                    "verificationUri": "https://device.example",
                    "expiresIn": 30,
                    "interval": 1,
                }
            )
        if path == "/token":
            self.grants.append(json.loads(body)["grantType"].rpartition(":")[2])
            if self.refusals:
                return _refused(self.refusals.pop(0))
            given = {"accessToken": "the-token", "expiresIn": self.expires_in}
            refresh = {"refreshToken": "renew"} if self.refreshes else {}
            return _json({**given, **refresh, "tokenType": "Bearer"})
        if path == "/logout":
            self.logged_out.append(headers.get("x-amz-sso_bearer_token"))
            return _refused(self.refusals.pop(0)) if self.refusals else _json({})
        if path.startswith("/federation/credentials"):
            if headers.get("x-amz-sso_bearer_token") != "the-token":
                return _json({}, 401, "UnauthorizedException")
            keys = {"accessKeyId": "ASIATEST", "secretAccessKey": "EXAMPLE", "sessionToken": "t"}
            return _json({"roleCredentials": {**keys, "expiration": 4_000_000_000_000}})
        return 200, "", IDENTITY


def _refused(how: str) -> tuple[int, str, str] | None:
    if how == "reset":
        return None
    return _json({}, int(how)) if how.isdigit() else _json({}, 400, how)


def _json(value: dict[str, Any], status: int = 200, error: str = "") -> tuple[int, str, str]:
    return status, error, json.dumps(value)


@pytest.fixture
def center() -> Iterator[Center]:
    state = Center()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = state.answer(self.path, self.headers, body)
            if answer is None:
                self.close_connection = True
                return
            status, error, text = answer
            self.send_response(status)
            if error:
                self.send_header("x-amzn-ErrorType", error)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = _reply

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def config(center: Center, tmp_path: Path) -> dict[str, str]:
    """An environment with an SSO profile `work`, one without SSO and one that is wrong."""
    path = tmp_path / "config"
    path.write_text(
        f"[profile work]\nregion = eu-west-1\nendpoint_url = {center.url}\nsso_session = corp\n"
        "sso_account_id = 000000000006\nsso_role_name = reader\n"
        "[profile plain]\nregion = eu-west-1\n"
        "[profile half]\nregion = eu-west-1\nsso_session = nowhere\n"
        "[sso-session corp]\nsso_start_url = https://start.example\nsso_region = eu-west-1\n"
    )
    return {
        "AWS_CONFIG_FILE": str(path),
        "AWS_ENDPOINT_URL": center.url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture
def process_of(config: dict[str, str], process: Process) -> Sso:
    """Runs `awsops ...` as a process, which finds the cache's folder by itself."""

    def on_process(*argv: str) -> tuple[int, str, str]:
        running = process(argv, config)
        out, err = running.communicate(timeout=60)
        return running.returncode, out, err

    return on_process


@pytest.fixture
def patient(
    config: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs `awsops ...` in this process, where no wait takes time. botocore settles the cache's
    folder when it is imported: here it is this test's."""
    folder = str(tmp_path / ".aws" / "sso" / "cache")
    for place in ("tokens.SSOTokenProvider", "credentials.SSOProvider"):
        monkeypatch.setattr(f"botocore.{place}._SSO_TOKEN_CACHE_DIR", folder)

    def on_clock(*argv: str) -> Result:
        return run(argv, environ=config, home=tmp_path, clock=FakeClock(time.time()))

    return on_clock


@pytest.fixture
def sso(patient: Callable[..., Result]) -> Sso:
    """`sso(*argv)`: exit code, stdout and stderr."""

    def on_clock(*argv: str) -> tuple[int, str, str]:
        result = patient(*argv)
        return result.exit_code, result.stdout, result.stderr

    return on_clock


def test_login_shows_the_code_and_keeps_the_token_where_every_sdk_looks(
    process_of: Sso, center: Center, tmp_path: Path
) -> None:
    center.refusals = ["AuthorizationPendingException"]
    code, out, err = process_of("auth", "login", "-p", "work")
    assert code == 0, err
    assert "ABCD-EFGH" in err
    row = json.loads(out)
    assert (row["account"], row["reused"]) == ("000000000006", False)
    [kept] = (tmp_path / ".aws" / "sso" / "cache").glob("*.json")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "the-token" not in out + err
    code, out, err = process_of("creds", "whoami", "-p", "work")
    assert code == 0, err
    assert json.loads(out)["credential_source"] == "sso"


def test_a_live_token_is_reused(sso: Sso, center: Center) -> None:
    sso("auth", "login", "-p", "work")
    center.paths.clear()
    code, out, _ = sso("auth", "login", "-p", "work")
    assert (code, json.loads(out)["reused"]) == (0, True)
    assert "/token" not in center.paths


def test_a_refusal_in_the_browser_is_said(sso: Sso, center: Center) -> None:
    center.refusals = ["AccessDeniedException"]
    code, _, err = sso("auth", "login", "-p", "work")
    assert code == 4
    assert "refused in the browser" in err


def test_a_code_that_nobody_confirms_is_pending(sso: Sso, center: Center) -> None:
    center.refusals = ["ExpiredTokenException"]
    assert sso("auth", "login", "-p", "work")[0] == 8


def test_a_session_that_does_not_exist_is_named(sso: Sso) -> None:
    code, _, err = sso("auth", "login", "-p", "half")
    assert code == 4
    assert "sso-session nowhere" in err


def test_without_a_token_other_commands_name_the_command_that_gets_one(
    sso: Sso,
) -> None:
    code, _, err = sso("creds", "whoami", "-p", "work")
    assert code == 4
    assert "sign in: awsops auth login -p" in err


def test_what_is_for_mfa_is_refused_for_an_sso_profile(sso: Sso, center: Center) -> None:
    code, _, err = sso("auth", "login", "-p", "work", "--write", "copy")
    assert code == 2
    assert "signs in through SSO" in err
    assert center.paths == []


def token_of(tmp_path: Path) -> Path:
    [kept] = (tmp_path / ".aws" / "sso" / "cache").glob("*.json")
    return kept


@pytest.mark.parametrize("trouble", ["reset", "500", "429", "SlowDownException"])
def test_trouble_on_the_way_does_not_end_the_waiting(
    patient: Callable[..., Result], center: Center, trouble: str
) -> None:
    center.refusals = ["AuthorizationPendingException", trouble, trouble]
    result = patient("auth", "login", "-p", "work")
    assert result.exit_code == 0, result.stderr
    assert result.rows[0]["account"] == "000000000006"
    said = result.stderr.count("no answer yet, still asking")
    assert said == (0 if trouble == "SlowDownException" else 1)


def test_trouble_that_does_not_end_ends_with_the_code(
    patient: Callable[..., Result], center: Center
) -> None:
    center.refusals = ["reset"] * 100
    result = patient("auth", "login", "-p", "work")
    assert result.exit_code == 8
    assert "nobody confirmed the sign-in in time" in result.stderr
    assert len(center.grants) < 10


def test_a_token_that_was_lost_on_the_way_is_said_to_be(sso: Sso, center: Center) -> None:
    center.refusals = ["InvalidGrantException"]
    code, _, err = sso("auth", "login", "-p", "work")
    assert code == 4
    assert "its token was lost on the way" in err


def test_a_folder_that_cannot_be_written_is_said_before_anybody_is_sent_to_a_browser(
    sso: Sso, center: Center, tmp_path: Path
) -> None:
    (tmp_path / ".aws").mkdir(exist_ok=True)
    (tmp_path / ".aws" / "sso").write_text("")
    code, _, err = sso("auth", "login", "-p", "work")
    assert code == 1
    assert "the SSO token cannot be kept in" in err
    assert "Traceback" not in err
    assert center.paths == []


def signed_in_long_ago(sso: Sso, center: Center, home: Path) -> None:
    """The token has ended since, and may be renewed."""
    center.refreshes = True
    assert sso("auth", "login", "-p", "work")[0] == 0
    kept = token_of(home)
    held = json.loads(kept.read_text())
    kept.write_text(json.dumps({**held, "expiresAt": "2020-01-01T00:00:00Z"}))


def test_a_token_that_has_ended_is_renewed_without_a_person(
    sso: Sso, center: Center, tmp_path: Path
) -> None:
    signed_in_long_ago(sso, center, tmp_path)
    code, out, err = sso("auth", "login", "-p", "work")
    assert (code, json.loads(out)["reused"]) == (0, True), err
    assert center.grants == ["device_code", "refresh_token"]


def test_a_token_that_cannot_be_renewed_is_asked_for_anew(
    sso: Sso, center: Center, tmp_path: Path
) -> None:
    signed_in_long_ago(sso, center, tmp_path)
    center.refusals = ["InvalidGrantException"]
    code, out, err = sso("auth", "login", "-p", "work")
    assert (code, json.loads(out)["reused"]) == (0, False), err
    assert "Traceback" not in err


def test_status_lists_the_token_with_the_profiles_that_use_it(sso: Sso, center: Center) -> None:
    sso("auth", "login", "-p", "work")
    _, out, _ = sso("auth", "status")
    row = json.loads(out)
    assert (row["profile"], row["kind"]) == ("work", "sso")
    assert row["start_url"] == "https://start.example"
    assert 3_500 < row["seconds_left"] <= 3_600
    assert "the-token" not in out


def test_status_of_a_token_survives_a_config_file_that_cannot_be_read(
    sso: Sso, center: Center, tmp_path: Path
) -> None:
    sso("auth", "login", "-p", "work")
    (tmp_path / "config").write_bytes(b"\xff\xfe")
    code, out, err = sso("auth", "status")
    assert code == 0, err
    assert json.loads(out)["profile"] == ""
    assert "whose SSO tokens these are is not known" in err


def test_logout_ends_the_sign_in_where_it_was_given(
    sso: Sso, center: Center, tmp_path: Path
) -> None:
    sso("auth", "login", "-p", "work")
    kept = token_of(tmp_path)
    code, out, err = sso("auth", "logout", "-p", "work")
    assert code == 0, err
    row = json.loads(out)
    assert (row["kind"], row["ended"]) == ("sso", True)
    assert center.logged_out == ["the-token"]
    assert not kept.exists()


def test_a_logout_that_does_not_reach_the_portal_forgets_the_token_and_says_so(
    sso: Sso, center: Center, tmp_path: Path
) -> None:
    sso("auth", "login", "-p", "work")
    kept = token_of(tmp_path)
    center.refusals = ["reset"]
    code, out, err = sso("auth", "logout", "-p", "work")
    assert (code, json.loads(out)["ended"]) == (0, False)
    assert "https://start.example was not told" in err
    assert not kept.exists()


def test_logout_of_a_sign_in_that_had_ended_is_no_trouble(sso: Sso, center: Center) -> None:
    sso("auth", "login", "-p", "work")
    center.refusals = ["UnauthorizedException"]
    code, out, err = sso("auth", "logout", "-p", "work")
    assert (code, json.loads(out)["ended"]) == (0, True)
    assert "was not told" not in err


def test_logout_of_another_profile_leaves_the_token(
    sso: Sso, center: Center, tmp_path: Path
) -> None:
    sso("auth", "login", "-p", "work")
    assert sso("auth", "logout", "-p", "plain")[1] == ""
    assert token_of(tmp_path).exists()
    assert json.loads(sso("auth", "logout", "--all", "-p", "plain")[1])["kind"] == "sso"
