"""Repositories: listed, found, and what their tags allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from awsops.api import NotFoundError, UsageError
from awsops.suggesting import did_you_mean

# ECR API reference, CreateRepository: repositoryName.
_NAME = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9._-]*)*/)*[a-z0-9][a-z0-9._-]*")
PAGE = 1000  # ECR API reference, DescribeRepositories: maxResults


@dataclass(frozen=True, slots=True)
class Repository:
    """A row of `ecr ls`."""

    repository: str
    mutability: str
    scan_on_push: bool
    created_at: datetime
    uri: str


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """A repository as far as pushing and pruning need it."""

    name: str
    uri: str
    arn: str
    account: str
    mutability: str
    excluded: tuple[str, ...]
    scan_on_push: bool
    created_at: datetime

    @property
    def host(self) -> str:
        return self.uri.partition("/")[0]

    def is_immutable(self, tag: str) -> bool:
        """Whether this tag, once written, stays (ECR user guide, image tag mutability)."""
        excluded = any(
            re.fullmatch(re.escape(text).replace(r"\*", ".*"), tag) for text in self.excluded
        )
        if self.mutability.endswith("_WITH_EXCLUSION"):
            return self.mutability.startswith("IMMUTABLE") is not excluded
        return self.mutability == "IMMUTABLE"


def list_repositories(ecr: Any, pattern: str = "*") -> Iterator[Repository]:
    """The repositories whose names match the glob, by name."""
    for facts in sorted(_all(ecr), key=lambda facts: facts.name):
        if fnmatchcase(facts.name, pattern):
            yield Repository(
                facts.name, facts.mutability, facts.scan_on_push, facts.created_at, facts.uri
            )


def find_repository(ecr: Any, name: str) -> RepositoryFacts | None:
    """The repository of that name, None when there is none."""
    try:
        answer = ecr.describe_repositories(repositoryNames=[name])
    except ecr.exceptions.RepositoryNotFoundException:
        return None
    return _facts(answer["repositories"][0])


def require_repository(ecr: Any, name: str) -> RepositoryFacts:
    """The repository of that name; NotFoundError with the nearest names."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no repository's name",
            hint="the name alone, like team/api: without the registry's host, a tag or a digest",
        )
    found = find_repository(ecr, name)
    if found is None:
        raise missing(ecr, name, "awsops ecr ls shows the repositories of the account and region")
    return found


def missing(ecr: Any, name: str, hint: str) -> NotFoundError:
    """The error for a repository that is not there."""
    try:
        names = [facts.name for facts in _all(ecr)]
    except Exception:  # a hint is not worth an error: listing may well be denied
        names = []
    return NotFoundError(f"no repository named {name}", hint=did_you_mean(name, names) or hint)


def _all(ecr: Any) -> Iterator[RepositoryFacts]:
    params: dict[str, Any] = {"maxResults": PAGE}
    while True:
        page = ecr.describe_repositories(**params)
        yield from map(_facts, page["repositories"])
        if not page.get("nextToken"):
            return
        params["nextToken"] = page["nextToken"]


def _facts(data: Any) -> RepositoryFacts:
    filters = data.get("imageTagMutabilityExclusionFilters") or []
    return RepositoryFacts(
        name=data["repositoryName"],
        uri=data["repositoryUri"],
        arn=data["repositoryArn"],
        account=data["registryId"],
        mutability=data.get("imageTagMutability", "MUTABLE"),
        excluded=tuple(rule["filter"] for rule in filters),
        scan_on_push=bool((data.get("imageScanningConfiguration") or {}).get("scanOnPush")),
        created_at=data["createdAt"],
    )
