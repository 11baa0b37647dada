"""`awsops lambda shift` through the front door, on a sandbox whose clock is put forward."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from awsops_plugins.lambda_.routing import Route
from awsops_plugins.lambda_.trail import leads_to

from awsops.sandbox import control
from awsops.testing import Result, Sandbox, ScriptedPrompter
from tests.plugins.lambda_.shop import ACCOUNT, NEW, OLD, REGION, Shop, verdicts

CANARY = ("--canary", "10%/5m", "--poll", "30s")
STEPS = ("--steps", "10,25,50,100", "--every", "2m", "--poll", "30s")


# -- going well ----------------------------------------------------------------------------------


def test_a_good_version_goes_step_by_step_to_the_promotion(shop: Shop) -> None:
    shop.traffic()
    result = shop.shift(*STEPS, "--max-error-rate", "1%")
    assert result.exit_code == 0, result.stderr
    assert verdicts(result) == [(10, "passed"), (25, "passed"), (50, "passed"), (100, "promoted")]
    assert shop.route == NEW


def test_a_row_tells_what_the_new_version_did(shop: Shop) -> None:
    shop.traffic(v2={"errors": 0.01})
    row = shop.shift(*CANARY, "--max-error-rate", "5%").rows[0]
    assert row["invocations"] == pytest.approx(3000, abs=100)
    assert row["error_rate"] == pytest.approx(1, abs=0.1)
    assert (row["old_version"], row["new_version"], row["step"]) == ("1", "2", 1)
    assert row["p99_ms"] == pytest.approx(80, rel=0.05)  # a minute cut short has few slow calls


def test_on_a_terminal_it_shows_both_versions_and_the_gates_meanwhile(shop: Shop) -> None:
    shop.traffic()
    shown = shop.shift(*CANARY, "--max-error-rate", "1%", tty=True, width=120).stderr
    assert re.search(
        rf"{shop.alias}  \[##-+\]   10%  next in \w+, step 1 of 2, to version 2", shown
    )
    assert re.search(r"version 2 +\d+ calls +[▁-█ ]+ +0 errors", shown)
    assert re.search(r"gates: .*error rate ok \(1%\)", shown)


def test_off_a_terminal_nothing_of_that_is_written(shop: Shop) -> None:
    shop.traffic()
    shown = shop.shift(*CANARY, "--max-error-rate", "1%").stderr
    assert ("next in" in shown, "gates ok" in shown, "▁" in shown) == (False, False, False)


def test_a_step_lasts_as_long_as_it_was_told(shop: Shop) -> None:
    shop.traffic()
    shop.shift(*CANARY)
    assert sum(shop.clock.naps) == pytest.approx(300, abs=2)


def test_all_at_once_is_one_call(shop: Shop) -> None:
    control.reset_calls(shop.sandbox.info)
    assert verdicts(shop.shift("--all-at-once")) == [(100, "promoted")]
    calls = control.calls(shop.sandbox.info).calls
    assert sum(n for name, n in calls.items() if name.startswith("lambda.PUT")) == 1
    assert not [name for name in calls if name.startswith("monitoring.")]
    assert shop.route == NEW


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("Canary10Percent5Minutes", [10, 100]),
        ("CodeDeployDefault.LambdaLinear10PercentEvery1Minute", [*range(10, 101, 10)]),
        ("LambdaAllAtOnce", [100]),
    ],
)
def test_awss_own_names_are_understood(shop: Shop, name: str, weights: list[float]) -> None:
    shop.traffic()
    result = shop.shift("--strategy", name, "--min-invocations", "0", "--poll", "60s")
    assert [weight for weight, _ in verdicts(result)] == weights


def test_a_version_that_is_there_already_needs_nothing(shop: Shop) -> None:
    result = shop.shift("--all-at-once", to="1")
    assert (result.exit_code, result.rows) == (0, [])


def test_latest_published_is_the_highest_number(shop: Shop) -> None:
    assert shop.shift("--all-at-once", to="latest-published").exit_code == 0
    assert shop.route == ("3", {})


def test_publish_makes_a_version_of_what_was_looked_at(shop: Shop) -> None:
    shop.lam.update_function_code(FunctionName=shop.name, ZipFile=b"new")
    result = shop.shift("--all-at-once", to="publish")
    assert result.exit_code == 0, result.stderr
    assert shop.route == ("4", {})


def test_a_dry_run_changes_nothing_and_shows_the_way_back(shop: Shop) -> None:
    result = shop.run("shift", shop.alias, "--to", "2", *CANARY, "--dry-run")
    [change] = result.rows
    assert (change["before"], change["after"]) == ("version 1", "version 2")
    assert change["undo"].startswith(f"awsops lambda rollback {shop.alias}")
    assert shop.route == OLD


def test_hooks_are_asked_before_and_after(shop: Shop) -> None:
    result = shop.shift("--all-at-once", "--pre", "check-orders", "--post", "check-orders")
    assert result.exit_code == 0
    assert result.stderr.count("asking check-orders") == 2


def test_smoke_calls_report_the_split(shop: Shop) -> None:
    shop.traffic()
    result = shop.shift("--canary", "50%/30s", "--smoke", "40", "--min-invocations", "0")
    assert "smoke: 40 calls: version 1" in result.stderr
    assert shop.route == NEW


# -- going badly ---------------------------------------------------------------------------------


def _rolled_back(shop: Shop, result: Result, why: str) -> None:
    assert (result.exit_code, shop.route) == (1, OLD), result.stderr
    assert "RolledBack" in result.stderr
    assert why in result.stderr
    assert verdicts(result)[-1] == (0, "rolled back")


def test_errors_that_rise_at_a_weight_roll_back_there(shop: Shop) -> None:
    shop.traffic(v2={"errors": [[0, 0], [0.25, 0.2]]})
    result = shop.shift(*STEPS, "--max-error-rate", "1%")
    _rolled_back(shop, result, "errors in")
    assert verdicts(result) == [(10, "passed"), (0, "rolled back")]


def test_a_version_that_fails_from_the_start_is_gone_at_the_first_look(shop: Shop) -> None:
    shop.traffic(v2={"errors": 1})
    _rolled_back(shop, shop.shift(*CANARY, "--max-error-rate", "1%"), "100%")
    assert len(shop.clock.naps) == 1


def test_a_slower_version_is_compared_with_the_old_one(shop: Shop) -> None:
    shop.traffic(v2={"p99_ms": 400})
    _rolled_back(shop, shop.shift(*CANARY, "--max-p99", "+20%"), "p99 of the new version")


def test_an_error_rate_may_be_told_against_the_old_version(shop: Shop) -> None:
    shop.traffic(v1={"errors": 0.05}, v2={"errors": 0.05})
    assert shop.shift(*CANARY, "--max-error-rate", "+1%").exit_code == 0


def test_throttles_of_the_alias_roll_back(shop: Shop) -> None:
    shop.traffic(v2={"throttles": 0.5})
    _rolled_back(shop, shop.shift(*CANARY, "--max-throttles", "5"), "throttles")


def test_an_alarm_rolls_back(shop: Shop) -> None:
    shop.traffic(v2={"errors": 0.5})
    name = shop.alarm()
    result = shop.shift(*CANARY, "--alarm", name, "--min-invocations", "0")
    _rolled_back(shop, result, f"alarm {name} went off")


def test_a_composite_alarm_rolls_back(shop: Shop) -> None:
    shop.traffic(v2={"errors": 0.5})
    rule = f'ALARM("{shop.alarm()}")'
    shop.cloudwatch.put_composite_alarm(AlarmName=f"{shop.name}-any", AlarmRule=rule)
    _rolled_back(shop, shop.shift(*CANARY, "--alarm", f"{shop.name}-any"), "went off")


def test_an_alarm_that_is_deleted_meanwhile_rolls_back(shop: Shop) -> None:
    shop.traffic()
    name = shop.alarm()
    shop.clock.at[2] = lambda: shop.cloudwatch.delete_alarms(AlarmNames=[name])
    _rolled_back(shop, shop.shift(*CANARY, "--alarm", name), "was deleted")


def test_a_failed_hook_before_moves_nothing(shop: Shop) -> None:
    control.reset_calls(shop.sandbox.info)
    result = _with_bad_hook(shop, "--pre")
    assert (result.exit_code, shop.route) == (1, OLD)
    assert "said no" in result.stderr
    calls = control.calls(shop.sandbox.info).calls
    assert not [name for name in calls if name.startswith("lambda.PUT")]


def test_a_failed_hook_after_rolls_back(shop: Shop) -> None:
    result = _with_bad_hook(shop, "--post")
    assert (result.exit_code, shop.route) == (1, OLD)
    assert verdicts(result) == [(100, "promoted"), (0, "rolled back")]


def _with_bad_hook(shop: Shop, flag: str) -> Result:
    told = {"*": {"errors": 1}}
    where = {"account": ACCOUNT, "region": REGION}
    control.play_traffic(shop.sandbox.info, "check-orders", None, versions=told, **where)
    try:
        return shop.shift("--all-at-once", flag, "check-orders")
    finally:
        control.play_traffic(shop.sandbox.info, "check-orders", None, **where)


def test_a_smoke_call_that_fails_rolls_back(shop: Shop) -> None:
    shop.traffic(0, v2={"errors": 1})
    result = shop.shift("--canary", "50%/30s", "--smoke", "40", "--min-invocations", "0")
    _rolled_back(shop, result, "smoke calls of version 2 failed")


# -- nobody calls --------------------------------------------------------------------------------


def test_an_idle_step_waits_until_calls_come(shop: Shop) -> None:
    shop.clock.at[20] = lambda: shop.traffic()
    result = shop.shift(*CANARY)
    assert (result.exit_code, shop.route) == (0, NEW)
    assert sum(shop.clock.naps) > 600
    assert "waits: 0 of 50" in result.stderr


def test_an_idle_step_may_go_on(shop: Shop) -> None:
    assert shop.shift(*CANARY, "--on-idle", "continue").exit_code == 0
    assert shop.route == NEW


def test_an_idle_step_may_roll_back(shop: Shop) -> None:
    _rolled_back(shop, shop.shift(*CANARY, "--on-idle", "rollback"), "only 0 of 50")


# -- somebody else -------------------------------------------------------------------------------


def test_a_foreign_change_stops_the_run_and_is_left_alone(shop: Shop) -> None:
    shop.traffic()
    shop.clock.at[3] = lambda: shop.set_route("1", {"3": 0.5})
    result = shop.shift(*STEPS)
    assert result.exit_code == 1
    assert "ForeignChange" in result.stderr
    assert "by arn:aws:iam::111111111111:user/demo" in result.stderr
    assert f"hint: awsops lambda status {shop.alias} -p demo-dev" in result.stderr
    assert shop.route == ("1", {"3": 0.5})


def test_our_own_change_is_not_taken_for_the_one_that_the_trail_has_yet_to_tell() -> None:
    ours = {"functionVersion": "1", "routingConfig": {"additionalVersionWeights": {"2": 0.1}}}
    assert leads_to(ours, Route("1", {"2": 0.1}))
    assert not leads_to(ours, Route("1", {"3": 0.5}))
    assert not leads_to(ours, Route("3"))


def test_a_shift_in_progress_is_not_taken_over(shop: Shop) -> None:
    shop.set_route("1", {"3": 0.5})
    result = shop.shift(*CANARY)
    assert (result.exit_code, shop.route) == (2, ("1", {"3": 0.5}))
    assert "in progress" in result.stderr
    assert f"awsops lambda rollback {shop.alias}" in result.stderr


# -- Ctrl-C --------------------------------------------------------------------------------------


def _interrupted(shop: Shop, **options: Any) -> Result:
    """A run whose shift is interrupted at its second look."""
    shop.traffic()
    shop.clock.at[2] = shop.clock.interrupt
    return shop.shift(*CANARY, **options)


def test_ctrl_c_without_a_terminal_rolls_back(shop: Shop) -> None:
    result = _interrupted(shop)
    assert (result.exit_code, shop.route) == (130, OLD)


def test_ctrl_c_on_a_terminal_asks_and_rolls_back(shop: Shop) -> None:
    person = ScriptedPrompter(["y"])
    result = _interrupted(shop, tty=True, prompter=person)
    assert (result.exit_code, shop.route) == (130, OLD)
    [question] = person.questions
    assert question.startswith(f"{shop.alias} is at version 1, 10% to 2. Roll back")


def test_ctrl_c_that_nobody_answers_rolls_back(shop: Shop) -> None:
    result = _interrupted(shop, tty=True, answers=[""])
    assert (result.exit_code, shop.route) == (130, OLD)


def test_ctrl_c_on_a_terminal_may_leave_it_and_says_what_goes_on(shop: Shop) -> None:
    result = _interrupted(shop, tty=True, answers=["n"], width=200)
    assert (result.exit_code, shop.route) == (130, ("1", {"2": 0.1}))
    assert "--resume" in result.stderr
    status = shop.run("status", shop.alias)
    assert status.rows[0]["state"] == "abandoned"
    assert "nobody drives" in status.stderr
    resumed = shop.shift("--resume", status.rows[0]["run"], to="")
    assert (resumed.exit_code, shop.route) == (0, NEW), resumed.stderr


# -- a bad day -----------------------------------------------------------------------------------


def test_throttles_slow_a_shift_and_do_not_end_it(shop: Shop) -> None:
    shop.traffic()
    bad_day = "throttle=0.5,only=lambda+monitoring,seed=3"
    shop.clock.at[1] = lambda: control.set_chaos(shop.sandbox.info, bad_day)
    result = shop.shift(*STEPS, environ={"AWS_MAX_ATTEMPTS": "1"})
    assert (result.exit_code, shop.route) == (0, NEW), result.stderr
    assert "TooManyRequestsException" in result.stderr


def test_an_answer_that_is_lost_is_not_taken_for_somebody_elses_change(shop: Shop) -> None:
    shop.traffic()
    shop.clock.at[1] = lambda: control.set_chaos(shop.sandbox.info, "lost=0.3,only=lambda,seed=5")
    result = shop.shift(*STEPS)
    assert (result.exit_code, shop.route) == (0, NEW), result.stderr


def test_an_outage_is_waited_for(shop: Shop) -> None:
    shop.traffic()
    shop.clock.at[2] = lambda: control.set_chaos(shop.sandbox.info, "error=1")
    shop.clock.at[5] = lambda: control.set_chaos(shop.sandbox.info, "")
    result = shop.shift(*CANARY, environ={"AWS_MAX_ATTEMPTS": "1"})
    assert (result.exit_code, shop.route) == (0, NEW), result.stderr
    assert "cannot be seen just now" in result.stderr


def test_credentials_that_end_are_said_loudly_with_the_command_that_is_left(
    shop: Shop, clients: Mapping[str, Any], tmp_path: Path
) -> None:
    shop.traffic()
    key, environ = _own_key(clients, tmp_path)
    shop.clock.at[2] = lambda: clients["iam"].delete_access_key(UserName="demo", AccessKeyId=key)
    result = shop.shift(*CANARY, environ=environ, profile="ending")
    assert (result.exit_code, shop.route) == (4, ("1", {"2": 0.1})), result.stderr
    assert "COULD NOT BE ROLLED BACK" in result.stderr
    assert f"awsops lambda rollback {shop.alias}" in result.stderr
    assert shop.run("rollback", shop.alias, "-y").exit_code == 0
    assert shop.route == OLD


def test_a_session_that_has_expired_is_not_waited_for(
    shop: Shop, awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    """No later call does better with it, and nobody watches the gates."""
    shop.traffic()
    environ = _own_session(awsops_sandbox, tmp_path)
    shop.clock.at[2] = lambda: control.end_sessions(awsops_sandbox.info)
    result = shop.shift(*CANARY, environ=environ, profile="ending")
    assert (result.exit_code, len(shop.clock.naps)) == (4, 2), result.stderr
    said = " ".join(result.stderr.split())
    assert "COULD NOT BE ROLLED BACK" in said
    assert (
        f"auth login -p PROFILE --write ending; then: awsops lambda rollback {shop.alias}" in said
    )


def test_keys_that_come_back_within_a_minute_let_the_shift_go_on(
    shop: Shop, clients: Mapping[str, Any], tmp_path: Path
) -> None:
    shop.traffic()
    key, environ = _own_key(clients, tmp_path)

    def turn(status: str) -> None:
        clients["iam"].update_access_key(UserName="demo", AccessKeyId=key, Status=status)

    shop.clock.at[2] = lambda: turn("Inactive")
    shop.clock.at[3] = lambda: turn("Active")
    result = shop.shift(*CANARY, environ=environ, profile="ending")
    clients["iam"].delete_access_key(UserName="demo", AccessKeyId=key)
    assert (result.exit_code, shop.route) == (0, NEW), result.stderr
    assert "the gates cannot be seen" in result.stderr


def test_keys_that_end_are_refreshed_and_the_shift_goes_on(
    shop: Shop, clients: Mapping[str, Any], tmp_path: Path
) -> None:
    """By a credential process whose keys live for minutes: botocore asks it for others."""
    shop.traffic()
    iam, user = clients["iam"], f"rotating-{shop.name}"
    iam.create_user(UserName=user)
    allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=policy)
    keys = [iam.create_access_key(UserName=user)["AccessKey"] for _ in range(2)]
    answer = tmp_path / "answer.json"

    def give(key: Mapping[str, Any]) -> None:
        ends = datetime.now(UTC) + timedelta(minutes=5)
        told = {"Version": 1, "AccessKeyId": key["AccessKeyId"], "Expiration": ends.isoformat()}
        answer.write_text(json.dumps({**told, "SecretAccessKey": key["SecretAccessKey"]}))

    def delete(key: Mapping[str, Any]) -> None:
        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])

    def replace() -> None:
        give(keys[1])
        delete(keys[0])

    give(keys[0])
    config = f"[profile ending]\nregion = {REGION}\ncredential_process = cat '{answer}'\n"
    (tmp_path / "config").write_text(config)
    (tmp_path / "keys").write_text("")
    shop.clock.at[2] = replace
    result = shop.shift(*CANARY, environ=_files(tmp_path), profile="ending")
    delete(keys[1])
    iam.delete_user_policy(UserName=user, PolicyName="all")
    iam.delete_user(UserName=user)
    assert (result.exit_code, shop.route) == (0, NEW), result.stderr


def _own_key(clients: Mapping[str, Any], folder: Path) -> tuple[str, dict[str, str]]:
    """A key of the test's own, and the environment of the profile `ending` that has it."""
    key = clients["iam"].create_access_key(UserName="demo")["AccessKey"]
    (folder / "config").write_text(f"[profile ending]\nregion = {REGION}\n")
    (folder / "keys").write_text(
        f"[ending]\naws_access_key_id = {key['AccessKeyId']}\n"
        f"aws_secret_access_key = {key['SecretAccessKey']}\n"
    )
    return str(key["AccessKeyId"]), _files(folder)


