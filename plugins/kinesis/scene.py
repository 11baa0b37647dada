"""What every resharding command looks at before it plans."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from awsops.api import Aws
from awsops.config import read_prices
from awsops.errors import AwsopsError, CancelledError, UsageError
from awsops.events import Change, Note, Plan, Progress

from .arguments import words_of
from .client import KinesisClient, patiently
from .course import Course
from .decisions import Decision
from .describing import Words, describe_plan, notes
from .engine import Engine, Reins
from .quota import Room, count_updates, read_shard_limit
from .runs import OpenRun
from .shards import ShardMap, read_map
from .streams import Stream, find_stream, require_living, require_provisioned
from .waiting import Waiter


@dataclass(frozen=True, slots=True)
class Resharded:
    """What a run came to. `steps` are those of this process, `seconds` is how long they took."""

    run: str
    stream: str
    before: int
    open_shards: int
    steps: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Scene:
    """A provisioned, ACTIVE stream with its open shards and the room there is for more."""

    kinesis: KinesisClient
    stream: Stream
    shards: ShardMap
    room: Room
    waiter: Waiter


Event = Plan | Progress | Note | Change | Resharded


def waiter_of(aws: Aws, stream: str) -> Waiter:
    """Waits for a stream as long as the person does."""
    return Waiter(
        aws.client("kinesis"),
        stream,
        clock=aws.clock,
        sleep=aws.sleep,
        stopped=aws.cancelled.is_set,
    )


def settled(aws: Aws, stream: Stream) -> Generator[Note, None, tuple[Waiter, Stream]]:
    """Who waits for the stream, and the stream as it is once it is ACTIVE.

    CancelledError when the person does not wait so long.
    """
    waiter = waiter_of(aws, stream.name)
    if stream.status == "ACTIVE":
        return waiter, stream
    yield Note(f"{stream.name} is {stream.status}: waiting until it is ACTIVE")
    active = waiter.until_active()
    if active is None:
        raise CancelledError("nothing was changed")
    return waiter, active


def set_scene(aws: Aws, text: str, *, updates: bool) -> Generator[Note, None, Scene]:
    """Look at a stream that is to be resharded; a change under way is waited for.

    `updates`: count the UpdateShardCount calls too. UsageError for an on-demand stream.
    """
    kinesis: KinesisClient = aws.client("kinesis")
    stopped = aws.cancelled.is_set
    stream = patiently(lambda: find_stream(aws, text), sleep=aws.sleep, stopped=stopped)
    require_living(stream)
    by_hand = words_of(aws, stream.name).command("mode", "provisioned")
    require_provisioned(stream, "splits and merges", by_hand)
    waiter, stream = yield from settled(aws, stream)
    name = stream.name
    shards = patiently(lambda: read_map(kinesis, name), sleep=aws.sleep, stopped=stopped)
    room = read_shard_limit(kinesis, sleep=aws.sleep, stopped=stopped)
    if updates:
        used = count_updates(aws.client("cloudtrail"), stream.name, aws.clock())
        room = Room(room.open, room.limit, used)
    return Scene(kinesis, stream, shards, room, waiter)


def reshard(
    aws: Aws,
    text: str,
    verb: str,
    decide: Callable[[Scene], Decision],
    *,
    resume: str | None,
    given: Mapping[str, object],
    updates: bool = False,
) -> Iterator[Event]:
    """Plan what `decide` wants of a stream (or what a run left undone), then carry it out.

    `given` are the options that describe the change: a resumed run knows its own.
    """
    if resume is not None and (extra := [name for name, value in given.items() if value]):
        raise UsageError(
            f"--resume goes on with what run {resume} planned: leave out {', '.join(extra)}"
        )
    scene = yield from set_scene(aws, text, updates=updates and resume is None)
    folder = aws.env.folders.state / "kinesis"
    with closing(OpenRun(folder, resume or aws.run_id, scene.stream)) as run:
        if resume is not None:
            decision, course = _taken_up(run, scene, words_of(aws, scene.stream.name))
        else:
            decision = decide(scene)
            course = Course(scene.shards.keys, decision.steps)
        yield from _carry_out(aws, verb, scene, run, decision, course)


def _taken_up(run: OpenRun, scene: Scene, words: Words) -> tuple[Decision, Course]:
    """What an interrupted run left to do on the stream as it is now."""
    course = run.resume()
    if not course.seek(scene.shards.keys, course.position):
        raise AwsopsError(
            f"the shards of {scene.stream.name} are not as run {run.id} left them: somebody else "
            "changed them since",
            hint=f"{words.command('shards')} shows them; plan anew",
            code="ForeignChange",
        )
    done, of = course.position, len(course.steps)
    return Decision(course.left, f"run {run.id}: {done} of {of} steps are done"), course


def _carry_out(
    aws: Aws, verb: str, scene: Scene, run: OpenRun, decision: Decision, course: Course
) -> Iterator[Event]:
    words = words_of(aws, scene.stream.name)
    prices = read_prices(aws.env)
    plan = describe_plan(scene.stream, scene.shards, decision, scene.room, words, prices)
    yield from notes(scene.stream, decision, scene.room, prices)
    yield plan
    began, first = aws.clock(), course.position
    if plan.changes:
        run.begin(scene.shards.keys, course.steps)
        reins = Reins(
            aws.sleep,
            aws.cancelled.is_set,
            run.done,
            words.command(verb, "--resume", run.id),
        )
        yield from Engine(scene.kinesis, course, scene.waiter, words, reins).run(scene.shards)
    run.finished = True
    yield Resharded(
        run=run.id,
        stream=scene.stream.name,
        before=len(scene.shards),
        open_shards=course.count,
        steps=course.position - first,
        seconds=round(aws.clock() - began, 3),
    )
