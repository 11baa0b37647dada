"""Records put into shards and read out of them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.kinesis import faults
from awsops.sandbox.kinesis.region import Params, Region, number
from awsops.sandbox.kinesis.resharding import find_shard
from awsops.sandbox.kinesis.state import HOUR, KEYS, Record, Shard, Stream, hash_of

SHARD_RECORDS = 1_000  # a second (API reference, PutRecords)
SHARD_BYTES = 1_048_576  # a second
READS = 5  # a second and shard (API reference, GetRecords)
MOST_READ = 10_000
READ_BYTES = 10 * 1_048_576
BATCH = 500
BATCH_BYTES = 10 * 1_048_576
ITERATOR_SECONDS = 300  # API reference, GetShardIterator: expires five minutes after
KEY_LENGTH = 256

# Told of each record that was taken or turned away: stream, shard, bytes, time, taken.
Meter = Callable[[Stream, Shard, int, float, bool], None]


class Records:
    """The data plane of every stream. `meter` makes the shard-level metrics."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def put_record(self, region: Region, params: Params, now: float) -> dict[str, Any]:
        stream = _writable(region, params)
        entry = _read_entry(stream, params)
        shard, sequence = self._put(stream, *entry, now)
        if sequence is None:
            raise faults.too_fast(f"shard {shard.id} in stream {stream.name}")
        return {
            "ShardId": shard.id,
            "SequenceNumber": str(sequence),
            "EncryptionType": stream.encryption,
        }

    def put_records(self, region: Region, params: Params, now: float) -> dict[str, Any]:
        stream = _writable(region, params)
        given = params.get("Records") or []
        if not 1 <= len(given) <= BATCH:
            raise faults.validation(
                f"Value at 'records' failed to satisfy constraint: Member must have length between "
                f"1 and {BATCH}"
            )
        entries = [_read_entry(stream, entry) for entry in given]
        if sum(len(data) + len(key.encode()) for data, key, _ in entries) > BATCH_BYTES:
            raise faults.invalid(f"Records size exceeds {BATCH_BYTES} bytes.")
        answers = []
        for entry in entries:
            shard, sequence = self._put(stream, *entry, now)
            if sequence is not None:
                answers.append({"ShardId": shard.id, "SequenceNumber": str(sequence)})
                continue
            refusal = faults.too_fast(
                f"shard {shard.id} in stream {stream.name} under account {stream.account}"
            )
            answers.append({"ErrorCode": refusal.code, "ErrorMessage": refusal.message})
        failed = sum("ErrorCode" in answer for answer in answers)
        return {
            "FailedRecordCount": failed,
            "Records": answers,
            "EncryptionType": stream.encryption,
        }

    def _put(
        self, stream: Stream, data: bytes, key: str, hash_key: int, now: float
    ) -> tuple[Shard, int | None]:
        """The shard, and the record's sequence number unless the shard has had enough."""
        shard = stream.shard_of(hash_key)
        size = len(data) + len(key.encode())
        count, total = shard.taken if shard.second == int(now) else (0, 0)
        taken = count < SHARD_RECORDS and total + size <= SHARD_BYTES
        self._meter(stream, shard, size, now, taken)
        if not taken:
            return shard, None
        shard.second, shard.taken = int(now), (count + 1, total + size)
        record = Record(stream.next_sequence(), data, key, now)
        shard.records.append(record)
        return shard, record.sequence

    def iterator(self, region: Region, params: Params, now: float) -> dict[str, Any]:
        stream = _writable(region, params)
        shard = find_shard(stream, params.get("ShardId"))
        kind = params.get("ShardIteratorType")
        sequence = params.get("StartingSequenceNumber")
        if kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
            if not re.fullmatch(r"0|[1-9]\d{0,128}", str(sequence or "")):
                raise faults.invalid(f"StartingSequenceNumber {sequence} is not valid.")
            at = int(str(sequence)) + (kind == "AFTER_SEQUENCE_NUMBER")
        elif kind == "TRIM_HORIZON":
            at = 0
        elif kind == "LATEST":
            at = stream.sequence + 1
        elif kind == "AT_TIMESTAMP":
            at = _at_time(shard, params.get("Timestamp"), stream.sequence + 1)
        else:
            raise faults.validation(f"Value '{kind}' at 'shardIteratorType' is not a type.")
        return {"ShardIterator": _iterator(stream, shard, at, now)}

    def read(self, region: Region, params: Params, now: float) -> dict[str, Any]:
        limit = number(params, "Limit", most=MOST_READ) or MOST_READ
        token = _read_iterator(params.get("ShardIterator"))
        stream = region.stream({"StreamName": token["stream"]})
        if token["made"] != stream.created:
            raise faults.invalid("The iterator is of another stream.")
        if now - token["at"] > ITERATOR_SECONDS:
            raise AwsError(
                "ExpiredIteratorException",
                "Iterator expired: it was made more than 300000 milliseconds ago.",
            )
        shard = find_shard(stream, token["shard"])
        _count_read(shard, stream, now)
        shard.forget(now - stream.hours * HOUR)
        begin = shard.from_sequence(token["sequence"])
        page = _page(shard, begin, limit)
        end = begin + len(page)
        answer: dict[str, Any] = {
            "Records": [_describe(record, stream) for record in page],
            "MillisBehindLatest": _behind(shard, end, now),
        }
        if end >= len(shard.records) and not shard.open:
            answer["ChildShards"] = [_child(child) for child in stream.children_of(shard)]
            return answer
        at = shard.records[end - 1].sequence + 1 if page else token["sequence"]
        return {**answer, "NextShardIterator": _iterator(stream, shard, at, now)}