def _own_session(sandbox: Sandbox, folder: Path) -> dict[str, str]:
    """The environment of the profile `ending`, which has a session of demo-dev's user."""
    import botocore.session

    session = botocore.session.Session(profile="demo-dev")
    for name, file in (("config_file", "config"), ("credentials_file", "credentials")):
        session.set_config_variable(name, str(sandbox.info.folder / file))
    sts = session.create_client("sts", region_name=REGION)
    got = sts.get_session_token()["Credentials"]
    (folder / "config").write_text(f"[profile ending]\nregion = {REGION}\n")
    (folder / "keys").write_text(
        f"[ending]\naws_access_key_id = {got['AccessKeyId']}\n"
        f"aws_secret_access_key = {got['SecretAccessKey']}\n"
        f"aws_session_token = {got['SessionToken']}\n"
    )
    return _files(folder)


def _files(folder: Path) -> dict[str, str]:
    return {
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "keys"),
        "AWS_PROFILE": "ending",
    }


# -- refused before anything moves ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "to", "code", "said"),
    [
        ((), "2", 2, "there is no strategy"),
        (("--canary", "10%/5m", "--all-at-once"), "2", 2, "exclude one another"),
        (("--canary", "110%/5m"), "2", 2, "at most 100%"),
        (("--canary", "10%"), "2", 2, "a weight and a time"),
        (("--steps", "5,1,100", "--every", "1m"), "2", 2, "rising"),
        (("--steps", "5,50", "--every", "1m"), "2", 2, "end with 100"),
        (("--steps", "5,100"), "2", 2, "--every"),
        (("--strategy", "Canary10Percent"), "2", 2, "unknown strategy"),
        (CANARY, "99", 5, "has no version 99"),
        (CANARY, "$LATEST", 2, "publish"),
        (CANARY, "", 2, "shift to what"),
        ((*CANARY, "--alarm", "no-such-alarm"), "2", 5, "no alarm no-such-alarm"),
        ((*CANARY, "--pre", "no-such-function"), "2", 5, "no function no-such-function"),
        ((*CANARY, "--max-error-rate", "200%"), "2", 2, "0% to 100%"),
        ((*CANARY, "--max-p99", "20%"), "2", 2, "above what"),
        (("--canary", "10%/5m", "--poll", "0s"), "2", 2, "1s to 5m"),
        ((*CANARY, "--wave", "x"), "2", 2, "sizes like"),
        (("--resume", "nothing"), "", 5, "no record"),
        (("--resume", "nothing", "--all-at-once"), "", 2, "takes no --to"),
    ],
)
def test_a_mistake_is_named_and_nothing_moves(
    shop: Shop, words: tuple[str, ...], to: str, code: int, said: str
) -> None:
    result = shop.shift(*words, to=to)
    assert (result.exit_code, shop.route) == (code, OLD), result.stderr
    assert said in result.stderr


