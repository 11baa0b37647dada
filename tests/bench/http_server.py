"""HTTP for the loopback servers beside this file, and who the caller is."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

STS = "https://sts.amazonaws.com/doc/2011-06-15/"
JSON = "application/x-amz-json-1.1"
_CREDENTIAL = re.compile(r"Credential=([^/]+)/")

Answer = tuple[int, str, str]  # a status, a content type and a body


@dataclass(frozen=True)
class Request:
    """One HTTP request; `headers` have lower-case names."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    @property
    def operation(self) -> str:
        """Of a protocol that speaks JSON; empty where the body is a form."""
        return self.headers.get("x-amz-target", "").rpartition(".")[2]

    @property
    def access_key(self) -> str:
        found = _CREDENTIAL.search(self.headers.get("authorization", ""))
        return found.group(1) if found else ""


def account_of(access_key: str) -> str:
    """Twelve digits: those at the end of the key, zeros before them."""
    digits = re.search(r"\d*\Z", access_key)
    return (digits.group() if digits else "")[-12:].zfill(12)


def caller(account: str, name: str = "bench") -> str:
    """The answer to GetCallerIdentity."""
    return answered(
        "GetCallerIdentity",
        f"<Arn>arn:aws:iam::{account}:user/{name}</Arn><UserId>{name}</UserId>"
        f"<Account>{account}</Account>",
    )


def answered(action: str, result: str) -> str:
    """An answer of STS."""
    return (
        f'<{action}Response xmlns="{STS}"><{action}Result>{result}</{action}Result>'
        f"<ResponseMetadata><RequestId>bench</RequestId></ResponseMetadata></{action}Response>"
    )


async def serve(answer: Callable[[Request], Awaitable[Answer]]) -> None:
    """Serve on a free port of 127.0.0.1, which is printed, until standard input ends."""

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                status, kind, text = await answer(await _read_request(reader))
                body = text.encode()
                head = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\n"
                writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the peer has gone, or the server is to end
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await until_stdin_ends()


async def until_stdin_ends() -> None:
    """What started the server has gone, or wants it to go."""
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def _read_request(reader: asyncio.StreamReader) -> Request:
    """The next request of a connection; IncompleteReadError when the peer has gone."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    method, target, _ = first.split(" ", 2)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body)
