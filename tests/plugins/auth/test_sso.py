"""`auth login` of an SSO profile: the device flow, on a server that plays Identity Center."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

Process = Callable[..., subprocess.Popen[str]]
IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult>"
    "<Arn>arn:aws:sts::000000000006:assumed-role/reader/me</Arn><UserId>AROATEST:me</UserId>"
    "<Account>000000000006</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@dataclass
class Center:
    """`refusals`: what /token says before it gives a token."""

    refusals: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, headers: Any) -> tuple[int, str, str]:
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
            if self.refusals:
                return _json({}, 400, self.refusals.pop(0))
            return _json({"accessToken": "the-token", "expiresIn": 3600, "tokenType": "Bearer"})
        if path.startswith("/federation/credentials"):
            if headers.get("x-amz-sso_bearer_token") != "the-token":
                return _json({}, 401, "UnauthorizedException")
            keys = {"accessKeyId": "ASIATEST", "secretAccessKey": "EXAMPLE", "sessionToken": "t"}
            return _json({"roleCredentials": {**keys, "expiration": 4_000_000_000_000}})
        return 200, "", IDENTITY


def _json(value: dict[str, Any], status: int = 200, error: str = "") -> tuple[int, str, str]:
    return status, error, json.dumps(value)


@pytest.fixture
def center() -> Iterator[Center]:
    state = Center()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, error, text = state.answer(self.path, self.headers)
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
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def sso(center: Center, process: Process, tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Runs `awsops ... -p work` as a process: botocore settles the cache's folder on import."""
    config = tmp_path / "config"
    config.write_text(
        f"[profile work]\nregion = eu-west-1\nendpoint_url = {center.url}\nsso_session = corp\n"
        "sso_account_id = 000000000006\nsso_role_name = reader\n"
        f"[profile half]\nregion = eu-west-1\nsso_session = nowhere\n"
        "[sso-session corp]\nsso_start_url = https://start.example\nsso_region = eu-west-1\n"
    )

    def run(*argv: str) -> tuple[int, str, str]:
        environ = {
            "AWS_CONFIG_FILE": str(config),
            "AWS_ENDPOINT_URL": center.url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        running = process(argv, environ)
        out, err = running.communicate(timeout=60)
        return running.returncode, out, err

    return run


def test_login_shows_the_code_and_keeps_the_token_where_every_sdk_looks(
    sso: Callable[..., tuple[int, str, str]], center: Center, tmp_path: Path
) -> None:
    center.refusals = ["AuthorizationPendingException"]
    code, out, err = sso("auth", "login", "-p", "work")
    assert code == 0, err
    assert "ABCD-EFGH" in err
    row = json.loads(out)
    assert (row["account"], row["reused"]) == ("000000000006", False)
    [kept] = (tmp_path / ".aws" / "sso" / "cache").glob("*.json")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "the-token" not in out + err
    code, out, err = sso("creds", "whoami", "-p", "work")
    assert code == 0, err
    assert json.loads(out)["credential_source"] == "sso"


def test_a_live_token_is_reused(sso: Callable[..., tuple[int, str, str]], center: Center) -> None:
    sso("auth", "login", "-p", "work")
    center.paths.clear()
    code, out, _ = sso("auth", "login", "-p", "work")
    assert (code, json.loads(out)["reused"]) == (0, True)
    assert "/token" not in center.paths


def test_a_refusal_in_the_browser_is_said(
    sso: Callable[..., tuple[int, str, str]], center: Center
) -> None:
    center.refusals = ["AccessDeniedException"]
    code, _, err = sso("auth", "login", "-p", "work")
    assert code == 4
    assert "refused in the browser" in err


def test_a_code_that_nobody_confirms_is_pending(
    sso: Callable[..., tuple[int, str, str]], center: Center
) -> None:
    center.refusals = ["ExpiredTokenException"]
    assert sso("auth", "login", "-p", "work")[0] == 8


def test_a_session_that_does_not_exist_is_named(sso: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = sso("auth", "login", "-p", "half")
    assert code == 4
    assert "sso-session nowhere" in err


def test_without_a_token_other_commands_name_the_command_that_gets_one(
    sso: Callable[..., tuple[int, str, str]],
) -> None:
    code, _, err = sso("creds", "whoami", "-p", "work")
    assert code == 4
    assert "sign in again: awsops auth login -p" in err


def test_what_is_for_mfa_is_refused_for_an_sso_profile(
    sso: Callable[..., tuple[int, str, str]], center: Center
) -> None:
    code, _, err = sso("auth", "login", "-p", "work", "--write", "copy")
    assert code == 2
    assert "signs in through SSO" in err
    assert center.paths == []