@pytest.mark.parametrize(
    ("alias", "code", "said"),
    [
        ("orders:liev", 5, "did you mean live"),
        ("odrers:live", 5, "did you mean orders"),
        ("orders", 2, "names no alias"),
        ("orders:3", 2, "is a version"),
        ("a b:live", 2, "is no function"),
        ("arn:aws:lambda:eu-west-1:222222222222:function:orders:live", 2, "222222222222"),
        ("arn:aws:lambda:us-east-1:111111111111:function:orders:live", 2, "us-east-1"),
    ],
)
def test_an_alias_that_is_none_is_told_with_the_nearest(
    shop: Shop, alias: str, code: int, said: str
) -> None:
    result = shop.run("shift", alias, "--to", "2", *CANARY, "-y")
    assert result.exit_code == code, result.stderr
    assert said in result.stderr


def test_an_alarm_that_is_on_blocks_until_it_is_named(shop: Shop) -> None:
    name = shop.alarm()
    state = {"AlarmName": name, "StateValue": "ALARM", "StateReason": "old"}
    shop.cloudwatch.set_alarm_state(**state)
    blocked = shop.shift("--all-at-once", "--alarm", name)
    assert (blocked.exit_code, shop.route) == (2, OLD)
    assert f"--ignore-alarm {name}" in blocked.stderr
    shop.cloudwatch.set_alarm_state(**state)
    passed = shop.shift("--all-at-once", "--alarm", name, "--ignore-alarm", name)
    assert (passed.exit_code, shop.route) == (0, NEW)


