"""A command's signature becomes its command line: kinds of parameters, help, refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from awsops.testing import Result

Cli = Callable[..., Result]


@pytest.fixture(autouse=True)
def kinds(write_plugin: Callable[..., Path]) -> None:
    """`take all`: one parameter of each kind, given back as they arrived."""
    write_plugin(
        "take",
        '''
        from pathlib import Path

        @command()
        def all(
            host: Host,
            name: Annotated[str, Argument(help="Which one.")],
            rest: Annotated[list[str], Argument(help="More.")] = [],
            count: Annotated[int, Option(help="How many.", short="-n", min=1, max=10)] = 3,
            share: Annotated[float, Option(help="Which share.")] = 0.5,
            path: Annotated[Path | None, Option(help="Which file.")] = None,
            kind: Annotated[str | None, Option(help="Which kind.", choices=("fifo", "any"))] = None,
            tag: Annotated[list[str], Option(help="Tags.")] = [],
            force: Annotated[bool, Option(help="Do it.")] = False,
            wait: Annotated[bool, Option(help="Wait for it.")] = True,
            from_: Annotated[str | None, Option(help="Since when.")] = None,
        ):
            """Take everything."""
            yield {k: str(v) if isinstance(v, Path) else v for k, v in locals().items()
                   if k not in ("host", "k", "v")}

        @command()
        def plain(host: Host, word, times: int = 2):
            """Take what carries no description."""
            yield {"word": word, "times": times}

        @command()
        def bare(host: Host, value: Annotated[str, "no description"]):
            """Take what cannot be described."""
            yield {}

        @command(mutates=True)
        def change(aws: Aws):
            """Change it."""
            yield Plan(())
        ''',
    )


def taken(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.stderr
    [row] = result.rows
    return row


def test_what_is_not_given_has_its_default(cli: Cli) -> None:
    assert taken(cli(["take", "all", "x"])) == {
        "name": "x",
        "rest": [],
        "count": 3,
        "share": 0.5,
        "path": None,
        "kind": None,
        "tag": [],
        "force": False,
        "wait": True,
        "from_": None,
    }


def test_what_is_given_has_its_type(cli: Cli) -> None:
    argv = ["take", "all", "x", "y", "z", "-n", "7", "--share", "0.25", "--path", "/a b"]
    argv += ["--kind", "fifo", "--tag", "a=1", "--tag=b", "--force", "--no-wait", "--from", "-2h"]
    assert taken(cli(argv)) == {
        "name": "x",
        "rest": ["y", "z"],
        "count": 7,
        "share": 0.25,
        "path": "/a b",
        "kind": "fifo",
        "tag": ["a=1", "b"],
        "force": True,
        "wait": False,
        "from_": "-2h",
    }


def test_a_default_list_is_never_shared_between_runs(cli: Cli) -> None:
    assert taken(cli(["take", "all", "x", "--tag", "a"]))["tag"] == ["a"]
    assert taken(cli(["take", "all", "x"]))["tag"] == []


def test_parameters_without_a_description_work(cli: Cli) -> None:
    assert taken(cli(["take", "plain", "a"])) == {"word": "a", "times": 2}
    assert taken(cli(["take", "plain", "a", "--times", "5"])) == {"word": "a", "times": 5}


def test_a_parameter_that_is_neither_argument_nor_option_is_a_defect_that_names_it(
    cli: Cli,
) -> None:
    result = cli(["take", "bare", "x"])
    assert result.exit_code == 3
    assert "bare: parameter value" in result.stderr


WRONG = {
    "no name": (["take", "all"], "the argument NAME is missing"),
    "not a number": (["take", "all", "x", "-n", "many"], "--count takes a whole number, 1 to 10"),
    "a number with a fraction": (["take", "all", "x", "-n", "1.5"], "--count takes a whole number"),
    "below the least": (["take", "all", "x", "-n", "0"], "1 to 10"),
    "above the most": (["take", "all", "x", "-n", "11"], "1 to 10"),
    "not a choice": (["take", "all", "x", "--kind", "lifo"], "'lifo' is none of fifo, any"),
    "an option without its value": (["take", "all", "x", "--tag"], "--tag needs a value"),
    "a value for a flag": (["take", "all", "x", "--force=maybe"], "--force takes no value"),
    "an unknown option": (["take", "all", "x", "--cuont", "1"], "did you mean --count?"),
    "a word too many": (["take", "plain", "x", "y"], "unexpected argument 'y'"),
    "too many jobs": (["take", "change", "-j", "1000"], "--jobs takes a whole number, 1 to 512"),
    "an unknown format": (["take", "all", "x", "-o", "xml"], "'xml' is none of table, json"),
    "a mistyped format": (["take", "all", "x", "-o", "tabel"], "did you mean table?"),
    "an option of targets on a local command": (["take", "plain", "x", "-p", "a"], "'-p'"),
    "a dry run of what only reads": (["take", "all", "x", "--dry-run"], "'--dry-run'"),
}


@pytest.mark.parametrize(("argv", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_usage_and_named(argv: list[str], message: str, cli: Cli) -> None:
    result = cli(argv)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.startswith(f"awsops: take {argv[1]}: Usage: ")
    assert "hint: " in result.stderr


def test_help_describes_every_parameter_with_its_default(cli: Cli) -> None:
    text = cli(["take", "all", "--help"], width=100).stdout
    for expected in ("Take everything.", "Which one.", "--no-wait", "--from", "fifo|any"):
        assert expected in text, text
    assert "[default: 3" in text
    assert "default: None" not in text


def test_help_puts_the_common_options_in_sections_of_their_own(cli: Cli) -> None:
    text = cli(["take", "change", "--help"]).stdout
    sections = ["Which accounts and regions:", "Output:", "Many targets:", "Before anything"]
    places = [text.index(section) for section in sections]
    assert places == sorted(places)


def test_help_offers_no_option_that_the_command_has_no_use_for(cli: Cli) -> None:
    text = cli(["take", "all", "--help"]).stdout
    assert "--output" in text
    assert "--dry-run" not in text
    assert "--profile" not in text


@pytest.mark.parametrize("width", [40, 80, 300])
@pytest.mark.parametrize("argv", [["take"], ["take", "all", "--help"], []], ids=str)
def test_help_fits_the_terminal(argv: list[str], width: int, cli: Cli) -> None:
    text = cli(argv, width=width).stdout
    assert max(len(line) for line in text.splitlines()) <= min(width, 100)


def test_usage_names_the_arguments_plainly(cli: Cli) -> None:
    text = cli(["take", "all", "--help"], width=100).stdout
    assert "Usage: awsops take all [OPTIONS] NAME [REST...]" in text
    assert "<str>" not in text
