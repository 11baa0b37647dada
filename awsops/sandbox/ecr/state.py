"""What the registries hold: repositories, images, tags, layers; and who may come in."""

from __future__ import annotations

import base64
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.ecr.manifests import EMPTY_BLOB, Manifest, digest_of

TOKEN_SECONDS = 43_200.0  # ECR API reference, GetAuthorizationToken: valid for 12 hours
SCAN_SECONDS = 2.0  # how long a basic scan takes here; AWS's takes minutes


@dataclass
class Image:
    """One manifest in a repository. Times are epoch seconds."""

    manifest: Manifest
    pushed_at: float
    pulled_at: float | None = None
    scan_started: float | None = None


@dataclass
class Repository:
    """One repository of one registry."""

    account: str
    region: str
    name: str
    created_at: float
    mutability: str = "MUTABLE"
    filters: list[dict[str, str]] = field(default_factory=list)
    scan_on_push: bool = False
    encryption: dict[str, str] = field(default_factory=lambda: {"encryptionType": "AES256"})
    tags: dict[str, str] = field(default_factory=dict)
    policy: str | None = None
    lifecycle: str | None = None
    images: dict[str, Image] = field(default_factory=dict)
    image_tags: dict[str, str] = field(default_factory=dict)
    layers: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:ecr:{self.region}:{self.account}:repository/{self.name}"

    def tags_of(self, digest: str) -> list[str]:
        return [tag for tag, held in self.image_tags.items() if held == digest]

    def layer(self, digest: str) -> bytes | None:
        return EMPTY_BLOB if digest == digest_of(EMPTY_BLOB) else self.layers.get(digest)

    def is_immutable(self, tag: str) -> bool:
        """Whether a tag that exists may not be moved to another image."""
        excluded = any(
            re.fullmatch(re.escape(rule["filter"]).replace(r"\*", ".*"), tag)
            for rule in self.filters
        )
        if self.mutability.endswith("_WITH_EXCLUSION"):
            return self.mutability.startswith("IMMUTABLE") is not excluded
        return self.mutability == "IMMUTABLE"

    def indexes_of(self, digest: str) -> list[str]:
        """The indexes in this repository that refer to an image."""
        return [d for d, image in self.images.items() if digest in image.manifest.children]

    def size_of(self, image: Image) -> int:
        """As DescribeImages says it: of an index, that of the largest image in it."""
        if not image.manifest.is_index:
            return image.manifest.size
        held = (self.images.get(child) for child in image.manifest.children)
        return max((child.manifest.size for child in held if child), default=0)

    def lets_in(self, account: str) -> bool:
        """Whether the repository policy names the account, or everybody, as a principal."""
        if account == self.account:
            return True
        for statement in json.loads(self.policy or "{}").get("Statement", []):
            if statement.get("Effect") != "Allow":
                continue
            for principal in _principals(statement.get("Principal")):
                if principal in ("*", account) or f"::{account}:" in principal:
                    return True
        return False


def _principals(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = value.get("AWS", [])
    yield from [value] if isinstance(value, str) else map(str, value or [])


@dataclass(frozen=True, slots=True)
class Token:
    """Who a password stands for, and until when (epoch seconds)."""

    account: str
    region: str
    expires_at: float


class Registries:
    """All registries of all accounts and regions. Hold `lock` while working on it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.repositories: dict[tuple[str, str, str], Repository] = {}
        self.templates: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        self._tokens: dict[str, Token] = {}

    def reset(self) -> None:
        with self.lock:
            self.repositories.clear()
            self.templates.clear()
            self._tokens.clear()

    def of(self, account: str, region: str) -> list[Repository]:
        """The repositories of one registry, by name."""
        held = self.repositories.values()
        mine = [r for r in held if (r.account, r.region) == (account, region)]
        return sorted(mine, key=lambda repository: repository.name)

    def find(self, account: str, region: str, name: str) -> Repository:
        """A repository; RepositoryNotFoundException as ECR says it."""
        found = self.repositories.get((account, region, name))
        if found is None:
            raise AwsError(
                "RepositoryNotFoundException",
                f"The repository with name '{name}' does not exist in the registry with id "
                f"'{account}'",
            )
        return found

    def issue(self, account: str, region: str, password: str | None = None) -> tuple[str, float]:
        """A new authorization token (base64 of `AWS:` and the password) and its end."""
        password = password or "EXAMPLE" + secrets.token_urlsafe(96)
        expires_at = self.clock() + TOKEN_SECONDS
        self._tokens[password] = Token(account, region, expires_at)
        return base64.b64encode(f"AWS:{password}".encode()).decode(), expires_at

    def token(self, authorization: str) -> Token | None:
        """Whom an Authorization header of the Basic scheme lets in; None for nobody."""
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(text, validate=True).decode().partition(":")
        except ValueError:
            return None
        found = self._tokens.get(password) if user == "AWS" else None
        return found if found and found.expires_at > self.clock() else None

    def template_for(self, account: str, region: str, name: str) -> dict[str, Any] | None:
        """The creation template with the longest prefix of a name, for a push."""
        held = self.templates.get((account, region), {})
        fitting = [
            prefix
            for prefix in held
            if prefix == "ROOT" or name == prefix or name.startswith(prefix.rstrip("/") + "/")
        ]
        fitting = [p for p in fitting if "CREATE_ON_PUSH" in held[p]["appliedFor"]]
        best = max(fitting, key=lambda p: -1 if p == "ROOT" else len(p), default=None)
        return held[best] if best is not None else None
