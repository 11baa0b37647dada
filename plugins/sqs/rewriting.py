"""Bodies rewritten on their way: `--transform`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from awsops.expressions import Question

from .messages import Message
from .selection import describe, read_question

SHOWN = 300  # characters of a body in a plan


class NotRewrittenError(Exception):
    """The expression makes no body of this message; it stays where it is."""


@dataclass(frozen=True)
class Rewriting:
    """A JMESPath over `{body, attributes, system, age}` whose result is the new body.

    Text becomes the body as it is, anything else as JSON. `clock` is epoch seconds.
    """

    question: Question
    clock: Callable[[], float]

    def of(self, message: Message) -> Message:
        """The message with its new body; NotRewrittenError when the expression gives none."""
        made = self.question(describe(message, self.clock()))
        if made is None or made == "":
            raise NotRewrittenError("--transform gives nothing for it")
        if not isinstance(made, str):
            made = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
        return replace(message, body=made)


def read_rewriting(expression: str | None, clock: Callable[[], float]) -> Rewriting | None:
    """UsageError when it is not JMESPath."""
    if expression is None:
        return None
    return Rewriting(read_question(expression, "--transform"), clock)


def shown(body: str) -> str:
    """As much of a body as a plan has room for."""
    return body if len(body) <= SHOWN else f"{body[:SHOWN]}..."
