"""Secret parameters stay out of what is shown, also where a value turns up by accident."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from awsops.errors import AwsopsError
from awsops.events import Change

T = TypeVar("T")

MASK = "****"
# A shorter secret would blank out half of every message, and protects nothing.
SHORTEST = 3


def scrub(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret in it masked, the longest first."""
    known = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    for form in sorted(known, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def _forms(secret: str) -> tuple[str, ...]:
    """How a text may stand in another: as it is, and as a command line, JSON and Python quote it
    (without the marks around it)."""
    return secret, shlex.quote(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1]


def scrub_value(value: Any, secrets: list[str]) -> Any:
    """A JSON-like value with every secret in its texts masked."""
    if not secrets:
        return value
    if isinstance(value, str):
        return scrub(value, secrets)
    if isinstance(value, dict):
        return {key: scrub_value(item, secrets) for key, item in value.items()}
    return [scrub_value(item, secrets) for item in value] if isinstance(value, list) else value


def scrub_event(event: T, secrets: Sequence[str]) -> T:
    """A note, a plan or another frozen event with every secret in its texts masked.

    A change whose way back holds one is said to have none: with a mask in it, it would write that.
    """
    if not secrets:
        return event
    if isinstance(event, Change) and event.undo and scrub(event.undo, secrets) != event.undo:
        why = "its way back holds a secret parameter, which is not kept"
        event = replace(event, undo=None, why_no_undo=why)
    clean: T = _scrubbed(event, secrets)
    return clean


def _scrubbed(value: Any, secrets: Sequence[str]) -> Any:
    if isinstance(value, str):
        return scrub(value, secrets)
    if isinstance(value, tuple):
        return tuple(scrub_event(item, secrets) for item in value)
    if isinstance(value, list | dict):
        return scrub_value(value, list(secrets))
    if is_dataclass(value) and not isinstance(value, type):
        known = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        return replace(value, **{n: scrub_event(item, secrets) for n, item in known.items()})
    return value


def scrub_error(error: AwsopsError, secrets: Sequence[str]) -> AwsopsError:
    """The error without secrets in its message, its hint and what caused it."""
    if not secrets:
        return error
    hint = None if error.hint is None else scrub(error.hint, secrets)
    clean = error.reworded(message=scrub(error.message, secrets), hint=hint)
    if scrub(str(clean.__cause__), secrets) != str(clean.__cause__):
        clean.__cause__ = None
    return clean
