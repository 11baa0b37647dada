"""A loopback CloudWatch Logs for measuring: as many events as are asked for, at any time.

Run as a program of its own, so that its work is not the measured process's:

    python tests/bench/logs_server.py --delay 0.05 --groups 20 --per-second 100

It prints its port and serves until its standard input is closed. Every group has `--per-second`
events in each second for Insights; for FilterLogEvents it has one event every `--every` seconds,
whose message is the time at which it is there to be read.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import lru_cache

from http_server import JSON, Answer, Request, caller, serve  # the file beside this one

ACCOUNT = "000000000000"
PAGE = 10_000  # rows of one GetQueryResults answer
_GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:"


class Answers:
    """What each call is answered with."""

    def __init__(self, groups: int, per_second: int, every: float, takes: float) -> None:
        self._names = [f"/bench/group-{number:02d}" for number in range(groups)]
        self._per_second = per_second
        self._every = every
        self._takes = takes
        self._begun = time.time()
        self._queries: dict[str, tuple[int, int, float]] = {}

    def answer(self, operation: str, params: dict[str, object]) -> str:
        if operation == "GetQueryResults":
            return self._results(str(params["queryId"]), int(str(params.get("nextToken", "0"))))
        found: dict[str, object] = {}
        if operation == "StartQuery":
            start, end = int(str(params["startTime"])), int(str(params["endTime"]))
            rows = min((end - start + 1) * self._per_second, int(str(params["limit"])))
            query_id = f"query-{len(self._queries)}"
            self._queries[query_id] = (start, rows, time.monotonic() + self._takes)
            found = {"queryId": query_id}
        elif operation == "FilterLogEvents":
            found = self._events(str(params["logGroupIdentifier"]), int(str(params["startTime"])))
        elif operation == "DescribeLogGroups":
            prefix = str(params.get("logGroupNamePrefix", ""))
            found = {"logGroups": [_group(name) for name in self._names if name.startswith(prefix)]}
        return json.dumps(found)

    def _results(self, query_id: str, first: int) -> str:
        start, rows, due = self._queries[query_id]
        if time.monotonic() < due:
            return '{"status":"Running","statistics":{},"results":[]}'
        last = min(first + PAGE, rows)
        # By hand: json.dumps of a million rows would be most of what is measured.
        cells = ",".join(self._row(start, number) for number in range(first, last))
        more = f',"nextToken":"{last}"' if last < rows else ""
        counts = f'{{"recordsMatched":{rows},"recordsScanned":{rows},"bytesScanned":{rows * 100}}}'
        return f'{{"status":"Complete","statistics":{counts},"results":[{cells}]{more}}}'

    def _row(self, start: int, number: int) -> str:
        second, part = divmod(number, self._per_second)
        return (
            f'[{{"field":"@timestamp","value":"{_moment(start + second)}.000"}},'
            f'{{"field":"@message","value":"GET /orders/{part} 200 in {number % 900} ms"}},'
            f'{{"field":"@ptr","value":"{start}-{number}"}}]'
        )

    def _events(self, group: str, since: int) -> dict[str, object]:
        now = time.time()
        first = max(0, math.ceil((since / 1000 - self._begun) / self._every))
        last = int((now - self._begun) / self._every)
        events = []
        for number in range(first, last + 1):
            at = self._begun + number * self._every
            stamp = int(at * 1000)
            events.append(
                {
                    "eventId": f"{group}-{number}",
                    "timestamp": stamp,
                    "ingestionTime": stamp,
                    "logStreamName": "one",
                    "message": f"{at:.3f}",
                }
            )
        return {"events": events}


@lru_cache(1024)
def _moment(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M:%S}"


def _group(name: str) -> dict[str, object]:
    arn = _GROUP + name
    return {
        "logGroupName": name,
        "logGroupArn": arn,
        "arn": f"{arn}:*",
        "storedBytes": 0,
        "creationTime": 0,
    }


def serving(answers: Answers, delay: float) -> Callable[[Request], Awaitable[Answer]]:
    """What `serve` is to answer with, after `delay` seconds."""

    async def answer(request: Request) -> Answer:
        await asyncio.sleep(delay)
        if not request.operation:
            return 200, "text/xml", caller(ACCOUNT)
        params = json.loads(request.body or b"{}")
        return 200, JSON, answers.answer(request.operation, params)

    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--groups", type=int, default=20)
    parser.add_argument("--per-second", type=int, default=100, help="rows of a query")
    parser.add_argument("--every", type=float, default=0.37, help="seconds between two events")
    parser.add_argument("--takes", type=float, default=0.5, help="seconds that a query runs")
    given = parser.parse_args()
    answers = Answers(given.groups, given.per_second, given.every, given.takes)
    asyncio.run(serve(serving(answers, given.delay)))


if __name__ == "__main__":
    main()
