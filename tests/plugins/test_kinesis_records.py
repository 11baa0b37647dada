"""`kinesis put`, `tail`, `shards`, `consumers` and `retention` through the front door.

tests/peers/test_kinesis_local.py runs these on a Kinesis that is not ours.
"""

from __future__ import annotations

import gzip
import json
import signal
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from awsops_plugins.kinesis.reading import BEGINNING, RecordRow, Tail

from tests.plugins import test_kinesis_resharding as resharding
from tests.plugins.kinesis_place import Place

place = resharding.place


def lines(count: int) -> str:
    return "".join(f"record {number}\n" for number in range(count))


def drained(place: Place, name: str, *options: str) -> list[dict[str, Any]]:
    result = place.run(["tail", name, "--drain", *options])
    assert result.exit_code == 0, result.stderr
    return result.rows


def test_every_line_of_stdin_becomes_a_record(place: Place) -> None:
    name = place.make(3)
    result = place.run(["put", name, "-y"], stdin=lines(1_200))
    assert result.exit_code == 0, result.stderr
    (row,) = result.rows
    assert (row["records"], row["failed"], row["shards"]) == (1_200, 0, 3)
    assert sorted(r["data"] for r in drained(place, name)) == sorted(lines(1_200).split("\n")[:-1])


def test_records_of_one_key_keep_their_order(place: Place) -> None:
    name = place.make(3)
    place.run(["put", name, "--key", "k", "-y"], stdin=lines(900))
    assert [r["data"] for r in drained(place, name)] == lines(900).splitlines()


def test_the_key_is_taken_from_a_field_of_each_line(place: Place) -> None:
    name = place.make(2)
    text = "".join(json.dumps({"customer": {"id": f"c{n % 3}"}, "n": n}) + "\n" for n in range(9))
    result = place.run(["put", name, "--key-field", "customer.id", "-y"], stdin=text)
    assert result.exit_code == 0, result.stderr
    assert {r["partition_key"] for r in drained(place, name)} == {"c0", "c1", "c2"}


def test_a_line_without_the_field_stops_before_anything_is_put(place: Place) -> None:
    name = place.make(1)
    text = '{"id": "a"}\n{"name": "b"}\n'
    result = place.run(["put", name, "--key-field", "id", "-y"], stdin=text)
    assert result.exit_code == 2
    assert "line 2 has no id" in result.stderr
    assert drained(place, name) == []


def test_what_tail_writes_put_reads_bytes_and_all(place: Place) -> None:
    source, target = place.make(1), place.make(2)
    data = [b"text", b"\xff\x00\xfe", b'{"a": 1}', "é".encode()]
    for number, each in enumerate(data):
        place.client.put_record(StreamName=source, PartitionKey=f"k{number}", Data=each)
    rows = drained(place, source, "--decode", "base64")
    text = "".join(json.dumps(row) + "\n" for row in rows)
    assert place.run(["put", target, "--records", "-y"], stdin=text).exit_code == 0
    copies = drained(place, target, "--decode", "base64")
    assert {(r["partition_key"], r["data"]) for r in copies} == {
        (r["partition_key"], r["data"]) for r in rows
    }


def test_an_empty_input_puts_nothing_and_asks_nobody(place: Place) -> None:
    name = place.make(1)
    result = place.run(["put", name], stdin="")
    assert (result.exit_code, result.rows) == (0, [])


def test_a_dry_run_puts_nothing(place: Place) -> None:
    name = place.make(1)
    result = place.run(["put", name, "--dry-run"], stdin=lines(3))
    assert result.rows[0]["detail"] == "3 records, 24B"
    assert drained(place, name) == []


@pytest.mark.parametrize(
    ("data", "how", "shown", "encoding"),
    [
        (b'{"a": [1]}', "auto", {"a": [1]}, "json"),
        (b'{"a": [1]}', "text", '{"a": [1]}', "text"),
        (b"7", "auto", "7", "text"),
        (b"7", "json", 7, "json"),
        (b"plain", "json", "plain", "text"),
        (b"plain", "base64", "cGxhaW4=", "base64"),
        (b"\xff\xfe", "text", "//4=", "base64"),
        (gzip.compress(b'{"z": 1}', mtime=0), "auto", {"z": 1}, "json"),
        (gzip.compress(b"zipped", mtime=0), "gzip", "zipped", "text"),
    ],
)
def test_data_is_shown_as_asked_and_never_lost(
    place: Place, data: bytes, how: str, shown: Any, encoding: str
) -> None:
    name = place.make(1)
    place.client.put_record(StreamName=name, PartitionKey="k", Data=data)
    (row,) = drained(place, name, "--decode", how)
    assert (row["data"], row["encoding"]) == (shown, encoding)


