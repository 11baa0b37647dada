"""Several aliases in one run: some at a time, and none after one that failed."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

from awsops.api import (
    Aws,
    AwsopsError,
    CancelledError,
    Note,
    PartialError,
    Progress,
    UsageError,
)
from awsops.errors import from_exception

from .names import AliasRef
from .rows import ShiftStep

Event = Progress | Note | ShiftStep
MOST_AT_ONCE = 32


def read_waves(text: str | None, refs: Sequence[AliasRef]) -> list[list[AliasRef]]:
    """`1,5,rest` as lists of aliases; without it all are one wave. UsageError for nonsense."""
    if len(set(refs)) != len(refs):
        raise UsageError("an alias is named twice")
    if text is None:
        return [list(refs)]
    left, waves = list(refs), []
    sizes = [size.strip() for size in text.split(",")]
    for number, size in enumerate(sizes):
        last = number == len(sizes) - 1
        if size == "rest" and last:
            count = len(left)
        elif size.isdigit() and int(size) > 0:
            count = int(size)
        else:
            raise UsageError(f"--wave {text!r}: expected sizes like 1,5,rest")
        if left:
            waves.append(left[:count])
        left = left[count:]
    if left:
        raise UsageError(f"--wave {text} leaves {len(left)} aliases out", hint=f"{text},rest")
    return waves


def run_waves(aws: Aws, waves: Sequence[Sequence[Iterator[Event]]]) -> Iterator[Event]:
    """Run the shifts of each wave together, wave after wave; a failure stops the waves after it.

    One alias alone raises its own error; of several, PartialError after the last row says how many
    failed and how many were not begun.
    """
    count = sum(len(wave) for wave in waves)
    if count == 1:
        yield from waves[0][0]
        return
    failed: list[AwsopsError] = []
    for number, wave in enumerate(waves):
        yield Note(f"wave {number + 1} of {len(waves)}: {len(wave)} aliases")
        yield from _together(aws, wave, failed)
        if failed:
            left = sum(len(later) for later in waves[number + 1 :])
            raise _summary(failed, count, left)


def _together(
    aws: Aws, wave: Sequence[Iterator[Event]], failed: list[AwsopsError]
) -> Iterator[Event]:
    events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()

    def drive(one: Iterator[Event]) -> None:
        try:
            for event in one:
                events.put(event)
        finally:
            events.put(None)

    with aws.pool(min(len(wave), MOST_AT_ONCE)) as pool:
        running: list[Future[None]] = [pool.submit(drive, one) for one in wave]
        left = len(running)
        while left:
            event = events.get()
            if event is None:
                left -= 1
            else:
                yield event
        for future in running:
            error = future.exception()
            if error is None:
                continue
            known = from_exception(error)
            if known is None:
                raise error
            yield Note(f"{known.code}: {known.message}", "warning")
            failed.append(known)


def _summary(failed: Sequence[AwsopsError], count: int, left: int) -> AwsopsError:
    what = f"{len(failed)} of {count} shifts failed"
    if left:
        what += f", {left} were not begun"
    for error in failed:
        if isinstance(error, CancelledError):
            return CancelledError(what, hint=error.hint)
    hint = next((error.hint for error in failed if error.hint), None)
    return PartialError(what, hint=hint)
