"""Calls by the thousand: a client that leaves out what such a caller does not need.

A third of a botocore call is spent in urllib3 and http.client: header after header is written,
and the answer's are parsed as those of a mail. Here urllib3 still opens, verifies, keeps and
counts the connections, but the request is one write and the answer one read. The gate's hooks,
signing, parsing and exceptions are botocore's; a proxy, a stream, or a botocore or urllib3 that is
built differently takes the ordinary way.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from awsops.aws_lean_parsing import LeanParsers
from awsops.aws_lean_signing import sign_short

_CHUNK = 65_536  # bytes asked of the socket at a time
_POOL_NEEDED = ("pool", "_get_conn", "_put_conn", "_validate_conn")
_MOST_POOLS = 100  # URLs; with the JSON protocol a service has one
_LONGEST_HEAD = 262_144  # bytes; http.client gives up at 100 headers of 64 KiB


def make_lean(client: Any) -> None:
    """Sign and send this client's requests, and read their answers, the short way."""
    endpoint = getattr(client, "_endpoint", None)
    session = getattr(endpoint, "http_session", None)
    needed = ("_manager", "_proxy_config", "_setup_ssl_cert", "_verify", "_timeout")
    if all(hasattr(session, name) for name in needed):
        client.meta.events.register("before-send", _Transport(session), "awsops-lean")
    parsers = getattr(endpoint, "_response_parser_factory", None)
    if hasattr(parsers, "create_parser"):
        client._endpoint._response_parser_factory = LeanParsers(parsers)
    sign_short(client)


class _BrokenAnswerError(OSError):
    """What came is no answer, or the connection ended in the middle of it."""


