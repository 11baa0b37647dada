"""The commands of one function: looking, publishing, calling, stopping, tidying up."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.sandbox import control
from awsops.testing import Result
from tests.plugins.lambda_.shop import ACCOUNT, OLD, REGION, Shop


def test_functions_are_listed_and_deprecated_runtimes_flagged(
    awsops: Callable[..., Result],
) -> None:
    rows = awsops(["lambda", "ls", "-p", "demo-dev"]).rows
    flagged = {row["name"]: row["deprecated"] for row in rows}
    assert (flagged["payments"], flagged["orders"]) == (True, False)
    only = awsops(["lambda", "ls", "--deprecated", "-p", "demo-dev"]).rows
    assert [row["name"] for row in only] == ["payments"]


def test_many_functions_are_paged(shop: Shop) -> None:
    base = uuid.uuid4().hex[:6]
    names = [f"p{base}-{n}" for n in range(60)]
    for name in names:
        shop.lam.create_function(
            FunctionName=name, Role="arn:aws:iam::111111111111:role/r", Code={"ZipFile": b"0"}
        )
    rows = shop.run("ls", f"p{base}-*").rows
    for name in names:
        shop.lam.delete_function(FunctionName=name)
    assert {row["name"] for row in rows} == set(names)


def test_aliases_show_their_weights(shop: Shop) -> None:
    shop.set_route("1", {"2": 0.125})
    [row] = shop.run("aliases", shop.name).rows
    assert (row["name"], row["version"], row["other_version"], row["weight"]) == (
        "live",
        "1",
        "2",
        12.5,
    )


def test_versions_show_who_uses_them(shop: Shop) -> None:
    rows = shop.run("versions", shop.name).rows
    assert [(r["version"], r["aliases"]) for r in rows] == [
        ("3", ""),
        ("2", ""),
        ("1", "live"),
        ("$LATEST", ""),
    ]


@pytest.mark.parametrize("verb", ["aliases", "versions", "config", "triggers", "stop", "prune"])
def test_an_unknown_function_is_told_with_the_nearest(
    awsops: Callable[..., Result], verb: str
) -> None:
    result = awsops(["lambda", verb, "oders", "-p", "demo-dev"])
    assert result.exit_code == 5
    assert "did you mean orders" in result.stderr


def test_the_environment_is_named_and_not_shown(awsops: Callable[..., Result]) -> None:
    result = awsops(["lambda", "config", "orders", "-p", "demo-dev"])
    env = {row["name"]: row["value"] for row in result.rows if row["kind"] == "env"}
    assert env == {"LOG_LEVEL": "****", "STAGE": "****", "TABLE": "****"}
    assert "demo" not in json.dumps(env)


def test_config_tells_who_may_invoke_and_where_failures_go(shop: Shop) -> None:
    shop.lam.add_permission(
        FunctionName=shop.name,
        StatementId="partner",
        Action="lambda:InvokeFunction",
        Principal="444444444444",
    )
    failed = {"OnFailure": {"Destination": f"arn:aws:sqs:{REGION}:{ACCOUNT}:failed"}}
    shop.lam.put_function_event_invoke_config(FunctionName=shop.name, DestinationConfig=failed)
    shop.lam.create_function_url_config(FunctionName=shop.name, AuthType="AWS_IAM")
    rows = {row["kind"]: row for row in shop.run("config", shop.name).rows}
    assert rows["policy"]["value"] == "arn:aws:iam::444444444444:root may lambda:InvokeFunction"
    assert rows["destination"]["value"].endswith(":failed")
    assert rows["url"]["value"] == "auth AWS_IAM"


def test_a_statement_is_revoked_and_the_plan_keeps_what_it_was(shop: Shop) -> None:
    shop.lam.add_permission(
        FunctionName=shop.name,
        StatementId="partner",
        Action="lambda:InvokeFunction",
        Principal="444444444444",
    )
    [change] = shop.run("revoke", shop.name, "partner", "--dry-run").rows
    assert "444444444444" in change["why_no_undo"]
    assert shop.run("revoke", shop.name, "partner", "-y").exit_code == 0
    again = shop.run("revoke", shop.name, "partner", "-y")
    assert (again.exit_code, "no statement partner" in again.stderr) == (5, True)


def test_publishing_is_of_what_was_looked_at(shop: Shop) -> None:
    shop.lam.update_function_code(FunctionName=shop.name, ZipFile=b"new")
    result = shop.run("publish", shop.name, "--description", "x", "-y")
    assert [(r["version"], r["new"]) for r in result.rows] == [("4", True)], result.stderr
    unchanged = shop.run("publish", shop.name, "-y")
    assert [(r["version"], r["new"]) for r in unchanged.rows] == [("4", False)]


def test_other_code_than_expected_is_not_published(shop: Shop) -> None:
    result = shop.run("publish", shop.name, "--sha256", "other", "-y")
    assert (result.exit_code, len(shop.run("versions", shop.name).rows)) == (2, 4)


def test_a_call_shows_its_answer_and_its_log(shop: Shop) -> None:
    result = shop.run("invoke", shop.alias, '{"a": 1}', "-y")
    [row] = result.rows
    assert (row["version"], row["status"], row["error"]) == ("1", 200, None)
    assert json.loads(row["payload"])["event"] == {"a": 1}
    assert "START RequestId" in result.stderr


def test_the_event_may_come_from_stdin_or_a_file(shop: Shop, tmp_path: Path) -> None:
    piped = shop.run("invoke", shop.name, "-", "-y", stdin='{"b": 2}')
    assert json.loads(piped.rows[0]["payload"])["event"] == {"b": 2}
    (tmp_path / "event.json").write_text('{"c": 3}')
    read = shop.run("invoke", shop.name, "--payload-file", str(tmp_path / "event.json"), "-y")
    assert json.loads(read.rows[0]["payload"])["event"] == {"c": 3}


def test_a_function_that_fails_is_exit_code_1(shop: Shop) -> None:
    shop.traffic(0, v1={"errors": 1})
    result = shop.run("invoke", shop.alias, "-y")
    assert (result.exit_code, result.rows[0]["error"]) == (1, "Unhandled")
    assert "FunctionError" in result.stderr


def test_an_asynchronous_call_has_no_answer(shop: Shop) -> None:
    [row] = shop.run("invoke", shop.name, "{}", "--async", "-y").rows
    assert (row["status"], row["payload"]) == (202, "")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["{not json"], 2, "not JSON"),
        (["{}", "--payload-file", "x"], 2, "not both"),
        (["--payload-file", "/no/such/file"], 2, "--payload-file"),
    ],
)
def test_a_bad_event_is_refused_before_the_call(
    shop: Shop, words: list[str], code: int, said: str
) -> None:
    result = shop.run("invoke", shop.name, *words, "-y")
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


def _numbers(shop: Shop) -> list[str]:
    return [row["version"] for row in shop.run("versions", shop.name).rows]


def test_pruning_keeps_the_newest_and_what_is_used(shop: Shop) -> None:
    result = shop.run("prune", shop.name, "--keep", "1", "-y")
    assert [(r["version"], r["outcome"]) for r in result.rows] == [("2", "deleted")]
    assert _numbers(shop) == ["3", "1", "$LATEST"]
    assert "kept because in use: 1" in result.stderr


def test_pruning_keeps_the_version_that_a_weight_reaches(shop: Shop) -> None:
    shop.set_route("1", {"2": 0.1})
    assert shop.run("prune", shop.name, "--keep", "0", "-y").exit_code == 0
    assert _numbers(shop) == ["2", "1", "$LATEST"]


def test_pruning_keeps_what_is_provisioned_or_fed(shop: Shop) -> None:
    shop.lam.put_provisioned_concurrency_config(
        FunctionName=shop.name, Qualifier="2", ProvisionedConcurrentExecutions=1
    )
    shop.lam.create_event_source_mapping(
        FunctionName=f"{shop.name}:3", EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{shop.name}"
    )
    assert shop.run("prune", shop.name, "--keep", "0", "-y").rows == []
    assert _numbers(shop) == ["3", "2", "1", "$LATEST"]


def _reserved(shop: Shop) -> Any:
    answer = shop.lam.get_function_concurrency(FunctionName=shop.name)
    return answer.get("ReservedConcurrentExecutions")


@pytest.mark.parametrize("before", [None, 7])
def test_a_stopped_function_starts_with_what_it_had(shop: Shop, before: int | None) -> None:
    if before:
        shop.lam.put_function_concurrency(
            FunctionName=shop.name, ReservedConcurrentExecutions=before
        )
    stopped = shop.run("stop", shop.name, "-y")
    assert (stopped.exit_code, _reserved(shop)) == (0, 0), stopped.stderr
    assert shop.run("invoke", shop.name, "-y").exit_code == 1
    started = shop.run("start", shop.name, "-y")
    assert (started.exit_code, _reserved(shop)) == (0, before), started.stderr


def test_stopping_twice_does_not_forget_what_it_had(shop: Shop) -> None:
    shop.lam.put_function_concurrency(FunctionName=shop.name, ReservedConcurrentExecutions=7)
    shop.run("stop", shop.name, "-y")
    assert shop.run("stop", shop.name, "-y").exit_code == 0
    shop.run("start", shop.name, "-y")
    assert _reserved(shop) == 7


def test_a_function_that_somebody_else_stopped_asks_what_it_had(shop: Shop) -> None:
    shop.lam.put_function_concurrency(FunctionName=shop.name, ReservedConcurrentExecutions=0)
    asked = shop.run("start", shop.name, "-y")
    assert (asked.exit_code, _reserved(shop)) == (2, 0)
    assert "--reserved none" in asked.stderr
    assert shop.run("start", shop.name, "--reserved", "none", "-y").exit_code == 0
    assert _reserved(shop) is None


def test_triggers_show_state_and_lag(shop: Shop) -> None:
    shop.lam.create_event_source_mapping(
        FunctionName=shop.alias, EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{shop.name}"
    )
    control.advance(shop.sandbox.info, 2)
    control.record_metric(
        shop.sandbox.info,
        "AWS/SQS",
        "ApproximateAgeOfOldestMessage",
        {"QueueName": shop.name},
        [(shop.clock() - 90, 40.0), (shop.clock() - 30, 55.0)],
        account=ACCOUNT,
        region=REGION,
    )
    [row] = shop.run("triggers", shop.name).rows
    assert (row["state"], row["lag_seconds"], row["target"]) == ("Enabled", 55.0, shop.alias)


def test_a_trigger_is_disabled_and_enabled(shop: Shop) -> None:
    shop.lam.create_event_source_mapping(
        FunctionName=shop.name, EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{shop.name}"
    )
    control.advance(shop.sandbox.info, 2)
    [disabled] = shop.run("trigger", shop.name, shop.name, "--disable", "-y").rows
    assert disabled["state"] == "Disabled"
    [enabled] = shop.run("trigger", shop.name, "all", "--enable", "-y").rows
    assert enabled["state"] == "Enabled"


def test_a_streams_batches_are_bisected_and_a_queues_are_not(shop: Shop) -> None:
    for source in (f"kinesis:{REGION}:{ACCOUNT}:stream/s", f"sqs:{REGION}:{ACCOUNT}:q"):
        shop.lam.create_event_source_mapping(
            FunctionName=shop.name, EventSourceArn=f"arn:aws:{source}"
        )
    control.advance(shop.sandbox.info, 2)
    [row] = shop.run("trigger", shop.name, "s", "--bisect", "on", "-y").rows
    assert row["bisect"] is True
    refused = shop.run("trigger", shop.name, "all", "--bisect", "on", "-y")
    assert (refused.exit_code, "only a stream" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [(["nothing", "--disable"], 5), (["all"], 2), (["all", "--disable", "--enable"], 2)],
)
def test_a_mistaken_trigger_changes_nothing(shop: Shop, words: list[str], code: int) -> None:
    assert shop.run("trigger", shop.name, *words, "-y").exit_code == code
    assert shop.route == OLD
