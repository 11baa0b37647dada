"""`awsops lambda shift --wave` over functions and accounts, on a sandbox with three of them."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from typing import Any

from awsops.sandbox import control
from awsops.testing import Result, ScriptedPrompter
from tests.plugins.lambda_.shop import NEW, OLD, Shop, verdicts

EVERYWHERE = ("-p", "demo-dev", "-p", "demo-staging", "-p", "demo-prod")
CANARY = ("--canary", "10%/2m", "--poll", "60s")
GATED = (*CANARY, "--max-error-rate", "1%")
DOES_BADLY = {"v2": {"errors": 1}}


def _shift(shops: list[Shop], *words: str, to: str = "2") -> Result:
    """In all three accounts, the dev account first."""
    return shops[0].shift(*words, *EVERYWHERE[:-2], to=to, profile=EVERYWHERE[-1])


def _routes(shops: list[Shop]) -> list[tuple[str, dict[str, float]]]:
    return [shop.route for shop in shops]


def _order(result: Result) -> list[str]:
    """The profiles in the order in which they were promoted."""
    rows = [row for row in result.rows if row.get("verdict") == "promoted"]
    return [str(row["profile"]) for row in sorted(rows, key=lambda row: str(row["at"]))]


# -- accounts ------------------------------------------------------------------------------------


def test_accounts_are_shifted_one_after_the_other(shops: list[Shop]) -> None:
    result = _shift(shops, *GATED, "--wave", "1,1,rest")
    assert (result.exit_code, _routes(shops)) == (0, [NEW] * 3), result.stderr
    assert _order(result) == ["demo-dev", "demo-staging", "demo-prod"]
    assert f"[demo-staging/eu-west-1] wave 2 of 3: {shops[0].alias}" in result.stderr


def test_one_job_is_enough_for_all_waves(shops: list[Shop]) -> None:
    result = _shift(shops, "--all-at-once", "--wave", "1,rest", "--jobs", "1")
    assert (result.exit_code, _routes(shops)) == (0, [NEW] * 3), result.stderr


def test_a_breach_in_the_second_account_stops_the_third(shops: list[Shop]) -> None:
    shops[1].traffic(**DOES_BADLY)
    result = _breached(shops)
    assert (result.exit_code, _routes(shops)) == (6, [NEW, OLD, OLD]), result.stderr
    by_profile = {row["profile"]: row["verdict"] for row in result.rows if "verdict" in row}
    assert by_profile == {"demo-dev": "promoted", "demo-staging": "rolled back"}


def test_what_was_not_started_is_told_with_the_command_that_begins_it(shops: list[Shop]) -> None:
    shops[1].traffic(**DOES_BADLY)
    said = _breached(shops).stderr
    told = "[demo-prod/eu-west-1]: NotStarted: not started: wave 2 failed in demo-staging/eu-west-1"
    assert f"{told}: {shops[0].alias}" in said
    assert re.search(rf"awsops lambda shift {shops[0].alias} --resume \S+ -p demo-prod", said)


def test_what_was_not_started_can_be_resumed(shops: list[Shop]) -> None:
    shops[1].traffic(**DOES_BADLY)
    run = _run_of(_breached(shops))
    status = shops[0]._awsops(["lambda", "status", shops[0].alias, "-p", "demo-prod"]).rows[0]
    assert (status["state"], status["run"]) == ("not started", run)
    result = shops[0].shift("--resume", run, to="", profile="demo-prod")
    assert (result.exit_code, _routes(shops)) == (0, [NEW, OLD, NEW]), result.stderr


def _breached(shops: list[Shop]) -> Result:
    return _shift(shops, *GATED, "--wave", "1,1,rest")


def _run_of(result: Result) -> str:
    found = re.search(r"--resume (\S+)", result.stderr)
    assert found is not None, result.stderr
    return found[1]


def test_a_breach_in_the_first_account_leaves_the_others_untouched(shops: list[Shop]) -> None:
    shops[0].traffic(**DOES_BADLY)
    control.reset_calls(shops[0].sandbox.info)
    result = _shift(shops, *GATED, "--wave", "1,rest")
    assert (result.exit_code, _routes(shops)) == (1, [OLD] * 3), result.stderr
    calls = control.calls(shops[0].sandbox.info).calls
    assert sum(n for name, n in calls.items() if name.startswith("lambda.PUT")) == 2  # up and back


def test_an_account_that_fails_before_its_shift_begins_stops_the_rest(shops: list[Shop]) -> None:
    shops[0].clock.at[1] = lambda: shops[1].lam.delete_alias(
        FunctionName=shops[1].name, Name="live"
    )
    result = _shift(shops, *CANARY, "--wave", "1,1,rest")
    assert (result.exit_code, shops[0].route, shops[2].route) == (6, NEW, OLD), result.stderr
    assert "wave 2 failed in demo-staging/eu-west-1" in result.stderr


def test_ctrl_c_takes_back_the_wave_that_runs_and_begins_no_other(shops: list[Shop]) -> None:
    shops[0].clock.at[1] = shops[0].clock.interrupt
    result = _shift(shops, *CANARY, "--wave", "1,rest")
    assert (result.exit_code, _routes(shops)) == (130, [OLD] * 3), result.stderr
    assert result.stderr.count("not started: the run was cancelled") == 2


def test_ctrl_c_asks_once_for_all_accounts(shops: list[Shop]) -> None:
    shops[0].clock.at[6] = shops[0].clock.interrupt
    person = ScriptedPrompter(["y"])
    words = ("--canary", "10%/9m", "--poll", "60s", *EVERYWHERE[:-2])
    result = shops[0].shift(*words, profile=EVERYWHERE[-1], tty=True, prompter=person)
    assert (result.exit_code, _routes(shops)) == (130, [OLD] * 3), result.stderr
    assert len(person.questions) == 1


def test_a_killed_wave_is_gone_on_with_everywhere(
    shops: list[Shop], process: Callable[..., Any]
) -> None:
    words = ("--canary", "10%/60s", "--poll", "1s", "--min-invocations", "0", "--wave", "1,rest")
    argv = ["lambda", "shift", shops[0].alias, "--to", "2", *words, "-y"]
    running = process([*argv, *EVERYWHERE], shops[0].sandbox.environ)
    while not shops[0].route[1]:
        assert running.poll() is None
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert _routes(shops)[1:] == [OLD, OLD]
    run = shops[0].run("status", shops[0].alias).rows[0]["run"]
    result = _shift(shops, "--resume", run, to="")
    assert (result.exit_code, _routes(shops)) == (0, [NEW] * 3), result.stderr
    assert "wave 1 of 3" in result.stderr  # what was begun, then 1, then the rest: as it was asked


# -- functions -----------------------------------------------------------------------------------


def test_functions_of_one_account_go_in_waves_too(make_shop: Callable[[], Shop]) -> None:
    one, other = make_shop(), make_shop()
    one.traffic()
    other.traffic()
    result = one.shift(other.alias, *CANARY, "--wave", "1,rest")
    assert (result.exit_code, one.route, other.route) == (0, NEW, NEW), result.stderr


def test_a_breach_stops_the_waves_after_it(make_shop: Callable[[], Shop]) -> None:
    one, other = make_shop(), make_shop()
    one.traffic(**DOES_BADLY)
    other.traffic()
    result = one.shift(other.alias, *GATED, "--wave", "1,rest")
    assert (result.exit_code, one.route, other.route) == (6, OLD, OLD), result.stderr
    assert f"not started: {other.alias}" in result.stderr


def test_the_last_size_is_taken_again_until_all_had_their_turn(
    make_shop: Callable[[], Shop],
) -> None:
    one, other, third = make_shop(), make_shop(), make_shop()
    result = one.shift(other.alias, third.alias, "--all-at-once", "--wave", "1")
    assert (result.exit_code, third.route) == (0, NEW), result.stderr
    assert f"wave 3 of 3: {third.alias}" in result.stderr


def test_an_alias_that_is_there_already_takes_no_place_in_a_wave(
    make_shop: Callable[[], Shop],
) -> None:
    one, other = make_shop(), make_shop()
    one.set_route("2")
    result = one.shift(other.alias, "--all-at-once", "--wave", "1,rest")
    assert (result.exit_code, other.route) == (0, NEW), result.stderr
    assert "wave" not in result.stderr


def test_a_publication_waits_for_its_turn_and_can_be_resumed(
    make_shop: Callable[[], Shop],
) -> None:
    one, other = make_shop(), make_shop()
    for shop in (one, other):
        shop.lam.update_function_code(FunctionName=shop.name, ZipFile=b"new")
    one.traffic(v4={"errors": 1})
    other.traffic()
    result = one.shift(other.alias, *GATED, "--wave", "1,rest", to="publish")
    assert (result.exit_code, other.route) == (6, OLD), result.stderr
    assert (
        other.lam.list_versions_by_function(FunctionName=other.name)["Versions"][-1]["Version"]
        == "3"
    )
    resumed = other.shift("--resume", _run_of(result), to="")
    assert (resumed.exit_code, other.route) == (0, ("4", {})), resumed.stderr


def test_ctrl_c_asks_once_for_all_of_them(make_shop: Callable[[], Shop]) -> None:
    one, other = make_shop(), make_shop()
    one.traffic()
    other.traffic()
    one.clock.at[6] = one.clock.interrupt
    result = one.shift(
        other.alias, "--canary", "10%/5m", "--poll", "30s", tty=True, answers=["y"], width=200
    )
    assert (result.exit_code, one.route, other.route) == (130, OLD, OLD), result.stderr


def test_an_alias_is_named_once(shop: Shop) -> None:
    result = shop.shift(shop.alias, *CANARY)
    assert (result.exit_code, "named twice" in result.stderr) == (2, True)


def test_a_run_of_one_wave_does_not_speak_of_waves(shops: list[Shop]) -> None:
    result = _shift(shops, "--all-at-once")
    assert verdicts(result) == [(100, "promoted")] * 3
    assert "wave" not in result.stderr


def test_codedeploy_is_not_asked_to_go_in_waves(shop: Shop) -> None:
    result = shop.shift(*CANARY, "--engine", "codedeploy", "--wave", "1")
    assert (result.exit_code, shop.route) == (2, OLD)
    assert "CodeDeploy cannot go in waves" in result.stderr