@dataclass
class _Transport:
    """A handler of botocore's `before-send`: the answer, or None for the ordinary way."""

    session: Any
    pools: dict[str, Any] = field(default_factory=dict)  # by the URL
    buffers: threading.local = field(default_factory=threading.local)

    def __call__(self, request: Any, **_: Any) -> Any:
        body = request.body
        if request.stream_output or "Transfer-Encoding" in request.headers:
            return None
        if isinstance(body, str):
            body = body.encode()
        if not isinstance(body, bytes) or self.session._proxy_config.proxy_url_for(request.url):
            return None
        pool = self._pool(request.url)
        return None if pool is None else self._exchange(pool, request, body)

    def _pool(self, url: str) -> Any:
        """The connections to a host; None when they are kept in a way that is not known here."""
        known = self.pools.get(url)
        if known is not None and known.pool is not None:  # urllib3 has not closed it
            return known
        pool = self.session._manager.connection_from_url(url)
        self.session._setup_ssl_cert(pool, url, self.session._verify)
        if not all(hasattr(pool, name) for name in _POOL_NEEDED):
            return None
        if len(self.pools) < _MOST_POOLS:
            self.pools[url] = pool
        return pool

    def _exchange(self, pool: Any, request: Any, body: bytes) -> Any:
        from botocore.awsrequest import AWSResponse

        connection = pool._get_conn()
        kept = False
        try:
            self._connect(pool, connection, request.url)
            status, headers, content = self._ask(connection.sock, request, body)
            kept = headers.get("connection", "").lower() != "close"
        finally:
            # Whatever went wrong, what is on its way in this connection belongs to nobody.
            if not kept:
                connection.close()
            pool._put_conn(connection)
        make: Any = AWSResponse  # typed for what http.client gives; any mapping will do
        answer = make(request.url, status, headers, None)
        answer._content = content  # read already: there is no stream to take it from
        return answer

    def _buffer(self) -> bytearray:
        """The calling thread's own: a socket's recv allocates as much anew for every answer, and
        cuts it to what came, which wears the memory of a long run."""
        found: bytearray | None = getattr(self.buffers, "one", None)
        if found is None:
            found = self.buffers.one = bytearray(_CHUNK)
        return found

    def _connect(self, pool: Any, connection: Any, url: str) -> None:
        from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, SSLError
        from urllib3.exceptions import ConnectTimeoutError as TookTooLong
        from urllib3.exceptions import HTTPError, NewConnectionError
        from urllib3.exceptions import SSLError as Unverified

        if connection.sock is not None:
            return
        connection.timeout = self.session._timeout.connect_timeout
        try:
            pool._validate_conn(connection)  # over TLS: connects and verifies
            if connection.sock is None:
                connection.connect()
        except (Unverified, _ssl_error(), ValueError) as error:  # a wrong name is a ValueError
            raise SSLError(endpoint_url=url, error=error) from error
        except NewConnectionError as error:  # of the next kind, in urllib3 1
            raise EndpointConnectionError(endpoint_url=url, error=error) from error
        except TookTooLong as error:
            raise ConnectTimeoutError(endpoint_url=url, error=error) from error
        except (HTTPError, OSError) as error:
            raise EndpointConnectionError(endpoint_url=url, error=error) from error

    def _ask(self, sock: Any, request: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

        sock.settimeout(self.session._timeout.read_timeout)
        try:
            sock.sendall(_head(request, body) + body)
            return _read_answer(_Incoming(sock, self._buffer()))
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except OSError as error:
            raise ConnectionClosedError(endpoint_url=request.url, error=error) from error


@dataclass(frozen=True, slots=True)
class _Incoming:
    """What comes from a socket, by way of a buffer."""

    sock: Any
    buffer: bytearray

    def receive(self) -> bytes:
        """What is there, once something is; empty when the connection has ended."""
        count = self.sock.recv_into(self.buffer)
        return bytes(memoryview(self.buffer)[:count])


def _ssl_error() -> type[OSError]:
    import ssl

    return ssl.SSLError


def _head(request: Any, body: bytes) -> bytes:
    from urllib.parse import urlsplit

    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{request.method} {target} HTTP/1.1"]
    named = set()
    for name, value in request.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        if "\n" in text or "\r" in text:
            raise _BrokenAnswerError(f"the header {name} has a line break")
        named.add(name.lower())
        lines.append(f"{name}: {text}")
    if "host" not in named:
        lines.append(f"Host: {parts.netloc.rpartition('@')[2]}")
    if "content-length" not in named:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def _read_answer(incoming: _Incoming) -> tuple[int, dict[str, str], bytes]:
    """The status, headers (lower-case names) and body of one answer."""
    rest = b""
    while True:
        head, rest = _read_until(incoming, rest, b"\r\n\r\n", _LONGEST_HEAD)
        first, *lines = head.decode("latin-1").split("\r\n")
        version, _, status = first.partition(" ")
        if not version.startswith("HTTP/1.") or not status[:3].isdigit():
            raise _BrokenAnswerError("the answer is not HTTP/1")
        if not status.startswith("1"):  # 100 Continue and the like come before the answer
            break
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if version == "HTTP/1.0":
        headers.setdefault("connection", "close")
    return int(status[:3]), headers, _read_body(incoming, headers, rest)


def _read_body(incoming: _Incoming, headers: dict[str, str], rest: bytes) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _read_chunks(incoming, rest)
    length = headers.get("content-length")
    if length is not None:
        if not length.isdigit():
            raise _BrokenAnswerError(f"Content-Length is {length!r}")
        return _read_exactly(incoming, rest, int(length))[0]
    headers["connection"] = "close"  # the end of the connection is the end of the body
    parts = [rest]
    while data := incoming.receive():
        parts.append(data)
    return b"".join(parts)


def _read_chunks(incoming: _Incoming, rest: bytes) -> bytes:
    parts: list[bytes] = []
    while True:
        line, rest = _read_until(incoming, rest, b"\r\n", _CHUNK)
        size = _chunk_size(line)
        if size == 0:
            while line:  # trailers, up to an empty line
                line, rest = _read_until(incoming, rest, b"\r\n", _CHUNK)
            return b"".join(parts)
        data, rest = _read_exactly(incoming, rest, size + 2)
        if not data.endswith(b"\r\n"):
            raise _BrokenAnswerError("a chunk is longer than it says")
        parts.append(data[:-2])


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or digits.strip(b"0123456789abcdefABCDEF"):
        raise _BrokenAnswerError("a chunk has no length")
    return int(digits, 16)


def _read_exactly(incoming: _Incoming, rest: bytes, size: int) -> tuple[bytes, bytes]:
    parts, have = [rest], len(rest)
    while have < size:
        data = incoming.receive()
        if not data:
            raise _BrokenAnswerError("the connection ended within the answer")
        parts.append(data)
        have += len(data)
    whole = b"".join(parts) if len(parts) > 1 else rest
    return whole[:size], whole[size:]


def _read_until(incoming: _Incoming, rest: bytes, mark: bytes, longest: int) -> tuple[bytes, bytes]:
    while (at := rest.find(mark)) < 0:
        data = incoming.receive()
        if not data:
            raise _BrokenAnswerError("the connection ended before the answer")
        rest += data
        if len(rest) > longest + _CHUNK:
            raise _BrokenAnswerError("the head of the answer has no end")
    return rest[:at], rest[at + len(mark) :]
