"""`awsops lambda shift --engine codedeploy`: AWS drives, we plan, follow and stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from awsops.completion.names import Name
from awsops.testing import Result, ScriptedPrompter
from tests.plugins.lambda_.shop import NEW, OLD, Shop, verdicts

ENGINE = ("--engine", "codedeploy", "--poll", "30s")
CANARY = (*ENGINE, "--canary", "10%/5m")


def _made(shop: Shop, *words: str) -> Result:
    return shop.shift(*(words or CANARY), "--create")


def test_it_is_created_followed_and_promoted(shop: Shop) -> None:
    shop.traffic()
    result = _made(shop)
    assert (result.exit_code, shop.route) == (0, NEW), result.stderr
    assert verdicts(result) == [(10, "shifted"), (100, "promoted")]
    assert result.rows[-1]["invocations"] > 1000


def test_without_create_it_says_what_is_missing(shop: Shop) -> None:
    result = shop.shift(*CANARY)
    assert (result.exit_code, shop.route) == (5, OLD)
    for what in (f"application {shop.name}", f"group {shop.name}-live", "a role"):
        assert what in result.stderr
    assert "--create" in result.stderr


def test_the_plan_shows_what_is_made(shop: Shop) -> None:
    words = ("shift", shop.alias, "--to", "2", "--engine", "codedeploy", "--canary", "20%/3m")
    rows = shop.run(*words, "--create", "--dry-run").rows
    assert [row["action"] for row in rows] == [
        "create role",
        "create application",
        "create configuration",
        "create group",
        "shift",
    ]
    assert rows[-1]["undo"].startswith(f"awsops lambda rollback {shop.alias} --engine codedeploy")


def test_what_was_made_is_used_again(shop: Shop) -> None:
    assert _made(shop, *ENGINE, "--all-at-once").exit_code == 0
    again = shop.shift(*ENGINE, "--all-at-once", to="3")
    assert (again.exit_code, shop.route) == (0, ("3", {})), again.stderr


def test_what_was_made_is_offered(shop: Shop, asked: Callable[..., list[Name]]) -> None:
    assert _made(shop, *ENGINE, "--all-at-once").exit_code == 0

    def offered(kind: str, *scope: tuple[str, str]) -> list[str]:
        return [name.value for name in asked(f"lambda:complete_{kind}", *scope)]

    assert shop.name in offered("applications")
    group = [f"{shop.name}-live"]
    assert offered("deployment_groups", ("aliases", shop.alias)) == group
    assert offered("deployment_groups", ("application", shop.name)) == group
    assert all("codedeploy" in role.lower() for role in offered("service_roles"))
    assert offered("service_roles")


def test_an_alarm_has_codedeploy_roll_back(shop: Shop) -> None:
    shop.traffic(v2={"errors": 0.5})
    result = _made(shop, *CANARY, "--alarm", shop.alarm())
    assert (result.exit_code, shop.route) == (1, OLD), result.stderr
    assert "RolledBack" in result.stderr
    assert verdicts(result)[-1] == (0, "rolled back")


def _interrupted(shop: Shop, **options: Any) -> Result:
    shop.clock.at[3] = shop.clock.interrupt
    return shop.shift(*CANARY, "--create", **options)


def test_ctrl_c_leaves_it_to_codedeploy_and_says_how_to_stop_it(shop: Shop) -> None:
    result = _interrupted(shop)
    assert (result.exit_code, shop.route) == (130, ("1", {"2": 0.1})), result.stderr
    back = f"awsops lambda rollback {shop.alias} --engine codedeploy"
    assert back in result.stderr
    stopped = shop.run("rollback", shop.alias, "--engine", "codedeploy", "-y")
    assert (stopped.exit_code, shop.route) == (0, OLD), stopped.stderr


def test_ctrl_c_on_a_terminal_may_stop_it(shop: Shop) -> None:
    person = ScriptedPrompter(["y"])
    result = _interrupted(shop, tty=True, prompter=person)
    assert (result.exit_code, shop.route) == (130, OLD), result.stderr
    [question] = person.questions
    assert "goes on without us" in question


def test_ctrl_c_that_nobody_answers_leaves_it_to_codedeploy(shop: Shop) -> None:
    result = _interrupted(shop, tty=True, answers=[""])
    assert (result.exit_code, shop.route) == (130, ("1", {"2": 0.1})), result.stderr


def test_one_deployment_of_a_group_at_a_time(shop: Shop) -> None:
    _interrupted(shop)
    result = shop.shift(*CANARY)
    assert (result.exit_code, "in progress" in result.stderr) == (2, True)


def test_a_rollback_without_a_deployment_says_so(shop: Shop) -> None:
    assert _made(shop, *ENGINE, "--all-at-once").exit_code == 0
    result = shop.run("rollback", shop.alias, "--engine", "codedeploy", "-y")
    assert (result.exit_code, shop.route) == (5, NEW)
    assert "no deployment under way" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--canary", "10%/90s"), "whole minutes"),
        (("--steps", "1,5,25,100", "--every", "2m"), "whole minutes"),
        (("--canary", "10%/5m", "--max-error-rate", "1%"), "does not know --max-error-rate"),
        (("--canary", "10%/5m", "--smoke", "3"), "does not know --smoke"),
    ],
)
def test_what_codedeploy_cannot_do_is_refused(
    shop: Shop, words: tuple[str, ...], said: str
) -> None:
    result = shop.shift(*ENGINE, *words, "--create")
    assert (result.exit_code, shop.route) == (2, OLD)
    assert said in result.stderr


@pytest.mark.parametrize("option", ["--create", "--application=x", "--group=x"])
def test_its_options_need_its_engine(shop: Shop, option: str) -> None:
    result = shop.shift("--all-at-once", option)
    assert (result.exit_code, "--engine codedeploy" in result.stderr) == (2, True)
