"""What somebody meets who has never seen it: no arguments, typing errors, no credentials."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from awsops.testing import Result

Cli = Callable[..., Result]


@pytest.mark.parametrize("argv", [[], ["--help"], ["-h"]], ids=str)
def test_alone_it_shows_every_noun_and_where_to_begin(argv: list[str], cli: Cli) -> None:
    result = cli(argv)
    assert result.exit_code == 0
    for text in ("creds", "sqs", "recipe", "sandbox", "awsops creds whoami", "-p NAME|GLOB|@GROUP"):
        assert text in result.stdout
    assert result.stderr == ""


def test_version_is_one_line(cli: Cli) -> None:
    from awsops import __version__

    assert cli(["--version"]).stdout == f"awsops {__version__}\n"


def test_a_noun_alone_shows_its_verbs(cli: Cli) -> None:
    result = cli(["sqs"])
    assert result.exit_code == 0
    for text in ("ls", "peek", "send", "redrive", "List queues"):
        assert text in result.stdout


MISTYPED = {
    "a noun": (["sqz", "ls"], "unknown command 'sqz'", "did you mean sqs?"),
    "a verb without its noun": (
        ["redrive", "x"],
        "'redrive' is a verb",
        "mean awsops sqs redrive?",
    ),
    "a noun after options": (["-p", "x", "cerds"], "unknown command 'cerds'", "mean creds?"),
    "a verb": (["sqs", "redirve"], "unknown sqs command 'redirve'", "did you mean redrive?"),
    "an option": (["sqs", "ls", "--profil", "x"], "'--profil'", "did you mean --profile?"),
    "an option with a value": (["sqs", "ls", "--outptu=json"], "'--outptu'", "mean --output?"),
    "an option of the command": (["sqs", "ls", "--dlqs"], "'--dlqs'", "did you mean --dlq?"),
    "an option before the verb": (["sqs", "--regoin", "x", "ls"], "'--regoin'", "mean --region?"),
    "an option before the noun": (["--profle", "x", "sqs", "ls"], "'--profle'", "mean --profile?"),
    "the version": (["--verion"], "'--verion'", "did you mean --version?"),
    "a format": (["sqs", "ls", "-o", "jsno"], "'jsno'", "none of table, json"),
    "nothing like anything": (["xyzzy"], "unknown command 'xyzzy'", "awsops --help lists them"),
    "no verb like it": (["sqs", "xyzzy"], "unknown sqs command", "awsops sqs --help lists them"),
}


@pytest.mark.parametrize(("argv", "message", "hint"), MISTYPED.values(), ids=MISTYPED)
def test_what_is_mistyped_is_named_and_the_nearest_suggested(
    argv: list[str], message: str, hint: str, cli: Cli
) -> None:
    result = cli(argv)
    assert (result.exit_code, result.stdout) == (2, "")
    first, *second = result.stderr.splitlines()
    assert message in first
    assert hint in " ".join([first, *second])
    assert len(second) == 1


def test_options_alone_say_that_a_command_is_missing(cli: Cli) -> None:
    result = cli(["-p", "prod"])
    assert result.exit_code == 2
    assert "needs a command" in result.stderr
    assert result.stderr.startswith("awsops: Usage: -p ")


@pytest.mark.parametrize("argv", [["creds", "whoami"], ["sqs", "ls", "-r", "eu-west-1"]], ids=str)
def test_without_any_credentials_it_says_how_to_get_some(argv: list[str], cli: Cli) -> None:
    result = cli(argv)
    assert result.exit_code == 4
    assert "no credentials, and no profile to take them from" in result.stderr
    assert "hint: `aws configure sso` or `aws configure` makes one" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_a_region_it_says_how_to_give_one(cli: Cli) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "AKIATESTXXXXEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x" * 40}
    result = cli(["sqs", "ls"], keys)
    assert result.exit_code == 2
    assert "give -r REGION" in result.stderr


def test_without_a_config_file_a_profile_does_not_exist(cli: Cli) -> None:
    result = cli(["sqs", "ls", "-p", "prod"])
    assert result.exit_code == 2
    assert "profile 'prod' does not exist" in result.stderr
    assert "no profiles are configured" in result.stderr


def test_nothing_is_written_by_looking_around(cli: Cli, tmp_path: Path) -> None:
    for argv in ([], ["sqs"], ["sqs", "ls", "--help"], ["creds", "whoami"], ["plugin", "ls"]):
        cli(argv)
    assert list(tmp_path.iterdir()) == []


def test_a_typing_error_in_a_value_leaves_help_at_hand(cli: Cli) -> None:
    result = cli(["sqs", "ls", "--timeout", "soon"])
    assert result.exit_code == 2
    assert "'soon' is not a duration" in result.stderr


def test_a_table_without_rows_says_so_to_a_person_and_to_nobody_else(
    awsops: Callable[..., Result],
) -> None:
    words = ["sqs", "ls", "no-such-*", "-p", "demo-dev"]
    assert awsops(words, tty=True).stderr == "nothing found\n"
    assert awsops([*words, "-o", "csv"], tty=True).stderr == ""
    result = awsops(words)
    assert (result.stdout, result.stderr) == ("", "")


@pytest.mark.parametrize("width", [40, 60])
def test_what_is_mistyped_is_told_in_whole_words_on_a_narrow_terminal(cli: Cli, width: int) -> None:
    shown = cli(["sqs", "ls", "-o", "jsno"], tty=True, width=width, environ={"NO_COLOR": "1"})
    lines = shown.stderr.splitlines()
    assert " ".join(" ".join(lines).split()).startswith(
        "awsops: sqs ls: Usage: --output: 'jsno' is none of table, json, ndjson, yaml, csv, text"
    )
    assert all(len(line) <= width for line in lines)
