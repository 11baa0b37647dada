import io
import socket

import pytest

from awsops.sandbox.wire import BadRequestError, Request, Response, read_request


def read(data: bytes) -> Request | None:
    return read_request(io.BufferedReader(io.BytesIO(data)), lambda: None)


def test_a_request_is_read():
    request = read(b"POST /a%20b?x=1&y= HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
    assert request is not None
    assert (request.method, request.path, request.raw_path) == ("POST", "/a b", "/a%20b")
    assert request.query == {"x": "1", "y": ""}
    assert request.headers == {"host": "h", "content-length": "2"}
    assert request.body == b"hi"
    assert request.keep_alive


def test_chunks_are_put_together():
    request = read(
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
    )
    assert request is not None
    assert request.body == b"abcde"


def test_a_client_that_waits_is_told_to_continue():
    told = []
    data = b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx"
    request = read_request(io.BufferedReader(io.BytesIO(data)), lambda: told.append(True))
    assert request is not None
    assert told == [True]


@pytest.mark.parametrize(
    "head", [b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"]
)
def test_a_connection_is_closed_when_the_client_wants_it(head):
    request = read(head)
    assert request is not None
    assert not request.keep_alive


def test_the_end_of_a_connection_is_no_request():
    assert read(b"") is None


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET / SPDY/9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab",
        b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 201 + b"\r\n",
    ],
)
def test_what_is_not_http_is_refused(data):
    with pytest.raises(BadRequestError):
        read(data)


def test_an_answer_to_head_has_a_length_and_no_body():
    sent = Response(200, [], b"abc").encode(head=True, keep_alive=True)
    assert b"Content-Length: 3\r\n" in sent
    assert sent.endswith(b"\r\n\r\n")


def test_nonsense_on_one_connection_harms_no_other(sandbox, client):
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=10) as rude:
        rude.sendall(b"\x16\x03\x01 not http\r\n\r\n")
        assert rude.recv(100) == b""
    assert client("sts").get_caller_identity()["Account"]


def test_an_unknown_own_endpoint_names_the_known_ones(sandbox):
    from awsops.sandbox import client as admin

    with pytest.raises(admin.AdminError, match="health"):
        admin.request(sandbox.port, "GET", "nonsense")
