"""A name that does not exist: the hint has those like it that Tab knows of the same account."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from awsops.testing import Result

Cli = Callable[..., Result]

SOURCE = """
from awsops.api import Choice, NotFoundError

def complete_things(host):
    yield Choice("orders-production")
    yield Choice("orders-staging")

@command()
def show(host, thing: Annotated[str, Argument(help="A thing.", complete=complete_things)]):
    raise NotFoundError(f"there is no {thing}", hint="look elsewhere")
    yield
"""


@pytest.fixture
def known(cli: Cli, write_plugin: Callable[..., Path]) -> Cli:
    """Runs command lines after somebody has listed the names."""
    write_plugin("thing", SOURCE)
    assert cli(["thing", "show"], tty=True, answers=["orders-staging"]).exit_code == 5
    return cli


def test_a_typing_error_gets_the_nearest_names(known: Cli) -> None:
    result = known(["thing", "show", "orders-prodution"])
    assert result.exit_code == 5
    assert result.stderr.endswith("hint: did you mean orders-production?\n")


def test_a_name_like_none_keeps_its_own_hint(known: Cli) -> None:
    assert "hint: look elsewhere" in known(["thing", "show", "bills"]).stderr


def test_a_name_that_is_known_keeps_its_own_hint(known: Cli) -> None:
    assert "hint: look elsewhere" in known(["thing", "show", "orders-staging"]).stderr


def test_where_nothing_is_known_nothing_is_asked(
    cli: Cli, write_plugin: Callable[..., Path]
) -> None:
    write_plugin("thing", SOURCE)
    assert "hint: look elsewhere" in cli(["thing", "show", "orders-prodution"]).stderr
