"""Saved queries as files of a folder, and what it takes to make both sides agree.

A query NAME of the account is the file NAME.cwli (`.sql`, `.ppl` for the other languages), in
folders where the name has slashes. A CWLI file begins with a line `# group: NAME` for each log
group that the query is limited to; all else is its text. What both sides had when they last agreed
is kept beside them, an account and region each, so that a change on one side is told from one on
both.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from awsops.api import AwsopsError, UsageError
from awsops.atomic_files import ANYBODY, replace_file
from awsops.given_files import read_given

MOST_TEXT = 10_000  # PutQueryDefinition, queryString
_SUFFIXES = {"CWLI": ".cwli", "SQL": ".sql", "PPL": ".ppl"}
_GROUP = re.compile(r"# group: (\S+)")
# A part of a name that is a file name everywhere and leads nowhere else.
_PART = re.compile(r"[^./\\\x00-\x1f:*?\"<>|][^/\\\x00-\x1f:*?\"<>|]*")
_MEMORY = ".awsops-queries"

Step = Literal["agreed", "save", "write", "remove", "delete", "conflict"]


@dataclass(frozen=True, slots=True)
class Query:
    """What a saved query says, wherever it is kept."""

    text: str
    language: str = "CWLI"
    groups: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        content = json.dumps([self.text, self.language, sorted(self.groups)])
        return hashlib.sha256(content.encode()).hexdigest()


def of_definition(found: Mapping[str, Any]) -> Query:
    """A query definition as the service describes it."""
    groups = tuple(found.get("logGroupNames") or ())
    return Query(found["queryString"].strip(), found.get("queryLanguage") or "CWLI", groups)


def decide(file: Query | None, there: Query | None, agreed: str | None) -> Step:
    """What makes a file and the account's query the same; `agreed` is the digest of what they last
    were. The side that did not change follows the other; `conflict` when both did."""
    mine, theirs = (query.digest if query is not None else None for query in (file, there))
    if mine == theirs:
        return "agreed"
    if theirs == agreed:
        return "save" if file is not None else "remove"
    if mine == agreed:
        return "write" if there is not None else "delete"
    return "conflict"


def may_be_a_file(name: str) -> bool:
    """Whether a query of that name has a file: no part of it is empty, hidden or leads out."""
    return all(_PART.fullmatch(part) for part in name.split("/"))


def path_of(folder: Path, name: str, language: str) -> Path:
    """The file of a query; its suffix says the language."""
    return folder / f"{name}{_SUFFIXES[language]}"


def read_files(folder: Path) -> dict[str, Query]:
    """The queries of a folder by name; UsageError for a file that cannot be one."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", hint="make it first: mkdir")
    found: dict[str, Query] = {}
    for language, suffix in _SUFFIXES.items():
        for path in sorted(folder.rglob(f"*{suffix}")):
            name = path.relative_to(folder).as_posix().removesuffix(suffix)
            if not may_be_a_file(name):
                continue
            if name in found:
                raise UsageError(f"{path}: there is a query {name} in another language too")
            found[name] = _read(path, language)
    return found


def _read(path: Path, language: str) -> Query:
    lines = read_given(path).replace("\r\n", "\n").split("\n")
    groups: list[str] = []
    while language == "CWLI" and lines and (line := _GROUP.fullmatch(lines[0].strip())):
        groups.append(line[1])
        lines = lines[1:]
    text = "\n".join(lines).strip()
    if not 0 < len(text) <= MOST_TEXT:
        raise UsageError(f"{path} has {len(text):,} characters; 1 to {MOST_TEXT:,} are taken")
    return Query(text, language, tuple(groups))


def write_file(folder: Path, name: str, query: Query, before: Query | None) -> None:
    """Put a query into its file; AwsopsError when that is not `before` any more."""
    _check_unchanged(folder, name, before)
    path = path_of(folder, name, query.language)
    head = [f"# group: {group}" for group in query.groups]
    content = "\n".join([*head, query.text]) + "\n"
    try:
        replace_file(path, content, new_mode=ANYBODY)
        if before is not None and before.language != query.language:
            path_of(folder, name, before.language).unlink()
    except OSError as error:
        raise AwsopsError(f"{path} cannot be written: {error.strerror or error}") from error


def delete_file(folder: Path, name: str, before: Query) -> None:
    """Remove the file of a query; AwsopsError when it has changed since."""
    _check_unchanged(folder, name, before)
    path_of(folder, name, before.language).unlink()


def _check_unchanged(folder: Path, name: str, before: Query | None) -> None:
    if read_files(folder).get(name) != before:
        raise AwsopsError(
            f"the file of {name} has changed since the plan was made",
            hint="run it again: what is done stays done",
            code="Conflict",
        )


class Agreed:
    """The digests of what a folder and one account's region last agreed on, by name."""

    def __init__(self, folder: Path, account: str, region: str) -> None:
        self._path = folder / _MEMORY / f"{account}-{region}.json"
        try:
            self._digests: dict[str, str] = dict(json.loads(self._path.read_text()))
        except FileNotFoundError:
            self._digests = {}
        except (OSError, ValueError, TypeError) as error:
            raise UsageError(
                f"{self._path}: {error}",
                hint="remove it: queries that differ are then conflicts, and nothing is lost",
            ) from error

    def get(self, name: str) -> str | None:
        return self._digests.get(name)

    @property
    def names(self) -> Iterable[str]:
        return self._digests

    def note(self, name: str, query: Query | None) -> None:
        """Both sides are `query` now (None: gone from both); on disk when this returns."""
        before = dict(self._digests)
        if query is None:
            self._digests.pop(name, None)
        else:
            self._digests[name] = query.digest
        if self._digests != before:
            text = json.dumps(self._digests, indent=2, sort_keys=True) + "\n"
            replace_file(self._path, text, new_mode=ANYBODY)
