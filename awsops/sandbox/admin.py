"""The sandbox's own endpoints, under `/_sandbox/`: health, chaos, counts, seeding, reset, stop."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from awsops.sandbox import chaos, totp
from awsops.sandbox.accounts import ACCOUNTS
from awsops.sandbox.answers import AwsError
from awsops.sandbox.front import Front
from awsops.sandbox.seeding import seed_accounts
from awsops.sandbox.wire import Request, Response

PREFIX = "/_sandbox/"
# Whoever changes something names the instance: proof that it means this server, and something
# that a web page cannot send across origins.
INSTANCE_HEADER = "x-awsops-sandbox"

Answer = Mapping[str, Any]


class Admin:
    """Answers the requests that are not for AWS.

    instance: the random id of this server. stop: ends the server, soon after it is called.
    """

    def __init__(self, front: Front, instance: str, name: str, stop: Callable[[], None]) -> None:
        self._front = front
        self._instance = instance
        self._name = name
        self._stop = stop
        self._started = time.time()
        self._reads: dict[str, Callable[[], Answer]] = {
            "health": self._health,
            "calls": front.tally.snapshot,
            "chaos": self._chaos,
            "clock": self._clock,
            "mfa": self._mfa,
        }
        self._writes: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "chaos": self._set_chaos,
            "clock": self._advance,
            "metrics": self._record_metric,
            "traffic": self._play,
            "calls/reset": self._reset_calls,
            "registry": self._start_registry,
            "sessions": self._shorten_sessions,
            "sessions/end": self._end_sessions,
            "reset": self._reset,
            "seed": self._seed,
            "stop": self._end,
        }

    def answer(self, request: Request) -> Response:
        """One request under `/_sandbox/`; bodies and answers are JSON."""
        name = request.path.removeprefix(PREFIX).rstrip("/")
        try:
            if request.method == "GET" and name in self._reads:
                return _json(200, self._reads[name]())
            if request.method != "POST" or name not in self._writes:
                known = ", ".join([*self._reads, *self._writes])
                return _json(404, {"error": f"no such endpoint; known: {known}"})
            if request.headers.get(INSTANCE_HEADER) != self._instance:
                return _json(403, {"error": f"send the instance id as {INSTANCE_HEADER}"})
            body = json.loads(request.body or b"{}")
            return _json(200, self._writes[name](body))
        except ValueError as error:
            return _json(400, {"error": str(error)})

    def _health(self) -> Answer:
        return {
            "instance": self._instance,
            "name": self._name,
            "pid": os.getpid(),
            "started_at": self._started,
        }

    def _chaos(self) -> Answer:
        return {"spec": self._front.day.spec()}

    def _set_chaos(self, body: dict[str, Any]) -> Answer:
        self._front.begin_day(chaos.parse(body.get("spec")))
        return self._chaos()

    def _clock(self) -> Answer:
        return {"now": self._front.clock()}

    def _advance(self, body: dict[str, Any]) -> Answer:
        return {"now": self._front.clock.advance(float(body["seconds"]))}

    def _record_metric(self, body: dict[str, Any]) -> Answer:
        self._front.cloudwatch.record(**body)
        return {}

    def _play(self, body: dict[str, Any]) -> Answer:
        try:
            self._front.lambda_.play(**body)
        except AwsError as error:
            raise ValueError(error.message) from None
        return {}

    def _mfa(self) -> Answer:
        """What the virtual devices of the demo users show now, and for how many seconds."""
        now = time.time()
        codes = {
            account.mfa_serial: totp.code(
                self._front.mfa.find(account.account_id, account.mfa_serial).seed,
                totp.step_of(now),
            )
            for account in ACCOUNTS
        }
        return {"codes": codes, "seconds": totp.STEP_SECONDS - int(now) % totp.STEP_SECONDS}

    def _reset_calls(self, _: dict[str, Any]) -> Answer:
        self._front.tally.reset()
        return {}

    def _reset(self, _: dict[str, Any]) -> Answer:
        self._front.reset()
        return {}

    def _start_registry(self, body: dict[str, Any]) -> Answer:
        """A real `docker-registry` becomes the registry of an account in a region."""
        return {"host": self._front.ecr.start_registry(**body)}

    def _shorten_sessions(self, body: dict[str, Any]) -> Answer:
        seconds = body.get("seconds")
        self._front.keys.shorten(None if seconds is None else float(seconds))
        return {}

    def _end_sessions(self, _: dict[str, Any]) -> Answer:
        return {"ended": self._front.keys.end_sessions()}

    def _seed(self, body: dict[str, Any]) -> Answer:
        self._front.ecr.seed()
        return {"dead_letters": seed_accounts(self._front.sqs.registry, int(body["messages"]))}

    def _end(self, _: dict[str, Any]) -> Answer:
        self._stop()
        return {}


def _json(status: int, value: Answer) -> Response:
    return Response(status, [("Content-Type", "application/json")], json.dumps(value).encode())
