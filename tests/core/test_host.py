"""What a command about awsops itself can do: bind and run other commands, collect their rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from awsops.testing import Result, ScriptedPrompter

if TYPE_CHECKING:
    from tests.conftest import Loopback

Cli = Callable[..., Result]


@pytest.fixture
def conductor(write_plugin: Callable[..., Path]) -> None:
    """`conduct each` runs `part make` twice; `conduct bind` only binds it."""
    write_plugin(
        "part",
        """
        @command()
        def read(aws: Aws, words: Annotated[list[str], Argument(help="Words.")]):
            yield Note("a note from inside")
            yield Row(f"{aws.target.profile} {' '.join(words)}")

        @command(mutates=True)
        def make(
            aws: Aws,
            name: Annotated[str, Argument(help="Which.")],
            count: Annotated[int, Option(help="How many.", min=1, max=5)] = 1,
            kind: Annotated[str, Option(help="Which kind.", choices=("fifo", "standard"))] = "fifo",
            quick: Annotated[bool, Option(help="No wait.")] = False,
            keep: Annotated[bool, Option(help="Keep it.")] = True,
            tag: Annotated[list[str], Option(help="Tags.")] = [],
        ):
            if name == "nowhere":
                raise NotFoundError("there is no such place")
            yield Plan(tuple(Change("create", f"{name}-{n}") for n in range(count)))
            aws.client("sqs").create_queue(QueueName=name)
            yield Row(name)

        @command()
        def local(host: Host):
            yield Row("from awsops itself")
        """,
    )
    write_plugin(
        "conduct",
        """
        @command(takes_targets=True)
        def each(host: Host, name: Annotated[str, Argument(help="Which.")] = "queue"):
            for number in (1, 2):
                outcome = host.run("part", "make", {"name": f"{name}{number}"})
                for row in outcome.rows:
                    yield row
            yield {"code": int(outcome.exit_code), "errors": len(outcome.errors),
                   "plans": len(outcome.plans)}

        @command(takes_targets=True)
        def read(host: Host, quiet: Annotated[bool, Option(help="Say less.")] = False):
            outcome = host.run("part", "read", {"words": ["a", "-b", "--", "c d"]}, quiet=quiet)
            yield from outcome.rows

        @command(takes_targets=True)
        def fail(host: Host):
            outcome = host.run("part", "make", {"name": "nowhere"})
            yield {"code": int(outcome.exit_code), "error": outcome.errors[0].code}

        @command()
        def local(host: Host):
            yield from host.run("part", "local", {}).rows

        @command()
        def bind(host: Host, text: Annotated[str, Argument(help="Python.")]):
            yield {k: v for k, v in host.bind(*eval(text)).items()}
        """,
    )


def created(loopback: Loopback) -> list[tuple[str, str]]:
    return sorted(
        (c.account[-1], c.params["QueueName"])
        for c in loopback.calls
        if c.operation == "CreateQueue"
    )


def test_a_command_is_run_over_the_targets_of_the_command_line(
    conductor: None, cli: Cli, loopback: Loopback
) -> None:
    environ = loopback.accounts(["a", "b"])
    result = cli(["conduct", "each", "-p", "*", "--yes", "-o", "json"], environ)
    assert result.exit_code == 0, result.stderr
    assert created(loopback) == [
        ("1", "queue1"),
        ("1", "queue2"),
        ("2", "queue1"),
        ("2", "queue2"),
    ]
    assert [(r["profile"], r["name"]) for r in result.rows[:-1]] == [
        ("a", "queue1"),
        ("b", "queue1"),
        ("a", "queue2"),
        ("b", "queue2"),
    ]
    assert result.rows[-1] == {"code": 0, "errors": 0, "plans": 2}


def test_each_plan_of_a_nested_run_is_asked_for(
    conductor: None, cli: Cli, loopback: Loopback
) -> None:
    prompter = ScriptedPrompter(["yes", "no"])
    environ = loopback.accounts(["a"])
    result = cli(["conduct", "each", "-p", "a"], environ, tty=True, prompter=prompter)
    assert result.exit_code == 1
    assert created(loopback) == [("1", "queue1")]
    assert len(prompter.questions) == 2


def test_a_dry_run_reaches_the_nested_runs(conductor: None, cli: Cli, loopback: Loopback) -> None:
    environ = loopback.accounts(["a"])
    result = cli(["conduct", "each", "-p", "a", "--dry-run"], environ)
    assert (result.exit_code, created(loopback)) == (0, [])
    assert "queue1-0" in result.stderr


def test_the_errors_of_a_nested_run_are_returned_and_shown(
    conductor: None, cli: Cli, loopback: Loopback
) -> None:
    result = cli(["conduct", "fail", "-p", "a"], loopback.accounts(["a"]))
    assert result.rows == [{"code": 5, "error": "NotFound"}]
    assert "part make [a/eu-west-1]: NotFound: there is no such place" in result.stderr


@pytest.mark.parametrize("quiet", [False, True])
def test_the_notes_of_a_nested_run_are_shown_unless_it_is_quiet(
    quiet: bool, conductor: None, cli: Cli, loopback: Loopback
) -> None:
    argv = ["conduct", "read", "-p", "a", *(["--quiet"] if quiet else [])]
    result = cli(argv, loopback.accounts(["a"]))
    assert result.rows == [{"name": "a a -b -- c d"}]
    assert ("a note from inside" in result.stderr) is not quiet


def test_a_local_command_can_be_run_too(conductor: None, cli: Cli) -> None:
    assert cli(["conduct", "local"]).rows == [{"name": "from awsops itself"}]


# -- binding values as the command line would ---------------------------------------------

BOUND = {
    "text becomes a number": ('{"name": "a", "count": "3"}', {"count": 3}),
    "a number stays one": ('{"name": "a", "count": 3}', {"count": 3}),
    "a number becomes text": ('{"name": 7}', {"name": "7"}),
    "text that looks like an option": ('{"name": "--help"}', {"name": "--help"}),
    "text with spaces and quotes": ('{"name": "a \'b\\" c"}', {"name": "a 'b\" c"}),
    "an empty text": ('{"name": ""}', {"name": ""}),
    "a flag": ('{"name": "a", "quick": True}', {"quick": True}),
    "a flag that is on by default": ('{"name": "a", "keep": False}', {"keep": False}),
    "a list": ('{"name": "a", "tag": ["x=1", "-y"]}', {"tag": ["x=1", "-y"]}),
    "one for a list": ('{"name": "a", "tag": "x"}', {"tag": ["x"]}),
    "a choice": ('{"name": "a", "kind": "standard"}', {"kind": "standard"}),
    "nothing": ('{"name": "a", "count": None}', {"count": 1}),
}


@pytest.mark.parametrize(("values", "expected"), BOUND.values(), ids=BOUND)
def test_values_are_converted_as_on_the_command_line(
    values: str, expected: dict[str, object], conductor: None, cli: Cli
) -> None:
    result = cli(["conduct", "bind", f"('part', 'make', {values})"])
    assert result.exit_code == 0, result.stderr
    [row] = result.rows
    assert {key: row[key] for key in expected} == expected


UNBOUND = {
    "a missing parameter": ("'part', 'make', {}", "NAME"),
    "an unknown parameter": ("'part', 'make', {'name': 'a', 'cuont': 1}", "did you mean count"),
    "a number that is none": ("'part', 'make', {'name': 'a', 'count': 'many'}", "--count"),
    "a number out of range": ("'part', 'make', {'name': 'a', 'count': 9}", "--count"),
    "a choice that is none": ("'part', 'make', {'name': 'a', 'kind': 'lifo'}", "--kind"),
    "a mapping": ("'part', 'make', {'name': {}}", "dict"),
    "text for a flag": ("'part', 'make', {'name': 'a', 'quick': 'perhaps'}", "quick"),
    "an unknown verb": ("'part', 'mkae', {}", "did you mean make"),
    "an unknown noun": ("'prat', 'make', {}", "did you mean part"),
}


@pytest.mark.parametrize(("values", "message"), UNBOUND.values(), ids=UNBOUND)
def test_values_that_the_command_line_would_refuse_are_refused(
    values: str, message: str, conductor: None, cli: Cli
) -> None:
    result = cli(["conduct", "bind", f"({values})"])
    assert result.exit_code == 2, result
    assert message in result.stderr
