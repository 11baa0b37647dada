"""Protected accounts, too many targets, and calls that can be found again in CloudTrail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from awsops.running import protection
from awsops.testing import Result

if TYPE_CHECKING:
    from tests.conftest import Answer, Call, Loopback

Cli = Callable[..., Result]
SEND = """
    @command(mutates=True)
    def send(aws: Aws):
        yield Plan((Change("send", "queue", why_no_undo="gone is gone"),))
        aws.client("sqs").send_message(QueueUrl="https://q", MessageBody="x")
        yield Row(aws.target.profile)
    """
ALIASES = {"000000000001": "acme-dev", "000000000002": "acme-prod"}


@pytest.fixture
def two(loopback: Loopback, write_plugin: Callable[..., Path]) -> dict[str, str]:
    """`good send` and the profiles dev (acme-dev) and live (acme-prod)."""
    write_plugin("good", SEND)
    loopback.answer = lambda call: answer(loopback, call)
    return loopback.accounts(["dev", "live"])


def answer(loopback: Loopback, call: Call) -> Answer:
    if call.operation == "AssumeRole":
        return 200, _ASSUMED.format(account=call.account)
    if call.operation != "ListAccountAliases":
        return loopback.usual(call)
    alias = ALIASES.get(call.account)
    member = f"<member>{alias}</member>" if alias else ""
    return 200, (
        "<ListAccountAliasesResponse><ListAccountAliasesResult><IsTruncated>false</IsTruncated>"
        f"<AccountAliases>{member}</AccountAliases></ListAccountAliasesResult>"
        "</ListAccountAliasesResponse>"
    )


_ASSUMED = (
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIATEST{account}"
    "</AccessKeyId><SecretAccessKey>not/a/secret/EXAMPLE</SecretAccessKey><SessionToken>EXAMPLE"
    "</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
    "</AssumeRoleResult></AssumeRoleResponse>"
)


def sent(loopback: Loopback) -> list[str]:
    return [call.account for call in loopback.calls if call.operation == "SendMessage"]


# -- protected accounts ---------------------------------------------------------------------


def test_yes_alone_does_not_change_an_account_whose_alias_says_prod(
    cli: Cli, two: dict[str, str], loopback: Loopback
) -> None:
    result = cli(["good", "send", "-p", "live", "-y"], two)
    assert (result.exit_code, sent(loopback)) == (2, [])
    assert "acme-prod is protected and --yes alone is not enough" in result.stderr
    assert "hint: --yes-i-mean acme-prod applies it" in result.stderr


def test_the_plan_names_what_is_protected_beneath_its_blast_radius(
    cli: Cli, two: dict[str, str]
) -> None:
    result = cli(["good", "send", "-p", "dev", "-p", "live", "--dry-run"], two)
    first, second, *_ = result.stderr.splitlines()
    assert first == "Plan: 2 changes in 2 accounts, 1 region, 2 resources"
    assert second == "  ! protected: acme-prod (000000000002)"


@pytest.mark.parametrize("name", ["acme-prod", "000000000002", "live"])
def test_a_script_says_which_account_it_means(
    name: str, cli: Cli, two: dict[str, str], loopback: Loopback
) -> None:
    result = cli(["good", "send", "-p", "live", "--yes-i-mean", name], two)
    assert (result.exit_code, sent(loopback)) == (0, ["000000000002"]), result.stderr


def test_what_is_not_meant_still_needs_its_yes(
    cli: Cli, two: dict[str, str], loopback: Loopback
) -> None:
    both = ["good", "send", "-p", "*", "--yes-i-mean", "acme-prod"]
    assert cli(both, two).exit_code == 2
    assert sent(loopback) == []
    assert cli([*both, "-y"], two).exit_code == 0
    assert sorted(sent(loopback)) == sorted(ALIASES)


def test_a_meant_account_that_is_not_in_the_plan_is_refused(
    cli: Cli, two: dict[str, str], loopback: Loopback
) -> None:
    result = cli(["good", "send", "-p", "dev", "-y", "--yes-i-mean", "acme-prod"], two)
    assert (result.exit_code, sent(loopback)) == (2, [])
    assert "hint: this plan is for acme-dev: check -p" in result.stderr


@pytest.mark.parametrize(
    ("typed", "code", "accounts"), [("acme-prod", 0, ["000000000002"]), ("y", 1, []), ("", 1, [])]
)
def test_a_person_types_the_name_of_a_protected_account(
    typed: str, code: int, accounts: list[str], cli: Cli, two: dict[str, str], loopback: Loopback
) -> None:
    result = cli(["good", "send", "-p", "live", "-y"], two, tty=True, answers=[typed])
    assert (result.exit_code, sent(loopback)) == (code, accounts), result.stderr


def test_a_profile_that_config_toml_protects_goes_by_its_own_name(
    cli: Cli, two: dict[str, str], loopback: Loopback, tmp_path: Path
) -> None:
    config = tmp_path / "awsops.toml"
    config.write_text('protected = ["de*"]\nprotected_aliases = []\n')
    environ = {**two, "AWSOPS_CONFIG_FILE": str(config)}
    assert cli(["good", "send", "-p", "dev", "-y"], environ).exit_code == 2
    assert cli(["good", "send", "-p", "dev", "--yes-i-mean", "dev"], environ).exit_code == 0
    assert cli(["good", "send", "-p", "live", "-y"], environ).exit_code == 0
    assert "ListAccountAliases" not in loopback.operations()


def test_an_alias_that_cannot_be_read_stops_nothing_and_is_said(
    cli: Cli, two: dict[str, str], loopback: Loopback
) -> None:
    usual = loopback.answer

    def denied(call: Call) -> Answer:
        if call.operation == "ListAccountAliases":
            return loopback.refusal(call, "AccessDenied", status=403)
        return usual(call)

    loopback.answer = denied
    result = cli(["good", "send", "-p", "dev", "-y"], two)
    assert (result.exit_code, sent(loopback)) == (0, ["000000000001"])
    assert "the alias of account 000000000001 cannot be read" in result.stderr


def test_an_iam_that_never_answers_is_not_waited_for(
    cli: Cli, two: dict[str, str], loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    monkeypatch.setattr(protection, "ALIAS_SECONDS", 0.05)
    over = threading.Event()
    usual = loopback.answer

    def hanging(call: Call) -> Answer:
        if call.operation == "ListAccountAliases":
            over.wait(30)
        return usual(call)

    loopback.answer = hanging
    result = cli(["good", "send", "-p", "dev", "-y"], two)
    over.set()
    assert (result.exit_code, sent(loopback)) == (0, ["000000000001"])
    assert "cannot be read (no answer from IAM)" in result.stderr


# -- how far a change may reach ------------------------------------------------------------


def test_more_targets_than_allowed_are_refused_before_anything_is_planned(
    cli: Cli, two: dict[str, str], loopback: Loopback
) -> None:
    result = cli(["good", "send", "-p", "*", "--max-targets", "1", "--dry-run"], two)
    assert (result.exit_code, loopback.calls) == (2, [])
    assert "2 targets are more than --max-targets 1" in result.stderr
    assert "they are dev/eu-west-1, live/eu-west-1" in result.stderr


def test_the_most_targets_may_stand_in_the_configuration(
    cli: Cli, two: dict[str, str], tmp_path: Path
) -> None:
    config = tmp_path / "awsops.toml"
    config.write_text("[defaults]\nmax_targets = 1\n")
    environ = {**two, "AWSOPS_CONFIG_FILE": str(config)}
    assert cli(["good", "send", "-p", "*", "--dry-run"], environ).exit_code == 2
    assert (
        cli(["good", "send", "-p", "*", "--dry-run", "--max-targets", "2"], environ).exit_code == 0
    )


# -- CloudTrail -----------------------------------------------------------------------------


def test_every_call_carries_the_runs_id_also_the_one_that_assumes_the_role(
    cli: Cli, two: dict[str, str], loopback: Loopback
) -> None:
    result = cli(["good", "send", "-p", "dev", "--role", "ops", "-y"], two)
    assert result.exit_code == 0, result.stderr
    runs = cli(["history", "ls"], two).rows
    assert [f"run/{runs[0]['run']}" in call.agent for call in loopback.calls] == [True] * len(
        loopback.calls
    )
    (assumed,) = [call for call in loopback.calls if call.operation == "AssumeRole"]
    assert assumed.params["RoleSessionName"] == f"awsops-{runs[0]['run']}"
