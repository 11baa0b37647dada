"""`-p`, `-r`, `--role`, `--org` and `--targets` become a list of targets.

Nothing here talks to AWS: what needs the network (the accounts of an organization, the regions
that are enabled) comes in as `Lookup`.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from awsops.errors import CredentialsError, UsageError
from awsops.suggesting import did_you_mean

_MAKE_ONE = "`aws configure sso` or `aws configure` makes one"
_NO_PROFILES = f"no profiles are configured: {_MAKE_ONE}"


@dataclass(frozen=True, slots=True)
class Target:
    """One account and region to act on, and how to get there.

    `profile` None is botocore's default chain; `role` is a role name or ARN to assume from the
    profile; `account` is the twelve-digit id that the credentials must turn out to belong to.
    """

    profile: str | None = None
    region: str | None = None
    account: str | None = None
    role: str | None = None
    # The profile that the default chain comes to (AWS_PROFILE), for people to read.
    default: str | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The profile's name; `default` where no file and no variable gives one."""
        return self.profile or self.default or "default"

    @property
    def label(self) -> str:
        """How messages name it: `prod/eu-west-1`."""
        name = self.name
        if self.role:
            name += f"+{self.role.rsplit('/', 1)[-1]}"
            if self.account:
                name += f"@{self.account}"
        return f"{name}/{self.region}" if self.region else name


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """The target options as they stood on the command line."""

    profiles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    role: str | None = None
    org: bool = False
    targets_file: Path | None = None


class Regions(Protocol):
    """Who knows the regions that there are."""

    def known_regions(self) -> Sequence[str]:
        """Every region that botocore's partitions know."""
        ...


class Lookup(Regions, Protocol):
    """What the resolution of targets needs to know."""

    def profiles(self) -> Sequence[str]:
        """Every profile in the config and credentials files, in file order."""
        ...

    def default_profile(self) -> str | None:
        """The profile of the default chain; None when the environment's own keys come first."""
        ...

    def profile_region(self, profile: str | None) -> str | None:
        """The region that botocore would use for a profile."""
        ...

    def enabled_regions(self, target: Target) -> Sequence[str]:
        """The regions enabled in the target's account (asks AWS)."""
        ...

    def organization_accounts(self, target: Target) -> Sequence[str]:
        """The ids of the organization's active accounts (asks AWS)."""
        ...


def label_several(targets: Sequence[Target]) -> str:
    """How messages name several: the first five, and how many more."""
    names = ", ".join(target.label for target in targets[:5])
    return f"{names} and {len(targets) - 5} more" if targets[5:] else names


def resolve_targets(
    options: TargetOptions, groups: Mapping[str, tuple[str, ...]], lookup: Lookup
) -> list[Target]:
    """The targets that the options name, without repeats, in the order in which they were named.

    Raises UsageError for an unknown profile, an empty glob, an unknown group or region, and for
    options that exclude each other. Never falls back to the default profile.
    """
    if options.targets_file is not None:
        if options.profiles or options.org:
            raise UsageError(
                "--targets names the profiles itself; it cannot be combined with -p or --org",
            )
        bases = _read_targets_file(options.targets_file, lookup)
    else:
        named = expand_profiles(options.profiles, groups, lookup)
        default = _default(lookup) if None in named else None
        bases = [Target(profile=name, default=default) for name in named]
    if options.role:
        bases = [replace(base, role=options.role) for base in bases]
    if options.org:
        bases = _across_organization(bases, options.role, lookup)
    targets = [t for base in bases for t in _in_regions(base, options.regions, lookup)]
    return list(dict.fromkeys(targets))


def expand_profiles(
    patterns: Sequence[str], groups: Mapping[str, tuple[str, ...]], lookup: Lookup
) -> list[str | None]:
    """Names, globs and `@group`s to profile names; no pattern at all is the default chain."""
    if not patterns:
        return [None]
    available = list(lookup.profiles())
    found: dict[str | None, None] = {}
    for pattern in _flatten_groups(patterns, groups):
        for name in _matching(pattern, available):
            found[name] = None
    return list(found)


def _flatten_groups(
    patterns: Iterable[str], groups: Mapping[str, tuple[str, ...]], seen: tuple[str, ...] = ()
) -> list[str]:
    flat: list[str] = []
    for pattern in patterns:
        if not pattern.startswith("@"):
            flat.append(pattern)
            continue
        name = pattern[1:]
        if name in seen:
            raise UsageError(f"profile group @{name} contains itself: {' -> '.join((*seen, name))}")
        if name not in groups:
            raise UsageError(
                f"unknown profile group {pattern!r}",
                hint=did_you_mean(name, groups, sign="@") or _define_group(name, groups),
            )
        flat.extend(_flatten_groups(groups[name], groups, (*seen, name)))
    return flat


def _define_group(name: str, groups: Mapping[str, tuple[str, ...]]) -> str:
    known = f"groups: {', '.join('@' + group for group in groups)}; " if groups else ""
    return f"{known}awsops config set groups.{name} PROFILE... defines it"


def _matching(pattern: str, available: Sequence[str]) -> list[str]:
    if any(c in pattern for c in "*?["):
        names = [n for n in available if fnmatch.fnmatchcase(n, pattern)]
        if not names:
            raise UsageError(
                f"no profile matches {pattern!r}",
                hint=_suggest(pattern.strip("*?"), available, "profiles") or _NO_PROFILES,
            )
        return names
    if pattern not in available:
        raise unknown_profile(pattern, available)
    return [pattern]


