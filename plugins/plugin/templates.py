"""What `awsops plugin new` writes: a plugin that reads and changes, and its test."""

from __future__ import annotations

from string import Template

PLUGIN = '''\
"""Look after the owners of queues."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Change,
    Choice,
    NotFoundError,
    Plan,
    command,
)


@dataclass(frozen=True, slots=True)
class Owned:
    """A row: its fields are the columns and the JSON keys."""

    queue: str
    owner: str | None


def complete_queues(aws: Aws) -> Iterator[Choice]:
    """What Tab and the picker offer."""
    for url in _urls(aws):
        yield Choice(_name(url))


QueueArgument = Annotated[str, Argument(help="Name of the queue.", complete=complete_queues)]


@command()
def ls(aws: Aws) -> Iterator[Owned]:
    """List the queues with their owners."""
    for url in _urls(aws):
        yield Owned(_name(url), _owner(aws, url))


@command(mutates=True)
def own(
    aws: Aws,
    queue: QueueArgument,
    owner: Annotated[str, Argument(help="Who answers for it.")],
) -> Iterator[Plan | Owned]:
    """Write the owner of a queue into its tags."""
    url = _url_of(aws, queue)
    before = _owner(aws, url)
    if before == owner:
        yield Plan(())  # nothing to do: nobody is asked
    else:
        undo = f"awsops $noun own {queue} {before}" if before else f"awsops $noun disown {queue}"
        yield Plan((Change("tag", queue, before=before, after=owner, undo=undo),))
        # From here on the plan is confirmed, and every call is journalled.
        aws.client("sqs").tag_queue(QueueUrl=url, Tags={"owner": owner})
    yield Owned(queue, owner)


@command(mutates=True)
def disown(aws: Aws, queue: QueueArgument) -> Iterator[Plan | Owned]:
    """Take the owner out of a queue's tags."""
    url = _url_of(aws, queue)
    before = _owner(aws, url)
    if before is None:
        yield Plan(())
    else:
        undo = f"awsops $noun own {queue} {before}"
        yield Plan((Change("untag", queue, before=before, undo=undo),))
        aws.client("sqs").untag_queue(QueueUrl=url, TagKeys=["owner"])
    yield Owned(queue, None)


def _urls(aws: Aws) -> Iterator[str]:
    for page in aws.client("sqs").get_paginator("list_queues").paginate():
        yield from page.get("QueueUrls", [])


def _name(url: str) -> str:
    return url.rpartition("/")[2]


def _url_of(aws: Aws, queue: str) -> str:
    for url in _urls(aws):
        if _name(url) == queue:
            return url
    raise NotFoundError(f"there is no queue {queue}", hint="awsops $noun ls shows them")


def _owner(aws: Aws, url: str) -> str | None:
    tags = aws.client("sqs").list_queue_tags(QueueUrl=url).get("Tags", {})
    owner = tags.get("owner")
    return str(owner) if owner is not None else None
'''

TEST = '''\
"""Through the front door: command lines on the sandbox, rows and exit codes back."""

from __future__ import annotations

from collections.abc import Callable
$imports
import pytest
from awsops.testing import Result

pytest_plugins = ["awsops.testing"]
$place

@pytest.fixture
def $function(awsops: Callable[..., Result]) -> Callable[..., Result]:
    """`$function("ls")` runs `awsops $noun ls` on the demo account."""

    def run(*words: str) -> Result:
        return awsops(["$noun", *words, "-p", "demo-dev"]$environ)

    return run


def test_every_queue_is_listed($function: Callable[..., Result]) -> None:
    result = $function("ls")
    assert result.exit_code == 0, result.stderr
    assert "orders" in [row["queue"] for row in result.rows]


def test_a_dry_run_changes_nothing($function: Callable[..., Result]) -> None:
    planned = $function("own", "orders", "payments", "--dry-run")
    assert [row["after"] for row in planned.rows] == ["payments"], planned.stderr
    assert {row["owner"] for row in $function("ls").rows} == {None}


def test_the_owner_is_written_and_taken_away($function: Callable[..., Result]) -> None:
    assert $function("own", "orders", "payments", "--yes").exit_code == 0
    assert {"queue": "orders", "owner": "payments"} in $function("ls").rows
    assert $function("disown", "orders", "--yes").exit_code == 0
    assert {row["owner"] for row in $function("ls").rows} == {None}


def test_an_unknown_queue_is_an_error($function: Callable[..., Result]) -> None:
    result = $function("own", "nothing", "payments", "--dry-run")
    assert result.exit_code == 5
    assert "awsops $noun ls" in result.stderr
'''

PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "awsops-$noun"
version = "0.1.0"
description = "A noun for awsops: $noun."
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["awsops"]

[project.optional-dependencies]
test = ["awsops[sandbox]", "pytest>=8"]

[project.entry-points."awsops.plugins.v1"]
$noun = "$module"

[tool.setuptools.packages.find]
where = ["src"]

[tool.setuptools.package-data]
$module = ["py.typed", "recipes/*.yaml"]

[tool.pytest.ini_options]
testpaths = ["tests"]
"""

README = """\
# awsops-$noun

A noun for awsops. Install it beside awsops (`pipx inject awsops .`), and `awsops $noun` is there.
Recipes in `src/$module/recipes/` come with it.

    python -m pip install -e '.[test]'
    python -m pytest
    awsops plugin check $noun
"""


def fill(text: str, noun: str, *, packaged: bool) -> str:
    """A template for a noun; a package is tested installed, a file where it lies."""
    function = noun.replace("-", "_")
    words = {
        "noun": noun,
        "module": f"awsops_{function}",
        "function": f"run_{function}",
        "imports": "" if packaged else "from pathlib import Path\n",
        "place": "" if packaged else "FOLDER = Path(__file__).parents[1]\n",
        "environ": "" if packaged else ', environ={"AWSOPS_PLUGIN_PATH": str(FOLDER)}',
    }
    return Template(text).substitute(words)
