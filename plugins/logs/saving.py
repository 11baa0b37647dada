"""`awsops logs queries-save` and `queries-rm`: the account's query definitions change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Change,
    Choice,
    NotFoundError,
    Option,
    Plan,
    UsageError,
    command,
)
from awsops.given_files import read_given
from awsops.suggesting import did_you_mean

from .arguments import GroupOption, command_line
from .client import LogsClient
from .groups import resolve
from .query_files import MOST_TEXT
from .saved import definitions, list_definitions


@dataclass(frozen=True, slots=True)
class Definition:
    """A saved query of the account as it is now; `change` is `saved` or `removed`."""

    name: str
    change: str


def complete_definitions(aws: Aws) -> Iterator[Choice]:
    """The account's own saved queries, with what they are for."""
    for saved in definitions(aws.client("logs")):
        yield Choice(saved.name, saved.purpose)


NameArgument = Annotated[str, Argument(help="Its name.", complete=complete_definitions)]


@command(mutates=True)
def queries_save(
    aws: Aws,
    name: NameArgument,
    text: Annotated[str | None, Argument(help="The query.")] = None,
    group: GroupOption = [],  # noqa: B006 - the kernel hands over a list of its own
    file: Annotated[Path | None, Option(help="Read the query from a file.", short="-f")] = None,
    lang: Annotated[
        str, Option(help="The language of the query.", choices=("cwli", "sql", "ppl"))
    ] = "cwli",
) -> Iterator[Plan | Definition]:
    """Save a query in the account, in place of the one of that name."""
    wanted = _text(text, file)
    logs = aws.client("logs")
    groups = [found["logGroupName"] for found in resolve(logs, group)] if group else []
    old = _find(logs, name)
    change = Change(
        "replace" if old else "save",
        name,
        before=str(old["queryString"]) if old else "",
        after=wanted,
        undo=save_line(aws, old) if old else command_line(aws, "queries-rm", name),
    )
    yield Plan((change,), summary=f"the query {name} is {'replaced' if old else 'saved'}")
    params: dict[str, Any] = {
        "name": name,
        "queryString": wanted,
        "queryLanguage": lang.upper(),
        "logGroupNames": groups,  # without it, a replaced definition would have none either
    }
    if old:
        params["queryDefinitionId"] = old["queryDefinitionId"]
    logs.put_query_definition(**params)
    yield Definition(name, "saved")


@command(mutates=True)
def queries_rm(aws: Aws, name: NameArgument) -> Iterator[Plan | Definition]:
    """Remove a saved query from the account."""
    logs = aws.client("logs")
    old = _find(logs, name)
    if old is None:
        raise _no_definition(logs, name)
    change = Change("remove", name, before=str(old["queryString"]), undo=save_line(aws, old))
    yield Plan((change,), summary=f"the query {name} is removed")
    logs.delete_query_definition(queryDefinitionId=old["queryDefinitionId"])
    yield Definition(name, "removed")


def _find(logs: LogsClient, name: str) -> dict[str, Any] | None:
    """The definition of exactly that name, as the service describes it."""
    return next((found for found in list_definitions(logs, name) if found["name"] == name), None)


def _no_definition(logs: LogsClient, name: str) -> NotFoundError:
    meant = did_you_mean(name, [saved.name for saved in definitions(logs)])
    return NotFoundError(
        f"the account has no saved query {name!r}", hint=meant or "awsops logs queries lists them"
    )


def save_line(aws: Aws, old: Mapping[str, Any]) -> str:
    """The command line that saves a definition as it was."""
    words = ["queries-save", str(old["name"]), str(old["queryString"])]
    for group in old.get("logGroupNames") or ():
        words += ["-g", group]
    if old.get("queryLanguage", "CWLI") != "CWLI":
        words += ["--lang", str(old["queryLanguage"]).lower()]
    return command_line(aws, *words)


def _text(text: str | None, file: Path | None) -> str:
    if (text is None) == (file is None):
        raise UsageError("give the query as an argument or with -f FILE, one of them")
    if file is not None:
        text = read_given(file, "-f").replace("\r\n", "\n")
    text = (text or "").strip()
    if not 0 < len(text) <= MOST_TEXT:
        raise UsageError(f"the query has {len(text):,} characters; 1 to {MOST_TEXT:,} are taken")
    return text
