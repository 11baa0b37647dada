"""A loopback Kinesis for measuring: streams of any size, changes that take a second.

Run as a program of its own, so that its work is not the measured process's:

    python tests/bench/kinesis_server.py --delay 0.01 --change 1

It prints its port and serves until its standard input is closed. The stream `even-5000` has 5,000
open shards of equal ranges, `uneven-10000` as many at odd places; a stream is there once it is
asked for. A split makes its stream UPDATING for `--change` seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from bisect import insort
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise

from http_server import JSON, Answer, Request, caller, serve  # the file beside this one

KEYS = 2**128
ACCOUNT = "000000000000"
PAGE = 1_000


@dataclass
class Stream:
    """Where the open shards start; `pending` starts one more at the time `due`."""

    name: str
    starts: list[int]
    due: float = 0.0
    pending: int | None = None
    made: dict[int, int] = field(default_factory=dict)

    def look(self) -> str:
        if self.pending is not None and time.monotonic() >= self.due:
            insort(self.starts, self.pending)
            self.pending = None
        return "ACTIVE" if self.pending is None else "UPDATING"

    def shards(self, after: int) -> list[dict[str, object]]:
        ranges = list(pairwise([*self.starts, KEYS]))[after : after + PAGE]
        return [
            {
                "ShardId": f"shardId-{number:012d}",
                "HashKeyRange": {"StartingHashKey": str(a), "EndingHashKey": str(b - 1)},
                "SequenceNumberRange": {"StartingSequenceNumber": "49600000000000000000000"},
            }
            for number, (a, b) in enumerate(ranges, after)
        ]


class Answers:
    """What each call is answered with."""

    def __init__(self, change: float) -> None:
        self._change = change
        self._streams: dict[str, Stream] = {}

    def _stream(self, name: str) -> Stream:
        if name not in self._streams:
            kind, count = name.split("-")[0], int(name.split("-")[1])
            dice = random.Random(name)
            starts = [number * KEYS // count for number in range(count)]
            if kind == "uneven":
                starts = [0, *sorted(dice.sample(range(1, 10**15), count - 1))]
            self._streams[name] = Stream(name, starts)
        return self._streams[name]

    def answer(self, operation: str, params: dict[str, str]) -> dict[str, object]:
        if operation == "DescribeLimits":
            count = {"OnDemandStreamCount": 0, "OnDemandStreamCountLimit": 50}
            return {"ShardLimit": 50_000, "OpenShardCount": 10, **count}
        if operation == "LookupEvents":
            return {"Events": []}
        token = params.get("NextToken")
        stream = self._stream(token.split(":")[0] if token else params["StreamName"])
        status = stream.look()
        if operation == "ListShards":
            after = int(token.split(":")[1]) if token else 0
            found = stream.shards(after)
            more = after + len(found) < len(stream.starts)
            following = {"NextToken": f"{stream.name}:{after + len(found)}"} if more else {}
            return {"Shards": found, **following}
        if operation == "SplitShard":
            stream.pending = int(params["NewStartingHashKey"])
            stream.due = time.monotonic() + self._change
            return {}
        return {
            "StreamDescriptionSummary": {
                "StreamName": stream.name,
                "StreamARN": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{stream.name}",
                "StreamStatus": status,
                "StreamModeDetails": {"StreamMode": "PROVISIONED"},
                "RetentionPeriodHours": 24,
                "StreamCreationTimestamp": 1_700_000_000,
                "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
                "OpenShardCount": len(stream.starts),
            }
        }


def serving(delay: float, change: float) -> Callable[[Request], Awaitable[Answer]]:
    """What `serve` is to answer with, after `delay` seconds."""
    answers = Answers(change)

    async def answer(request: Request) -> Answer:
        found: Answer = 200, "text/xml", caller(ACCOUNT)
        if request.operation:
            params = json.loads(request.body or b"{}")
            found = 200, JSON, json.dumps(answers.answer(request.operation, params))
        await asyncio.sleep(delay)
        return found

    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.01, help="seconds before each answer")
    parser.add_argument("--change", type=float, default=1.0, help="seconds that a split takes")
    given = parser.parse_args()
    asyncio.run(serve(serving(given.delay, given.change)))


if __name__ == "__main__":
    main()
