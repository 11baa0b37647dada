"""Lists that are answered in pages, for services whose token is the place where the next begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from awsops.sandbox.answers import AwsError

T = TypeVar("T")


def take_page(
    items: Sequence[T],
    token: object,
    size: int,
    refused: Callable[[], AwsError],
    *,
    prefix: str = "",
) -> tuple[Sequence[T], str | None]:
    """One page and the token of the next (None after the last); `refused()` for a token that
    nobody gave out. `prefix` begins every token."""
    text = str(token or f"{prefix}0")
    number = text.removeprefix(prefix)
    if not (text.startswith(prefix) and number.isascii() and number.isdigit()):
        raise refused()
    start = int(number)
    more = start + size < len(items)
    return items[start : start + size], f"{prefix}{start + size}" if more else None
