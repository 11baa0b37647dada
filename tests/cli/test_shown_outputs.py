"""Every output that the README and docs/ show is what the program says today."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsops.testing import Sandbox
from tests.cli.shown_outputs import Typed, pages, renewed, shown_on, typing_on, unexplained

PAGES = [page for page in pages() if any(shown_on(page.read_text()))]


@pytest.fixture
def typed(awsops_sandbox: Sandbox) -> Iterator[Typed]:
    """In a home of its own: what one page's commands leave there is not another's."""
    with typing_on(awsops_sandbox) as typed:
        yield typed


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_outputs_of_a_page_are_todays(
    page: Path, typed: Typed, awsops_sandbox: Sandbox
) -> None:
    awsops_sandbox.renew()
    shown = page.read_text()
    today, _ = renewed(shown, typed)
    difference = difflib.unified_diff(shown.splitlines(), today.splitlines(), lineterm="", n=1)
    assert today == shown, "renew with `make docs`:\n" + "\n".join(difference)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_an_output_that_is_not_run_says_why(page: Path) -> None:
    assert unexplained(page.read_text()) == []


_PAGE = """
<!-- figures vary: the sandbox's -->
```
$ awsops sqs ls
NAME    VISIBLE
orders      500
at 2026-11-21T08:20:00Z
```
"""


@pytest.mark.parametrize(
    ("said", "stale"),
    [
        ("NAME    VISIBLE\norders    1,500\nat 2027-01-01T00:00:00.5Z\n", False),
        ("NAME    VISIBLE\norders-a    500\nat 2026-11-21T08:20:00Z\n", True),
        ("NAME    VISIBLE\norders      500\n", True),
    ],
)
def test_figures_and_times_may_vary_but_no_word(said: str, stale: bool) -> None:
    assert bool(renewed(_PAGE, lambda line: said)[1]) is stale


def test_where_nothing_varies_every_figure_counts() -> None:
    page = _PAGE.replace("<!-- figures vary: the sandbox's -->\n", "")
    said = "NAME    VISIBLE\norders      501\nat 2026-11-21T08:20:00Z\n"
    assert renewed(page, lambda line: said)[0] == page.replace("500", "501")


def test_an_output_without_its_command_is_unexplained() -> None:
    page = "```\nNAME\norders\n```\n"
    assert unexplained(page) == ["NAME"]
    assert unexplained(f"<!-- not run: a picture -->\n{page}") == []
