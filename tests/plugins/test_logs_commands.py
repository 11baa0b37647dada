"""`awsops logs` through the front door, on the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from awsops.testing import Result, Sandbox

Run = Callable[..., Result]
API = ("-g", "/demo/orders-api", "-p", "demo-dev")


def test_groups_are_listed_by_prefix_glob_and_expression(awsops: Run) -> None:
    def names(*words: str) -> list[str]:
        return [row["name"] for row in awsops(["logs", "groups", *words, "-p", "demo-dev"]).rows]

    assert names("/aws/") == ["/aws/lambda/orders"]
    assert names("*orders*") == ["/aws/lambda/orders", "/demo/orders-api"]
    assert names("trail$", "--regex") == ["/demo/cloudtrail"]


def test_result_fields_are_columns_and_the_cost_is_said(awsops: Run) -> None:
    result = awsops(["logs", "query", "fields @timestamp, path | limit 3", *API, "--since", "3h"])
    assert [list(row) for row in result.rows] == [["@timestamp", "path"]] * 3
    assert "scanned, USD" in result.stderr


def test_a_malformed_query_has_a_caret_at_the_fault(awsops: Run) -> None:
    result = awsops(["logs", "query", "fields a | filtre b", *API])
    lines = result.stderr.splitlines()
    at = next(number for number, line in enumerate(lines) if line.strip() == "^")
    assert lines[at].index("^") == lines[at - 1].index("filtre")
    assert result.exit_code == 2


def test_a_group_that_does_not_exist_is_named_with_the_nearest(awsops: Run) -> None:
    words = ["logs", "query", "fields a", "-g", "/demo/orders-apo", "-p", "demo-dev"]
    result = awsops(words)
    assert (result.exit_code, "/demo/orders-api" in result.stderr) == (5, True)


def test_all_gives_the_same_rows_as_one_query(awsops: Run) -> None:
    now = datetime.now(UTC)
    window = ["--from", (now - timedelta(hours=3)).isoformat(), "--to", now.isoformat()]
    words = ["logs", "query", "fields @timestamp, request_id", *API, *window]
    whole = awsops(words).rows
    sliced = awsops([*words, "--all", "--limit", "50"]).rows
    assert len(whole) > 50
    assert sliced == whole


def test_a_scan_that_is_sure_to_pass_its_bound_starts_nothing(
    awsops: Run, awsops_sandbox: Sandbox
) -> None:
    from awsops.sandbox import control

    control.reset_calls(awsops_sandbox.info)
    result = awsops(["logs", "query", "fields a", *API, "--since", "9d", "--max-scan", "1KB"])
    calls = control.calls(awsops_sandbox.info).calls
    assert (result.exit_code, "logs.StartQuery" in calls) == (2, False)


def test_a_query_that_passes_its_bound_is_stopped(awsops: Run) -> None:
    result = awsops(["logs", "query", "fields a", *API, "--since", "3h", "--max-scan", "1KB"])
    assert result.exit_code == 1
    assert "more than --max-scan 1KB" in result.stderr


@pytest.mark.parametrize("profiles", [("demo-dev", "demo-prod")])
def test_rows_of_several_accounts_say_whose_they_are(
    awsops: Run, profiles: tuple[str, ...]
) -> None:
    options = [word for profile in profiles for word in ("-p", profile)]
    result = awsops(
        [
            "logs",
            "query",
            "fields path | limit 1",
            "-g",
            "/demo/orders-api",
            "--since",
            "3h",
            *options,
        ]
    )
    assert sorted(row["profile"] for row in result.rows) == sorted(profiles)


def test_every_shipped_query_runs(awsops: Run, awsops_sandbox: Sandbox) -> None:
    awsops_sandbox.renew()
    names = [row["name"] for row in awsops(["logs", "queries", "-p", "demo-dev"]).rows]
    assert len(names) == 11
    for name in names:
        words = ["logs", "query", f"@{name}", "-p", "demo-dev", "--since", "6h"]
        groups = [word for g in ("/demo/*", "/aws/*") for word in ("-g", g)]
        result = awsops([*words, *groups])
        assert result.exit_code == 0, result.stderr
        assert result.rows or name == "cloudtrail-who", name


def test_a_parameter_of_a_saved_query_is_set(awsops: Run) -> None:
    words = ["logs", "query", "@newest", *API, "--since", "3h", "--set", "count=2"]
    assert len(awsops(words).rows) == 2


def test_a_value_cannot_add_commands_to_a_saved_query(awsops: Run) -> None:
    words = ["logs", "query", "@newest", *API, "--set", "count=2 | stats count(*)"]
    assert awsops(words).exit_code == 2


def test_a_pointer_opens_its_event_and_what_stands_around_it(awsops: Run) -> None:
    row = awsops(
        ["logs", "query", "fields @message | limit 1", *API, "--since", "2h", "--ptr"]
    ).rows
    pointer = row[0]["@ptr"]
    fields = {
        f["field"]: f["value"] for f in awsops(["logs", "record", pointer, "-p", "demo-dev"]).rows
    }
    around = awsops(["logs", "context", pointer, "-C", "2", "-p", "demo-dev"]).rows
    assert [line["message"] for line in around if line["here"]] == [fields["@message"]]
    assert len(around) >= 3


def test_what_stands_around_a_time_is_as_much_as_was_asked_for(awsops: Run) -> None:
    words = ["logs", "tail", "/demo/orders-api", "--since", "3h", "-p", "demo-dev"]
    every = awsops(words).rows
    stream = every[0]["stream"]
    events = [row for row in every if row["stream"] == stream]
    middle = events[len(events) // 2]
    place = ["/demo/orders-api", stream, middle["time"]]
    around = awsops(["logs", "context", *place, "-C", "3", "-p", "demo-dev"]).rows
    assert len(around) == 7
    assert [row["here"] for row in around] == ["", "", "", ">", "", "", ""]
    assert around[3]["message"] == middle["message"]
    assert [row["time"] for row in around] == sorted(row["time"] for row in around)


@pytest.mark.parametrize(
    ("event", "code", "said"),
    [
        (["nonsense"], 2, "not a pointer"),
        (["/demo/orders-api", "x"], 2, "2 words"),
        (["/demo/orders-api", "no-such", "-1h"], 5, "has no stream no-such"),
        (["/demo/*", "x", "-1h"], 2, "name one"),
    ],
)
def test_an_event_that_is_not_there_is_said(
    awsops: Run, event: list[str], code: int, said: str
) -> None:
    result = awsops(["logs", "context", "-p", "demo-dev", "--", *event])
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


def test_tail_merges_groups_by_time(awsops: Run) -> None:
    rows = awsops(["logs", "tail", "/demo/*", "--since", "30m", "-p", "demo-dev"]).rows
    assert len({row["group"] for row in rows}) >= 2
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)


def test_tail_filters_on_both_sides_and_formats(awsops: Run) -> None:
    words = ["logs", "tail", "/demo/orders-api", "--since", "3h", "-p", "demo-dev"]
    words += ["--filter", "{ $.level = ERROR }", "--where", "status == `502`"]
    result = awsops([*words, "--format", "{group}: {message}"])
    lines = result.stdout.splitlines()
    assert lines
    assert all(x.startswith("/demo/orders-api: ") and '"status": 502' in x for x in lines)


@pytest.mark.parametrize(
    "words",
    [
        ["--format", "{nothing}"],
        ["--where", "]["],
        ["--grep", "("],
        ["--engine", "live"],
    ],
)
def test_a_wrong_option_of_tail_is_refused(awsops: Run, words: list[str]) -> None:
    result = awsops(["logs", "tail", "/demo/orders-api", "-p", "demo-dev", *words])
    assert result.exit_code == 2
    assert "hint:" in result.stderr or "--grep" in result.stderr


def test_retention_says_what_it_changes_and_how_to_go_back(awsops: Run) -> None:
    words = ["logs", "retention", "/demo/vpc-flow", "--days", "3", "-p", "demo-staging"]
    planned = awsops([*words, "--dry-run"]).rows
    assert [(row["before"], row["after"]) for row in planned] == [("7 days", "3 days")]
    undo = planned[0]["undo"].split()[1:]
    awsops([*words, "-y"])
    assert undo[-4:-1] == ["-p", "demo-staging", "-r"]
    assert awsops([*undo, "-y"]).rows == [{"group": "/demo/vpc-flow", "retention_days": 7}]


@pytest.mark.parametrize(
    ("first", "then", "undo"),
    [("--days 3", "--forever", "--days 3"), ("--forever", "--days 5", "--forever")],
)
def test_undoing_a_retention_goes_back_to_what_it_was(
    awsops: Run, first: str, then: str, undo: str
) -> None:
    words = ["logs", "retention", "/demo/vpc-flow", "-p", "demo-staging"]
    awsops([*words, *first.split(), "-y"])
    (change,) = awsops([*words, *then.split(), "--dry-run"]).rows
    awsops([*words, "--days", "7", "-y"])
    assert change["undo"].split()[4:-4] == undo.split()


def test_stop_without_a_query_says_what_to_type(awsops: Run) -> None:
    result = awsops(["logs", "stop", "-p", "demo-dev"])
    assert (result.exit_code, "--mine" in result.stderr) == (2, True)


def test_stop_mine_with_nothing_left_changes_nothing(awsops: Run) -> None:
    assert awsops(["logs", "stop", "--mine", "-p", "demo-dev"]).exit_code == 0


def test_cost_says_who_scanned_how_much(awsops: Run) -> None:
    awsops(["logs", "query", "fields path", *API, "--since", "3h"])
    rows = awsops(["logs", "cost", "--price", "5", "-p", "demo-dev"]).rows
    mine = next(row for row in rows if row["group"] == "/demo/orders-api")
    assert mine["who"].endswith("user/demo")
    assert mine["usd"] == pytest.approx(mine["scanned_bytes"] / 1e9 * 5, abs=1e-6)


@pytest.mark.parametrize(("order", "newest_first"), [("desc", True), ("asc", False)])
@pytest.mark.parametrize("output", ["ndjson", "json"])
def test_rows_of_several_accounts_are_merged_by_time(
    awsops: Run, order: str, newest_first: bool, output: str
) -> None:
    text = f"fields @timestamp, path | sort @timestamp {order}"
    words = ["logs", "query", text, "-g", "/demo/orders-api", "--since", "2h", "-o", output]
    rows = awsops([*words, "-p", "demo-dev", "-p", "demo-prod"]).rows
    times = [row["@timestamp"] for row in rows]
    assert len({row["profile"] for row in rows}) == 2
    assert times == sorted(times, reverse=newest_first)
