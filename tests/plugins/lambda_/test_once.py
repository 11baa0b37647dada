"""Functions that are called for a shift, or by `invoke`, are called once, whatever the network."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from awsops_plugins.lambda_.calling import call_once

from awsops.errors import AwsopsError
from awsops.testing import Result
from tests.plugins.lambda_.shop import NEW, OLD, Shop

POLICY = ("--canary", "10%/60s", "--poll", "30s", "--min-invocations", "0")


class _DropsAnswers(BaseHTTPRequestHandler):
    """Hands everything on to the sandbox; the answers of Invoke never come back."""

    protocol_version = "HTTP/1.1"
    peer: str
    invoked: list[str]

    def do_GET(self) -> None:
        self._pass_on(b"")

    def do_PUT(self) -> None:
        self._pass_on(self._body())

    def do_POST(self) -> None:
        body = self._body()
        if self.path.endswith("/invocations"):
            self.invoked.append(self.path)
            self.close_connection = True
        else:
            self._pass_on(body)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _pass_on(self, body: bytes) -> None:
        request = urllib.request.Request(
            self.peer + self.path, body or None, dict(self.headers), method=self.command
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, headers, content = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            status, headers, content = error.code, error.headers, error.read()
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() in ("content-type", "x-amzn-errortype"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def _network(peer: str) -> Iterator[tuple[str, list[str]]]:
    """Its address, and the paths of the calls whose answers were dropped."""
    invoked: list[str] = []
    handler = type("Handler", (_DropsAnswers,), {"peer": peer, "invoked": invoked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", invoked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def lossy(shop: Shop) -> Iterator[tuple[Callable[..., Result], list[str]]]:
    with _network(shop.sandbox.endpoint) as (address, invoked):
        environ = {"AWS_ENDPOINT_URL_LAMBDA": address}
        yield lambda *words: shop.shift(*words, environ=environ), invoked


def test_a_hook_whose_answer_is_lost_is_not_called_again(
    shop: Shop, lossy: tuple[Callable[..., Result], list[str]]
) -> None:
    shift, invoked = lossy
    result = shift(*POLICY, "--pre", "check-orders")
    assert (len(invoked), result.exit_code, shop.route) == (1, 1, OLD), result.stderr
    assert "check-orders gave no answer: it may have run" in result.stderr


def test_without_the_answer_of_its_last_hook_a_shift_is_taken_back(
    shop: Shop, lossy: tuple[Callable[..., Result], list[str]]
) -> None:
    shift, invoked = lossy
    result = shift("--all-at-once", "--post", "check-orders")
    assert (len(invoked), result.exit_code, shop.route) == (1, 1, OLD), result.stderr


def test_an_invocation_whose_answer_is_lost_is_not_made_again(shop: Shop) -> None:
    with _network(shop.sandbox.endpoint) as (address, invoked):
        environ = {"AWS_ENDPOINT_URL_LAMBDA": address}
        result = shop.run("invoke", shop.name, "{}", "-y", environ=environ)
    assert (len(invoked), result.exit_code) == (1, 1), result.stderr
    assert "NoAnswer" in result.stderr


class _Refusal(Exception):
    def __init__(self) -> None:
        self.response = {"Error": {"Code": "TooManyRequestsException"}}


def test_a_throttled_call_never_ran_and_is_made_again() -> None:
    tried: list[float] = []

    class Client:
        def invoke(self, **params: Any) -> dict[str, str]:
            if len(tried) < 2:
                raise _Refusal
            return params

    made = call_once(Client(), pause=tried.append, FunctionName="f")  # type: ignore[arg-type]
    assert (made, len(tried)) == ({"FunctionName": "f"}, 2)


def test_a_call_waits_as_long_as_the_function_may_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from awsops.aws import Aws

    waits: list[float | None] = []
    real = Aws.client

    def client(self: Aws, service: str, **given: Any) -> Any:
        waits.append(given.get("answer_within"))
        return real(self, service, **given)

    monkeypatch.setattr(Aws, "client", client)
    shop.lam.update_function_configuration(FunctionName=shop.name, Timeout=900)
    assert shop.run("invoke", shop.name, "{}", "-y").exit_code == 0
    assert [wait for wait in waits if wait] == [930.0]


def test_a_hook_that_answers_lets_it_through(shop: Shop) -> None:
    shop.traffic()
    result = shop.shift(*POLICY, "--pre", "check-orders", "--post", "check-orders")
    assert (result.exit_code, shop.route) == (0, NEW), result.stderr


def test_no_answer_is_told_with_where_to_look() -> None:
    class Client:
        def invoke(self, **params: Any) -> Any:
            raise ConnectionResetError

    with pytest.raises(AwsopsError, match="gave no answer") as found:
        call_once(Client(), pause=None, FunctionName="f")  # type: ignore[arg-type]
    assert "awsops logs query /aws/lambda/f" in str(found.value.hint)
