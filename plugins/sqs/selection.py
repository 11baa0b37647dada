"""Which messages a command is for: by JMESPath, by a pattern in the body, by time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

from awsops import expressions
from awsops.expressions import Question, is_true, read_pattern
from awsops.units import format_time, parse_time

from .messages import Message, plain_attributes


@dataclass(frozen=True, slots=True)
class Selection:
    """Selects messages sent from `since` to before `until` (seconds since the epoch) whose body
    `match` finds and of which `where` is true. Whatever is None selects all."""

    where: Question | None = None
    match: re.Pattern[str] | None = None
    since: float = -inf
    until: float = inf

    def selects(self, message: Message, now: float) -> bool:
        """Whether it is one of those; `now` (seconds since the epoch) gives it its age."""
        if not self.since <= message.sent_at < self.until:
            return False
        if self.match is not None and self.match.search(message.body) is None:
            return False
        return self.where is None or is_true(self.where(describe(message, now)))

    def by(self, clock: Callable[[], float]) -> Callable[[Message], bool]:
        """`selects` at the moment at which it is asked; `clock` is epoch seconds."""
        return lambda message: self.selects(message, clock())

    def times(self) -> dict[str, str]:
        """The options that give the same times at any other moment."""
        given = {"--since": self.since, "--until": self.until}
        return {option: format_time(at) for option, at in given.items() if abs(at) != inf}


def read_selection(
    *, where: str | None, match: str | None, since: str | None, until: str | None, now: float
) -> Selection | None:
    """The selection that options describe, None when there is none; UsageError names the option."""
    if where is match is since is until is None:
        return None
    return Selection(
        where=read_question(where, "--where") if where is not None else None,
        match=read_pattern(match, "--match") if match is not None else None,
        since=parse_time(since, now) if since is not None else -inf,
        until=parse_time(until, now) if until is not None else inf,
    )


def read_question(expression: str, option: str) -> Question:
    """A JMESPath expression, to be asked about `describe(message)`; UsageError names `option`."""
    trial = describe(Message("", "", "{}", {}, {}), 0.0)
    hint = "such as \"body.customer == 'acme' && age > `3600`\""
    return expressions.read_question(expression, option, trial=trial, hint=hint)


def describe(message: Message, now: float) -> dict[str, Any]:
    """What an expression sees: `body` (parsed when it is JSON, else text), `attributes` by name,
    `system` attributes as SQS names them, and `age` in seconds since it was sent."""
    try:
        body = json.loads(message.body)
    except ValueError:
        body = message.body
    return {
        "body": body,
        "attributes": plain_attributes(message),
        "system": dict(message.system),
        "age": max(now - message.sent_at, 0.0),
    }
