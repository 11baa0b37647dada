"""The runbooks that ship for Lambda, rehearsed: going well, going badly, gone already."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.sandbox import control
from awsops.testing import Result, Sandbox
from tests.killing_proxy import Moment, killing_proxy
from tests.plugins.lambda_.shop import ACCOUNT, NEW, OLD, REGION, Shop, verdicts


@pytest.fixture
def recipe(awsops: Callable[..., Result], shop: Shop) -> Callable[..., Result]:
    """`recipe("canary-release", alias=..., to=2)` on the sandbox's clock."""

    def run(name: str, *words: str, **params: Any) -> Result:
        given = [word for key, value in params.items() for word in ("--set", f"{key}={value}")]
        argv = ["recipe", "run", name, "-p", "demo-dev", "-y", *given, *words]
        return awsops(argv, clock=shop.clock)

    return run


def _release(recipe: Callable[..., Result], shop: Shop, *words: str, **params: Any) -> Result:
    return recipe("canary-release", *words, alias=shop.alias, to=2, **params)


def test_a_good_version_is_released(recipe: Callable[..., Result], shop: Shop) -> None:
    shop.traffic()
    result = _release(recipe, shop)
    assert (result.exit_code, shop.route) == (0, NEW), result.stderr
    assert verdicts(result) == [(10, "passed"), (100, "promoted")]
    assert "2 checks passed" in result.stderr


def test_a_bad_version_is_taken_back_and_the_run_fails(
    recipe: Callable[..., Result], shop: Shop
) -> None:
    shop.traffic(v2={"errors": 0.3})
    result = _release(recipe, shop)
    assert (result.exit_code, shop.route) == (1, OLD), result.stderr
    assert "RolledBack" in result.stderr


def test_a_slow_version_is_taken_back(recipe: Callable[..., Result], shop: Shop) -> None:
    shop.traffic(v2={"p99_ms": 900})
    assert (_release(recipe, shop).exit_code, shop.route) == (1, OLD)


def test_a_canary_that_nobody_calls_is_taken_back(
    recipe: Callable[..., Result], shop: Shop
) -> None:
    assert (_release(recipe, shop).exit_code, shop.route) == (1, OLD)


def test_an_alarm_takes_it_back(recipe: Callable[..., Result], shop: Shop) -> None:
    shop.traffic(v2={"errors": 0.5})
    result = _release(recipe, shop, alarms=shop.alarm(), max_error_rate="100%")
    assert (result.exit_code, shop.route) == (1, OLD), result.stderr
    assert "went off" in result.stderr


def test_a_dry_run_of_the_release_changes_nothing(
    recipe: Callable[..., Result], shop: Shop
) -> None:
    result = _release(recipe, shop, "--dry-run")
    assert (result.exit_code, shop.route) == (0, OLD), result.stderr
    assert [row["action"] for row in result.rows] == ["shift"]


def test_a_promoted_release_is_taken_back_in_an_emergency(
    recipe: Callable[..., Result], shop: Shop
) -> None:
    assert shop.shift("--all-at-once").exit_code == 0
    result = recipe("emergency-rollback", alias=shop.alias)
    assert (result.exit_code, shop.route) == (0, OLD), result.stderr


def test_a_weight_is_taken_away_in_an_emergency(recipe: Callable[..., Result], shop: Shop) -> None:
    shop.set_route("1", {"2": 0.5})
    result = recipe("emergency-rollback", alias=shop.alias)
    assert (result.exit_code, shop.route) == (0, OLD), result.stderr


def test_where_to_is_asked_when_nobody_knows(recipe: Callable[..., Result], shop: Shop) -> None:
    shop.set_route("2")
    unknown = recipe("emergency-rollback", alias=shop.alias)
    assert (unknown.exit_code, shop.route) == (5, NEW)
    named = recipe("emergency-rollback", alias=shop.alias, to=1)
    assert (named.exit_code, shop.route) == (0, OLD), named.stderr


