"""Functions that are asked whether a shift may go on, and calls that try it out."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from .client import LambdaClient
from .names import AliasRef
from .routing import percent


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


def ask_hook(lam: LambdaClient, function: str, question: dict[str, object]) -> str | None:
    """Invoke a validation function; None when it is content, else what it said."""
    answer = lam.invoke(FunctionName=function, Payload=json.dumps(question).encode())
    said = answer["Payload"].read(2_000).decode(errors="replace")
    return said if answer.get("FunctionError") else None


def smoke(lam: LambdaClient, ref: AliasRef, count: int) -> SmokeResult:
    """`count` calls through the alias with an empty event."""
    result = SmokeResult(Counter(), Counter())
    for _ in range(count):
        answer = lam.invoke(FunctionName=ref.function, Qualifier=ref.alias, Payload=b"{}")
        answer["Payload"].read()
        version = str(answer.get("ExecutedVersion"))
        result.calls[version] += 1
        result.failed[version] += bool(answer.get("FunctionError"))
    return result
