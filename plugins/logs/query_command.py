"""`awsops logs query`: ask Insights, whole or sliced, and know what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Line,
    Note,
    Option,
    Progress,
    RunRecord,
    UsageError,
    command,
)
from awsops.given_files import read_given
from awsops.units import format_size, parse_size

from .arguments import FromOption, GroupOption, SinceOption, ToOption, clock_notes, window
from .chart import Chart
from .choices import complete_parameters
from .groups import MOST_GROUPS, resolve
from .insights import KEEP_SECONDS, Fetched, Insights, Question, Tally, check_certain
from .prices import parse_usd, price_per_gb
from .quotas import paces
from .results import Row, read_plainly
from .rows import POINTER, Columns
from .saved import complete_saved, fill, find_saved
from .slicing import all_rows
from .text import slice_order

DEFAULT_LIMIT = 10_000  # StartQuery, limit: what it is when it is left out
MOST_ROWS = 100_000
LANES = 16
MOST_LANES = 64  # of the account's 100 at a time, which dashboards use too
MOST_TEXT = 10_000  # StartQuery, queryString

CALLS = ("logs:StartQuery", "logs:StopQuery")


@command(calls=CALLS, merge_by="@timestamp")
def query(
    aws: Aws,
    text: Annotated[
        str | None,
        Argument(help="The query, or @NAME of a saved one.", complete=complete_saved),
    ] = None,
    group: GroupOption = [],  # noqa: B006 - the kernel hands over a list of its own
    file: Annotated[Path | None, Option(help="Read the query from a file.", short="-f")] = None,
    since: SinceOption = "1h",
    begin: FromOption = None,
    end: ToOption = None,
    limit: Annotated[
        int, Option(help="Rows of one query, at most.", short="-n", min=1, max=MOST_ROWS)
    ] = DEFAULT_LIMIT,
    lang: Annotated[
        str, Option(help="The language of the query.", choices=("cwli", "sql", "ppl"))
    ] = "cwli",
    set_: Annotated[
        list[str],
        Option(
            help="A parameter of a saved query; may be repeated.",
            complete=complete_parameters,
            name="--set",
            metavar="NAME=VALUE",
        ),
    ] = [],  # noqa: B006
    all_: Annotated[
        bool, Option(help="Every row: slice the time into many queries.", name="--all")
    ] = False,
    max_scan: Annotated[
        str | None, Option(help="Stop when more than this is scanned.", metavar="SIZE")
    ] = None,
    max_cost: Annotated[
        str | None, Option(help="Stop when it has cost more than so many USD.", metavar="USD")
    ] = None,
    price: Annotated[
        str | None,
        Option(
            help="USD for a GB scanned; default: config.toml's, or the list price.", metavar="USD"
        ),
    ] = None,
    no_chart: Annotated[bool, Option(help="Do not draw what is counted by time.")] = False,
    ptr: Annotated[bool, Option(help="Show @ptr too, for logs record.")] = False,
) -> Iterator[dict[str, str | None] | Line | Progress | Note]:
    """Run a Logs Insights query and show its rows, what it scanned and what that cost."""
    logs = aws.client("logs")
    read_plainly(logs)
    wanted, saved_groups = _text(aws, text, file, set_)
    newest_first = slice_order(wanted) if all_ else True
    if all_ and lang != "cwli":
        raise UsageError(f"--all cannot read {lang} to see whether slices would change it")
    groups = resolve(logs, group or saved_groups) if group or saved_groups else []
    _check_groups(groups, wanted)
    first, last = window(aws, since, begin, end)
    yield from clock_notes(aws)
    tally = Tally(
        price=price_per_gb(aws.env, price, aws.region),
        max_bytes=parse_size(max_scan) if max_scan else None,
        max_cost=parse_usd(max_cost, "--max-cost") if max_cost else None,
    )
    check_certain(groups, first, last, aws.service_clock(), tally)
    arns = tuple(found["logGroupArn"] for found in groups)
    question = Question(wanted, arns, first, last, limit, lang.upper())
    columns = Columns(pointers=ptr)
    chart = None if no_chart else Chart.of(aws, wanted)
    with Insights(
        logs,
        _record(aws),
        tally,
        sleep=aws.sleep,
        stopped=aws.cancelled.is_set,
        paces=paces(aws),
    ) as insights:
        sliced = _sliced(aws, insights, question, newest_first=newest_first, ptr=ptr)
        pages = sliced if all_ else _whole(insights, question)
        shown = 0
        for page in pages:
            if isinstance(page, Progress):
                yield page
                continue
            shown += len(page)
            for row in columns.of(page):
                if chart is not None:
                    chart.add(row)
                yield row
        drawing = chart.line() if chart is not None else None
        if drawing is not None:
            yield drawing
        full = not all_ and shown >= limit
    yield Note(_summary(tally, shown))
    if full:
        yield _at_the_limit(shown, "" if lang != "cwli" else " or --all")


def _at_the_limit(shown: int, or_all: str) -> Note:
    return Note(
        f"{shown:,} rows are the limit: there may be more; --limit (up to 100,000){or_all} "
        "gives them",
        "warning",
    )


def _whole(insights: Insights, question: Question) -> Iterator[Progress | list[Row]]:
    query_id = insights.start(question)
    for status, matched in insights.wait(query_id):
        yield _progress(insights.tally, status, matched)
    yield from insights.rows(query_id)


def _sliced(
    aws: Aws, insights: Insights, question: Question, *, newest_first: bool, ptr: bool
) -> Iterator[Progress | list[Row]]:
    width = min(aws.jobs or LANES, MOST_LANES)

    def fetch(start: int, end: int) -> Fetched:
        piece = Question(
            question.text, question.groups, start, end, question.limit, question.language
        )
        found = insights.fetch_slice(piece)
        for row in found.rows or () if not ptr else ():
            row.pop(POINTER, None)  # a third of what waits for its turn in memory
        return found

    shown = 0
    with aws.pool(width) as pool:
        for rows in all_rows(
            question.start,
            question.end,
            limit=question.limit,
            fetch=fetch,
            pool=pool,
            width=width,
            newest_first=newest_first,
        ):
            shown += len(rows)
            yield _progress(insights.tally, "slices", shown)
            yield rows


def _progress(tally: Tally, status: str, matched: int) -> Progress:
    return Progress(matched, unit="rows", message=f"{status}, {_scanned(tally)}")


def _scanned(tally: Tally) -> str:
    return (
        f"{int(tally.records):,} records, {format_size(int(tally.scanned))} scanned, "
        f"USD {tally.cost:.4f}"
    )


def _summary(tally: Tally, shown: int) -> str:
    noun = "row" if shown == 1 else "rows"
    return f"{shown:,} {noun}; {_scanned(tally)} at USD {tally.price:g}/GB"


def _record(aws: Aws) -> RunRecord:
    """The started queries of this run and target, for `logs stop --mine`."""
    identity = aws.identity()
    name = f"{aws.run_id}-{identity.account}-{aws.region}-queries"
    header = {
        "account": identity.account,
        "region": aws.region,
        "caller": identity.arn,
        "at": aws.clock(),
    }
    return RunRecord.begin(aws.env.folders.state / "logs", name, header, keep_seconds=KEEP_SECONDS)


def _text(aws: Aws, text: str | None, file: Path | None, given: list[str]) -> tuple[str, list[str]]:
    """The query's text, and the groups that a saved one is about."""
    if (text is None) == (file is None):
        raise UsageError("give the query as an argument or with -f FILE, one of them")
    groups: list[str] = []
    if file is not None:
        text = read_given(file, "-f").replace("\r\n", "\n")
    assert text is not None
    if file is not None or text.startswith("@"):
        if file is None:
            saved = find_saved(aws.client("logs"), text[1:], sign="@")
            text, groups = saved.text, list(saved.groups)
        text = fill(text, given)
    elif given:
        raise UsageError("--set is for saved queries and files", hint="awsops logs queries")
    if len(text) > MOST_TEXT:
        raise UsageError(f"the query has {len(text):,} characters; {MOST_TEXT:,} are the most")
    return text, groups


def _check_groups(groups: list[dict[str, Any]], text: str) -> None:
    if not groups and not text.lstrip().lower().startswith("source "):
        raise UsageError("say which log groups: -g GROUP", hint="awsops logs groups lists them")
    if len(groups) > MOST_GROUPS:
        raise UsageError(
            f"{len(groups)} log groups are named; a query is over {MOST_GROUPS} at most",
            hint="use a narrower glob",
        )
