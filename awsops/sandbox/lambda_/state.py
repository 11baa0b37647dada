"""What one account has of Lambda in one region."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from awsops.sandbox.lambda_ import faults
from awsops.sandbox.lambda_.traffic import Script

LATEST = "$LATEST"
UNRESERVED_LEAST = 100  # Lambda keeps so many for functions without a reservation (quotas)
ACCOUNT_CONCURRENCY = 1_000
PENDING_SECONDS = 1.0  # how long a new version or a mapping takes here
_NAME = re.compile(
    r"(?:arn:aws[\w-]*:lambda:(?P<region>[\w-]+):(?P<account>\d{12}):function:"
    r"|(?P<partial>\d{12}):function:)?(?P<name>[A-Za-z0-9_-]{1,64})"
    r"(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?"
)


def new_revision() -> str:
    return str(uuid.uuid4())


def stamp(now: float) -> str:
    """A time as Lambda writes LastModified."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + ".000+0000"


@dataclass
class Version:
    """Code and configuration, `$LATEST` or published. settings: as GetFunctionConfiguration
    shows them, without what is worked out."""

    number: str
    settings: dict[str, Any]
    sha: str
    size: int
    modified: float
    revision: str = field(default_factory=new_revision)
    active_at: float = 0.0

    def same_as(self, other: Version) -> bool:
        """Whether publishing would change nothing (PublishVersion, API reference)."""
        mine, its = ({**v.settings, "Description": ""} for v in (self, other))
        return self.sha == other.sha and mine == its


@dataclass
class Alias:
    """weights: of versions beside `version`. log: (since, version, weights), oldest first."""

    name: str
    version: str
    weights: dict[str, float]
    description: str
    revision: str = field(default_factory=new_revision)
    log: list[tuple[float, str, dict[str, float]]] = field(default_factory=list)
    script: Script | None = None

    def route(self, version: str, weights: Mapping[str, float], now: float) -> None:
        """Sends traffic where it says from `now` on; there is a new revision."""
        self.version, self.weights = version, dict(weights)
        self.revision = new_revision()
        self.log.append((now, version, dict(weights)))

    def shares(self) -> dict[str, float]:
        """The share of each version, 0 to 1."""
        return shares(self.version, self.weights)

    def shares_at(self, moment: float) -> dict[str, float]:
        """The shares that were in force at a time; none before the alias was made."""
        for since, version, weights in reversed(self.log):
            if since <= moment:
                return shares(version, weights)
        return {}


def shares(version: str, weights: Mapping[str, float]) -> dict[str, float]:
    return {version: 1.0 - sum(weights.values()), **weights}


@dataclass
class Policy:
    revision: str
    statements: dict[str, dict[str, Any]]


@dataclass
class Function:
    """A function with all that hangs on it. Keys of the dicts are qualifiers, "" for none."""

    name: str
    arn: str
    latest: Version
    versions: dict[str, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    reserved: int | None = None
    provisioned: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    urls: dict[str, dict[str, Any]] = field(default_factory=dict)
    event_configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    behaviour: Script | None = None
    published: int = 0

    def version(self, number: str) -> Version:
        """`$LATEST` or a published version; 404 else."""
        found = self.latest if number == LATEST else self.versions.get(number)
        if found is None:
            raise faults.not_found(f"Function not found: {self.arn}:{number}")
        return found

    def alias(self, name: str) -> Alias:
        if name not in self.aliases:
            raise faults.not_found(f"Cannot find alias arn: {self.arn}:{name}")
        return self.aliases[name]

    def resolve(self, qualifier: str | None) -> Version:
        """The version behind a qualifier: for an alias, the one with the larger part."""
        if not qualifier:
            return self.latest
        if qualifier in self.aliases:
            return self.version(self.aliases[qualifier].version)
        return self.version(qualifier)


@dataclass(frozen=True, slots=True)
class AliasChange:
    """One UpdateAlias, by the ARN of its caller, at a time in seconds since 1970."""

    at: float
    who: str
    function: str
    alias: str
    version: str
    weights: dict[str, float]


@dataclass
class Region:
    """One account in one region. changes: of aliases, oldest first."""

    account: str
    region: str
    functions: dict[str, Function] = field(default_factory=dict)
    mappings: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[AliasChange] = field(default_factory=list)

    def arn(self, name: str) -> str:
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{name}"

    def named(self, params: Mapping[str, Any]) -> tuple[Function, str | None]:
        """The function that FunctionName (a name or an ARN) and Qualifier mean."""
        text = str(params.get("FunctionName") or "")
        match = _NAME.fullmatch(text)
        if match is None:
            raise faults.invalid(
                f"1 validation error detected: Value '{text}' at 'functionName' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern"
            )
        qualifier = params.get("Qualifier") or match["qualifier"]
        elsewhere = (match["account"] or match["partial"] or self.account) != self.account
        if elsewhere or match["name"] not in self.functions:
            suffix = f":{qualifier}" if qualifier else ""
            raise faults.not_found(f"Function not found: {self.arn(match['name'])}{suffix}")
        return self.functions[match["name"]], qualifier
