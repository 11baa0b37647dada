"""Several aliases in one run: some at a time over all targets, and none after one that failed."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from awsops.api import Aws, AwsopsError, CancelledError, Note, PartialError, Progress
from awsops.botocore_errors import from_exception
from awsops.running.waves import NotStartedError, Share

from .names import AliasRef, command_line
from .rows import ShiftStep
from .view import over

Event = Progress | Note | ShiftStep
MOST_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Unit:
    """One alias, the run whose record it has, and what carries its shift out."""

    ref: AliasRef
    run: str
    events: Iterator[Event]


def run_waves(aws: Aws, units: Sequence[Unit]) -> Iterator[Event]:
    """Run the shifts of each wave together, when its turn has come.

    One alias alone raises its own error; of several, PartialError after the last row says how many
    failed. NotStartedError when a wave before failed, here or in another target. What was not
    started is named, with the command that begins it.
    """
    failed: list[AwsopsError] = []
    left = list(units)
    for share in _turns(aws, left):
        part = [units[number] for number in share.units]
        left[:] = [unit for unit in left if unit not in part]
        if share.count > 1:
            yield Note(f"wave {share.number} of {share.count}: {_names(part)}")
        yield from _run_share(aws, share, part, failed)
        if failed:
            raise _summary(aws, failed, len(units), left)


def _turns(aws: Aws, left: Sequence[Unit]) -> Iterator[Share]:
    """The shares of this target; an error that keeps one from beginning names what is left."""
    try:
        yield from aws.waves()
    except (NotStartedError, CancelledError) as error:
        error.message += f": {_names(left)}"
        error.hint = _begins(aws, left)
        raise


def _run_share(
    aws: Aws, share: Share, part: Sequence[Unit], failed: list[AwsopsError]
) -> Iterator[Event]:
    """One alias alone raises its own error: its hint is the one that matters."""
    try:
        if len(part) == 1:
            yield from part[0].events
            yield over(str(part[0].ref))
        else:
            yield from _together(aws, part, failed)
    except Exception as error:
        known = from_exception(error)
        if known is None:
            raise
        if known is not error:
            known.__cause__ = error
        failed.append(known)
    if failed:
        aws.fail_wave(share)


def _together(aws: Aws, part: Sequence[Unit], failed: list[AwsopsError]) -> Iterator[Event]:
    events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()

    def drive(one: Unit) -> None:
        try:
            for event in one.events:
                events.put(event)
        finally:
            events.put(over(str(one.ref)))
            events.put(None)

    with aws.pool(min(len(part), MOST_AT_ONCE)) as pool:
        running: list[Future[None]] = [pool.submit(drive, one) for one in part]
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


def _summary(
    aws: Aws, failed: Sequence[AwsopsError], count: int, left: Sequence[Unit]
) -> AwsopsError:
    if count == 1:
        return failed[0]
    what = f"{len(failed)} of {count} shifts failed"
    if len(failed) == 1:
        what += f": {failed[0].message}"
    hint = next((error.hint for error in failed if error.hint), None)
    if left:
        what += f"; not started: {_names(left)}"
    for error in failed:
        if isinstance(error, CancelledError):
            return CancelledError(what, hint=error.hint or (_begins(aws, left) if left else None))
    return PartialError(what, hint=_begins(aws, left) if left else hint)


def _names(units: Sequence[Unit]) -> str:
    return ", ".join(str(unit.ref) for unit in units)


def _begins(aws: Aws, units: Sequence[Unit]) -> str:
    names = [str(unit.ref) for unit in units]
    return f"{command_line(aws, 'shift', *names, '--resume', units[0].run)} begins what is left"
