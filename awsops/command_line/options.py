"""The options that every command takes, in one table: the binding makes flags of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from awsops.targets import TargetOptions

Group = Literal["targets", "output", "run", "change"]


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """The common options of one command line. Times are seconds; None means not given."""

    profile: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    role: str | None = None
    org: bool = False
    targets: Path | None = None
    endpoint_url: str | None = None
    jobs: int | None = None
    fail_fast: bool = False
    timeout: str | None = None
    output: str | None = None
    query: str | None = None
    fields: str | None = None
    color: str | None = None
    verbose: bool = False
    dry_run: bool = False
    yes: bool = False
    yes_i_mean: tuple[str, ...] = ()
    max_targets: int | None = None

    @property
    def target_options(self) -> TargetOptions:
        """The part of them that names targets."""
        return TargetOptions(self.profile, self.region, self.role, self.org, self.targets)

    @property
    def field_names(self) -> tuple[str, ...]:
        """`--fields a,b` as names."""
        return tuple(n.strip() for n in (self.fields or "").split(",") if n.strip())


@dataclass(frozen=True, slots=True)
class CommonOption:
    """One flag: `many` may be repeated; `type` bool takes no value."""

    name: str
    flags: tuple[str, ...]
    type: type[Any]
    group: Group
    help: str
    many: bool = False
    metavar: str | None = None
    choices: tuple[str, ...] | None = None
    min: int | None = None
    max: int | None = None


FORMATS = ("table", "json", "ndjson", "yaml", "csv", "text")

COMMON_OPTIONS: tuple[CommonOption, ...] = (
    CommonOption(
        "profile",
        ("--profile", "-p"),
        str,
        "targets",
        "Profile, glob or @group; may be repeated.",
        many=True,
        metavar="NAME",
    ),
    CommonOption(
        "region",
        ("--region", "-r"),
        str,
        "targets",
        "Region, or all; may be repeated.",
        many=True,
        metavar="REGION",
    ),
    CommonOption(
        "role", ("--role",), str, "targets", "Role name or ARN to assume.", metavar="ROLE"
    ),
    CommonOption("org", ("--org",), bool, "targets", "Every account of the organization."),
    CommonOption(
        "targets", ("--targets",), Path, "targets", "YAML file that lists targets.", metavar="FILE"
    ),
    CommonOption(
        "endpoint_url", ("--endpoint-url",), str, "targets", "Send calls here.", metavar="URL"
    ),
    CommonOption(
        "output",
        ("--output", "-o"),
        str,
        "output",
        "table, json, ndjson, yaml, csv or text; default: table on a terminal, else ndjson.",
        metavar="FORMAT",
        choices=FORMATS,
    ),
    CommonOption(
        "query", ("--query",), str, "output", "JMESPath over the rows.", metavar="EXPRESSION"
    ),
    CommonOption("fields", ("--fields",), str, "output", "Only these columns.", metavar="A,B,..."),
    CommonOption(
        "color",
        ("--color",),
        str,
        "output",
        "auto, always or never.",
        metavar="WHEN",
        choices=("auto", "always", "never"),
    ),
    CommonOption("verbose", ("--verbose", "-v"), bool, "output", "Log the calls to stderr."),
    CommonOption(
        "jobs",
        ("--jobs", "-j"),
        int,
        "run",
        "Targets at a time; with one target, its calls at a time.",
        metavar="N",
        min=1,
        max=512,
    ),
    CommonOption("fail_fast", ("--fail-fast",), bool, "run", "Stop at the first failed target."),
    CommonOption(
        "timeout", ("--timeout",), str, "run", "Give up after this time.", metavar="DURATION"
    ),
    CommonOption("dry_run", ("--dry-run",), bool, "change", "Show the plan and change nothing."),
    CommonOption("yes", ("--yes", "-y"), bool, "change", "Apply the plan without asking."),
    CommonOption(
        "yes_i_mean",
        ("--yes-i-mean",),
        str,
        "change",
        "Apply it to this protected account; may be repeated.",
        many=True,
        metavar="ACCOUNT",
    ),
    CommonOption(
        "max_targets",
        ("--max-targets",),
        int,
        "change",
        "Refuse to change more targets than this.",
        metavar="N",
        min=1,
    ),
)


def timeout_seconds(text: str | float | None) -> float | None:
    """The value of `--timeout`; a number is seconds already. UsageError for another text."""
    if text is None or isinstance(text, int | float):
        return text
    from awsops.errors import UsageError
    from awsops.units import parse_duration

    try:
        return float(parse_duration(text))
    except UsageError as error:
        raise UsageError(f"--timeout: {error.message}", hint=error.hint) from None


def options_for(scope: str, *, mutates: bool) -> tuple[CommonOption, ...]:
    """The common options that a command of this scope takes."""
    groups: set[Group] = {"output"}
    if scope != "local":
        groups |= {"targets", "run"}
    if mutates or scope == "local-with-targets":
        groups.add("change")
    return tuple(option for option in COMMON_OPTIONS if option.group in groups)