def test_parents_are_read_before_their_children(place: Place) -> None:
    name = place.make(1)
    place.run(["put", name, "--key", "k", "-y"], stdin=lines(50))
    place.run(["split", name, "0", "--into", "3", "-y"])
    place.run(["put", name, "--key", "k", "-y"], stdin=lines(50))
    first, second, _ = place.ids(name)
    place.run(["merge", name, first, second, "-y"])
    place.run(["put", name, "--key", "k", "-y"], stdin=lines(50))
    assert [r["data"] for r in drained(place, name)] == lines(50).splitlines() * 3


def test_a_follower_goes_through_a_reshard_and_misses_nothing(place: Place) -> None:
    name = place.make(2)
    follower = place.spawn(["tail", name, "--since", "start", "-n", "400"])
    place.run(["put", name, "-y"], stdin=lines(100))
    place.run(["scale", name, "--to", "4", "-y"])
    place.run(["put", name, "-y"], stdin=lines(200))
    place.run(["merge", name, *place.ids(name)[:2], "-y"])
    place.run(["put", name, "-y"], stdin=lines(100))
    said, _ = follower.communicate(timeout=60)
    found: defaultdict[str, int] = defaultdict(int)
    for line in said.splitlines():
        found[json.loads(line)["data"]] += 1
    wanted = {f"record {n}": 3 if n < 100 else 1 for n in range(200)}
    assert found == wanted


def test_a_follower_shows_what_comes_and_ends_with_ctrl_c(place: Place) -> None:
    name = place.make(1)
    follower = place.spawn(["tail", name])
    seen = threading.Event()

    def feed() -> None:  # until one arrives: reading begins at the tip at some moment
        while not seen.wait(0.1):
            place.client.put_record(StreamName=name, PartitionKey="k", Data=b"x")

    feeder = threading.Thread(target=feed)
    feeder.start()
    line = follower.stdout.readline()
    seen.set()
    feeder.join()
    follower.send_signal(signal.SIGINT)
    _, said = follower.communicate(timeout=60)
    assert json.loads(line)["partition_key"] == "k"
    assert follower.returncode == 130
    assert f"following shard shardId-000000000000 of {name} from now on" in said
    assert "goes on from there" in said


def test_on_a_terminal_each_record_is_a_line(place: Place) -> None:
    name = place.make(1)
    place.client.put_record(StreamName=name, PartitionKey="k\x1b[2J", Data=b'{"a": 1}')
    result = place.run(["tail", name, "--since", "start", "-n", "1"], tty=True)
    assert result.exit_code == 0, result.stderr
    time, *rest = result.stdout.split("  ")
    assert rest == ["0", "k\\x1b[2J", '{"a": 1}\n']
    assert time.endswith("Z")


class TwoShards:
    """A stream whose second shard has older records and is always behind."""

    def list_shards(self, **_: Any) -> dict[str, Any]:
        ranges = {"HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": "1"}}
        began = {"SequenceNumberRange": {"StartingSequenceNumber": "1"}}
        return {"Shards": [{"ShardId": f"shardId-{n}", **ranges, **began} for n in (0, 1)]}

    def get_shard_iterator(self, **params: Any) -> dict[str, Any]:
        return {"ShardIterator": params["ShardId"]}

    def get_records(self, ShardIterator: str, Limit: int) -> dict[str, Any]:
        hour = 9 if ShardIterator.endswith("1") else 10
        record = {
            "ApproximateArrivalTimestamp": datetime(2026, 3, 1, hour, tzinfo=UTC),
            "SequenceNumber": "1",
            "PartitionKey": "k",
            "Data": b"x",
        }
        behind = 5000 if hour == 9 else 0
        return {
            "Records": [record],
            "NextShardIterator": ShardIterator,
            "MillisBehindLatest": behind,
        }


