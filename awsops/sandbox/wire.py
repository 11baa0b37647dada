"""HTTP/1.1 as the sandbox speaks it: one request in, one response out, connections kept alive.

The standard library's handler parses headers with the e-mail parser, which costs more than an SQS
call does; and a test double must be able to drop a connection half way, which WSGI cannot say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from io import BufferedIOBase
from urllib.parse import parse_qsl, unquote

MAX_LINE_BYTES = 65_536  # the limit of Python's own http.server
MAX_HEADERS = 200
MAX_BODY_BYTES = 512 * 1024 * 1024

_REASONS = {
    200: "OK",
    202: "Accepted",
    204: "No Content",
    302: "Found",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


class BadRequestError(ValueError):
    """The bytes on the connection are not an HTTP/1.1 request."""


@dataclass
class Request:
    """One HTTP request. `headers` has lower-case names; a repeated header is joined by a comma."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    keep_alive: bool = True
    client: str = "127.0.0.1"

    @cached_property
    def raw_path(self) -> str:
        """The path as it was sent, still percent-encoded."""
        return self.target.split("?", 1)[0] or "/"

    @cached_property
    def path(self) -> str:
        return unquote(self.raw_path)

    @cached_property
    def query_string(self) -> str:
        return self.target.partition("?")[2]

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """The parameters of a query-protocol call; empty for any other content type."""
        if not self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode("utf-8"), keep_blank_values=True))


@dataclass
class Response:
    """One HTTP answer. `abort` drops the connection instead of sending it; `stream` is a body that
    goes on until it ends or the peer leaves, and the connection ends with it."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    abort: bool = False
    stream: Iterator[bytes] | None = None

    def encode(self, *, head: bool, keep_alive: bool) -> bytes:
        """The bytes to send. A HEAD answer keeps its Content-Length and loses its body."""
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Status')}"]
        seen_length = seen_date = False
        for name, value in self.headers:
            seen_length = seen_length or name.lower() == "content-length"
            seen_date = seen_date or name.lower() == "date"
            lines.append(f"{name}: {value}")
        if not seen_date:  # every AWS answer has one; clients tell by it how wrong their clock is
            lines.append(f"Date: {_http_date(int(time.time()))}")
        if self.stream is not None:
            lines.append("Transfer-Encoding: chunked")
        elif not seen_length:
            lines.append(f"Content-Length: {len(self.body)}")
        lines.append("Connection: keep-alive" if keep_alive else "Connection: close")
        start = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        return start if head else start + self.body


@lru_cache(maxsize=1)
def _http_date(second: int) -> str:
    from email.utils import formatdate

    return formatdate(second, usegmt=True)


def read_request(stream: BufferedIOBase, send_continue: Callable[[], None]) -> Request | None:
    """Reads the next request of a connection, or None when the peer has closed it.

    `send_continue` is called when the client waits for "100 Continue" before it sends the body.
    Raises BadRequestError where the bytes make no sense.
    """
    line = stream.readline(MAX_LINE_BYTES + 1)
    while line in (b"\r\n", b"\n"):  # RFC 9112 2.2: a server ignores empty lines before a request
        line = stream.readline(MAX_LINE_BYTES + 1)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequestError("malformed request line")
    headers: dict[str, str] = {}
    for name, value in _read_headers(stream):
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    if headers.get("expect", "").lower() == "100-continue":
        send_continue()
    connection = headers.get("connection", "").lower()
    keep_alive = connection != "close" and (parts[2] != "HTTP/1.0" or connection == "keep-alive")
    return Request(parts[0], parts[1], headers, _read_body(stream, headers), keep_alive)


def _read_headers(stream: BufferedIOBase) -> Iterable[tuple[str, str]]:
    for _ in range(MAX_HEADERS):
        line = stream.readline(MAX_LINE_BYTES + 1)
        if line in (b"\r\n", b"\n"):
            return
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise BadRequestError("malformed header")
        yield name.strip(), value.strip()
    raise BadRequestError(f"more than {MAX_HEADERS} headers")


def _read_body(stream: BufferedIOBase, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return b"".join(_read_chunks(stream))
    try:
        length = int(headers.get("content-length") or 0)
    except ValueError:
        raise BadRequestError("malformed Content-Length") from None
    if not 0 <= length <= MAX_BODY_BYTES:
        raise BadRequestError("body too long")
    body = stream.read(length) if length else b""
    if len(body) < length:
        raise BadRequestError("body cut short")
    return body


def _read_chunks(stream: BufferedIOBase) -> Iterable[bytes]:
    total = 0
    while True:
        try:
            size = int(stream.readline(MAX_LINE_BYTES).split(b";")[0], 16)
        except ValueError:
            raise BadRequestError("malformed chunk") from None
        total += size
        if size < 0 or total > MAX_BODY_BYTES:
            raise BadRequestError("body too long")
        if size == 0:
            while stream.readline(MAX_LINE_BYTES) not in (b"\r\n", b"\n", b""):
                pass  # trailers are of no use here
            return
        yield stream.read(size)
        stream.readline(MAX_LINE_BYTES)
