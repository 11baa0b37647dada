"""Saved queries: the account's query definitions, and those that awsops brings along.

A `.cwli` file begins with comments: its purpose, then a line `# param NAME = DEFAULT: what it is`
for each parameter. `{{NAME}}` in the text stands for its value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from awsops.api import Aws, Choice, NotFoundError, UsageError
from awsops.suggesting import did_you_mean

from .client import LogsClient

_PARAM = re.compile(r"#\s*param\s+([A-Za-z_]\w*)\s*=\s*([^:]*?)\s*:\s*(.*)")
_PLACE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
# A value goes into the text of a query: nothing that could end a string and begin a command.
_SAFE = re.compile(r"[^\"'`|\\\n\r]*")


@dataclass(frozen=True, slots=True)
class Saved:
    """A query under a name. `origin` is `awsops` or `account`; `text` has its comments."""

    name: str
    origin: str
    purpose: str
    params: tuple[str, ...]
    groups: tuple[str, ...]
    text: str


def shipped() -> Iterator[Saved]:
    """The queries that come with awsops, by name."""
    from awsops.recipe.library import shipped_folder

    for path in sorted((shipped_folder() / "queries").glob("*.cwli")):
        yield _described(path.stem, "awsops", path.read_text(encoding="utf-8"), ())


def list_definitions(logs: LogsClient, prefix: str = "") -> Iterator[dict[str, Any]]:
    """The account's query definitions whose names begin so, as the service describes them."""
    params: dict[str, Any] = {"queryDefinitionNamePrefix": prefix} if prefix else {}
    while True:
        answer = logs.describe_query_definitions(**params)
        yield from answer["queryDefinitions"]
        if not answer.get("nextToken"):
            return
        params["nextToken"] = answer["nextToken"]


def definitions(logs: LogsClient, prefix: str = "") -> Iterator[Saved]:
    """The account's query definitions, by name."""
    for found in list_definitions(logs, prefix):
        groups = tuple(found.get("logGroupNames") or ())
        yield _described(found["name"], "account", found["queryString"], groups)


def _described(name: str, origin: str, text: str, groups: tuple[str, ...]) -> Saved:
    first = text.lstrip().split("\n", 1)[0]
    purpose = first.lstrip("# ").strip() if first.startswith("#") else ""
    params = tuple(f"{found[1]}={found[2]}" for found in _PARAM.finditer(text))
    return Saved(name, origin, purpose, params, groups, text)


def find_saved(logs: LogsClient, name: str, sign: str = "") -> Saved:
    """The account's own of that name, else the shipped one; NotFoundError with the nearest."""
    ours = list(shipped())
    theirs = list(definitions(logs, name)) if name else []
    for saved in (*theirs, *ours):
        if saved.name == name:
            return saved
    meant = did_you_mean(name, [saved.name for saved in (*theirs, *ours)], sign=sign)
    raise NotFoundError(f"no saved query {name!r}", hint=meant or "awsops logs queries lists them")


def fill(text: str, given: Sequence[str]) -> str:
    """The text with its parameters put in and without comments."""
    defaults = {found[1]: found[2] for found in _PARAM.finditer(text)}
    values = dict(defaults)
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or name not in defaults:
            known = ", ".join(defaults) or "it has none"
            raise UsageError(f"--set {pair}: no such parameter", hint=f"parameters: {known}")
        if not _SAFE.fullmatch(value):
            raise UsageError(f"--set {name}: quotes, bars and backslashes cannot stand in a value")
        values[name] = value
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return _PLACE.sub(lambda place: _value(place[1], values), "\n".join(lines)).strip()


def _value(name: str, values: dict[str, str]) -> str:
    if name not in values:
        raise UsageError(f"the query uses {{{{{name}}}}} and declares no such parameter")
    return values[name]


def complete_saved(aws: Aws) -> Iterator[Choice]:
    """The names of saved queries, with what they are for."""
    for saved in (*shipped(), *definitions(aws.client("logs"))):
        yield Choice(f"@{saved.name}", saved.purpose or saved.origin)
