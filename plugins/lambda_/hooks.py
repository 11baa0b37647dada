"""Functions that are asked whether a shift may go on, and calls that try it out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from .calling import call_once
from .client import LambdaClient
from .names import AliasRef
from .routing import percent

Pause = Callable[[float], None]  # waits, in seconds


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """How often each version answered, and how often it failed."""

    calls: Counter[str]
    failed: Counter[str]

    def shown(self) -> str:
        total = sum(self.calls.values())
        split = ", ".join(
            f"version {v} {n} ({percent(n / total)})" for v, n in sorted(self.calls.items())
        )
        return f"smoke: {total} calls: {split}; {sum(self.failed.values())} failed"


def ask_hook(
    lam: LambdaClient, function: str, question: dict[str, object], pause: Pause
) -> str | None:
    """Invoke a validation function once; None when it is content, else what it said."""
    payload = json.dumps(question).encode()
    answer = call_once(lam, pause=pause, FunctionName=function, Payload=payload)
    said = answer["Payload"].read(2_000).decode(errors="replace")
    return said if answer.get("FunctionError") else None


def smoke(lam: LambdaClient, ref: AliasRef, count: int, pause: Pause) -> SmokeResult:
    """`count` calls through the alias with an empty event."""
    result = SmokeResult(Counter(), Counter())
    for _ in range(count):
        answer = call_once(
            lam, pause=pause, FunctionName=ref.function, Qualifier=ref.alias, Payload=b"{}"
        )
        answer["Payload"].read()
        version = str(answer.get("ExecutedVersion"))
        result.calls[version] += 1
        result.failed[version] += bool(answer.get("FunctionError"))
    return result
