"""What a person asked of a redrive besides the move itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .client import SqsClient
from .each import EachRows
from .messages import Message
from .pacing import Pace
from .returns import Returns
from .rewriting import Rewriting


@dataclass(frozen=True)
class Terms:
    """`selects` tells which messages are meant, `backup` keeps what is about to be sent, `pace`
    says when it may be, `each` takes a row a message, `to_sqs` sends where that is another account.
    """

    selects: Callable[[Message], bool] | None = None
    backup: Callable[[Sequence[Message]], None] | None = None
    pace: Pace | None = None
    rewriting: Rewriting | None = None
    returns: Returns | None = None
    keep_dedup_id: bool = False
    each: EachRows | None = None
    to_sqs: SqsClient | None = None
