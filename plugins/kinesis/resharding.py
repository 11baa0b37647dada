"""The commands that change the shards of a stream: split, merge, scale, balance, mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from awsops.api import Annotated, Argument, Aws, Option, command
from awsops.config import read_prices
from awsops.errors import AwsopsError, CancelledError, NothingThereError, UsageError
from awsops.events import Change, Note, Plan, Progress

from .arguments import EngineOption, ResumeOption, StreamArgument, words_of
from .choices import complete_modes, complete_neighbours, complete_shards
from .client import error_text, is_limit
from .decisions import Decision, check_count, decide_balance, decide_scale, read_by
from .describing import Words
from .keyspace import Keyspace, hash_of
from .loads import fitting_count, read_percent
from .planners import PlanError, isolate, split_at, split_into
from .prices import Terms
from .quota import MOST_SHARDS
from .scene import Event, Scene, reshard, settled
from .shards import ShardMap, find_shard, read_hash
from .steps import Merge
from .streams import find_stream, require_living

MODES = ("on-demand", "provisioned")


@dataclass(frozen=True, slots=True)
class ModeRow:
    """The capacity mode of a stream after `kinesis mode`."""

    stream: str
    mode: str
    status: str


@command(mutates=True, resumes=("stream",))
def split(
    aws: Aws,
    stream: StreamArgument,
    shard: Annotated[
        str | None,
        Argument(
            help="Shard id or its number; --at and --isolate find it themselves.",
            complete=complete_shards,
        ),
    ] = None,
    at: Annotated[str | None, Option(help="Split at this hash key.", metavar="HASH")] = None,
    into: Annotated[int | None, Option(help="Split into so many.", min=2, max=MOST_SHARDS)] = None,
    isolate: Annotated[
        str | None, Option(help="Give this partition key a shard of its own.", metavar="KEY")
    ] = None,
    resume: ResumeOption = None,
) -> Iterator[Event]:
    """Split a shard in half, at a hash key, into many, or around one partition key."""
    ways = {"--at": at, "--into": into, "--isolate": isolate}
    chosen = [name for name, value in ways.items() if value is not None]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} are different ways to split: give one")
    if resume is None and shard is None and chosen in ([], ["--into"]):
        raise UsageError(
            "name the shard to split, or give --at or --isolate",
            hint=f"awsops kinesis shards {stream}",
        )

    def decide(scene: Scene) -> Decision:
        return _decide_split(scene, shard, at, into, isolate)

    given = {"SHARD": shard, **ways}
    yield from reshard(aws, stream, "split", decide, resume=resume, given=given)


def _decide_split(
    scene: Scene, shard: str | None, at: str | None, into: int | None, key: str | None
) -> Decision:
    shards, keys = scene.shards, scene.shards.keys
    spot = read_hash(at, "--at") if at is not None else hash_of(key) if key is not None else None
    if shard is None and spot is not None:
        chosen = shards.of_key(spot)
        if at is not None and chosen.range.start == spot:
            return Decision(())  # a shard starts there already
    else:
        chosen = find_shard(scene.kinesis, scene.stream.name, shards, shard or "")
    try:
        if key is not None:
            if hash_of(key) not in chosen.range:
                home = shards.of_key(hash_of(key))
                raise PlanError(f"partition key {key} goes to {home.id}, not to {chosen.id}")
            return Decision(tuple(_isolated(keys, key)))
        if into is not None:
            return Decision(tuple(split_into(chosen.range, into)))
        where = spot if spot is not None else chosen.range.middle
        return Decision(tuple(split_at(chosen.range, where)))
    except PlanError as error:
        raise UsageError(
            f"{chosen.id} of {scene.stream.name}: {error}",
            hint=f"awsops kinesis shards {scene.stream.name} shows its range",
        ) from error


_isolated = isolate  # the option of that name hides it in the command


@command(mutates=True, resumes=("stream",))
def merge(
    aws: Aws,
    stream: StreamArgument,
    shard: Annotated[
        str | None, Argument(help="Shard id or its number.", complete=complete_shards)
    ] = None,
    neighbour: Annotated[
        str | None,
        Argument(help="The shard whose range is beside it.", complete=complete_neighbours),
    ] = None,
    at: Annotated[
        str | None, Option(help="Merge the two that meet at this hash key.", metavar="HASH")
    ] = None,
    resume: ResumeOption = None,
) -> Iterator[Event]:
    """Merge two shards that lie side by side, named or met at a hash key."""
    if resume is None and ((at is None) == (shard is None) or (at is None and neighbour is None)):
        raise UsageError(
            "name the two shards to merge, or the hash key at which they meet with --at",
            hint=f"awsops kinesis shards {stream}",
        )

    def decide(scene: Scene) -> Decision:
        if at is not None:
            words = words_of(aws, scene.stream.name)
            return _decide_merge_at(scene.shards, read_hash(at, "--at"), words)
        return _decide_merge(scene, shard or "", neighbour or "")

    given = {"SHARD": shard, "NEIGHBOUR": neighbour, "--at": at}
    yield from reshard(aws, stream, "merge", decide, resume=resume, given=given)


def _decide_merge_at(shards: ShardMap, key: int, words: Words) -> Decision:
    met = shards.meeting_at(key)
    if met is not None:
        return Decision((Merge(met[0].range, met[1].range),))
    name, home = words.stream, shards.of_key(key)
    if len(shards) == 1:
        raise NothingThereError(f"{name} has one open shard, {home.id}: no two meet anywhere")
    where = "the key space begins there" if key == 0 else f"it lies within {home.id}"
    bounds = shards.bounds_near(key)
    nearest = min(bounds, key=lambda bound: abs(bound - key))
    left, right = (shards.of_key(nearest - 1), shards.of_key(nearest))
    raise NothingThereError(
        f"no two shards of {name} meet at hash key {key}: {where}, and the nearest where two "
        f"do {'is' if len(bounds) == 1 else 'are'} {' and '.join(map(str, bounds))}",
        hint=f"{words.command('merge', '--at', str(nearest))} merges {left.id} and {right.id}",
    )


def _decide_merge(scene: Scene, one: str, other: str) -> Decision:
    found = [find_shard(scene.kinesis, scene.stream.name, scene.shards, n) for n in (one, other)]
    left, right = sorted(found, key=lambda shard: shard.range)
    if left.id == right.id:
        raise UsageError(f"{left.id} cannot be merged with itself")
    if left.range.end + 1 != right.range.start:
        place = scene.shards.shards.index(left)
        beside = scene.shards.shards[max(place - 1, 0) : place + 2]
        names = [shard.id for shard in beside if shard.id != left.id]
        raise UsageError(
            f"{left.id} and {right.id} do not lie side by side: only neighbours are merged",
            hint=f"beside {left.id} lies {' and '.join(names)}",
            code="NotAdjacent",
        )
    return Decision((Merge(left.range, right.range),))


@command(mutates=True, resumes=("stream",))
def scale(
    aws: Aws,
    stream: StreamArgument,
    to: Annotated[int | None, Option(help="So many open shards.", min=1, max=MOST_SHARDS)] = None,
    by: Annotated[
        str | None, Option(help="So many more or fewer: 2x, -50%, +3.", metavar="CHANGE")
    ] = None,
    fit: Annotated[
        str | None,
        Option(
            help="So many that the busiest 5 minutes of the last day use this much of them: 60%.",
            metavar="PERCENT",
        ),
    ] = None,
    engine: EngineOption = "auto",
    resume: ResumeOption = None,
) -> Iterator[Event]:
    """Change how many shards a stream has."""
    ways = {"--to": to, "--by": by, "--fit": fit}
    if resume is None and sum(value is not None for value in ways.values()) != 1:
        raise UsageError("say how many shards: one of --to, --by and --fit")
    percent = read_percent(fit) if fit is not None else None

    def decide(scene: Scene) -> Decision:
        count = len(scene.shards)
        if percent is not None:
            target, why = fitting_count(aws, scene.stream.name, percent)
            check_count(target, f"--fit {fit}")
            decision = decide_scale(scene.shards.keys, target, engine, scene.room)
            return Decision(decision.steps, f"{why}; {decision.reason}" if decision.reason else why)
        target = to if to is not None else read_by(by or "", count)
        return decide_scale(scene.shards.keys, target, engine, scene.room)

    yield from reshard(aws, stream, "scale", decide, resume=resume, given=ways, updates=True)


@command(mutates=True, resumes=("stream",))
def balance(
    aws: Aws,
    stream: StreamArgument,
    to: Annotated[
        int | None, Option(help="So many shards; default: as many.", min=1, max=MOST_SHARDS)
    ] = None,
    exact: Annotated[
        bool, Option(help="Move boundaries that are off by a few hash keys of 10^38 too.")
    ] = False,
    engine: EngineOption = "auto",
    resume: ResumeOption = None,
) -> Iterator[Event]:
    """Make the ranges of all shards equally wide, in the fewest steps."""

    def decide(scene: Scene) -> Decision:
        keys: Keyspace = scene.shards.keys
        count = to if to is not None else len(keys)
        return decide_balance(keys, count, engine, scene.room, exact=exact)

    yield from reshard(
        aws,
        stream,
        "balance",
        decide,
        resume=resume,
        given={"--to": to, "--exact": exact},
        updates=True,
    )


@command(mutates=True)
def mode(
    aws: Aws,
    stream: StreamArgument,
    mode: Annotated[str, Argument(help="on-demand or provisioned.", complete=complete_modes)],
) -> Iterator[Plan | Progress | Note | Change | ModeRow]:
    """Switch a stream between on-demand and provisioned capacity."""
    if mode not in MODES:
        raise UsageError(f"{mode} is not a capacity mode", hint=f"one of {' and '.join(MODES)}")
    found = find_stream(aws, stream)
    require_living(found)
    if found.mode == mode:
        yield Plan((), summary=f"{found.name} is {mode} already")
        yield ModeRow(found.name, found.mode, found.status)
        return
    waiter, _ = yield from settled(aws, found)
    words = words_of(aws, found.name)
    change = Change(
        "switch-mode",
        found.name,
        before=found.mode,
        after=mode,
        undo=words.command("mode", found.mode),
    )
    prices = read_prices(aws.env)
    month = found.open_shards * Terms(found.retention, found.consumers, prices).shard_month
    other = "on demand is billed by hour and gigabyte, and Kinesis reshards by itself"
    cost = (
        f"{found.open_shards} provisioned shards are USD {month:,.2f} a month "
        f"({prices.basis('kinesis')}); {other}"
    )
    yield Note(cost)
    yield Plan((change,), warnings=("a stream's mode can be switched twice in 24 hours",))
    details = {"StreamMode": mode.upper().replace("-", "_")}
    try:
        aws.client("kinesis").update_stream_mode(StreamARN=found.arn, StreamModeDetails=details)
    except Exception as error:
        if not is_limit(error):
            raise
        raise AwsopsError(
            f"Kinesis refuses to switch {found.name}: {error_text(error)}",
            hint="nothing was changed; try again when 24 hours have passed since the last switches",
            code="LimitExceeded",
        ) from error
    yield change
    after = waiter.until_active(changing=True)
    if after is None:
        raise CancelledError(f"{found.name} is being switched, and Kinesis ends it by itself")
    yield ModeRow(after.name, after.mode, after.status)
