"""What a query counts by time is drawn: for a person on a terminal, and for nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import botocore.session
import pytest
from awsops_plugins.logs.chart import MOST_SERIES, Chart, series_of
from botocore.config import Config

from awsops.sandbox import control
from awsops.sandbox.accounts import ACCOUNTS
from awsops.testing import Result, Sandbox

Run = Callable[..., Result]
START = datetime(2026, 3, 1, 10, tzinfo=UTC)


def at(minute: int) -> str:
    return (START + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def drawn(*rows: dict[str, str | None], width: int = 40, ascii_only: bool = False) -> str:
    chart = Chart(width, ascii_only=ascii_only)
    for row in rows:
        chart.add(row)
    line = chart.line()
    return line.text if line is not None else ""


def test_each_column_of_numbers_is_a_series_in_the_order_of_time() -> None:
    rows = [{"bin(5m)": at(n), "n": str(n), "ms": "1.5"} for n in (10, 0, 5)]
    assert [(one.name, [v for _, v in one.points]) for one in series_of(rows)] == [
        ("n", [0, 5, 10]),
        ("ms", [1.5, 1.5, 1.5]),
    ]


def test_what_else_is_counted_by_makes_series_of_its_own() -> None:
    rows = [{"bin(5m)": at(n), "level": level, "n": "1"} for n in (0, 5) for level in ("INFO", "X")]
    assert {one.name for one in series_of(rows)} == {"INFO", "X"}


def test_a_drawing_is_as_wide_as_the_terminal_allows() -> None:
    text = drawn(*({"bin(5m)": at(5 * n), "n": str(n)} for n in range(12)), width=60)
    assert max(len(line) for line in text.splitlines()) <= 60 + 19
    assert "10:00" in text
    assert text.startswith("n\n")


def test_a_bin_that_is_missing_is_a_gap() -> None:
    line = drawn(*({"bin(5m)": at(5 * n), "n": "9"} for n in range(10)))
    gap = drawn(*({"bin(5m)": at(5 * n), "n": "9"} for n in (0, 1, 2, 7, 8, 9)))
    blank = "⠀"
    row = max(gap.splitlines(), key=lambda text: sum(c != blank for c in text if c >= blank))
    dots = row.split("|")[1].strip().strip(blank)
    assert blank * 5 in dots
    assert line != gap


def test_only_the_largest_series_are_drawn_and_that_is_said() -> None:
    rows = [{"bin(5m)": at(n), "path": f"/{p}", "n": str(p)} for n in (0, 5) for p in range(1, 10)]
    legend = drawn(*rows).splitlines()[0]
    assert legend.startswith("/9, /8,")
    assert legend.endswith(f"(the largest {MOST_SERIES} of 9)")


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"bin(5m)": at(0), "n": "1"}],
        [{"path": "/a", "n": "1"}, {"path": "/b", "n": "2"}],
        [{"bin(5m)": at(0), "level": "x"}, {"bin(5m)": at(5), "level": "y"}],
    ],
)
def test_there_is_nothing_to_draw_without_two_bins_of_numbers(
    rows: list[dict[str, str | None]],
) -> None:
    assert drawn(*rows) == ""


QUERY = ["logs", "query", "stats max(n) as most by bin(10m)", "-g", "/demo/hills"]


@pytest.fixture
def hills(awsops_sandbox: Sandbox) -> None:
    """Events whose numbers rise and fall, one for each ten minutes: the same at any time."""
    account = ACCOUNTS[0]
    logs = botocore.session.Session(profile=None).create_client(
        "logs",
        region_name="eu-west-1",
        endpoint_url=awsops_sandbox.endpoint,
        aws_access_key_id=account.access_key,
        aws_secret_access_key=account.secret,
        config=Config(proxies={}),
    )
    awsops_sandbox.renew()
    place = {"logGroupName": "/demo/hills", "logStreamName": "s"}
    logs.create_log_group(logGroupName="/demo/hills")
    logs.create_log_stream(**place)
    now = int(control.now(awsops_sandbox.info) * 1000)
    events = [
        {"timestamp": now - 600_000 * n, "message": json.dumps({"n": n * n % 17})}
        for n in reversed(range(1, 17))
    ]
    logs.put_log_events(**place, logEvents=events)
    logs.close()


@pytest.mark.parametrize(
    ("options", "environ", "shown"),
    [
        ({"tty": True}, {}, True),
        ({"tty": True, "more": ["--no-chart"]}, {}, False),
        ({"tty": True, "more": ["-o", "json"]}, {}, False),
        ({}, {}, False),
    ],
)
def test_it_is_drawn_on_a_terminal_above_the_table(
    awsops: Run, hills: None, options: dict[str, object], environ: dict[str, str], shown: bool
) -> None:
    more = options.pop("more", [])
    assert isinstance(more, list)
    words = [*QUERY, "--since", "3h", "-p", "demo-dev", *more]
    result = awsops(words, environ=environ, **options)
    assert result.exit_code == 0, result.stderr
    assert ("⠤" in result.stdout or "⠉" in result.stdout or "⣀" in result.stdout) is shown
    if shown:
        assert result.stdout.index("|") < result.stdout.upper().index("BIN(10M)")


@pytest.mark.parametrize(
    "environ", [{"LANG": "C"}, {"LC_ALL": "POSIX"}, {"TERM": "dumb"}, {"TERM": "linux"}], ids=str
)
def test_where_there_are_no_dots_it_is_drawn_of_plain_signs(
    awsops: Run, hills: None, environ: dict[str, str]
) -> None:
    words = [*QUERY, "--since", "3h", "-p", "demo-dev", "--color", "never"]
    plain = awsops(words, tty=True, environ=environ).stdout
    assert plain.isascii()
    area = [line.partition("|")[2] for line in plain.split("BIN(10M)")[0].splitlines()]
    assert set(".:'") <= set("".join(area))


def test_plain_signs_stand_where_the_dots_would_be() -> None:
    rows = [{"bin(5m)": at(5 * n), "n": str(n * n % 17)} for n in range(12)]
    dots, plain = drawn(*rows).split("\n"), drawn(*rows, ascii_only=True).split("\n")
    blank = str.maketrans({"\u2800": " "})
    for line, signs in zip(dots, plain, strict=True):
        dotted = line.translate(blank).rstrip()
        assert [mark != " " for mark in signs] == [mark != " " for mark in dotted]
