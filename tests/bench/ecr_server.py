"""A loopback ECR for measuring: tokens, after a delay, each for its signer's own registry.

Run as a program of its own, so that its work is not the measured process's:

    python tests/bench/ecr_server.py --delay 0.1

It prints its port and serves until its standard input is closed.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sys
import time

from server import Request, account_of, read_request  # the file beside this one

_STS = "https://sts.amazonaws.com/doc/2011-06-15/"


def answer(request: Request) -> tuple[int, str]:
    """Who the signer is, or a token for the registry of the signer's account."""
    account = account_of(request.access_key)
    if b"Action=GetCallerIdentity" in request.body:
        return 200, (
            f'<GetCallerIdentityResponse xmlns="{_STS}"><GetCallerIdentityResult>'
            f"<Arn>arn:aws:iam::{account}:user/bench</Arn><UserId>bench</UserId>"
            f"<Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        )
    if not request.headers.get("x-amz-target", "").endswith(".GetAuthorizationToken"):
        return 400, json.dumps({"__type": "UnknownOperationException"})
    token = base64.b64encode(f"AWS:password-of-{account}".encode()).decode()
    data = {
        "authorizationToken": token,
        "expiresAt": time.time() + 43_200,
        "proxyEndpoint": f"https://{account}.dkr.ecr.eu-west-1.amazonaws.com",
    }
    return 200, json.dumps({"authorizationData": [data]})


async def serve(delay: float) -> None:
    """Serve on a free port of 127.0.0.1 until standard input ends."""

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                status, text = answer(await read_request(reader))
                await asyncio.sleep(delay)
                body = text.encode()
                head = f"HTTP/1.1 {status} -\r\nContent-Type: application/x-amz-json-1.1\r\n"
                writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the peer has gone, or the server is to end
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.1, help="seconds before each answer")
    asyncio.run(serve(parser.parse_args().delay))
