"""Sentences on a terminal are folded between words, and a command line never is."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsops.errors import NotFoundError
from awsops.output import Console
from awsops.output.cells import cell_width
from awsops.output.folding import fold

MakeEnv = Callable[..., Any]


@given(words=st.lists(st.from_regex(r"[a-z深](?:[a-z,.:深]{0,11})", fullmatch=True), min_size=1))
@pytest.mark.parametrize("width", [20, 33, 80])
def test_no_word_is_broken_or_lost_and_no_line_is_too_long(words: list[str], width: int) -> None:
    lines = fold(" ".join(words), width)
    assert " ".join(lines).split() == words
    assert all(cell_width(line) <= max(width, cell_width(line.split()[0]) + 2) for line in lines)
    assert all(len(line.split()) == 1 for line in lines if cell_width(line) > width)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (
            "look at them: awsops sqs peek orders-dlq; to go on: awsops sqs redrive a --resume r",
            "awsops sqs redrive a --resume r",
        ),
        ("name a profile with -p; `aws configure list-profiles` has yours", "list-profiles`"),
        ('to use it in this shell of yours: eval "$(awsops sandbox env)"', "(awsops sandbox env)"),
        ("only those: awsops sqs peek q --where 'a; b c d e f g'", "--where 'a; b c d e f g'"),
        ("its queue's owner: awsops creds whoami -p owner-of-it", "awsops creds whoami -p owner"),
    ],
)
def test_a_command_line_is_never_folded(text: str, command: str) -> None:
    lines = fold(text, 40)
    assert len(lines) > 1
    assert any(command in line for line in lines)


def test_a_line_that_something_points_at_stays_as_it_is() -> None:
    assert fold("  " + "a b " * 20, 30) == ["  " + "a b " * 20]


def test_an_error_is_folded_on_a_terminal_and_whole_in_a_log(make_env: MakeEnv) -> None:
    def shown(**how: Any) -> list[str]:
        env = make_env(width=40, **how)
        error = NotFoundError("no queue named orders-dlp in account 111111111111", hint="look")
        Console(env, color="always").error("sqs attrs", "demo-dev/eu-west-1", error)
        assert isinstance(env.stderr, io.StringIO)
        return env.stderr.getvalue().splitlines()

    first, *more = shown(tty=True)
    assert first.startswith("awsops: sqs attrs [demo-dev/eu-west-1]:")
    assert more[:2] == ["  NotFound: no queue named orders-dlp in", "  account 111111111111"]
    assert len(shown()) == 2
