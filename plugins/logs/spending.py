"""What queries have scanned, by whom, as far as the service's list of queries tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from .client import LogsClient
from .prices import cost_of


@dataclass(frozen=True, slots=True)
class Spent:
    """The queries of one caller over one log group."""

    who: str
    group: str
    queries: int
    scanned_bytes: int
    usd: float
    last_at: datetime


def spending(logs: LogsClient, since: float, price: float) -> list[Spent]:
    """The dearest first; queries started from `since` (epoch seconds) on.

    A query over several groups counts for the first, which is the one that the service names.
    """
    found: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for who, group, scanned, at in _queries(logs):
        if at >= since * 1000:
            found.setdefault((who, group), []).append((scanned, at))
    rows = [
        Spent(
            who=who,
            group=group,
            queries=len(each),
            scanned_bytes=int(sum(scanned for scanned, _ in each)),
            usd=round(cost_of(sum(scanned for scanned, _ in each), price), 6),
            last_at=datetime.fromtimestamp(max(at for _, at in each) / 1000, UTC),
        )
        for (who, group), each in found.items()
    ]
    return sorted(rows, key=lambda row: -row.scanned_bytes)


def _queries(logs: LogsClient) -> Iterator[tuple[str, str, float, int]]:
    params: dict[str, str] = {}
    while True:
        answer = logs.describe_queries(**params)
        for query in answer["queries"]:
            yield (
                query.get("userIdentity") or "unknown",
                query.get("logGroupName") or "several",
                float(query.get("bytesScanned") or 0),
                query["createTime"],
            )
        if not answer.get("nextToken"):
            return
        params["nextToken"] = answer["nextToken"]
