"""Starts queries, waits for them, reads their rows; whatever was started is stopped in the end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from awsops.api import AwsopsError, CancelledError, RunRecord, UsageError
from awsops.units import format_size

from .client import LogsClient, error_code, is_transient, patiently
from .prices import USD_PER_GB, cost_of
from .quotas import Paces
from .results import Row, rows_of
from .text import malformed

KEEP_SECONDS = 7 * 86_400.0
# GetQueryResults is asked soon at first, then about once a second: its rate is small and shared.
# Of several queries, the later ones are first asked about when the last one was complete.
FIRST_POLL = 0.1
LONGEST_POLL = 1.0
_GLANCE = 0.02  # between two looks at whether the duration is known by now: no call
_EARLIER = 0.98
EXPIRIES = 5  # times that a page's token may be refused
_GOING = frozenset({"Scheduled", "Running", "Unknown"})

Sleep = Callable[[float], None]


class _ExpiredError(Exception):
    """The service takes a page's token no more."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query over groups (ARNs). Times are epoch seconds, both ends inclusive."""

    text: str
    groups: tuple[str, ...]
    start: int
    end: int
    limit: int
    language: str = "CWLI"

    def params(self) -> dict[str, Any]:
        given: dict[str, Any] = {
            "queryString": self.text,
            "startTime": self.start,
            "endTime": self.end,
            "limit": self.limit,
            "logGroupIdentifiers": list(self.groups),
        }
        if self.language != "CWLI":
            given["queryLanguage"] = self.language
        return given


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one query gave: `rows`, None where there were as many as its limit allows and so there
    may be more; `count` is how many there are, as far as the service says."""

    rows: list[Row] | None
    count: int


@dataclass
class Tally:
    """What the queries of a run have scanned, query by query. `max_bytes` ends the run."""

    price: float = USD_PER_GB
    max_bytes: float | None = None
    max_cost: float | None = None
    _by_query: dict[str, dict[str, float]] = field(default_factory=dict)

    def note(self, query_id: str, statistics: dict[str, float]) -> None:
        """Take in what GetQueryResults says; AwsopsError when a bound is passed."""
        self._by_query[query_id] = dict(statistics)
        check = self.scanned
        if self.max_bytes is not None and check > self.max_bytes:
            raise self._passed(f"--max-scan {format_size(int(self.max_bytes))}")
        if self.max_cost is not None and self.cost > self.max_cost:
            raise self._passed(f"--max-cost {self.max_cost:g}")

    def matched_by(self, query_id: str) -> int:
        """The rows of one query, by the service's count."""
        return int(self._by_query.get(query_id, {}).get("recordsMatched", 0))

    def _passed(self, bound: str) -> AwsopsError:
        return AwsopsError(
            f"stopped: {format_size(int(self.scanned))} scanned (USD {self.cost:.4f}) is more than "
            f"{bound}",
            hint="take a shorter time or fewer groups, or raise the bound",
            code="ScanBound",
        )

    def _sum(self, name: str) -> float:
        return sum(found.get(name, 0.0) for found in list(self._by_query.values()))

    @property
    def scanned(self) -> float:
        """Bytes."""
        return self._sum("bytesScanned")

    @property
    def matched(self) -> float:
        return self._sum("recordsMatched")

    @property
    def records(self) -> float:
        return self._sum("recordsScanned")

    @property
    def cost(self) -> float:
        """USD."""
        return cost_of(self.scanned, self.price)