@pytest.mark.parametrize("setting", ["role", "dead-letter"])
def test_versions_that_cannot_share_an_alias_are_refused(shop: Shop, setting: str) -> None:
    change = {
        "role": {"Role": f"arn:aws:iam::{ACCOUNT}:role/other"},
        "dead-letter": {"DeadLetterConfig": {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"}},
    }[setting]
    shop.lam.update_function_configuration(FunctionName=shop.name, **change)
    shop.lam.publish_version(FunctionName=shop.name)
    result = shop.shift(*CANARY, to="4")
    assert (result.exit_code, shop.route) == (2, OLD)
    assert setting.split("-")[0] in result.stderr


def test_provisioned_concurrency_is_refused(shop: Shop) -> None:
    shop.lam.put_provisioned_concurrency_config(
        FunctionName=shop.name, Qualifier="live", ProvisionedConcurrentExecutions=1
    )
    result = shop.shift(*CANARY)
    assert (result.exit_code, shop.route) == (2, OLD)
    assert "provisioned concurrency" in result.stderr


def test_the_plan_of_a_shift_is_json(shop: Shop) -> None:
    result = shop.run("shift", shop.alias, "--to", "2", *CANARY, "--dry-run", "-o", "json")
    assert json.loads(result.stdout)[0]["action"] == "shift"
