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
import time
from collections.abc import Awaitable, Callable

from http_server import JSON, Answer, Request, account_of, caller, serve  # the file beside this one


def serving(delay: float) -> Callable[[Request], Awaitable[Answer]]:
    """What `serve` is to answer with, after `delay` seconds."""

    async def answer(request: Request) -> Answer:
        await asyncio.sleep(delay)
        return answer_to(request)

    return answer


def answer_to(request: Request) -> Answer:
    """Who the signer is, or a token for the registry of the signer's account."""
    account = account_of(request.access_key)
    if b"Action=GetCallerIdentity" in request.body:
        return 200, "text/xml", caller(account)
    if request.operation != "GetAuthorizationToken":
        return 400, JSON, json.dumps({"__type": "UnknownOperationException"})
    token = base64.b64encode(f"AWS:password-of-{account}".encode()).decode()
    data = {
        "authorizationToken": token,
        "expiresAt": time.time() + 43_200,
        "proxyEndpoint": f"https://{account}.dkr.ecr.eu-west-1.amazonaws.com",
    }
    return 200, JSON, json.dumps({"authorizationData": [data]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.1, help="seconds before each answer")
    asyncio.run(serve(serving(parser.parse_args().delay)))
