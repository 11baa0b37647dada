"""The cheap conversion of words to values gives what Typer's own gives, errors included."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsops.api import Argument, Aws, Option, UsageError, command
from awsops.command_line import binding
from awsops.plugin import CommandSpec, commands_of


class Kind(Enum):
    ONE = "one"
    TWO = "two"


@command(mutates=True)
def everything(
    aws: Aws,
    text: Annotated[str, Argument(help="")],
    number: Annotated[int, Argument(help="")] = 3,
    more: Annotated[list[str] | None, Argument(help="")] = None,
    *,
    ranged: Annotated[int, Option(help="", min=-5, max=50)] = 7,
    maybe: Annotated[int | None, Option(help="")] = None,
    share: Annotated[float, Option(help="", min=0)] = 0.5,
    choice: Annotated[str, Option(help="", choices=("red", "Green"))] = "red",
    many: Annotated[list[int] | None, Option(help="")] = None,
    names: Annotated[list[str] | None, Option(help="")] = None,
    kind: Annotated[Kind, Option(help="")] = Kind.ONE,
    path: Annotated[Path | None, Option(help="")] = None,
    on: Annotated[bool, Option(help="")] = True,
) -> Iterator[object]:
    """A command with a parameter of every type."""
    yield from ()


SPEC: CommandSpec = commands_of(sys.modules[__name__])["everything"]
FLAGS = ("--ranged", "--maybe", "--share", "--choice", "--many", "--names", "--kind", "--path")
COMMON = ("-j", "--timeout", "-o", "-p", "--color", "--targets")
# Whole numbers in every script and spelling, words near the choices, and what is none of it.
NUMBERS = ("1", "-1", "007", "+4", " 5", "5 ", "1_000", "51", "-6", "٣", "1.0", "1e3", "9" * 30)
NAMES = ("red", "Red", "GREEN", "Green", "one", "ONE", "json", "JSON", "", "true", "é", "/tmp")
WORDS = st.one_of(
    st.sampled_from([*NUMBERS, *NAMES]),
    st.integers(-100, 1_000).map(str),
    st.text(max_size=4).filter(lambda text: "\0" not in text),
)


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    words = [f"{flag}={draw(WORDS)}" for flag in draw(st.lists(st.sampled_from(FLAGS)))]
    for flag in draw(st.lists(st.sampled_from(COMMON), max_size=3)):
        words += [flag, draw(WORDS)]
    if draw(st.booleans()):
        words.append(draw(st.sampled_from(["--on", "--no-on"])))
    return [*words, "--", *draw(st.lists(WORDS, max_size=4))]


def parsed(words: list[str]) -> tuple[Any, ...]:
    try:
        found = binding.parse_verb("noun", SPEC, words)
    except UsageError as error:
        return ("refused", error.message)
    return (found.params, {k: type(v) for k, v in found.params.items()}, found.options)


@settings(max_examples=300)
@given(words=command_lines())
def test_every_command_line_means_what_it_means_to_typer(words: list[str]) -> None:
    cheaply = parsed(words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(binding, "convert_plainly", lambda params: params)
        by_typer = parsed(words)
    assert cheaply == by_typer


def test_an_ordinary_command_line_loads_no_validator() -> None:
    words = ["creds", "whoami", "-p", "p", "-j", "4", "-o", "json", "--fields", "account", "-v"]
    program = (
        "import sys\n"
        "from awsops.command_line.binding import Invocation, build_noun\n"
        "from awsops_plugins import creds\n"
        "from awsops.plugin import commands_of\n"
        f"group = build_noun('creds', '', commands_of(creds))\n"
        f"found = group.main(args={words[1:]!r}, prog_name='x', standalone_mode=False)\n"
        "assert isinstance(found, Invocation) and found.options.jobs == 4, found\n"
        "print('pydantic' in sys.modules)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout == "False\n"