def unknown_profile(name: str, available: Sequence[str]) -> UsageError:
    """What is said of a profile that does not exist, with those that nearly have its name."""
    parts = [part.strip() for part in name.split(",")]
    if len(parts) > 1 and set(parts) <= set(available):
        hint = f"give -p for each: {' '.join(f'-p {part}' for part in parts)}"
    else:
        hint = _suggest(name, available, "profiles") or _NO_PROFILES
    return UsageError(f"profile {name!r} does not exist", hint=hint, code="ProfileNotFound")


def _default(lookup: Lookup) -> str | None:
    """The profile of the default chain; UsageError for one that does not exist."""
    name = lookup.default_profile()
    available = list(lookup.profiles()) if name is not None else []
    if name is not None and name not in available:
        how = _suggest(name, available, "profiles") or _NO_PROFILES
        raise UsageError(
            f"profile {name!r}, which the environment names (AWS_PROFILE), does not exist",
            hint=f"name another with -p, or unset AWS_PROFILE; {how}",
            code="ProfileNotFound",
        )
    return name


def no_credentials(target: Target, available: Sequence[str]) -> CredentialsError:
    """What every command says whose target has no credentials; `available`: all profiles."""
    chain = "awsops creds chain"
    if target.profile or target.default:
        message = f"no credentials for {target.label}"
        hint = f"{chain} -p {target.name}"
    elif available:
        message = "no credentials: no profile was named"
        hint = f"name one with -p ({_listed(available, 'profiles')}); {chain}"
    else:
        message, hint = "no credentials, and no profile to take them from", f"{_MAKE_ONE}; {chain}"
    if target.role:
        message += f" (to assume {target.role} with)"
    return CredentialsError(
        message, hint=f"{hint} shows where they were looked for", code="NoCredentials"
    )


def _suggest(word: str, known: Iterable[str], what: str) -> str | None:
    names = list(known)
    if not names:
        return None
    if meant := did_you_mean(word, names):
        return meant
    return _listed(names, what)


def _listed(names: Sequence[str], what: str) -> str:
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"{what}: {shown}"


def _across_organization(bases: Sequence[Target], role: str | None, lookup: Lookup) -> list[Target]:
    if not role or role.startswith("arn:"):
        raise UsageError(
            "--org needs --role NAME: the role's name, which is assumed in every account",
            hint="for example --org --role OrganizationAccountAccessRole",
        )
    return [
        replace(base, account=account)
        for base in bases
        for account in lookup.organization_accounts(replace(base, role=None))
    ]


def _in_regions(base: Target, regions: Sequence[str], lookup: Lookup) -> list[Target]:
    if not regions:
        return [base if base.region else replace(base, region=lookup.profile_region(base.profile))]
    found: list[Target] = []
    for region in regions:
        if region == "all":
            start = base.region or lookup.profile_region(base.profile)
            names = lookup.enabled_regions(replace(base, region=start))
            found.extend(replace(base, region=name) for name in names)
        else:
            check_region(region, lookup)
            found.append(replace(base, region=region))
    return found


def check_region(region: str, lookup: Regions) -> None:
    """UsageError for a region that no partition knows, with the nearest ones."""
    known = lookup.known_regions()
    if region not in known:
        raise UsageError(
            f"unknown region {region!r}",
            hint=_suggest(region, known, "regions")
            or "a region newer than the installed botocore needs a newer botocore",
            code="UnknownRegion",
        )


def _read_targets_file(path: Path, lookup: Lookup) -> list[Target]:
    import yaml

    from awsops.given_files import read_given

    text = read_given(path, "--targets")
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not valid YAML: {str(error).splitlines()[0]}") from None
    entries = document.get("targets") if isinstance(document, dict) else document
    if not isinstance(entries, list) or not entries:
        raise UsageError(
            f"{path}: expected a list of targets",
            hint="each with profile, and region, account, role where they matter",
        )
    available = list(lookup.profiles())
    return [
        target
        for number, entry in enumerate(entries, 1)
        for target in _entry_targets(path, number, entry, available, lookup)
    ]


_ENTRY_KEYS = ("profile", "region", "regions", "account", "role")


def _entry_targets(
    path: Path, number: int, entry: Any, available: Sequence[str], lookup: Lookup
) -> list[Target]:
    where = f"{path}, target {number}"
    if not isinstance(entry, dict):
        raise UsageError(f"{where}: expected a mapping, found {type(entry).__name__}")
    for key, value in entry.items():
        if key not in _ENTRY_KEYS:
            raise UsageError(
                f"{where}: unknown key {key!r}", hint=_suggest(str(key), _ENTRY_KEYS, "keys")
            )
        if key != "regions" and not isinstance(value, str):
            raise UsageError(
                f"{where}: {key} must be a string, found {value!r}",
                hint="quote account ids: a leading zero is lost otherwise",
            )
    profile = entry.get("profile")
    regions = entry.get("regions") or ([entry["region"]] if "region" in entry else [None])
    if not isinstance(regions, list):
        raise UsageError(f"{where}: regions must be a list")
    try:
        if profile is not None:
            _matching(profile, available)
        for region in regions:
            if region is not None:
                check_region(str(region), lookup)
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint, code=error.code) from None
    return [
        Target(profile, region, account=entry.get("account"), role=entry.get("role"))
        for region in regions
    ]