def _writable(region: Region, params: Params) -> Stream:
    stream = region.stream(params)
    if stream.status in ("CREATING", "DELETING"):
        raise faults.no_stream(stream.name, stream.account)
    return stream


def _read_entry(stream: Stream, entry: Params) -> tuple[bytes, str, int]:
    """Data, partition key and hash key of a record; errors as AWS's for what does not fit."""
    key = str(entry.get("PartitionKey") or "")
    if not 1 <= len(key) <= KEY_LENGTH:
        raise faults.validation(
            f"Value '{key[:20]}' at 'partitionKey' failed to satisfy constraint: Member must have "
            f"length between 1 and {KEY_LENGTH}"
        )
    try:
        data = base64.b64decode(str(entry.get("Data") or ""), validate=True)
    except binascii.Error:
        raise AwsError("SerializationException", "Data is not base64.") from None
    if len(data) + len(key.encode()) > stream.max_record_kib * 1024:
        raise faults.validation(
            f"Value at 'data' failed to satisfy constraint: Member must have length less than or "
            f"equal to {stream.max_record_kib * 1024}"
        )
    explicit = entry.get("ExplicitHashKey")
    if explicit is None:
        return data, key, hash_of(key)
    if not re.fullmatch(r"0|[1-9]\d{0,38}", str(explicit)) or int(explicit) >= KEYS:
        raise faults.invalid(f"Invalid ExplicitHashKey: {explicit}")
    return data, key, int(explicit)


def _at_time(shard: Shard, timestamp: Any, latest: int) -> int:
    if timestamp is None:
        raise faults.invalid("Timestamp must be given for AT_TIMESTAMP.")
    for record in shard.records:
        if record.at >= float(timestamp):
            return record.sequence
    return latest


def _count_read(shard: Shard, stream: Stream, now: float) -> None:
    shard.reads = [at for at in shard.reads if at > now - 1.0]
    if len(shard.reads) >= READS:
        raise faults.too_fast(
            f"shard {shard.id} in stream {stream.name} under account {stream.account}"
        )
    shard.reads.append(now)


def _page(shard: Shard, begin: int, limit: int) -> list[Record]:
    page: list[Record] = []
    size = 0
    for record in shard.records[begin : begin + limit]:
        size += len(record.data)
        if page and size > READ_BYTES:
            break
        page.append(record)
    return page


def _behind(shard: Shard, end: int, now: float) -> int:
    """How far the reader is behind, in milliseconds: 0 at the tip."""
    if end >= len(shard.records):
        return 0
    return max(int((now - shard.records[end].at) * 1000), 1)


def _describe(record: Record, stream: Stream) -> dict[str, Any]:
    return {
        "SequenceNumber": str(record.sequence),
        "ApproximateArrivalTimestamp": round(record.at, 3),
        "Data": base64.b64encode(record.data).decode(),
        "PartitionKey": record.key,
        "EncryptionType": stream.encryption,
    }


def _child(child: Shard) -> dict[str, Any]:
    parents = [number for number in (child.parent, child.adjacent) if number is not None]
    return {
        "ShardId": child.id,
        "ParentShards": [f"shardId-{number:012d}" for number in parents],
        "HashKeyRange": {"StartingHashKey": str(child.start), "EndingHashKey": str(child.end)},
    }


def _iterator(stream: Stream, shard: Shard, sequence: int, now: float) -> str:
    token = {
        "stream": stream.name,
        "made": stream.created,
        "shard": shard.id,
        "sequence": sequence,
        "at": now,
    }
    return base64.b64encode(json.dumps(token).encode()).decode()


def _read_iterator(text: Any) -> dict[str, Any]:
    try:
        token: dict[str, Any] = json.loads(base64.b64decode(str(text), validate=True))
        return {name: token[name] for name in ("stream", "made", "shard", "sequence", "at")}
    except (ValueError, KeyError, TypeError):
        raise faults.invalid("Invalid ShardIterator.") from None