def test_the_shard_that_has_come_least_far_says_from_where_to_go_on() -> None:
    stopped = threading.Event()
    tail = Tail(
        TwoShards(),  # type: ignore[arg-type]
        "clicks",
        decode="text",
        clock=lambda: 0.0,
        sleep=lambda _: None,
        stopped=stopped.is_set,
    )
    tail.start(BEGINNING, None)
    assert tail.read_up_to == ""
    shards = set()
    with ThreadPoolExecutor(2) as pool:
        for seen in tail.follow(pool, children=True, drain=False):
            if isinstance(seen, RecordRow):
                shards.add(seen.shard_id)
            if len(shards) == 2:
                stopped.set()
    assert tail.read_up_to == "2026-03-01T09:00:00Z"


def test_one_shard_alone_is_read(place: Place) -> None:
    name = place.make(2)
    place.run(["put", name, "-y"], stdin=lines(100))
    rows = drained(place, name, "--shard", "1")
    assert {row["shard_id"] for row in rows} == {"shardId-000000000001"}
    assert 0 < len(rows) < 100


def test_an_unknown_shard_is_not_read(place: Place) -> None:
    name = place.make(1)
    assert place.run(["tail", name, "--shard", "9"]).exit_code == 5


def test_closed_shards_are_shown_with_all(place: Place) -> None:
    name = place.make(1)
    place.run(["split", name, "0", "-y"])
    opened = place.run(["shards", name]).rows
    every = place.run(["shards", name, "--all"]).rows
    assert [row["state"] for row in opened] == ["open", "open"]
    assert [row["state"] for row in every] == ["open", "open", "closed"]
    assert {row["parent"] for row in opened} == {every[2]["shard_id"]}


def test_the_shares_of_all_open_shards_are_the_key_space(place: Place) -> None:
    name = place.uneven()
    rows = place.run(["shards", name]).rows
    assert sum(int(r["end_hash"]) - int(r["start_hash"]) + 1 for r in rows) == 2**128
    assert sum(r["share"] for r in rows) == pytest.approx(100)


def test_the_hottest_shard_and_key_are_named_from_a_sample(place: Place) -> None:
    name = place.make(2)
    place.run(["put", name, "--key", "hot", "-y"], stdin=lines(300))
    place.run(["put", name, "-y"], stdin=lines(50))
    result = place.run(["shards", name, "--heat", "2m"])
    assert result.exit_code == 0, result.stderr
    hot = max(result.rows, key=lambda row: row["records_per_s"])
    assert hot["records_per_s"] >= 300 / 120
    assert f"hottest: {hot['shard_id']}" in result.stderr
    assert "hot 9" in result.stderr or "hot 8" in result.stderr
    assert "by a sample" in result.stderr


def test_registered_consumers_are_listed(place: Place) -> None:
    name = place.make(1)
    arn = place.settle(name)["StreamARN"]
    for consumer in ("billing", "search"):
        place.client.register_stream_consumer(StreamARN=arn, ConsumerName=consumer)
    result = place.run(["consumers", name])
    assert sorted(row["name"] for row in result.rows) == ["billing", "search"], result.stderr


def test_records_are_kept_longer(place: Place) -> None:
    name = place.make(1)
    result = place.run(["retention", name, "3d", "-y"])
    assert (result.exit_code, result.rows[0]["retention"]) == (0, 72), result.stderr
    assert place.settle(name)["RetentionPeriodHours"] == 72


def test_keeping_them_shorter_says_what_is_lost(place: Place) -> None:
    name = place.make(1)
    place.run(["retention", name, "48h", "-y"])
    planned = place.run(["retention", name, "24h", "--dry-run"])
    assert planned.rows[0]["irreversible"] is True
    assert place.run(["retention", name, "24h", "-y"]).rows[0]["retention"] == 24


@pytest.mark.parametrize("keep", ["23h", "366d", "90m", "25h30m", "soon"])
def test_a_retention_that_kinesis_has_not_is_refused(place: Place, keep: str) -> None:
    name = place.make(1)
    assert place.run(["retention", name, keep, "-y"]).exit_code == 2
