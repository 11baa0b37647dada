"""A resharding carried out step by step, each on a stream that is ACTIVE and as it should be."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from awsops.botocore_errors import from_exception
from awsops.errors import AwsopsError, CancelledError
from awsops.events import Change, Note, Progress

from .client import KinesisClient, error_text, is_busy, is_limit, patiently
from .course import Course
from .describing import Words, describe_step
from .shards import ShardMap, read_map
from .steps import Merge, SetCount, Split, Step
from .streams import Stream
from .waiting import Waiter

STALE_READS = 20  # times that an ACTIVE stream may still show the map from before the step
STALE_PAUSE = 0.25  # seconds; ListShards may lag behind the stream's state


@dataclass(frozen=True, slots=True)
class Reins:
    """How a run is held: `sleep` in seconds ends early once `stopped` says True; `done` is told
    how many steps are; `go_on` is the command line that resumes it."""

    sleep: Callable[[float], None]
    stopped: Callable[[], bool]
    done: Callable[[int], None]
    go_on: str


class Engine:
    """Carries a course out on one stream."""

    def __init__(
        self, kinesis: KinesisClient, course: Course, waiter: Waiter, words: Words, reins: Reins
    ) -> None:
        self._kinesis = kinesis
        self._course = course
        self._waiter = waiter
        self._words = words
        self._reins = reins
        self._name = words.stream

    def run(self, shards: ShardMap) -> Iterator[Progress | Note | Change]:
        """Every step that is left; `shards` is the map as it was read last.

        Raised with the command that goes on as its hint: CancelledError between two steps or while
        the last one is under way, AwsopsError when somebody else changed the shards, and whatever
        a step was refused with.
        """
        course = self._course
        try:
            while not course.finished:
                yield Progress(course.position, len(course.steps), "steps", self._progress())
                if self._reins.stopped():
                    raise self._stopped(under_way=False)
                change = describe_step(course.step, shards, self._words)
                shards = yield from self._step(shards)
                course.advance(shards.keys)
                self._reins.done(course.position)
                yield change
            yield Progress(course.position, len(course.steps), "steps", self._progress())
        except Exception as error:
            raise self._with_hint(error) from error

    def _progress(self) -> str:
        return f"{self._course.count} open shards"

    def _step(self, shards: ShardMap) -> Generator[Note, None, ShardMap]:
        """Carry one step out; returns the map after it. Done already: nothing is sent."""
        told = False
        for _ in range(STALE_READS):
            if self._course.is_next(shards.keys):
                return shards
            if not self._course.is_here(shards.keys):
                raise self._foreign(shards)
            try:
                self._send(self._course.step, shards)
            except Exception as error:
                if not is_busy(error):
                    raise
                if not told:
                    yield Note(f"{self._name} is being changed by somebody else: waiting for it")
                    told = True
                self._active(changing=False)
                self._reins.sleep(STALE_PAUSE)
                shards = self._read()
                continue
            self._active(changing=True)
            return self._changed()
        raise AwsopsError(
            f"{self._name} is ACTIVE and yet refuses the step as in use",
            hint=f"awsops kinesis shards {self._name}",
            code="ResourceInUse",
        )

    def _changed(self) -> ShardMap:
        """The map after the step, once the service shows it."""
        for _ in range(STALE_READS):
            shards = self._read()
            if self._course.is_next(shards.keys):
                return shards
            if not self._course.is_here(shards.keys):
                raise self._foreign(shards)
            self._reins.sleep(STALE_PAUSE)
        raise AwsopsError(
            f"{self._name} is ACTIVE again and its shards are as they were: the step had no effect",
            code="NoEffect",
        )

    def _send(self, step: Step, shards: ShardMap) -> None:
        call = self._call_for(step, shards)
        try:
            patiently(call, sleep=self._reins.sleep, stopped=self._reins.stopped)
        except Exception as error:
            if not is_limit(error):
                raise
            raise AwsopsError(
                f"Kinesis refuses the step by a quota: {error_text(error)}",
                hint="nothing of this step was done"
                + (
                    "; --engine split-merge needs no such quota"
                    if isinstance(step, SetCount)
                    else ""
                ),
                code="LimitExceeded",
            ) from error

    def _call_for(self, step: Step, shards: ShardMap) -> Callable[[], object]:
        if isinstance(step, Split):
            whole = self._id(shards, step.range.start)
            return lambda: self._kinesis.split_shard(
                StreamName=self._name, ShardToSplit=whole, NewStartingHashKey=str(step.at)
            )
        if isinstance(step, Merge):
            left, right = (self._id(shards, each.start) for each in (step.left, step.right))
            return lambda: self._kinesis.merge_shards(
                StreamName=self._name, ShardToMerge=left, AdjacentShardToMerge=right
            )
        return lambda: self._kinesis.update_shard_count(
            StreamName=self._name, TargetShardCount=step.after, ScalingType="UNIFORM_SCALING"
        )

    def _id(self, shards: ShardMap, start: int) -> str:
        return shards.of_key(start).id

    def _active(self, *, changing: bool) -> Stream:
        stream = self._waiter.until_active(changing=changing)
        if stream is None:
            raise self._stopped(under_way=changing)
        return stream

    def _read(self) -> ShardMap:
        """The map, once its shards fit together: while one step ends a list may show both sides."""
        for _ in range(STALE_READS - 1):
            try:
                return self._read_once()
            except AwsopsError as error:
                if error.code != "ShardMap":
                    raise
            self._reins.sleep(STALE_PAUSE)
        return self._read_once()

    def _read_once(self) -> ShardMap:
        return patiently(
            lambda: read_map(self._kinesis, self._name),
            sleep=self._reins.sleep,
            stopped=self._reins.stopped,
        )

    def _stopped(self, *, under_way: bool) -> CancelledError:
        course = self._course
        state = f"{self._name} is valid with {course.count} open shards"
        if under_way:
            state = f"step {course.position + 1} is under way and Kinesis ends it by itself"
        return CancelledError(
            f"stopped after {course.position} of {len(course.steps)} steps: {state}"
        )

    def _foreign(self, shards: ShardMap) -> AwsopsError:
        return AwsopsError(
            f"somebody else changed the shards of {self._name}: {self._course.count} open shards "
            f"were expected after {self._course.position} of {len(self._course.steps)} steps, and "
            f"{len(shards)} were found, or other ranges; nothing more was changed",
            hint=f"{self._words.command('shards')} shows them; then plan anew",
            code="ForeignChange",
        )

    def _with_hint(self, error: Exception) -> Exception:
        """The error with the command that goes on, where going on can help."""
        ours = from_exception(error)
        if ours is None or ours.code in ("ForeignChange", "Deleted"):
            return error
        go_on = f"to go on: {self._reins.go_on}"
        ours.hint = f"{ours.hint}; {go_on}" if ours.hint else go_on
        return ours
