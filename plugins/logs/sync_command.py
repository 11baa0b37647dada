"""`awsops logs queries-sync`: the files of a folder and the account's saved queries agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    AwsopsError,
    Change,
    Note,
    Option,
    Plan,
    UsageError,
    command,
)

from .arguments import command_line
from .client import LogsClient
from .query_files import (
    Agreed,
    Query,
    Step,
    decide,
    delete_file,
    may_be_a_file,
    of_definition,
    path_of,
    read_files,
    write_file,
)
from .saved import list_definitions
from .saving import save_line

_CHANGED = {"save": "saved", "write": "written", "remove": "removed", "delete": "deleted"}
_TO_ACCOUNT = frozenset({"save", "remove"})
_DELETES = frozenset({"remove", "delete"})


@dataclass(frozen=True, slots=True)
class Synced:
    """A saved query that both sides have alike now. `change` is `saved` or `removed` (in the
    account), `written` or `deleted` (in the folder)."""

    name: str
    change: str


@dataclass(frozen=True, slots=True)
class _Todo:
    name: str
    step: Step
    file: Query | None
    there: Mapping[str, Any] | None  # as the service describes it


@command(mutates=True)
def queries_sync(
    aws: Aws,
    folder: Annotated[Path, Argument(help="A folder of queries: NAME.cwli, .sql or .ppl.")],
    to: Annotated[
        str, Option(help="Which side may change.", choices=("both", "account", "folder"))
    ] = "both",
    prefer: Annotated[
        str | None,
        Option(help="Which side is right where both have changed.", choices=("account", "folder")),
    ] = None,
    delete: Annotated[
        bool, Option(help="What was removed on one side goes from the other too.")
    ] = False,
) -> Iterator[Plan | Note | Synced]:
    """Make a folder of queries and the account's saved queries the same."""
    logs = aws.client("logs")
    agreed = Agreed(folder, aws.identity().account, aws.region)
    files = read_files(folder)
    there = {found["name"]: found for found in list_definitions(logs)}
    todo: list[_Todo] = []
    alike: list[_Todo] = []
    for name in sorted({*files, *there, *agreed.names}):
        if not may_be_a_file(name):
            yield Note(f"{name} cannot be the name of a file: left as it is", "warning")
            continue
        one = _compared(name, files.get(name), there.get(name), agreed.get(name), prefer)
        if kept := _kept(one, to, delete=delete):
            yield Note(kept)
        else:
            (alike if one.step == "agreed" else todo).append(one)
    _refuse_conflicts(todo)
    what = "1 saved query changes" if len(todo) == 1 else f"{len(todo)} saved queries change"
    yield Plan(tuple(_change(aws, folder, one) for one in todo), summary=what)
    for one in alike:
        agreed.note(one.name, one.file)
    for one in todo:
        _carry_out(logs, folder, one)
        agreed.note(one.name, _after(one))
        yield Synced(one.name, _CHANGED[one.step])


def _compared(
    name: str,
    file: Query | None,
    found: Mapping[str, Any] | None,
    agreed: str | None,
    prefer: str | None,
) -> _Todo:
    there = of_definition(found) if found is not None else None
    step = decide(file, there, agreed)
    if step == "conflict" and prefer == "folder":
        step = "save" if file is not None else "remove"
    elif step == "conflict" and prefer == "account":
        step = "write" if there is not None else "delete"
    return _Todo(name, step, file, found)


def _kept(one: _Todo, to: str, *, delete: bool) -> str | None:
    """Why a difference stays, if it does."""
    if one.step in ("agreed", "conflict"):
        return None
    side = "account" if one.step in _TO_ACCOUNT else "folder"
    if to not in ("both", side):
        return f"{one.name} differs; the {side} is not to change (--to {to})"
    if one.step in _DELETES and not delete:
        gone = "folder" if side == "account" else "account"
        return f"{one.name} is gone from the {gone}: --delete removes it from the {side} too"
    return None


def _refuse_conflicts(todo: list[_Todo]) -> None:
    names = [one.name for one in todo if one.step == "conflict"]
    if names:
        raise UsageError(
            f"changed in the folder and in the account: {', '.join(names)}",
            hint="nothing was changed; --prefer folder or --prefer account says which one is right",
            code="Conflict",
        )


def _change(aws: Aws, folder: Path, one: _Todo) -> Change:
    text = str(one.there["queryString"]) if one.there is not None else None
    mine = one.file.text if one.file is not None else None
    if one.step == "save":
        undo = command_line(aws, "queries-rm", one.name)
        if one.there is not None:
            undo = save_line(aws, one.there)
        action = "replace" if one.there is not None else "save"
        return Change(action, one.name, before=text or "", after=mine, undo=undo)
    if one.step == "remove":
        assert one.there is not None
        return Change("remove", one.name, before=text, undo=save_line(aws, one.there))
    if one.step == "delete":
        assert one.file is not None
        path = path_of(folder, one.name, one.file.language)
        why = "a file of yours; its text stands in the plan"
        return Change("delete file", str(path), before=mine, why_no_undo=why)
    assert one.there is not None
    path = path_of(folder, one.name, of_definition(one.there).language)
    why = "a file of yours; what it said before stands in the plan"
    return Change("write file", str(path), before=mine or "", after=text, why_no_undo=why)


def _after(one: _Todo) -> Query | None:
    if one.step == "save":
        return one.file
    return of_definition(one.there) if one.step == "write" and one.there is not None else None


def _carry_out(logs: LogsClient, folder: Path, one: _Todo) -> None:
    if one.step in _TO_ACCOUNT:
        _check_unchanged(logs, one)
    if one.step == "save":
        assert one.file is not None
        logs.put_query_definition(**_definition(one.name, one.file, one.there))
    elif one.step == "remove":
        assert one.there is not None
        logs.delete_query_definition(queryDefinitionId=one.there["queryDefinitionId"])
    elif one.step == "write":
        assert one.there is not None
        write_file(folder, one.name, of_definition(one.there), one.file)
    else:
        assert one.file is not None
        delete_file(folder, one.name, one.file)


def _definition(name: str, query: Query, there: Mapping[str, Any] | None) -> dict[str, Any]:
    params: dict[str, Any] = {
        "name": name,
        "queryString": query.text,
        "queryLanguage": query.language,
    }
    if query.language == "CWLI":  # the others name their groups in the text
        params["logGroupNames"] = list(query.groups)
    if there is not None:
        params["queryDefinitionId"] = there["queryDefinitionId"]
        if there.get("parameters"):  # what is left out would be gone
            params["parameters"] = there["parameters"]
    return params


def _check_unchanged(logs: LogsClient, one: _Todo) -> None:
    now = next((d for d in list_definitions(logs, one.name) if d["name"] == one.name), None)
    before = of_definition(one.there) if one.there is not None else None
    if (of_definition(now) if now is not None else None) != before:
        raise AwsopsError(
            f"{one.name} has changed in the account since the plan was made",
            hint="run it again: what is done stays done",
            code="Conflict",
        )
