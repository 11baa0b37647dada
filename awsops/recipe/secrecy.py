"""Secret parameters stay out of what is shown, also where a value turns up by accident."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MASK = "****"
# A shorter secret would blank out half of every message, and protects nothing.
SHORTEST = 3


def scrub(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret in it masked, the longest first."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, MASK)
    return text


def scrub_value(value: Any, secrets: list[str]) -> Any:
    """A JSON-like value with every secret in its texts masked."""
    if not secrets:
        return value
    if isinstance(value, str):
        return scrub(value, secrets)
    if isinstance(value, dict):
        return {key: scrub_value(item, secrets) for key, item in value.items()}
    return [scrub_value(item, secrets) for item in value] if isinstance(value, list) else value
