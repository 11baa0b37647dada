"""Lifecycle and repository policies: shown, and written with what was there before kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from awsops.api import Annotated, Aws, Change, Document, Note, Option, Plan, UsageError, command
from awsops.given_files import read_given

from .borrowed_names import sweep
from .image_commands import RepositoryArgument
from .repositories import require_repository

SetOption = Annotated[Path | None, Option(help="Write the policy in this JSON file.")]
RemoveOption = Annotated[bool, Option(help="Remove the policy.")]


@command(mutates=True)
def lifecycle(
    aws: Aws, repository: RepositoryArgument, set: SetOption = None, remove: RemoveOption = False
) -> Iterator[Plan | Note | Document]:
    """Show, write or remove a repository's lifecycle policy."""
    sweep(aws.env)
    ecr = aws.client("ecr")
    yield from _policy(_Lifecycle(ecr, repository), set, remove)


@command(mutates=True)
def policy(
    aws: Aws, repository: RepositoryArgument, set: SetOption = None, remove: RemoveOption = False
) -> Iterator[Plan | Note | Document]:
    """Show, write or remove the policy that says who else may use a repository."""
    sweep(aws.env)
    ecr = aws.client("ecr")
    yield from _policy(_Access(ecr, repository), set, remove)


class _Lifecycle:
    what = "lifecycle policy"

    def __init__(self, ecr: Any, repository: str) -> None:
        require_repository(ecr, repository)
        self.ecr, self.repository = ecr, repository

    def read(self) -> str | None:
        try:
            answer = self.ecr.get_lifecycle_policy(repositoryName=self.repository)
        except self.ecr.exceptions.LifecyclePolicyNotFoundException:
            return None
        return str(answer["lifecyclePolicyText"])

    def write(self, text: str) -> None:
        self.ecr.put_lifecycle_policy(repositoryName=self.repository, lifecyclePolicyText=text)

    def remove(self) -> None:
        self.ecr.delete_lifecycle_policy(repositoryName=self.repository)


class _Access(_Lifecycle):
    what = "repository policy"

    def read(self) -> str | None:
        try:
            answer = self.ecr.get_repository_policy(repositoryName=self.repository)
        except self.ecr.exceptions.RepositoryPolicyNotFoundException:
            return None
        return str(answer["policyText"])

    def write(self, text: str) -> None:
        self.ecr.set_repository_policy(repositoryName=self.repository, policyText=text)

    def remove(self) -> None:
        self.ecr.delete_repository_policy(repositoryName=self.repository)


def _policy(kind: _Lifecycle, path: Path | None, remove: bool) -> Iterator[Plan | Note | Document]:
    if path is not None and remove:
        raise UsageError("--set and --remove exclude each other")
    before = kind.read()
    after = _read_file(path) if path is not None else None if remove else before
    if _same(before, after):
        asked = path is not None or remove
        yield Plan((), f"{kind.repository}: no change of its {kind.what}", only_reads=not asked)
    else:
        verb = "remove" if after is None else "write"
        # The old text stands in the plan, whole: with it the change can be taken back.
        why = f"keep the old text, then: awsops ecr {kind.what.split()[0]} REPOSITORY --set FILE"
        change = Change(
            f"{verb} {kind.what}", kind.repository, before=before, after=after, why_no_undo=why
        )
        yield Plan((change,))
        if after is None:
            kind.remove()
        else:
            kind.write(after)
    if after is not None:
        yield Document(json.dumps(json.loads(after), indent=2) + "\n")
    elif path is None and not remove:
        yield Note(f"{kind.repository} has no {kind.what}")


def _same(before: str | None, after: str | None) -> bool:
    if before is None or after is None:
        return before is after
    return bool(json.loads(before) == json.loads(after))


def _read_file(path: Path) -> str:
    text = read_given(path, "--set")
    try:
        return json.dumps(json.loads(text), separators=(",", ":"))
    except ValueError as error:
        raise UsageError(f"--set {path} is not JSON: {error}", hint=f"mend {path}") from None
