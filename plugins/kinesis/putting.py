"""Records into a stream, in batches whose failed part is sent again until it is in."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from awsops.errors import AwsopsError, CancelledError, PartialError, UsageError
from awsops.events import Note, Progress
from awsops.expressions import read_question
from awsops.patience import Waits

from .client import KinesisClient, patiently

# API reference, PutRecords: 500 records; 10 MiB for a call, of which we take half, as older
# services do; a record has 1 MiB unless the stream was told otherwise.
BATCH_RECORDS = 500
BATCH_BYTES = 5 * 1_048_576
KEY_LETTERS = 256
ATTEMPTS_WITHOUT_PROGRESS = 12
WAITS = Waits(first=0.1, longest=5.0)  # seconds before what was refused is put again


@dataclass(frozen=True, slots=True)
class Entry:
    """A record to be put; `line` is where it was read from, from 1."""

    line: int
    data: bytes
    key: str
    hash_key: str | None = None

    @property
    def size(self) -> int:
        return len(self.data) + len(self.key.encode())

    def params(self) -> dict[str, Any]:
        given: dict[str, Any] = {"Data": self.data, "PartitionKey": self.key}
        if self.hash_key is not None:
            given["ExplicitHashKey"] = self.hash_key
        return given


@dataclass(frozen=True, slots=True)
class Put:
    """What `kinesis put` did. `retried` counts refusals that were sent again, `failed` what is not
    in the stream, `seconds` how long it took."""

    stream: str
    records: int
    bytes: int
    retried: int
    failed: int
    shards: int
    seconds: float


@dataclass(slots=True)
class Tally:
    """What was put so far."""

    records: int = 0
    size: int = 0
    retried: int = 0
    shards: set[str] = field(default_factory=set)
    reasons: dict[str, int] = field(default_factory=dict)


def read_entries(
    lines: Iterable[str], *, key: str | None, key_field: str | None, envelope: bool
) -> Iterator[Entry]:
    """A record for each line that is not empty.

    The partition key is `key`, or the field of that name (JMESPath) of each line's JSON, or what
    the line itself hashes to. An `envelope` is a line as `kinesis tail` writes it: `data`,
    `partition_key` and, when it is not text, `encoding`. UsageError names the line.
    """
    pick = _picker(key_field) if key_field is not None else None
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if not text:
            continue
        if envelope:
            yield _enveloped(number, text)
            continue
        name = key if key is not None else pick(number, text) if pick else _spread(text)
        yield _checked(Entry(number, text.encode(), name))


def _spread(text: str) -> str:
    import hashlib

    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _picker(expression: str) -> Callable[[int, str], str]:
    question = read_question(expression, "--key-field", trial={}, hint=None)

    def pick(number: int, text: str) -> str:
        value = question(_json(number, text))
        if value is None or isinstance(value, dict | list):
            raise UsageError(
                f"line {number} has no {expression} to be its partition key: nothing of this line "
                "or after it was put",
                hint="--key gives all lines one key",
            )
        return value if isinstance(value, str) else json.dumps(value)

    return pick


def _json(number: int, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"line {number} is not JSON: {error}") from error


def _enveloped(number: int, text: str) -> Entry:
    found = _json(number, text)
    if not isinstance(found, dict) or "data" not in found or not found.get("partition_key"):
        raise UsageError(
            f"line {number} has no data and partition_key",
            hint="--records reads what `awsops kinesis tail -o ndjson` writes",
        )
    data = found["data"]
    if found.get("encoding") == "base64":
        try:
            raw = base64.b64decode(str(data), validate=True)
        except ValueError as error:
            raise UsageError(f"line {number}: data is not base64") from error
    else:
        raw = (data if isinstance(data, str) else json.dumps(data)).encode()
    explicit = found.get("explicit_hash_key")
    key = str(found["partition_key"])
    return _checked(Entry(number, raw, key, None if explicit is None else str(explicit)))


def _checked(entry: Entry) -> Entry:
    if not 1 <= len(entry.key) <= KEY_LETTERS:
        raise UsageError(
            f"line {entry.line}: a partition key has 1 to {KEY_LETTERS} letters, this has "
            f"{len(entry.key)}"
        )
    return entry


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """As many records as a call takes, in their order."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        if batch and (len(batch) == BATCH_RECORDS or size + entry.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch


class Putter:
    """Puts batches one after the other; `sleep` is in seconds and ends early once `stopped`."""

    def __init__(
        self,
        kinesis: KinesisClient,
        stream: str,
        *,
        sleep: Callable[[float], None],
        stopped: Callable[[], bool],
    ) -> None:
        self._kinesis = kinesis
        self._stream = stream
        self._sleep = sleep
        self._stopped = stopped
        self.tally = Tally()

    def put(self, entries: Iterable[Entry]) -> Iterator[Progress | Note]:
        """Put them all. Raised at the end: PartialError when some were refused for good,
        CancelledError with the line to go on from."""
        for batch in batches(entries):
            if self._stopped():
                raise CancelledError(
                    f"stopped: lines before {batch[0].line} are in {self._stream}, the others not"
                )
            left = self._put_batch(batch)
            if left:
                self._raise_left(left)
            yield Progress(self.tally.records, None, "records")

    def _put_batch(self, batch: list[Entry]) -> list[Entry]:
        """Put one batch; returns what Kinesis would not take."""
        idle = 0
        while batch and idle < ATTEMPTS_WITHOUT_PROGRESS:
            answer = self._call(batch)
            refused = [
                e for e, r in zip(batch, answer["Records"], strict=True) if not self._took(e, r)
            ]
            idle = idle + 1 if len(refused) == len(batch) else 0
            batch = refused
            if batch:
                self.tally.retried += len(batch)
                if self._stopped():
                    break
                self._sleep(WAITS.after(idle + 1))
        return batch

    def _call(self, batch: list[Entry]) -> Mapping[str, Any]:
        records = [entry.params() for entry in batch]
        return patiently(
            lambda: self._kinesis.put_records(StreamName=self._stream, Records=records),
            sleep=self._sleep,
            stopped=self._stopped,
        )

    def _took(self, entry: Entry, result: Mapping[str, Any]) -> bool:
        code = result.get("ErrorCode")
        if code:
            self.tally.reasons[str(code)] = self.tally.reasons.get(str(code), 0) + 1
            return False
        self.tally.records += 1
        self.tally.size += len(entry.data)
        self.tally.shards.add(str(result["ShardId"]))
        return True

    def _raise_left(self, left: list[Entry]) -> None:
        why = ", ".join(sorted(self.tally.reasons)) or "no reason given"
        kind = PartialError if self.tally.records else AwsopsError
        if self._stopped():
            kind = CancelledError
        lines = ", ".join(str(entry.line) for entry in left[:10]) + (", ..." if left[10:] else "")
        raise kind(
            f"{len(left)} records of {self._stream} were not taken ({why}): lines {lines}; "
            f"nothing after line {max(entry.line for entry in left)} was sent",
            hint=f"awsops kinesis shards {self._stream} --heat 5m shows which shard is full",
        )
