"""What the demo accounts have of Kinesis: an uneven stream with a hot shard, and one on demand."""

from __future__ import annotations

import json
import random

from awsops.sandbox.accounts import ACCOUNTS
from awsops.sandbox.kinesis import streams
from awsops.sandbox.kinesis.records import Meter
from awsops.sandbox.kinesis.region import Region
from awsops.sandbox.kinesis.state import KEYS, Record, Stream, hash_of

HOUR = 3600.0
RECORDS = 600
SPREAD_SECONDS = 300.0  # over the last five minutes
HOT_KEY = "customer-042"
HOT_SHARE = 0.5
PAGES = ("/", "/cart", "/checkout", "/search")


def seed_region(region: Region, now: float, meter: Meter) -> None:
    """The streams of a demo account in its own region; nothing anywhere else."""
    if (region.account, region.region) not in {(a.account_id, a.region) for a in ACCOUNTS}:
        return
    clicks = _stream(region, "clicks", 4, now)
    clicks.hours, clicks.metrics = 48, set(streams.METRICS)
    # Somebody split one shard by hand and left it at that.
    first = clicks.ordered()[0]
    clicks.split(first, KEYS // 32, now - 3 * HOUR)
    _fill(clicks, now, meter)
    _stream(region, "orders-events", 2, now)
    _stream(region, "audit", streams.ON_DEMAND_SHARDS, now, mode="ON_DEMAND")


def _stream(region: Region, name: str, count: int, now: float, mode: str = "PROVISIONED") -> Stream:
    stream = streams.add(region, name, count, now - 12 * HOUR, mode=mode, tags={"service": name})
    stream.advance(now - 6 * HOUR)
    return stream


def _fill(stream: Stream, now: float, meter: Meter) -> None:
    """Clicks of the last five minutes; every other one is of the same customer."""
    dice = random.Random(stream.account)
    for number in range(RECORDS):
        hot = dice.random() < HOT_SHARE
        key = HOT_KEY if hot else f"customer-{dice.randrange(1000):03d}"
        at = now - SPREAD_SECONDS * (RECORDS - number) / RECORDS
        click = {"customer": key, "page": dice.choice(PAGES), "n": number}
        shard = stream.shard_of(hash_of(key))
        data = json.dumps(click).encode()
        shard.records.append(Record(stream.next_sequence(), data, key, at))
        meter(stream, shard, len(data) + len(key), at, True)
