"""Insights queries: started, running for a moment, complete; and the saved ones."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.logs.discovery import discover
from awsops.sandbox.logs.evaluation import Row, run_query
from awsops.sandbox.logs.language import Command, Limit, parse_query
from awsops.sandbox.logs.scanner import MalformedError
from awsops.sandbox.logs.state import (
    Group,
    Params,
    Region,
    invalid,
    missing,
    page,
    whole,
    with_token,
)
from awsops.sandbox.wire import Response

# User Guide, "View running queries": 100 at a time for an account, dashboards' included.
CONCURRENT = 100
DEFAULT_LIMIT = 10_000
MOST_ROWS = 100_000
MOST_GROUPS = 50
MOST_TEXT = 10_000
PAGE_ROWS = 10_000
SCHEDULED_SECONDS = 0.03
RUNNING_SECONDS = 0.12
ENDED = ("Complete", "Failed", "Cancelled", "Timeout")


@dataclass
class Query:
    """One started query; its rows are found when it starts, and shown when it is complete."""

    id: str
    text: str
    groups: list[str]
    started: float
    who: str
    language: str
    rows: list[Row] = field(default_factory=list)
    statistics: dict[str, float] = field(default_factory=dict)
    stopped: bool = False

    def status(self, now: float) -> str:
        age = now - self.started
        if self.stopped:
            return "Cancelled"
        if age < SCHEDULED_SECONDS:
            return "Scheduled"
        return "Running" if age < RUNNING_SECONDS else "Complete"


class RefusedQueryError(Exception):
    """A malformed query: its answer says where."""

    def __init__(self, error: MalformedError) -> None:
        super().__init__(error.message)
        self.error = error

    def response(self) -> Response:
        body = {
            "__type": "MalformedQueryException",
            "message": f"MalformedQueryException: {self.error.message} ([{self.error.start},"
            f"{self.error.end}])",
            "queryCompileError": {
                "location": {
                    "startCharOffset": self.error.start,
                    "endCharOffset": self.error.end,
                },
                "message": self.error.message,
            },
        }
        headers = [
            ("x-amzn-RequestId", str(uuid.uuid4())),
            ("Content-Type", "application/x-amz-json-1.1"),
            ("x-amzn-ErrorType", "MalformedQueryException"),
        ]
        return Response(400, headers, json.dumps(body).encode())


def start(region: Region, params: Params, now: float, who: str) -> dict[str, Any]:
    """MalformedQueryException, LimitExceededException (too many at a time) and the rest."""
    text = str(params.get("queryString", ""))
    if len(text) > MOST_TEXT:
        raise invalid(f"queryString is longer than {MOST_TEXT} characters.")
    language = str(params.get("queryLanguage", "CWLI"))
    if language != "CWLI":
        raise NotImplementedError(f"queries in {language}")
    commands = _parse(text)
    groups = [region.group(name) for name in _names(params)]
    start, end = int(params["startTime"]), int(params["endTime"])
    if start > end:
        raise invalid("The query's start time is after its end time.")
    active = [q for q in region.queries.values() if q.status(now) not in ENDED]
    if len(active) >= CONCURRENT:
        raise AwsError(
            "LimitExceededException",
            f"Account maximum query concurrency limit of [{CONCURRENT}] reached.",
        )
    limit = _limit(params, commands)
    query = Query(str(uuid.uuid4()), text, [g.name for g in groups], now, who, language)
    _run(query, commands, groups, start, end, limit)
    region.queries[query.id] = query
    return {"queryId": query.id}


def _parse(text: str) -> list[Command]:
    try:
        return parse_query(text)
    except MalformedError as error:
        raise RefusedQueryError(error) from None


def _names(params: Params) -> list[str]:
    given = {
        name: params[name]
        for name in ("logGroupName", "logGroupNames", "logGroupIdentifiers")
        if params.get(name)
    }
    if len(given) != 1:
        raise invalid(
            "Exactly one of logGroupName, logGroupNames, logGroupIdentifiers must be given."
        )
    (found,) = given.values()
    names = [found] if isinstance(found, str) else list(found)
    if len(names) > MOST_GROUPS:
        raise invalid(f"A query is over {MOST_GROUPS} log groups at most.")
    if any(name.endswith(":*") for name in names):
        raise invalid("An identifier must not end in ':*'.")
    return names


def _limit(params: Params, commands: list[Command]) -> int:
    given = whole(params, "limit", DEFAULT_LIMIT, MOST_ROWS) if "limit" in params else None
    said = [command.count for command in commands if isinstance(command, Limit)]
    if said:
        return min(said[-1], given or MOST_ROWS)
    return given or DEFAULT_LIMIT


def _run(
    query: Query, commands: list[Command], groups: list[Group], start: int, end: int, limit: int
) -> None:
    scanned = size = 0
    events = []
    for group in groups:
        # Whole seconds, both ends inclusive: [start, end + 999 ms].
        for event in group.between(start * 1000, end * 1000 + 999):
            events.append(discover(group, event))
            scanned += 1
            size += event.size
    outcome = run_query(commands, events, limit)
    query.rows = outcome.rows
    query.statistics = {
        "recordsMatched": float(outcome.matched),
        "recordsScanned": float(scanned),
        "estimatedRecordsSkipped": 0.0,
        "bytesScanned": float(size),
        "estimatedBytesSkipped": 0.0,
        "logGroupsScanned": float(len(groups)),
        "resultCount": float(len(outcome.rows)),
    }


def _found(region: Region, params: Params) -> Query:
    query = region.queries.get(str(params.get("queryId")))
    if query is None:
        raise missing("The specified query does not exist.")
    found: Query = query
    return found


def results(region: Region, params: Params, now: float) -> dict[str, Any]:
    """Rows once it is complete, 10,000 a page; while it runs only how far it is."""
    query = _found(region, params)
    status = query.status(now)
    answer: dict[str, Any] = {"queryLanguage": query.language, "status": status, "results": []}
    if status == "Scheduled":
        return {**answer, "statistics": dict.fromkeys(query.statistics, 0.0)}
    answer["statistics"] = query.statistics
    if status != "Complete":
        return answer
    size = whole(params, "maxItems", PAGE_ROWS, PAGE_ROWS)
    answer["results"], token = page(region, params, query.rows, size)
    return with_token(answer, token)


def stop(region: Region, params: Params, now: float) -> dict[str, Any]:
    query = _found(region, params)
    if query.status(now) in ENDED:
        raise invalid("Query is not in a running state and cannot be stopped.")
    query.stopped = True
    return {"success": True}


def describe(region: Region, params: Params, now: float) -> dict[str, Any]:
    wanted = params.get("status")
    found = [
        query
        for query in reversed(region.queries.values())
        if wanted in (None, query.status(now))
        and params.get("logGroupName") in (None, *query.groups)
    ]
    shown, token = page(region, params, found, whole(params, "maxResults", 1000, 1000))
    queries = [
        {
            "queryLanguage": query.language,
            "queryId": query.id,
            "queryString": f"SOURCE {json.dumps(query.groups)} | {query.text}",
            "status": query.status(now),
            "createTime": int(query.started * 1000),
            "logGroupName": query.groups[0],
            "bytesScanned": query.statistics["bytesScanned"],
            "userIdentity": query.who,
        }
        for query in shown
    ]
    return with_token({"queries": queries}, token)


def put_definition(region: Region, params: Params, now: float) -> dict[str, Any]:
    given_id = params.get("queryDefinitionId")
    if given_id is not None and given_id not in region.definitions:
        raise missing("The specified query definition does not exist.")
    name = params.get("name")
    text = params.get("queryString")
    if not name or not text:
        raise invalid("A query definition has a name and a queryString.")
    for known_id, known in region.definitions.items():
        if known["name"] == name and known_id != given_id:
            raise invalid("A query definition with this name already exists.")
    definition_id = given_id or str(uuid.uuid4())
    region.definitions[definition_id] = {
        "queryLanguage": params.get("queryLanguage", "CWLI"),
        "queryDefinitionId": definition_id,
        "name": name,
        "queryString": text,
        "lastModified": int(now * 1000),
        "logGroupNames": list(params.get("logGroupNames", ())),
    }
    return {"queryDefinitionId": definition_id}


def describe_definitions(region: Region, params: Params, now: float) -> dict[str, Any]:
    prefix = params.get("queryDefinitionNamePrefix", "")
    found = sorted(
        (d for d in region.definitions.values() if d["name"].startswith(prefix)),
        key=lambda definition: str(definition["name"]),
    )
    shown, token = page(region, params, found, whole(params, "maxResults", 1000, 1000))
    return with_token({"queryDefinitions": shown}, token)


def delete_definition(region: Region, params: Params, now: float) -> dict[str, Any]:
    if region.definitions.pop(str(params.get("queryDefinitionId")), None) is None:
        raise missing("The specified query definition does not exist.")
    return {"success": True}