def test_in_a_fresh_sandbox_it_is_known_where_an_emergency_leads_back_to(
    awsops: Callable[..., Result], awsops_sandbox: Sandbox
) -> None:
    awsops_sandbox.renew()
    [row] = awsops(["lambda", "rollback", "orders:live", "-p", "demo-dev", "--dry-run"]).rows
    assert (row["before"], row["after"]) == ("version 2", "version 1")


@pytest.fixture
def fed(shop: Shop) -> str:
    """The id of a trigger of the function."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{shop.name}"
    made = shop.lam.create_event_source_mapping(FunctionName=shop.alias, EventSourceArn=arn)
    control.advance(shop.sandbox.info, 2)
    return str(made["UUID"])


def _state(shop: Shop, trigger: str) -> tuple[Any, str]:
    reserved = shop.lam.get_function_concurrency(FunctionName=shop.name)
    mapping = shop.lam.get_event_source_mapping(UUID=trigger)
    return reserved.get("ReservedConcurrentExecutions"), str(mapping["State"])


def test_a_runaway_function_is_stopped_and_its_triggers_paused(
    recipe: Callable[..., Result], shop: Shop, fed: str
) -> None:
    result = recipe("stop-runaway-function", function=shop.name)
    assert (result.exit_code, _state(shop, fed)) == (0, (0, "Disabled")), result.stderr
    assert f"awsops lambda start {shop.name}" in result.stderr


def test_triggers_may_be_left_alone(recipe: Callable[..., Result], shop: Shop, fed: str) -> None:
    result = recipe("stop-runaway-function", function=shop.name, triggers="leave")
    assert (result.exit_code, _state(shop, fed)) == (0, (0, "Enabled")), result.stderr


def test_a_function_that_is_stopped_already_stays_so(
    recipe: Callable[..., Result], shop: Shop, fed: str
) -> None:
    assert recipe("stop-runaway-function", function=shop.name).exit_code == 0
    again = recipe("stop-runaway-function", function=shop.name)
    assert (again.exit_code, _state(shop, fed)) == (0, (0, "Disabled")), again.stderr


def _killed(
    process: Callable[..., Any], shop: Shop, home: Path, words: list[str], moment: Moment
) -> str:
    """The run of a recipe that dies at its first change."""
    with killing_proxy(shop.sandbox.endpoint) as (proxy, url):
        environ = {**shop.sandbox.environ, "AWS_ENDPOINT_URL": url}
        argv = ["recipe", "run", *words, "-p", "demo-dev", "-y"]
        code, said = proxy.run(lambda: process(argv, environ), 1, moment)
        assert code == -signal.SIGKILL, said
    [record] = (home / ".local/state/awsops/recipe").glob("*.ndjson")
    return record.stem


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_emergency_that_was_cut_off_goes_on_unasked_and_goes_back_once(
    awsops: Callable[..., Result],
    process: Callable[..., Any],
    shop: Shop,
    tmp_path: Path,
    moment: Moment,
) -> None:
    assert shop.shift("--all-at-once").exit_code == 0
    assert shop.shift("--all-at-once", to="3").exit_code == 0
    words = ["emergency-rollback", "--set", f"alias={shop.alias}"]
    run = _killed(process, shop, tmp_path, words, moment)
    result = awsops(["recipe", "resume", run, "-y"], clock=shop.clock)
    assert (result.exit_code, shop.route) == (0, NEW), result.stderr
    undone = awsops(["history", "undo", run, "-y"], clock=shop.clock)
    assert (undone.exit_code, shop.route) == (0, ("3", {})), undone.stderr


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_stop_that_was_cut_off_goes_on_unasked(
    awsops: Callable[..., Result],
    process: Callable[..., Any],
    shop: Shop,
    fed: str,
    tmp_path: Path,
    moment: Moment,
) -> None:
    words = ["stop-runaway-function", "--set", f"function={shop.name}"]
    run = _killed(process, shop, tmp_path, words, moment)
    result = awsops(["recipe", "resume", run, "-y"], clock=shop.clock)
    assert result.exit_code == 0, result.stderr
    assert "2 checks passed" in result.stderr
    assert _state(shop, fed)[0] == 0
