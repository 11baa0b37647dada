"""A resharding as a plan: every step with its ranges, what it counts against, what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from awsops.errors import AwsopsError
from awsops.events import Change, Note, Plan
from awsops.prices import Prices
from awsops.units import format_duration

from .decisions import Decision
from .keyspace import Range
from .prices import Terms, monthly_change
from .quota import UPDATES_A_DAY, Room
from .shards import ShardMap
from .steps import Merge, SetCount, Split, Step, peak
from .streams import Stream


@dataclass(frozen=True, slots=True)
class Words:
    """How command lines name the stream and its target: `clicks` and `-p prod -r eu-west-1`."""

    stream: str
    target: str

    def command(self, verb: str, *options: str) -> str:
        words = ("awsops kinesis", verb, self.stream, *options, self.target)
        return " ".join(word for word in words if word)


def describe_plan(
    stream: Stream,
    shards: ShardMap,
    decision: Decision,
    room: Room,
    words: Words,
    prices: Prices,
) -> Plan:
    """The plan of what is left to do. AwsopsError when the account has no room for it."""
    steps = decision.steps
    count = len(shards)
    if not steps:
        return Plan((), summary=f"{stream.name} has {_counted(count)} already as wished")
    final = count + sum(step.grows for step in steps)
    most = peak(count, steps)
    _check_room(room, final - count, stream)
    terms = Terms(stream.retention, stream.consumers, prices)
    taken = format_duration(decision.seconds)
    at_most = f" ({most} for a while)" if most > max(count, final) else ""
    summary = (
        f"{stream.name}: {count} to {final} open shards{at_most} in {_steps(steps)}, "
        f"about {taken}; {monthly_change(final - count, terms)}"
    )
    changes = tuple(describe_step(step, shards, words) for step in steps)
    return Plan(changes, summary=summary, warnings=tuple(_warnings(decision, room, most - count)))


def _check_room(room: Room, more: int, stream: Stream) -> None:
    left = room.for_more()
    if left is not None and more > left:
        raise AwsopsError(
            f"{stream.name} would get {more} shards more, and the account may open {left} more "
            f"({room.open:,} of {room.limit:,} are open)",
            hint="ask for a higher quota: Service Quotas, Kinesis, shards per Region",
            code="LimitExceeded",
        )


def _warnings(decision: Decision, room: Room, more: int) -> Iterator[str]:
    left = room.for_more()
    if left is None:
        yield "the account's shard limit may not be read: it was not checked"
    elif more > left:
        yield (
            f"it opens up to {more} shards for a while, and the account may open {left} more: "
            "UpdateShardCount may be refused or slow"
        )
    if decision.updates and room.updates is None:
        yield (
            f"how many of the {UPDATES_A_DAY} UpdateShardCount calls in 24 hours were made is not "
            "known: CloudTrail may not be read"
        )


def notes(stream: Stream, decision: Decision, room: Room, prices: Prices) -> Iterator[Note]:
    """What a person must know beside the plan itself."""
    if not decision.steps:
        return
    if decision.reason:
        yield Note(decision.reason)
    if room.limit is not None:
        yield Note(f"the account has {room.open:,} of {room.limit:,} shards open in the region")
    yield Note(
        "consumers must read a closed parent to its end before its children, or a key's records "
        f"come out of order (KCL does so); parents stay readable for {stream.retention} h"
    )
    yield Note(f"costs are {prices.basis('kinesis')}; times are rules of thumb")


def describe_step(step: Step, shards: ShardMap, words: Words) -> Change:
    """One step with its exact ranges and the command line that reverses it."""
    if isinstance(step, Split):
        known = shards.with_range(step.range)
        low, high = Range(step.range.start, step.at - 1), Range(step.at, step.range.end)
        return Change(
            "split",
            words.stream,
            detail=known.id if known else "",
            before=str(step.range),
            after=f"{low}, {high}",
            undo=words.command("merge", "--at", str(step.at)),
        )
    if isinstance(step, Merge):
        pair = [shards.with_range(each) for each in (step.left, step.right)]
        return Change(
            "merge",
            words.stream,
            detail=" ".join(shard.id for shard in pair if shard),
            before=f"{step.left}, {step.right}",
            after=str(Range(step.left.start, step.right.end)),
            undo=words.command("split", "--at", str(step.right.start)),
        )
    return Change(
        "update-shard-count",
        words.stream,
        detail="equal ranges",
        before=_counted(step.before),
        after=_counted(step.after),
        undo=words.command("scale", "--to", str(step.before)),
    )


def _counted(count: int) -> str:
    return "1 open shard" if count == 1 else f"{count} open shards"


def _steps(steps: Sequence[Step]) -> str:
    updates = sum(isinstance(step, SetCount) for step in steps)
    kinds = {
        "split": sum(isinstance(step, Split) for step in steps),
        "merge": sum(isinstance(step, Merge) for step in steps),
        "UpdateShardCount call": updates,
    }
    parts = [f"{n} {name}{'s' if n > 1 else ''}" for name, n in kinds.items() if n]
    return " and ".join(parts)
