"""Messages counted by kind: what an engineer wants to know before a redrive."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from awsops.expressions import Question

from .messages import Message
from .selection import describe

NOTHING = "(nothing)"


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of `sqs peek --group-by`: how many of the messages seen gave this value."""

    kind: str
    messages: int
    oldest: datetime
    newest: datetime
    example: str


def group(messages: Iterable[Message], question: Question, now: float) -> Iterator[Kind]:
    """The kinds, the most frequent first; what the expression gives nothing for is one kind."""
    kinds: dict[str, list[Message]] = {}
    for message in messages:
        kinds.setdefault(_name(question(describe(message, now))), []).append(message)
    for name, found in sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0])):
        sent = [message.sent_at for message in found]
        yield Kind(
            kind=name,
            messages=len(found),
            oldest=datetime.fromtimestamp(min(sent), UTC),
            newest=datetime.fromtimestamp(max(sent), UTC),
            example=found[0].id,
        )


def _name(value: Any) -> str:
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
