"""Finds queries that killed runs have left behind, and stops them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from awsops.api import AwsopsError, Change, NotFoundError, Plan, RunRecord

from .client import LogsClient
from .insights import stop_query

WHY_NO_UNDO = "A stopped query cannot go on: run it again."


@dataclass(frozen=True, slots=True)
class Going:
    """A query that is scheduled or running."""

    query: str
    status: str
    started_at: datetime
    group: str
    text: str
    who: str | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """A query and whether it was stopped: `ended` had ended by itself."""

    query: str
    outcome: str


def going(logs: LogsClient) -> Iterator[Going]:
    """Every query of the account and region that has not ended."""
    for status in ("Scheduled", "Running"):
        params = {"status": status}
        while True:
            answer = logs.describe_queries(**params)
            for found in answer["queries"]:
                yield Going(
                    query=found["queryId"],
                    status=found["status"],
                    started_at=datetime.fromtimestamp(found["createTime"] / 1000, UTC),
                    group=found.get("logGroupName", ""),
                    text=found["queryString"],
                    who=found.get("userIdentity"),
                )
            if not answer.get("nextToken"):
                break
            params["nextToken"] = answer["nextToken"]


def left_behind(folder: Path, account: str, region: str) -> dict[str, str]:
    """Queries that runs of this account and region had started when they were killed: query id to
    the name of the record. Runs that go on are left alone."""
    found: dict[str, str] = {}
    for name in RunRecord.known(folder) if folder.is_dir() else ():
        if f"-{account}-{region}-queries" not in name or RunRecord.is_held(folder, name):
            continue
        record = RunRecord.resume(folder, name)
        try:
            found |= {entry["query"]: name for entry in record.entries}
        finally:
            record.close(finished=False)
    return found


def choose(logs: LogsClient, wanted: Sequence[str], mine: dict[str, str]) -> list[Going]:
    """Those of `wanted` or `mine` that still go on; NotFoundError for an id nobody knows."""
    found = {query.query: query for query in going(logs)}
    for query_id in wanted:
        if query_id not in found:
            raise NotFoundError(
                f"no query {query_id} is scheduled or running",
                hint="awsops logs running lists those that are",
            )
    return [query for key, query in found.items() if key in wanted or key in mine]


def plan_stop(queries: Sequence[Going]) -> Plan:
    """The Plan: one change for each query."""
    changes = tuple(
        Change("stop", query.query, detail=query.text, why_no_undo=WHY_NO_UNDO) for query in queries
    )
    return Plan(changes, summary=f"stop {len(changes)} queries" if changes else "no query to stop")


def stop_all(logs: LogsClient, queries: Sequence[Going]) -> Iterator[Stopped]:
    """Stop them, one after the other; one that has ended meanwhile is a row as well."""
    for query in queries:
        yield Stopped(query.query, "stopped" if stop_query(logs, query.query) else "ended")


def forget(folder: Path, names: set[str]) -> None:
    """Remove records whose queries have all ended."""
    for name in names:
        try:
            RunRecord.resume(folder, name).close(finished=True)
        except AwsopsError:
            continue  # somebody else has it, or has removed it
