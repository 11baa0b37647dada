"""The target options name exactly the accounts and regions that are meant, or nothing runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from awsops.testing import Result, Sandbox

if TYPE_CHECKING:
    from tests.conftest import Loopback

PROFILES = ["dev", "prod-eu", "prod-us", "staging"]
Cli = Callable[[list[str]], Result]


@pytest.fixture
def at(write_plugin: Callable[..., Path], cli: Callable[..., Result], loopback: Loopback) -> Cli:
    """`at([...])` runs `where am` with these target options; each row's name is a target."""
    write_plugin(
        "where",
        """
        @command()
        def am(aws: Aws):
            account = aws.client("sts").get_caller_identity()["Account"]
            yield Row(f"{aws.target.label} {account[-1]}")

        @command(mutates=True)
        def change(aws: Aws):
            yield Plan((Change("create", "queue"),))
            aws.client("sqs").create_queue(QueueName="queue")
        """,
    )
    environ = loopback.accounts(PROFILES)
    # The default chain works, so that falling back to it would not go unseen.
    environ |= {"AWS_ACCESS_KEY_ID": "AKIADEFAULT000000009", "AWS_SECRET_ACCESS_KEY": "x" * 40}
    environ |= {"AWS_DEFAULT_REGION": "eu-west-1"}

    def run_at(options: list[str], verb: str = "am") -> Result:
        return cli(["where", verb, *options, "-o", "json"], environ)

    return run_at


def names(result: Result) -> list[str]:
    assert result.exit_code == 0, result.stderr
    return [row["name"] for row in result.rows]


# -- profiles -----------------------------------------------------------------------------


def test_no_profile_is_the_default_chain(at: Cli) -> None:
    assert names(at([])) == ["default/eu-west-1 9"]


def test_profiles_are_taken_in_the_order_in_which_they_are_named(at: Cli) -> None:
    assert names(at(["-p", "staging", "-p", "dev"])) == ["staging/eu-west-1 4", "dev/eu-west-1 1"]


def test_a_glob_takes_every_profile_that_matches(at: Cli) -> None:
    assert names(at(["-p", "prod-*"])) == ["prod-eu/eu-west-1 2", "prod-us/eu-west-1 3"]


def test_a_profile_named_twice_is_one_target(at: Cli) -> None:
    assert names(at(["-p", "dev", "-p", "d*"])) == ["dev/eu-west-1 1"]


@pytest.fixture
def groups(tmp_path: Path) -> None:
    path = tmp_path / ".config/awsops/config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        '[groups]\nlive = ["prod-*", "@tests"]\ntests = ["staging"]\nring = ["@ring"]\n'
    )


def test_a_group_takes_its_profiles_globs_and_groups(at: Cli, groups: None) -> None:
    assert [n.split("/")[0] for n in names(at(["-p", "@live"]))] == [
        "prod-eu",
        "prod-us",
        "staging",
    ]


REFUSED = {
    "a profile that does not exist": (["-p", "prod-ue"], "'prod-ue'", "did you mean prod-"),
    "one of two profiles": (["-p", "dev", "-p", "stagin"], "'stagin'", "did you mean staging"),
    "a glob that matches nothing": (["-p", "live-*"], "no profile matches 'live-*'", "hint:"),
    "an empty name": (["-p", ""], "--profile is empty", "hint: is a variable not set?"),
    "a group that does not exist": (["-p", "@liv"], "@liv", "did you mean @live"),
    "a group within itself": (["-p", "@ring"], "contains itself", "ring -> ring"),
    "a region that does not exist": (["-r", "eu-wset-1"], "'eu-wset-1'", "eu-west-1"),
    "one of two regions": (["-p", "dev", "-r", "eu-west-1", "-r", "mars"], "'mars'", "hint:"),
    "an organization without a role": (["--org"], "--role", "for example"),
    "an organization with a role's ARN": (["--org", "--role", "arn:aws:iam::1:role/a"], "name", ""),
}


