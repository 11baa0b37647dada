"""A half-typed line is read as Typer will read it: whose account, and what was given so far."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsops.api import Argument, Aws, Choice, Option, command
from awsops.choices import scope_of
from awsops.command_line.binding import parse_verb
from awsops.command_line.options import COMMON_OPTIONS
from awsops.command_line.words import normalize
from awsops.completion.__main__ import builtin_grammar
from awsops.completion.grammar import grammar_of
from awsops.completion.question import Question
from awsops.completion.typed_line import VALUED, Kind, read_question, stem_of
from awsops.plugin import SPEC_ATTRIBUTE


def complete_pieces(
    aws: Aws, box: str, lids: list[str], colour: str | None = None, stem: str = ""
) -> list[Choice]:
    return []


@command()
def open_box(
    aws: Aws,
    box: Annotated[str, Argument(help="A box.")],
    lids: Annotated[list[str], Argument(help="Its lids.")],
    colour: Annotated[str | None, Option(help="Of it.", short="-c")] = None,
    count: Annotated[int, Option(help="So many.", short="-n")] = 1,
    loud: Annotated[bool, Option(help="Say so.", short="-l")] = False,
    piece: Annotated[str | None, Option(help="A piece.", complete=complete_pieces)] = None,
):  # type: ignore[no-untyped-def]
    """Open a box."""
    yield


SPEC = getattr(open_box, SPEC_ATTRIBUTE)
KIND = "box:complete_pieces:open-box:box=1,lids=2*,colour?=--colour/-c,stem?:"
KIND += "--colour,--count,--piece,-c,-n"


def test_a_kind_says_where_what_its_completer_wants_stands() -> None:
    (noun,) = grammar_of([("box", "Boxes.", {"open-box": SPEC})]).nouns
    (piece,) = [flag.value for flag in noun.verbs[0].flags if "--piece" in flag.names]
    assert piece is not None
    assert piece.choices == (KIND,)


def test_a_kind_is_read_as_it_was_written() -> None:
    values = [
        value
        for _, verb in builtin_grammar().verbs()
        for value in (*(f.value for f in verb.flags), *(p.value for p in verb.positionals))
    ]
    kinds = [value.choices[0] for value in values if value and value.kind == "names"]
    assert kinds
    assert [str(Kind.parse(kind)) for kind in [*kinds, KIND]] == [*kinds, KIND]


def test_the_common_options_that_take_a_value_are_known() -> None:
    takes = {flag for o in COMMON_OPTIONS if o.type is not bool for flag in o.flags}
    assert takes == VALUED


@pytest.mark.parametrize(
    ("words", "at", "prefix", "scope"),
    [
        (["box", "open-box", "a", "b"], None, "", [("box", "a"), ("lids", "b")]),
        (["box", "open", "box", "a", "b"], None, "", [("box", "a"), ("lids", "b")]),
        (
            ["box", "open-box", "-n", "3", "a", "-lcred", "b", "c"],
            None,
            "",
            [("box", "a"), ("lids", "b"), ("lids", "c"), ("colour", "red")],
        ),
        (["box", "open-box", "a", "--piece", "b"], 4, "", [("box", "a"), ("lids", "b")]),
        (
            ["box", "open-box", "a", "b", "--colour=r:s", "--piece"],
            None,
            "x:y",
            [("box", "a"), ("lids", "b"), ("colour", "r:s"), ("stem", "x:")],
        ),
        (
            ["-p", "demo", "box", "open-box", "--", "-a", "-b"],
            None,
            "",
            [("box", "-a"), ("lids", "-b")],
        ),
        (["box", "open-box", "a"], None, "", None),
        (["box", "open-box", "a", "--piece"], None, "", None),
        (["box", "open-box", "a"], 2, "", None),  # the box is what is being typed
    ],
)
def test_what_was_given_so_far_is_told_apart(
    words: list[str], at: int | None, prefix: str, scope: list[tuple[str, str]] | None
) -> None:
    question = read_question(Kind.parse(KIND), words, at, prefix)
    assert (question and list(question.scope)) == scope


@pytest.mark.parametrize(
    ("word", "stem"),
    [("", ""), ("fn", ""), ("fn:", "fn:"), ("fn:li", "fn:"), ("a=b:c=d", "a=b:c=")],
)
def test_what_stands_for_sure_ends_in_a_sign(word: str, stem: str) -> None:
    assert stem_of(word) == stem


_VALUES = st.text("ab:=-é", min_size=1, max_size=3).filter(lambda text: text[0] not in "-")
_OPTIONS = st.one_of(
    st.tuples(st.sampled_from(["--colour", "-c", "-p", "--region", "--role", "-o"]), _VALUES).map(
        lambda pair: [pair[0], "json" if pair[0] == "-o" else pair[1]]
    ),
    st.tuples(st.sampled_from(["--colour=", "--profile=", "--role="]), _VALUES).map(
        lambda pair: [pair[0] + pair[1]]
    ),
    st.tuples(st.sampled_from(["-c", "-p", "-lc", "-vp"]), st.text("abé", min_size=1)).map(
        lambda pair: [pair[0] + pair[1]]
    ),
    st.sampled_from([["-l"], ["--loud"], ["-n", "3"], ["-n4"], ["--count=5"], ["-v"]]),
)


@given(
    arguments=st.lists(_VALUES, min_size=2, max_size=4),
    options=st.lists(st.tuples(st.integers(0, 4), _OPTIONS), max_size=5),
)
def test_a_line_is_read_as_typer_reads_it(
    arguments: list[str], options: list[tuple[int, list[str]]]
) -> None:
    words = ["box", "open-box"]
    for number, argument in enumerate(arguments):
        words += [word for place, option in options if place == number for word in option]
        words.append(argument)
    invocation = parse_verb("box", SPEC, normalize(words).rest[1:])
    common: Any = invocation.options
    expected = Question(
        "box:complete_pieces",
        common.profile,
        common.region,
        common.role,
        None,
        tuple(scope_of(complete_pieces, invocation.params) or ()),
    )
    question = read_question(Kind.parse(KIND), words)
    assert question == (None if "all" in common.region else expected)
