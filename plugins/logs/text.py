"""What can be read off the text of a query without asking the service."""

from __future__ import annotations

import re
from typing import Any

from awsops.api import UsageError

# Text in quotes, a regular expression where one may stand, a comment, the bar between commands.
_PIECE = re.compile(
    r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|(?:(?<=like)|(?<==~)|(?<=@message))\s*"
    r"/(?:[^/\\\n]|\\.)+/|\#[^\n]*|\|",
    re.I,
)
_NEWEST_FIRST = re.compile(r"sort\s+@timestamp(?:\s+desc)?", re.I)
_OLDEST_FIRST = re.compile(r"sort\s+@timestamp\s+asc", re.I)
_WHOLE = {"stats": "stats", "dedup": "dedup", "limit": "limit", "head": "limit"}
_UNKNOWN = frozenset({"anomaly", "diff", "join", "pattern"})


def commands_of(text: str) -> list[str]:
    """The commands between the bars, without comments."""
    parts, at, current = [], 0, ""
    for found in _PIECE.finditer(text):
        current += text[at : found.start()]
        at = found.end()
        if found.group() == "|":
            parts.append(current)
            current = ""
        elif not found.group().startswith("#"):
            current += found.group()
    parts.append(current + text[at:])
    return [" ".join(part.split()) for part in parts]


def slice_order(text: str) -> bool:
    """Whether a query that may be sliced by time gives the newest rows first.

    UsageError for one whose meaning slices would change, with the reason.
    """
    newest_first = True
    for command in commands_of(text):
        word = command.split(" ", 1)[0].lower()
        if word in _WHOLE:
            raise _cannot(f"{_WHOLE[word]} is about all rows together")
        if word in _UNKNOWN:
            raise _cannot(f"{word} compares rows with each other")
        if word == "sort":
            if _OLDEST_FIRST.fullmatch(command):
                newest_first = False
            elif not _NEWEST_FIRST.fullmatch(command):
                raise _cannot(f"only `sort @timestamp` keeps its order: {command}")
    return newest_first


def _cannot(reason: str) -> UsageError:
    return UsageError(
        f"--all slices the time, and this query cannot be sliced: {reason}",
        hint="leave out --all to run it whole (up to 100,000 rows with --limit)",
        code="CannotSlice",
    )


def malformed(text: str, error: BaseException) -> UsageError:
    """MalformedQueryException as the text with a caret where the service says the fault is."""
    response: Any = getattr(error, "response", {})
    fault = response.get("queryCompileError") or {}
    reason = fault.get("message") or response.get("Error", {}).get("Message") or str(error)
    start = (fault.get("location") or {}).get("startCharOffset")
    message = f"the query is malformed: {reason}"
    if isinstance(start, int) and 0 <= start <= len(text):
        before = text[:start]
        line = text.splitlines()[before.count("\n")] if text else ""
        column = len(before.rsplit("\n", 1)[-1])
        message += f"\n  {line}\n  {' ' * column}^"
    return UsageError(message, hint="nothing was scanned", code="MalformedQuery")
