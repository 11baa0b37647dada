"""The short way to the socket: every kind of answer, and every way in which one can break."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from awsops.aws_lean import make_lean
from tests.certificates import self_signed

BODY = b'{"QueueUrls":["http://queue"]}'
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Wire:
    """A listener that answers each request with the next of its scripted bytes.

    `None` closes the connection without an answer; a script ends with the connection it is for.
    """

    def __init__(self, scripts: list[list[bytes | None]], context: ssl.SSLContext | None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._scripts = scripts
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        for script in self._scripts:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                if self._context is not None:
                    sock = self._context.wrap_socket(sock, server_side=True)
                self._answer(sock, script)
            except OSError:
                pass
            finally:
                sock.close()

    def _answer(self, sock: socket.socket, script: list[bytes | None]) -> None:
        for answer in script:
            request = b""
            while b"\r\n\r\n" not in request or not request.endswith(b"}"):
                data = sock.recv(65_536)
                if not data:
                    return
                request += data
            self.requests.append(request)
            if answer is None:
                return
            sock.sendall(answer)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    made: list[Wire] = []

    def make(*scripts: list[bytes | None], context: ssl.SSLContext | None = None) -> Wire:
        made.append(Wire(list(scripts), context))
        return made[-1]

    yield make
    for one in made:
        one.close()


def client(url: str, **settings: Any) -> Any:
    made = botocore.session.Session().create_client(
        "sqs",
        region_name="eu-west-1",
        endpoint_url=url,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="x" * 40,
        verify=settings.pop("verify", None),
        config=Config(
            retries={"total_max_attempts": 1, "mode": "standard"}, proxies={}, **settings
        ),
    )
    make_lean(made)
    return made


def ask(wire: Wire, **settings: Any) -> list[str]:
    sqs = client(f"http://127.0.0.1:{wire.port}", **settings)
    try:
        return list(sqs.list_queues()["QueueUrls"])
    finally:
        sqs.close()


@pytest.mark.parametrize(
    "answer",
    [
        PLAIN,
        b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"a\r\n%s\r\n%x;x=y\r\n%s\r\n0\r\nTrailer: 1\r\n\r\n"
        % (BODY[:10], len(BODY) - 10, BODY[10:]),
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY,
        b"HTTP/1.0 200 OK\r\ncontent-length:%d\r\n\r\n%s" % (len(BODY), BODY),
    ],
    ids=["length", "continue", "chunked", "until-closed", "http-1.0"],
)
def test_every_way_to_frame_an_answer_is_read(wire: Any, answer: bytes) -> None:
    assert ask(wire([answer])) == ["http://queue"]


def test_the_request_is_a_signed_one_with_its_host_and_length(wire: Any) -> None:
    server = wire([PLAIN])
    ask(server)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST / HTTP/1.1\r\n")
    assert b"Authorization: AWS4-HMAC-SHA256" in head
    assert f"host: 127.0.0.1:{server.port}".encode() in head.lower()
    assert f"content-length: {len(body)}".encode() in head.lower()


def test_a_connection_is_used_again(wire: Any) -> None:
    server = wire([PLAIN, PLAIN])
    sqs = client(f"http://127.0.0.1:{server.port}")
    assert sqs.list_queues()["QueueUrls"] == sqs.list_queues()["QueueUrls"]
    assert server.connections == 1
    sqs.close()


def test_a_connection_that_the_server_closed_meanwhile_is_opened_again(wire: Any) -> None:
    server = wire([PLAIN], [PLAIN])
    sqs = client(f"http://127.0.0.1:{server.port}")
    sqs.list_queues()
    server._thread.join(0.2)  # the script of the first connection has ended: it is closed
    assert sqs.list_queues()["QueueUrls"]
    assert server.connections == 2
    sqs.close()


def test_an_error_of_the_service_is_a_client_error(wire: Any) -> None:
    body = b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no"}'
    answer = b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with pytest.raises(ClientError) as caught:
        ask(wire([answer]))
    assert caught.value.response["Error"]["Message"] == "no"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n",
    ],
    ids=["nothing", "half", "no-number", "not-http", "no-chunk", "long-chunk"],
)
def test_a_broken_answer_is_a_closed_connection_and_never_half_an_answer(
    wire: Any, answer: bytes | None
) -> None:
    with pytest.raises(ConnectionClosedError):
        ask(wire([answer]))


def test_after_a_broken_answer_the_connection_is_not_used_again(wire: Any) -> None:
    server = wire([b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nhalf"], [PLAIN])
    sqs = client(f"http://127.0.0.1:{server.port}")
    with pytest.raises(ConnectionClosedError):
        sqs.list_queues()
    assert sqs.list_queues()["QueueUrls"]
    assert server.connections == 2
    sqs.close()


def test_an_answer_that_does_not_come_is_a_timeout(wire: Any) -> None:
    with pytest.raises(ReadTimeoutError):
        ask(wire([b"", b""]), read_timeout=0.2)


def test_a_closed_port_is_an_endpoint_that_cannot_be_reached(wire: Any) -> None:
    server = wire()
    server.close()
    with pytest.raises(EndpointConnectionError):
        ask(server)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1, signed by itself, and its key in one file."""
    return self_signed(tmp_path)


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused(wire: Any, certificate: Path) -> None:
    server = wire([PLAIN], context=tls(certificate))
    with pytest.raises(SSLError):
        client(f"https://127.0.0.1:{server.port}").list_queues()
    assert server.requests == []


def test_a_certificate_for_another_name_is_refused(wire: Any, certificate: Path) -> None:
    server = wire([PLAIN], context=tls(certificate))
    with pytest.raises(SSLError):
        client(f"https://localhost:{server.port}", verify=str(certificate)).list_queues()
    assert server.requests == []


def test_a_certificate_of_the_given_bundle_is_accepted(wire: Any, certificate: Path) -> None:
    server = wire([PLAIN], context=tls(certificate))
    sqs = client(f"https://127.0.0.1:{server.port}", verify=str(certificate))
    assert sqs.list_queues()["QueueUrls"] == ["http://queue"]
    sqs.close()


def test_with_a_proxy_the_ordinary_way_is_taken(wire: Any) -> None:
    proxy = wire([PLAIN])
    sqs = botocore.session.Session().create_client(
        "sqs",
        region_name="eu-west-1",
        endpoint_url="http://sqs.example.test",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="x" * 40,
        config=Config(proxies={"http": f"http://127.0.0.1:{proxy.port}"}),
    )
    make_lean(sqs)
    assert sqs.list_queues()["QueueUrls"] == ["http://queue"]
    assert proxy.requests[0].startswith(b"POST http://sqs.example.test/ HTTP/1.1")
    sqs.close()
