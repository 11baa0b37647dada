"""`recipe report` and `recipe new`: what was done, to be read and to be done again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from awsops.api import Annotated, Argument, Document, Host, Note, Option, UsageError, command
from awsops.local_choices import complete_changing_runs

from .running import RunId


@command()
def report(
    host: Host,
    run: RunId,
    html: Annotated[
        Path | None, Option(help="Write one HTML page to this file.", metavar="FILE")
    ] = None,
) -> Iterator[Document | Note]:
    """Print what a run did, as Markdown, or write it as one HTML page."""
    from awsops.recipe.report import read_report

    found = read_report(host.env.folders.state, host.journal, run)
    if html is None:
        from awsops.recipe.report_markdown import as_markdown

        yield Document(as_markdown(found))
        return
    from awsops.recipe.report_html import as_html

    try:
        html.write_text(as_html(found), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{html} cannot be written: {error.strerror}") from None
    yield Note(f"{found.recipe}, run {found.run}: {html}")


@command()
def new(
    host: Host,
    name: Annotated[str, Argument(help="What the recipe is to be called.")],
    runs: Annotated[
        list[str],
        Argument(help="Runs of `history ls`, a step each.", complete=complete_changing_runs),
    ],
) -> Iterator[Document | Note]:
    """Print a recipe made of what was done in past runs."""
    from awsops.errors import NotFoundError
    from awsops.recipe.language import RECIPE_NAME
    from awsops.recipe.sketching import sketch

    if not RECIPE_NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a recipe: letters, digits, - and _ only")
    found = []
    for wanted in runs:
        matching = host.journal.find_runs(wanted)
        if len(matching) != 1:
            raise NotFoundError(
                f"no run, or more than one, whose id begins with {wanted!r}",
                hint="awsops history ls shows the latest runs",
            )
        found.extend(matching)
    yield Document(sketch(host, name, found))
    yield Note(f"save it as {host.env.folders.config / 'recipes' / name}.yaml")
