"""A plan for one account is never carried out in another, whatever the credentials become."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awsops.testing import Result
from tests.conftest import Loopback

Cli = Callable[..., Result]
MINE, OTHERS = "AKIATEST000000000001", "AKIATEST000000000002"
SAME_ACCOUNT = "AKIATWIN000000000001"  # another user of it: the loopback tells by the last digits

MOVE = """
from pathlib import Path

@command(mutates=True)
def now(aws: Aws, key: Annotated[str, Argument(help="Key.")], pool: bool = False, then: str = ""):
    sqs = aws.client("sqs")
    yield Plan((Change("move", "orders", undo="awsops move now x"),))
    Path(aws.env.environ["KEY_FILE"]).write_text(key)
    call = lambda: sqs.purge_queue(QueueUrl=f"{sqs.meta.endpoint_url}/1/orders")
    if pool:
        with aws.pool(1) as threads:
            threads.submit(call).result()
    else:
        call()
    if then:
        Path(aws.env.environ["KEY_FILE"]).write_text(then)
    yield Row("moved")
"""


@pytest.fixture
def environ(loopback: Loopback, write_plugin: Callable[..., Path]) -> dict[str, str]:
    """A profile whose keys come from a program: those that stand in a file, good for a minute."""
    write_plugin("move", MOVE)
    folder = loopback.folder
    (folder / "key").write_text(MINE)
    until = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    program = folder / "keys.sh"
    answer = f'"SecretAccessKey": "not-a-secret", "SessionToken": "token", "Expiration": "{until}"'
    text = '{"Version": 1, "AccessKeyId": "%s", ' + answer + "}"
    program.write_text(f"#!/bin/sh\nprintf '{text}' \"$(cat '{folder}/key')\"\n")
    program.chmod(0o755)
    environ = loopback.accounts([])
    config = f"[profile p]\nregion = eu-west-1\ncredential_process = '{program}'\n"
    (folder / "config").write_text(config)
    return {**environ, "KEY_FILE": str(folder / "key")}


def changed(loopback: Loopback) -> list[str]:
    """The accounts whose keys have signed a change."""
    return [call.account for call in loopback.calls if call.operation == "PurgeQueue"]


def move(cli: Cli, environ: dict[str, str], *words: str) -> Result:
    return cli(["move", "now", *words, "-p", "p", "-y"], environ)


@pytest.mark.parametrize("how", [(), ("--pool",)])
def test_keys_that_have_become_those_of_another_account_change_nothing_there(
    cli: Cli, environ: dict[str, str], loopback: Loopback, how: tuple[str, ...]
) -> None:
    result = move(cli, environ, OTHERS, *how)
    assert (result.exit_code, changed(loopback)) == (4, [])
    assert "WrongAccount: the credentials now belong to account 000000000002" in result.stderr
    assert "belonged to 000000000001" in result.stderr


def test_a_call_that_was_refused_for_it_is_not_recorded_as_begun(
    cli: Cli, environ: dict[str, str]
) -> None:
    move(cli, environ, OTHERS)
    assert cli(["history", "ls"], environ).rows == []


def test_another_identity_of_the_account_goes_on_and_is_the_one_that_is_recorded(
    cli: Cli, environ: dict[str, str], loopback: Loopback
) -> None:
    def answer(call: Any) -> Any:
        status, text = Loopback.usual(call) or (500, "")
        who = "user/twin" if call.access_key == SAME_ACCOUNT else "user/tester"
        return status, text.replace("user/tester", who)

    loopback.answer = answer
    result = move(cli, environ, SAME_ACCOUNT)
    assert (result.exit_code, changed(loopback)) == (0, ["000000000001"]), result.stderr
    run = cli(["history", "ls"], environ).rows[0]["run"]
    [call] = cli(["history", "show", run], environ).rows
    assert call["caller"] == "arn:aws:iam::000000000001:user/twin"


def test_a_key_is_asked_once_whose_it_is(
    cli: Cli, environ: dict[str, str], loopback: Loopback
) -> None:
    assert move(cli, environ, MINE).exit_code == 0
    assert loopback.operations().count("GetCallerIdentity") == 1


def test_no_step_of_a_recipe_works_in_another_account_than_the_one_before(
    cli: Cli, environ: dict[str, str], loopback: Loopback, tmp_path: Path
) -> None:
    recipe = tmp_path / "two.yaml"
    recipe.write_text(
        f"name: two\nsummary: Two.\nsteps:\n"
        f"  - {{id: one, run: move now, with: {{key: {MINE}, then: {OTHERS}}}}}\n"
        f"  - {{id: two, run: move now, with: {{key: {OTHERS}}}}}\n"
    )
    result = cli(["recipe", "run", str(recipe), "-p", "p", "-y"], environ)
    assert (result.exit_code, changed(loopback)) == (4, ["000000000001"])
    assert "should be account 000000000001" in result.stderr


def test_a_run_goes_on_in_no_other_account_than_it_began_in(
    cli: Cli, environ: dict[str, str], loopback: Loopback, tmp_path: Path
) -> None:
    recipe = tmp_path / "two.yaml"
    recipe.write_text(
        f"name: two\nsummary: Two.\nsteps:\n"
        f"  - {{id: one, run: move now, with: {{key: {MINE}}}}}\n"
        f"  - {{id: two, run: move now, with: {{key: {MINE}}}}}\n"
    )
    usual = loopback.answer
    loopback.answer = lambda call: (
        (400, "{}")
        if call.operation == "PurgeQueue" and len(changed(loopback)) > 1
        else usual(call)
    )
    assert cli(["recipe", "run", str(recipe), "-p", "p", "-y"], environ).exit_code == 1
    run = cli(["history", "ls"], environ).rows[0]["run"]
    loopback.answer = usual
    Path(environ["KEY_FILE"]).write_text(OTHERS)
    result = cli(["recipe", "resume", run, "-y"], environ)
    assert result.exit_code == 4
    assert "p/eu-west-1 should be account 000000000001" in result.stderr
    assert set(changed(loopback)) == {"000000000001"}


DOUBTFUL = {
    "keys before a profile": (
        {"AWS_PROFILE": "p", "AWS_ACCESS_KEY_ID": MINE, "AWS_SECRET_ACCESS_KEY": "not-a-secret"},
        [],
        "AWS_ACCESS_KEY_ID goes before AWS_PROFILE (p); -p p takes the profile",
    ),
    "two profiles": (
        {"AWS_PROFILE": "other", "AWS_DEFAULT_PROFILE": "p"},
        [],
        "AWS_DEFAULT_PROFILE (p) goes before AWS_PROFILE (other)",
    ),
    "a service elsewhere": (
        {"AWS_ENDPOINT_URL_MOVE": "http://127.0.0.1:9"},
        ["-p", "p"],
        "AWS_ENDPOINT_URL_MOVE sends the calls to http://127.0.0.1:9",
    ),
}


@pytest.mark.parametrize("case", DOUBTFUL)
def test_what_may_lead_a_change_elsewhere_is_told_with_the_plan(
    cli: Cli, environ: dict[str, str], case: str
) -> None:
    given, words, said = DOUBTFUL[case]
    region = {"AWS_DEFAULT_REGION": "eu-west-1"}
    result = cli(["move", "now", MINE, "--dry-run", *words], {**environ, **region, **given})
    assert result.exit_code == 0, result.stderr
    assert said in result.stderr
    plain = cli(["move", "now", MINE, "--dry-run", "-p", "p"], environ)
    assert "warning" not in plain.stderr