@pytest.mark.parametrize(("options", "message", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_names_nothing_is_refused_before_any_call(
    options: list[str], message: str, hint: str, at: Cli, groups: None, loopback: Loopback
) -> None:
    result = at(options)
    assert (result.exit_code, loopback.calls) == (2, [])
    assert message in result.stderr
    assert hint in result.stderr


# -- regions ------------------------------------------------------------------------------


def test_regions_multiply_the_profiles(at: Cli) -> None:
    assert names(at(["-p", "dev", "-p", "staging", "-r", "eu-west-1", "-r", "us-east-1"])) == [
        "dev/eu-west-1 1",
        "dev/us-east-1 1",
        "staging/eu-west-1 4",
        "staging/us-east-1 4",
    ]


def test_calls_are_signed_for_the_region_that_was_named(at: Cli, loopback: Loopback) -> None:
    names(at(["-p", "dev", "-r", "ap-south-1"]))
    assert {call.region for call in loopback.calls} == {"ap-south-1"}


def test_all_regions_are_those_that_the_account_has_enabled(at: Cli, loopback: Loopback) -> None:
    regions = "".join(
        f"<item><regionName>{name}</regionName></item>" for name in ("us-east-1", "eu-south-2")
    )
    loopback.answer = lambda call: (
        (200, f"<R><regionInfo>{regions}</regionInfo></R>")
        if call.operation == "DescribeRegions"
        else loopback.usual(call)
    )
    assert names(at(["-p", "dev", "-r", "all"])) == ["dev/eu-south-2 1", "dev/us-east-1 1"]


def test_a_target_without_a_region_says_how_to_give_one(
    at: Cli, cli: Callable[..., Result], loopback: Loopback
) -> None:
    environ = loopback.accounts(["dev"])
    (loopback.folder / "config").write_text("[profile dev]\n")
    result = cli(["where", "change", "-p", "dev", "--yes"], environ)
    assert result.exit_code == 2, result
    assert "give -r REGION" in result.stderr


def test_the_default_region_is_for_targets_without_one(
    at: Cli, cli: Callable[..., Result], loopback: Loopback, tmp_path: Path
) -> None:
    (tmp_path / ".config/awsops/config.toml").write_text('[defaults]\nregion = "sa-east-1"\n')
    environ = loopback.accounts(["dev", "other"])
    (loopback.folder / "config").write_text("[profile dev]\nregion = eu-west-3\n[profile other]\n")
    result = cli(["where", "am", "-p", "dev", "-p", "other", "-o", "json"], environ)
    assert names(result) == ["dev/eu-west-3 1", "other/sa-east-1 2"]


# -- a file of targets --------------------------------------------------------------------


def targets_file(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "targets.yaml"
    path.write_text(text)
    return ["--targets", str(path)]


def test_a_file_names_profiles_regions_and_accounts(at: Cli, tmp_path: Path) -> None:
    options = targets_file(
        tmp_path,
        """
        targets:
          - {profile: dev, regions: [eu-west-1, us-east-1]}
          - {profile: prod-us, region: us-west-2, account: "000000000003"}
        """,
    )
    assert names(at(options)) == ["dev/eu-west-1 1", "dev/us-east-1 1", "prod-us/us-west-2 3"]


def test_a_bare_list_is_a_file_of_targets_too(at: Cli, tmp_path: Path) -> None:
    assert names(at(targets_file(tmp_path, "- profile: staging\n"))) == ["staging/eu-west-1 4"]


MALFORMED = {
    "not there": (None, "cannot be read"),
    "not YAML": ("[", "is not valid YAML"),
    "empty": ("", "expected a list of targets"),
    "an empty list": ("targets: []", "expected a list of targets"),
    "a string for a target": ("- dev", "target 1: expected a mapping"),
    "an unknown key": ("- {profil: dev}", "did you mean profile"),
    "an account without its quotes": ("- {profile: dev, account: 000000000001}", "quote"),
    "an unknown profile": ("- {profile: dev}\n- {profile: stagng}", "did you mean staging"),
    "an unknown region": ("- {profile: dev, region: eu-west-9}", "eu-west-9"),
    "regions that are no list": ("- {profile: dev, regions: eu-west-1}", "must be a list"),
    "a number for a region": ("- {profile: dev, regions: [1]}", "'1'"),
    "bytes that are no text": (b"\xff\xfe\x00", "is not UTF-8"),
}


@pytest.mark.parametrize(("text", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_is_refused_before_any_call(
    text: str | bytes | None, message: str, at: Cli, tmp_path: Path, loopback: Loopback
) -> None:
    path = tmp_path / "targets.yaml"
    if text is not None:
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    result = at(["--targets", str(path)])
    assert (result.exit_code, loopback.calls) == (2, []), result
    assert message in result.stderr
    assert "targets.yaml" in result.stderr


def test_a_file_of_targets_excludes_profiles(at: Cli, tmp_path: Path) -> None:
    result = at([*targets_file(tmp_path, "- profile: dev\n"), "-p", "dev"])
    assert result.exit_code == 2
    assert "-p" in result.stderr


@pytest.mark.parametrize("verb", ["am", "change"])
def test_an_account_that_is_not_the_expected_one_is_refused(
    verb: str, at: Callable[..., Result], tmp_path: Path, loopback: Loopback
) -> None:
    options = targets_file(tmp_path, '- {profile: dev, account: "000000000002"}\n')
    result = at([*options, *(["--yes"] if verb == "change" else [])], verb)
    assert result.exit_code == 4
    assert "should be account 000000000002" in result.stderr
    assert "belong to 000000000001" in result.stderr
    assert loopback.operations() == ["GetCallerIdentity"]


# -- roles --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "role", ["ops", "arn:aws:iam::333333333333:role/ops"], ids=["by name", "by ARN"]
)
def test_a_role_is_assumed_from_the_profile(role: str, awsops: Callable[..., Result]) -> None:
    profile = "demo-prod" if role == "ops" else "demo-dev"
    result = awsops(["creds", "whoami", "-p", profile, "--role", role])
    assert result.exit_code == 0, result.stderr
    [row] = result.rows
    assert row["account"] == "333333333333"
    assert ":assumed-role/ops/" in row["arn"]


def test_a_role_by_name_is_each_accounts_own(awsops: Callable[..., Result]) -> None:
    result = awsops(
        ["creds", "whoami", "-p", "demo-staging", "-p", "demo-prod", "--role", "ops", "-o", "json"]
    )
    assert result.exit_code == 0, result.stderr
    assert [row["account"] for row in result.rows] == ["222222222222", "333333333333"]


def test_a_role_that_may_not_be_assumed_is_exit_code_4(
    awsops: Callable[..., Result], awsops_sandbox: Sandbox
) -> None:
    result = awsops(["creds", "whoami", "-p", "demo-dev", "--role", "nobody"])
    assert result.exit_code == 4
    assert "AssumeRole" in result.stderr
