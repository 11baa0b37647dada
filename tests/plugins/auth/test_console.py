"""`auth console`: a browser signed in, through whatever stands between it and AWS."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.certificates import self_signed

from .conftest import Auth

CONSOLE = "https://console.aws.amazon.com"


def opened(url: str) -> tuple[int, str | None]:
    """What a browser gets: the status, and where it is sent on to."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.headers["Location"]


def test_the_link_leads_to_the_service_and_can_be_opened_once(auth: Auth) -> None:
    result = auth(["console", "--service", "s3", "--lasts", "1h"], profile="ops-staging")
    assert result.exit_code == 0, result.stderr
    url = result.rows[0]["url"]
    assert url.startswith(f"{auth.sandbox.info.endpoint}/federation?Action=login&")
    there = "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1"
    assert opened(url) == (302, there)
    assert opened(url) == (400, None)


def test_without_a_service_it_leads_to_the_start(auth: Auth) -> None:
    url = auth(["console", "-r", "us-east-1"], profile="ops-staging").rows[0]["url"]
    assert opened(url) == (302, f"{CONSOLE}/console/home?region=us-east-1")


def test_the_session_is_in_no_url(auth: Auth) -> None:
    """Logs of proxies have URLs in them."""
    values = json.loads(auth(["export", "--shell", "json"], profile="ops-staging").stdout)
    url = auth(["console"], profile="ops-staging").rows[0]["url"]
    assert values["AWS_ACCESS_KEY_ID"] not in url
    assert set(parse_qs(urlsplit(url).query)) == {"Action", "Issuer", "Destination", "SigninToken"}


def test_a_user_is_told_that_it_takes_roles(auth: Auth) -> None:
    result = auth(["console"])
    assert result.exit_code == 4
    assert "sessions of roles alone" in result.stderr


@pytest.mark.parametrize("lasts", ["14m", "13h"])
def test_how_long_is_checked_before_it_is_asked(auth: Auth, lasts: str) -> None:
    result = auth(["console", "--lasts", lasts], profile="ops-staging")
    assert result.exit_code == 2
    assert "between 15m and 12h" in result.stderr


@dataclass
class SignIn:
    """A sign-in endpoint that answers what a test wants; `asked` are the requests' targets."""

    port: int = 0
    status: int = 200
    body: bytes = b'{"SigninToken": "the-token"}'
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def serve() -> Iterator[Callable[..., SignIn]]:
    servers = []

    def start(certificate: Path | None = None, **answer: Any) -> SignIn:
        state = SignIn(**answer)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                state.asked.append(self.path)
                self.send_response(state.status)
                self.send_header("Content-Length", str(len(state.body)))
                self.end_headers()
                self.wfile.write(state.body)

            def log_message(self, *args: Any) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True).start()
        servers.append(server)
        state.port = server.server_port
        return state

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed, with its key."""
    return self_signed(tmp_path)


def link(auth: Auth, environ: dict[str, str]) -> Any:
    return auth(["console"], profile="ops-staging", environ=environ)


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_a_bundle_of_ones_own_is_trusted(
    auth: Auth, serve: Callable[..., SignIn], certificate: Path, variable: str
) -> None:
    state = serve(certificate)
    environ = {"AWS_ENDPOINT_URL_SIGNIN": f"https://127.0.0.1:{state.port}"}
    result = link(auth, {**environ, variable: str(certificate)})
    assert result.exit_code == 0, result.stderr
    assert state.asked == ["/federation"]


def test_without_the_bundle_the_certificate_is_refused_and_the_setting_named(
    auth: Auth, serve: Callable[..., SignIn], certificate: Path
) -> None:
    state = serve(certificate)
    result = link(auth, {"AWS_ENDPOINT_URL_SIGNIN": f"https://127.0.0.1:{state.port}"})
    assert result.exit_code == 1
    assert "SSL" in result.stderr
    assert "AWS_CA_BUNDLE" in result.stderr
    assert state.asked == []


def test_the_way_leads_through_the_proxy(auth: Auth, serve: Callable[..., SignIn]) -> None:
    proxy = serve()
    result = link(
        auth,
        {
            "AWS_ENDPOINT_URL_SIGNIN": "http://signin.invalid",
            "HTTP_PROXY": f"http://127.0.0.1:{proxy.port}",
            "NO_PROXY": "127.0.0.1",
        },
    )
    assert result.exit_code == 0, result.stderr
    assert proxy.asked == ["http://signin.invalid/federation"]
    assert result.rows[0]["url"].startswith("http://signin.invalid/federation?Action=login")


def test_a_session_that_is_refused_is_said_to_be(auth: Auth, serve: Callable[..., SignIn]) -> None:
    state = serve(status=400, body=b"")
    result = link(auth, {"AWS_ENDPOINT_URL_SIGNIN": f"http://127.0.0.1:{state.port}"})
    assert result.exit_code == 4
    assert "refused the session (status 400)" in result.stderr


def test_an_answer_that_is_not_awss_is_said_to_be_none(
    auth: Auth, serve: Callable[..., SignIn]
) -> None:
    state = serve(body=b"<html>Please sign in to the guest network</html>")
    result = link(auth, {"AWS_ENDPOINT_URL_SIGNIN": f"http://127.0.0.1:{state.port}"})
    assert result.exit_code == 1
    assert "gave no sign-in token" in result.stderr
    assert "guest network" not in result.stderr


def test_a_network_that_is_gone_is_a_message(auth: Auth) -> None:
    result = link(auth, {"AWS_ENDPOINT_URL_SIGNIN": "http://127.0.0.1:9"})
    assert result.exit_code == 1
    assert "check the network" in result.stderr


def test_on_a_terminal_the_link_is_one_line_to_be_copied(auth: Auth) -> None:
    result = auth(["console", "--service", "s3"], profile="ops-staging", tty=True, width=80)
    [url] = [line for line in result.stdout.splitlines() if "SigninToken=" in line]
    assert opened(url)[0] == 302


def test_off_a_terminal_it_is_a_row(auth: Auth) -> None:
    assert set(auth(["console"], profile="ops-staging").rows[0]) == {"account", "arn", "url"}