class Insights:
    """The queries of one target's run. Use it with `with`: on leaving, those that still go on are
    stopped. Safe to use from several threads.

    Every started query is in the record before its results are asked for, so that
    `awsops logs stop --mine` finds what a killed run has left behind.
    """

    def __init__(
        self,
        logs: LogsClient,
        record: RunRecord,
        tally: Tally,
        *,
        sleep: Sleep,
        stopped: Callable[[], bool],
        paces: Paces | None = None,
    ) -> None:
        self._logs = logs
        self._paces = paces
        self._record = record
        self.tally = tally
        self._sleep = sleep
        self._stopped = stopped
        self._going: dict[str, None] = {}
        self._first_pages: dict[str, Any] = {}
        self._due: float | None = None  # seconds after which a query should be complete
        self._scout: str | None = None  # the one that finds that out
        self._closing = False
        self._lock = threading.Lock()
        self.waiting = 0  # starts that wait for one of the account's queries to end

    def __enter__(self) -> Insights:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        for query_id in list(self._going):
            with contextlib.suppress(Exception):  # ended by itself, or out of reach: it is recorded
                stop_query(self._logs, query_id)
                del self._going[query_id]
        self._record.close(finished=not self._going)

    def _over(self) -> bool:
        return self._closing or self._stopped()

    def start(self, question: Question) -> str:
        """Its id. Waits while the account runs as many queries as it may (LimitExceeded)."""

        def is_full(error: BaseException) -> bool:
            full = error_code(error) == "LimitExceededException"
            self.waiting += full
            return full or is_transient(error)

        if self._over():
            raise CancelledError("the query was not started")
        try:
            answer = patiently(
                lambda: self._logs.start_query(**question.params()),
                sleep=self._sleep,
                stopped=self._over,
                waits_for=is_full,
                pace=self._paces.start_query if self._paces else None,
            )
        except Exception as error:
            if error_code(error) == "MalformedQueryException":
                raise malformed(question.text, error) from error
            raise
        query_id = str(answer["queryId"])
        with self._lock:
            self._going[query_id] = None
        self._record.append({"query": query_id})
        return query_id

    def wait(self, query_id: str) -> Iterator[tuple[str, int]]:
        """Status and rows as they change, until it is complete; raises when it fails."""
        waited, wait, looks = self._sleep_before_first_look(query_id), FIRST_POLL, 0
        while True:
            if self._over():
                raise CancelledError(f"query {query_id} was stopped")
            answer = self._ask(query_id)
            looks += 1
            status = answer["status"]
            if status == "Complete":  # with the first page of its rows, which is kept for `rows`
                self._first_pages[query_id] = answer
                self._learn(waited, looks)
            yield status, int(answer["statistics"].get("recordsMatched", 0))
            if status == "Complete":
                return
            if status not in _GOING:
                self._end(query_id)
                raise AwsopsError(f"query {query_id} ended as {status}", code=f"Query{status}")
            self._sleep(wait)
            waited += wait
            wait = min(wait * 1.5, LONGEST_POLL)

    def _sleep_before_first_look(self, query_id: str) -> float:
        """Seconds slept. As long as nobody knows how long a query takes, one of them is looked at
        and the others wait for what it tells, but not longer than LONGEST_POLL."""
        with self._lock:
            if self._due is None and self._scout is None:
                self._scout = query_id
        waited = 0.0
        while waited < (self._due if self._due is not None else LONGEST_POLL):
            scouts = self._scout == query_id
            idle = FIRST_POLL if scouts else _GLANCE
            pause = idle if self._due is None else self._due - waited
            self._sleep(pause)
            waited += pause
            if scouts or self._over():
                break
        return waited

    def _learn(self, waited: float, looks: int) -> None:
        """A query was complete after so many seconds; a little earlier, if at the first look."""
        with self._lock:
            known = self._due is not None and looks == 1
            self._due = waited * _EARLIER if known else waited

    def rows(self, query_id: str) -> Iterator[list[Row]]:
        """The rows of a complete query, a page at a time. Where a token has expired the pages are
        read again from the first, without the rows that were given: they are stored and stay."""
        given = 0
        for _ in range(EXPIRIES):
            passed = 0
            try:
                for page in self._pages(query_id):
                    fresh = page[max(0, given - passed) :]
                    passed += len(page)
                    given = max(given, passed)
                    yield fresh
                return
            except _ExpiredError as error:
                reason = error
        raise AwsopsError(
            f"the pages of query {query_id} expire faster than they can be read"
        ) from reason

    def _pages(self, query_id: str) -> Iterator[list[Row]]:
        answer = self._first_pages.pop(query_id, None) or self._ask(query_id)
        while True:
            token: str | None = answer.get("nextToken")
            if not token:
                self._end(query_id)
            yield rows_of(answer)
            if not token:
                return
            try:
                answer = self._ask(query_id, nextToken=token)
            except Exception as error:
                if error_code(error) == "InvalidParameterException":
                    raise _ExpiredError from error
                raise

    def _ask(self, query_id: str, **more: str) -> Any:
        answer: Any = patiently(
            lambda: self._logs.get_query_results(queryId=query_id, **more),
            sleep=self._sleep,
            stopped=self._over,
            pace=self._paces.get_query_results if self._paces else None,
        )
        statistics = answer.get("statistics") or {}
        answer = {**answer, "statistics": statistics}
        with self._lock:
            if statistics:
                self.tally.note(query_id, statistics)
        return answer

    def _end(self, query_id: str) -> None:
        with self._lock:
            self._going.pop(query_id, None)
            if self._scout == query_id:
                self._scout = None

    def fetch(self, question: Question) -> list[Row]:
        """All rows of one query; blocks."""
        query_id = self.start(question)
        for _ in self.wait(query_id):
            pass
        return [row for page in self.rows(query_id) for row in page]

    def fetch_slice(self, question: Question) -> Fetched:
        """The rows of one query unless there may be more than its limit; blocks."""
        query_id = self.start(question)
        for _ in self.wait(query_id):
            pass
        matched = self.tally.matched_by(query_id)
        if matched > question.limit:
            self._forget(query_id)
            return Fetched(None, matched)
        rows = [row for page in self.rows(query_id) for row in page]
        full = len(rows) >= question.limit
        return Fetched(None if full else rows, max(matched, len(rows)))

    def _forget(self, query_id: str) -> None:
        self._first_pages.pop(query_id, None)
        self._end(query_id)


def stop_query(logs: LogsClient, query_id: str) -> bool:
    """Stop a query; False when it had ended or is not known any more."""
    try:
        logs.stop_query(queryId=query_id)
    except Exception as error:
        if error_code(error) in ("InvalidParameterException", "ResourceNotFoundException"):
            return False
        raise
    return True


def check_certain(
    groups: Sequence[dict[str, Any]], start: int, end: int, now: float, tally: Tally
) -> None:
    """Refuse what is sure to pass a bound: the window covers all that a group has ever stored."""
    sure = sum(
        group.get("storedBytes") or 0
        for group in groups
        if start * 1000 <= group.get("creationTime", 0) and end >= now - 60
    )
    over = tally.max_bytes is not None and sure > tally.max_bytes
    dear = tally.max_cost is not None and cost_of(sure, tally.price) > tally.max_cost
    if over or dear:
        raise UsageError(
            f"the groups store {format_size(sure)} and all of it lies in the time asked for: "
            f"that is USD {cost_of(sure, tally.price):.4f}, more than the bound",
            hint="nothing was started; take a shorter time or fewer groups",
            code="ScanBound",
        )
