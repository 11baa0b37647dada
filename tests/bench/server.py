"""A loopback AWS that answers after a delay and counts: STS and the other givers of credentials.

Run as a program of its own, so that its work is not the measured process's:

    python tests/bench/server.py --delay 0.1

It prints its port and serves until its standard input is closed. Who calls is read from the access
key (`BENCH...000012` is account 000000000012), so an answer shows which credentials signed.
`GET /-/counts` tells what was called, `POST /-/set?delay=0&lifetime=3600` changes what is answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from http_server import STS, Answer, Request, account_of, answered, caller, serve  # beside this one


@dataclass
class State:
    """What the server answers with and what it has seen. Times are seconds."""

    delay: float = 0.1
    lifetime: float = 3600.0
    calls: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    signers: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    made: int = 0

    def counts(self) -> dict[str, object]:
        return {
            "calls": self.calls,
            "roles": self.roles,
            "signers": self.signers,
            "tokens": self.tokens,
        }

    def change(self, query: Mapping[str, str]) -> None:
        self.delay = float(query.get("delay", self.delay))
        self.lifetime = float(query.get("lifetime", self.lifetime))
        for counter in (self.calls, self.roles, self.signers, self.tokens):
            counter.clear()

    def expiration(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.lifetime, UTC)


class Answers:
    """What each request is answered with: a status, a content type and a body."""

    def __init__(self, state: State) -> None:
        self.state = state

    def control(self, request: Request) -> Answer:
        if request.path == "/-/set":
            self.state.change(request.query)
        return 200, "application/json", json.dumps(self.state.counts())

    def aws(self, request: Request) -> Answer:
        if request.path == "/federation/credentials":
            return self._role_credentials(request)
        if request.path == "/container" or request.path.startswith("/latest/"):
            return self._machine(request)
        form = dict(parse_qsl(request.body.decode()))
        action = form.get("Action", "")
        self.state.calls[action] += 1
        self.state.signers[request.access_key] += 1
        self.state.tokens[request.headers.get("x-amz-security-token", "")] += 1
        if action == "GetCallerIdentity":
            return 200, "text/xml", caller(account_of(request.access_key), request.access_key)
        if action in ("AssumeRole", "AssumeRoleWithWebIdentity"):
            return self._assumed(action, form)
        return self._refused("InvalidAction", f"no such action: {action}")

    def _assumed(self, action: str, form: Mapping[str, str]) -> Answer:
        arn = form.get("RoleArn", "")
        self.state.roles[arn] += 1
        if "denied" in arn:
            return self._refused("AccessDenied", f"not allowed to assume {arn}", 403)
        account = arn.split(":")[4]
        name = arn.rsplit("/", 1)[-1]
        self.state.made += 1
        session = form.get("RoleSessionName", "")
        result = (
            f"<Credentials><AccessKeyId>BENCHROLE{account}</AccessKeyId>"
            f"<SecretAccessKey>secret-of-{name}</SecretAccessKey>"
            f"<SessionToken>token-{self.state.made}-of-{name}</SessionToken>"
            f"<Expiration>{self.state.expiration():%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>"
            f"<AssumedRoleUser><Arn>arn:aws:sts::{account}:assumed-role/{name}/{session}</Arn>"
            f"<AssumedRoleId>BENCHROLE:{session}</AssumedRoleId></AssumedRoleUser>"
        )
        return 200, "text/xml", answered(action, result)

    def _role_credentials(self, request: Request) -> Answer:
        role, account = request.query["role_name"], request.query["account_id"]
        self.state.calls["GetRoleCredentials"] += 1
        self.state.roles[f"{account}/{role}"] += 1
        if "revoked" in request.headers.get("x-amz-sso_bearer_token", ""):
            refused = {"__type": "UnauthorizedException", "message": "Session token not found"}
            return 401, "application/json", json.dumps(refused)
        self.state.made += 1
        credentials = {
            "accessKeyId": f"BENCHSSO{account}",
            "secretAccessKey": f"secret-of-{role}",
            "sessionToken": f"token-{self.state.made}-of-{role}",
            "expiration": int(self.state.expiration().timestamp() * 1000),
        }
        return 200, "application/json", json.dumps({"roleCredentials": credentials})

    def _machine(self, request: Request) -> Answer:
        """A container's credentials, or the instance metadata service (IMDSv2) of an instance."""
        folder = "/latest/meta-data/iam/security-credentials"
        if request.path == "/latest/api/token":
            return 200, "text/plain", "metadata-token"
        if request.path.rstrip("/") == folder:
            return 200, "text/plain", "instance-role"
        if request.path not in ("/container", f"{folder}/instance-role"):
            return 404, "text/plain", ""
        name = request.path.strip("/").split("/")[-1]
        self.state.calls[name] += 1
        credentials = {
            "Code": "Success",
            "AccessKeyId": f"BENCH{name.upper()}000000000077",
            "SecretAccessKey": f"secret-of-{name}",
            "Token": f"token-of-{name}",
            "Expiration": f"{self.state.expiration():%Y-%m-%dT%H:%M:%SZ}",
        }
        return 200, "application/json", json.dumps(credentials)

    def _refused(self, code: str, message: str, status: int = 400) -> Answer:
        return (
            status,
            "text/xml",
            f'<ErrorResponse xmlns="{STS}"><Error><Type>Sender</Type><Code>{code}</Code>'
            f"<Message>{message}</Message></Error><RequestId>bench</RequestId></ErrorResponse>",
        )


def serving(state: State) -> Callable[[Request], Awaitable[Answer]]:
    """What `serve` is to answer with; what is asked about the server itself is not delayed."""
    answers = Answers(state)

    async def answer(request: Request) -> Answer:
        if request.path.startswith("/-/"):
            return answers.control(request)
        found = answers.aws(request)
        await asyncio.sleep(state.delay)
        return found

    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.1, help="seconds before each answer")
    parser.add_argument("--lifetime", type=float, default=3600.0, help="of assumed roles, seconds")
    given = parser.parse_args()
    asyncio.run(serve(serving(State(delay=given.delay, lifetime=given.lifetime))))


if __name__ == "__main__":
    main()
