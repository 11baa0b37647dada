"""Repositories that a push makes: by `--create` with the settings of ecr.toml, or by a template."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awsops.api import Change, UsageError

_MUTABILITY = ("MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION")
_KEYS = ("scan_on_push", "tag_mutability", "exclude", "lifecycle_policy", "tags")


@dataclass(frozen=True, slots=True)
class NewRepository:
    """What a repository is created with; the table [create] of ecr.toml."""

    scan_on_push: bool = True
    mutability: str = "IMMUTABLE"
    excluded: tuple[str, ...] = ()
    lifecycle: str | None = None
    tags: dict[str, str] = field(default_factory=dict)

    def change(self, name: str) -> Change:
        scan = "scanned on push" if self.scan_on_push else "not scanned"
        lifecycle = ", lifecycle policy" if self.lifecycle else ""
        return Change(
            "create repository",
            name,
            f"{self.mutability.lower()} tags, {scan}{lifecycle}",
            why_no_undo="awsops deletes no repository",
        )

    def create(self, ecr: Any, name: str) -> None:
        """One that somebody else made meanwhile is taken as it is."""
        params: dict[str, Any] = {
            "repositoryName": name,
            "imageTagMutability": self.mutability,
            "imageScanningConfiguration": {"scanOnPush": self.scan_on_push},
            "tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
        }
        if self.excluded:
            rules = [{"filterType": "WILDCARD", "filter": text} for text in self.excluded]
            params["imageTagMutabilityExclusionFilters"] = rules
        try:
            ecr.create_repository(**params)
        except ecr.exceptions.RepositoryAlreadyExistsException:
            return
        if self.lifecycle:
            ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=self.lifecycle)


def read_settings(path: Path) -> NewRepository:
    """The table [create] of ecr.toml; UsageError, naming the key, for what makes no sense."""
    try:
        with path.open("rb") as file:
            table = tomllib.load(file).get("create", {})
    except FileNotFoundError:
        return NewRepository()
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from None
    for key in table:
        if key not in _KEYS:
            raise UsageError(f"{path}: unknown key create.{key}", hint=f"keys: {', '.join(_KEYS)}")
    mutability = str(table.get("tag_mutability", "IMMUTABLE")).upper()
    if mutability not in _MUTABILITY:
        raise UsageError(f"{path}: create.tag_mutability is one of {', '.join(_MUTABILITY)}")
    excluded = tuple(table.get("exclude", ()))
    if bool(excluded) is not mutability.endswith("_WITH_EXCLUSION"):
        raise UsageError(f"{path}: create.exclude goes with a _WITH_EXCLUSION mutability")
    lifecycle = table.get("lifecycle_policy")
    if lifecycle is not None and not str(lifecycle).lstrip().startswith("{"):
        try:
            lifecycle = (path.parent / str(lifecycle)).read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path}: create.lifecycle_policy: {error}") from None
    tags = {str(key): str(value) for key, value in table.get("tags", {}).items()}
    scan = bool(table.get("scan_on_push", True))
    return NewRepository(scan, mutability, excluded, lifecycle, tags)


def template_for(ecr: Any, name: str) -> str | None:
    """The prefix of the creation template by which ECR itself makes a repository on push."""
    prefixes: list[str] = []
    params: dict[str, Any] = {"maxResults": 100}
    while True:
        page = ecr.describe_repository_creation_templates(**params)
        for template in page.get("repositoryCreationTemplates", []):
            if "CREATE_ON_PUSH" in template.get("appliedFor", []):
                prefixes.append(template["prefix"])
        if not page.get("nextToken"):
            break
        params["nextToken"] = page["nextToken"]
    fitting = [p for p in prefixes if p != "ROOT" and f"{name}/".startswith(p.rstrip("/") + "/")]
    return max(fitting, key=len, default="ROOT" if "ROOT" in prefixes else None)
