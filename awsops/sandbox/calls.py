"""What a request turned out to be: one call of one AWS operation by one identity."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from awsops.sandbox.identity import Identity
from awsops.sandbox.sigv4 import Claim
from awsops.sandbox.wire import Request, Response


@dataclass(frozen=True, slots=True)
class Call:
    """service: the signing name (`sqs`, `logs`, `monitoring`). operation: as botocore's models
    name it, or method and path where the protocol carries no name."""

    request: Request
    service: str
    operation: str
    region: str
    identity: Identity
    claim: Claim | None = None

    @property
    def endpoint(self) -> str:
        """The URL the caller used, without a path: what queue URLs are built on."""
        return f"http://{self.request.headers.get('host', '127.0.0.1')}"

    @property
    def params(self) -> dict[str, str]:
        """The parameters of the query protocol, flat as they were sent."""
        return self.request.form or self.request.query


class Service(Protocol):
    """One strictly served AWS service. `None` hands the call on to moto."""

    def handle(self, call: Call) -> Response | None: ...

    def reset(self) -> None: ...


def operation_of(request: Request) -> str:
    """The operation's name, from the header, the form or the path."""
    target = request.headers.get("x-amz-target")
    if target:
        return target.rpartition(".")[2]
    action = request.form.get("Action") or request.query.get("Action")
    if action:
        return action
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return request.path.rpartition("/")[2]  # /service/<name>/operation/<operation>
    return f"{request.method} {request.path}"


class Tally:
    """Counts calls and injected faults, per `service.operation`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._before: Counter[str] = Counter()  # the calls of earlier days
        self._errors: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()

    def call(self, name: str) -> int:
        """Counts one call and returns which one of its day it is, from 0."""
        with self._lock:
            self._calls[name] += 1
            return self._calls[name] - self._before[name] - 1

    def begin_day(self) -> None:
        """The calls of a new day are numbered from 0; the counts go on."""
        with self._lock:
            self._before = self._calls.copy()

    def error(self, name: str, code: str) -> None:
        with self._lock:
            self._errors[f"{name}:{code}"] += 1

    def fault(self, name: str, kind: str) -> None:
        with self._lock:
            self._faults[f"{name}:{kind}"] += 1

    def snapshot(self) -> dict[str, dict[str, int]]:
        """`calls` by service.operation; `errors` and `faults` by service.operation:kind."""
        with self._lock:
            return {
                "calls": dict(sorted(self._calls.items())),
                "errors": dict(sorted(self._errors.items())),
                "faults": dict(sorted(self._faults.items())),
            }

    def reset(self) -> None:
        with self._lock:
            self._calls.clear()
            self._before.clear()
            self._errors.clear()
            self._faults.clear()
