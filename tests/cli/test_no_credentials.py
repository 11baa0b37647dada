"""Without credentials every command says the same: what is missing, and what to type next."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from awsops.plugin import Argument, CommandSpec
from awsops.testing import Result
from tests.cli.test_one_language import SPECS

Cli = Callable[..., Result]
NOWHERE = {"AWS_EC2_METADATA_DISABLED": "true"}
# What needs no credentials, or looks at its words first.
OTHERWISE = {
    "auth assume": 2,  # a role or a profile that has one
    "auth exec": 5,  # a program that is installed
    "auth logout": 0,
    "creds chain": 0,
    "lambda status": 2,  # FUNCTION:ALIAS
}


def words_for(noun: str, spec: CommandSpec) -> list[str]:
    """A command line with all that must be given."""
    hints = typing.get_type_hints(spec.function, include_extras=True)
    words = [noun, spec.name]
    for name, parameter in list(inspect.signature(spec.function).parameters.items())[1:]:
        if parameter.default is inspect.Parameter.empty:
            is_argument = any(isinstance(e, Argument) for e in typing.get_args(hints[name]))
            words += ["x1"] if is_argument else [f"--{name.replace('_', '-')}", "x1"]
    return words


COMMANDS = {
    f"{noun} {spec.name}": words_for(noun, spec)
    for noun, specs in SPECS.items()
    for spec in specs.values()
    if spec.scope == "targets"
}


def told(result: Result) -> str:
    """The error and the hint, without what stands before them."""
    return " ".join(result.stderr.split()).partition("]: ")[2]


@pytest.mark.parametrize("command", COMMANDS)
def test_with_nothing_configured_it_says_how_to_begin(command: str, cli: Cli) -> None:
    result = cli(COMMANDS[command], NOWHERE)
    if command in OTHERWISE:
        assert result.exit_code == OTHERWISE[command], result.stderr
        return
    assert told(result) == (
        "NoCredentials: no credentials, and no profile to take them from "
        "hint: `aws configure sso` or `aws configure` makes one; "
        "awsops creds chain shows where they were looked for"
    )
    assert result.exit_code == 4


FILES = """\
[profile corp]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = ops
region = eu-west-1
[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
[profile legacy]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = ops
region = eu-west-1
[profile "behind corp"]
role_arn = arn:aws:iam::111122223333:role/x
source_profile = corp
region = eu-west-1
[profile empty]
region = eu-west-1
[profile dangling]
role_arn = arn:aws:iam::111122223333:role/x
source_profile = gone
region = eu-west-1
"""


@pytest.fixture
def files(tmp_path: Path) -> Mapping[str, str]:
    (tmp_path / "config").write_text(FILES)
    return {**NOWHERE, "AWS_CONFIG_FILE": str(tmp_path / "config")}


VERBS = [
    ["auth", "exec", "--", "true"],
    ["auth", "export"],
    ["auth", "assume", "arn:aws:iam::111122223333:role/y"],
    ["sqs", "ls"],
    ["kinesis", "split", "x"],
]


def at(verb: list[str], *options: str) -> list[str]:
    """The options before what `--` begins."""
    return [*verb[:2], *options, *verb[2:]]


@pytest.mark.parametrize(
    ("profile", "who"), [("corp", "corp"), ("legacy", "legacy"), ("behind corp", "corp")]
)
@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_who_is_not_signed_in_is_told_to_with_the_profile_that_signs_in(
    verb: list[str], profile: str, who: str, cli: Cli, files: Mapping[str, str]
) -> None:
    result = cli(at(verb, "-p", profile), files)
    assert result.exit_code == 4
    assert result.stderr.splitlines()[-1] == f"hint: sign in: awsops auth login -p {who}"


@pytest.mark.parametrize("verb", [*VERBS, ["auth", "login"]], ids=" ".join)
def test_a_profile_without_credentials_is_named(
    verb: list[str], cli: Cli, files: Mapping[str, str]
) -> None:
    assert told(cli(at(verb, "-p", "empty"), files)) == (
        "NoCredentials: no credentials for empty/eu-west-1 "
        "hint: awsops creds chain -p empty shows where they were looked for"
    )


@pytest.mark.parametrize("verb", [*VERBS, ["auth", "login"]], ids=" ".join)
def test_where_none_is_named_those_that_there_are_are_shown(
    verb: list[str], cli: Cli, files: Mapping[str, str]
) -> None:
    assert told(cli(verb, files)) == (
        "NoCredentials: no credentials: no profile was named hint: name one with -p (profiles: "
        "corp, legacy, behind corp, empty, dangling); "
        "awsops creds chain shows where they were looked for"
    )


@pytest.mark.parametrize("verb", [*VERBS, ["auth", "login"], ["auth", "logout"]], ids=" ".join)
def test_a_profile_that_does_not_exist_is_named_with_the_nearest(
    verb: list[str], cli: Cli, files: Mapping[str, str]
) -> None:
    result = cli(at(verb, "-p", "legcay"), files)
    assert result.exit_code == 2
    assert "profile 'legcay' does not exist\nhint: did you mean legacy?" in result.stderr


@pytest.mark.parametrize("verb", [*VERBS, ["auth", "login"]], ids=" ".join)
def test_a_profile_of_the_environment_that_does_not_exist_is_said_to_be_from_there(
    verb: list[str], cli: Cli, files: Mapping[str, str]
) -> None:
    result = cli(verb, {**files, "AWS_PROFILE": "legcay"})
    assert result.exit_code == 2
    assert "profile 'legcay', which the environment names (AWS_PROFILE)," in result.stderr
    assert "hint: name another with -p, or unset AWS_PROFILE; did you mean legacy?" in result.stderr


def test_the_source_of_a_role_that_does_not_exist_is_named(
    cli: Cli, files: Mapping[str, str]
) -> None:
    result = cli(["auth", "login", "-p", "dangling"], files)
    assert result.exit_code == 2
    assert 'source_profile "gone" referenced in the profile "dangling"' in result.stderr


def test_a_word_that_is_neither_a_role_nor_a_profile_is_no_profile(
    cli: Cli, files: Mapping[str, str]
) -> None:
    result = cli(["auth", "assume", "ops", "-p", "empty"], files)
    assert result.exit_code == 2
    assert "'ops' is neither a profile nor the ARN of a role" in result.stderr


def test_with_keys_and_without_a_region_it_is_the_region(cli: Cli) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "TESTKEY", "AWS_SECRET_ACCESS_KEY": "x"}
    for verb in (["sqs", "ls"], ["kinesis", "shards", "x"]):
        result = cli(verb, {**NOWHERE, **keys})
        assert (result.exit_code, told(result)) == (
            2,
            "NoRegion: no region for profile 'default' "
            "hint: give -r REGION, or set region in the profile",
        )
