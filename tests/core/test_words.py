"""The common options mean the same wherever they stand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsops.command_line.words import join_verb, normalize
from awsops.testing import Result

if TYPE_CHECKING:
    from tests.conftest import Loopback

COMMON = [
    ["-p", "prod"],
    ["--profile=prod"],
    ["-pprod"],
    ["--region", "eu-west-1"],
    ["-o", "json"],
    ["--dry-run"],
    ["-y"],
    ["--org"],
    ["-j", "4"],
]


@pytest.mark.parametrize("option", COMMON, ids=" ".join)
@pytest.mark.parametrize("place", [0, 1])
def test_a_common_option_before_the_verb_moves_behind_it(option: list[str], place: int) -> None:
    argv = ["sqs", "ls", "orders*"]
    argv[place:place] = option
    words = normalize(argv)
    assert (words.noun, words.rest) == ("sqs", ["ls", "orders*", *option])


def test_moved_options_stay_before_a_double_dash() -> None:
    words = normalize(["-p", "prod", "sqs", "send", "orders", "--", "-p", "is the body"])
    assert words.rest == ["send", "orders", "-p", "prod", "--", "-p", "is the body"]


def test_what_follows_the_verb_is_left_as_it_is() -> None:
    rest = ["send", "orders", "--attribute", "-p", "x", "-", "--delay=5s"]
    assert normalize(["sqs", *rest]).rest == rest


def test_an_option_of_nobodys_is_left_for_typer_to_judge() -> None:
    assert normalize(["sqs", "--bogus", "ls"]).rest == ["--bogus", "ls"]
    assert normalize(["--bogus", "sqs", "ls"]).noun is None


def test_a_noun_alone_has_nothing_behind_it() -> None:
    words = normalize(["-p", "prod", "sqs"])
    assert (words.noun, words.rest, words.before) == ("sqs", [], ["-p", "prod"])


@pytest.mark.parametrize(
    ("argv", "title"),
    [
        ([], ""),
        (["--help"], ""),
        (["sqs"], "sqs"),
        (["sqs", "--help"], "sqs"),
        (["sqs", "ls"], "sqs ls"),
        (["-p", "prod", "sqs", "ls"], "sqs ls"),
        (["sqs", "-p", "prod", "ls", "orders"], "sqs ls"),
    ],
)
def test_messages_name_noun_and_verb_and_no_value(argv: list[str], title: str) -> None:
    assert normalize(argv).title == title


@given(st.lists(st.sampled_from(COMMON), max_size=4), st.data())
def test_no_word_is_lost_wherever_the_options_stand(
    options: list[list[str]], data: st.DataObject
) -> None:
    places = [data.draw(st.integers(0, 2)) for _ in options]
    argv: list[str] = []
    for at, word in enumerate(["sqs", "ls", "orders"]):
        argv += itertools.chain(
            *(o for o, place in zip(options, places, strict=True) if place == at)
        )
        argv.append(word)
    words = normalize(argv)
    assert words.noun == "sqs"
    assert words.rest[0] == "ls"
    assert sorted([words.noun, *words.rest]) == sorted(argv)


@pytest.mark.parametrize(
    "argv",
    [
        ["-p", "two", "-o", "json", "say", "it", "hello"],
        ["say", "-p", "two", "-o", "json", "it", "hello"],
        ["say", "it", "-p", "two", "-o", "json", "hello"],
        ["say", "it", "hello", "-p", "two", "-o", "json"],
        ["-ptwo", "say", "--output=json", "it", "--", "hello"],
    ],
    ids=" ".join,
)
def test_a_command_line_means_the_same_with_its_options_anywhere(
    argv: list[str],
    write_plugin: Callable[..., Path],
    cli: Callable[..., Result],
    loopback: Loopback,
) -> None:
    write_plugin(
        "say",
        """
        @command()
        def it(aws: Aws, text: Annotated[str, Argument(help="What.")]):
            yield Row(f"{text} from {aws.target.profile}")
        """,
    )
    result = cli(argv, loopback.accounts(["one", "two"]))
    assert (result.exit_code, result.rows) == (0, [{"name": "hello from two"}]), result.stderr
    assert result.stdout.startswith("[")


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        (["queries", "show", "x"], ["queries-show", "x"]),
        (["queries", "ls", "-o", "json"], ["queries", "-o", "json"]),
        (["queries"], ["queries"]),
        (["queries", "other"], ["queries", "other"]),
        (["ls", "ls"], ["ls", "ls"]),
        ([], []),
    ],
)
def test_a_verb_of_two_words_may_be_typed_as_two(words: list[str], joined: list[str]) -> None:
    assert join_verb(words, {"queries", "queries-show", "ls"}) == joined
