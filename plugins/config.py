"""See and set what awsops does by default, and where each value comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from awsops.api import (
    Annotated,
    Argument,
    AwsopsError,
    Choice,
    Document,
    Host,
    Note,
    UsageError,
    command,
)
from awsops.config import PROTECTED_ALIASES, Defaults
from awsops.config_edit import CannotEditError, Value, value_in, with_value
from awsops.config_session import edit_file
from awsops.config_writing import as_it_was, in_plain_lines, locked, read_text, replace
from awsops.local_choices import complete_profiles, complete_regions
from awsops.prices import LIST
from awsops.suggesting import did_you_mean

# What holds where neither the file nor anything else says so.
_BUILT_IN: Mapping[str, object] = {
    "defaults.output": "table on a terminal, else ndjson",
    "defaults.jobs": 64,
    "defaults.region": "the profile's",
    "defaults.color": "auto",
    "defaults.timeout": "none",
    "defaults.max_targets": "none",
    "protected": [],
    "protected_aliases": list(PROTECTED_ALIASES),
    **{f"prices.{key}": usd for key, usd in LIST.items()},
}
# Folders, which only the environment moves.
_FOLDERS = {
    "folders.config": "AWSOPS_CONFIG_DIR",
    "folders.state": "AWSOPS_STATE_DIR",
    "folders.cache": "AWSOPS_CACHE_DIR",
}
_XDG = {"config": "XDG_CONFIG_HOME", "state": "XDG_STATE_HOME", "cache": "XDG_CACHE_HOME"}
_LISTS = ("protected", "protected_aliases")
_PROFILES = ("protected", "groups.")
_NUMBERS = ("defaults.jobs", "defaults.max_targets")
_TEMPLATE = """\
# awsops: what holds where the command line says nothing. `awsops config ls` shows every value.

# Profiles whose changes ask for more than a yes.
# protected = ["prod-*"]

# awsops ... -p @prod
# [groups]
# prod = ["prod-*", "legacy"]

# USD, in place of list prices.
# [prices]
# kinesis_shard_hour = 0.0135

# [defaults]
# region = "eu-west-1"
# jobs = 32
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """One value: `source` is default, file, environment NAME or option --NAME."""

    key: str
    value: object
    source: str


@dataclass(frozen=True, slots=True)
class Set:
    """A value that was written."""

    key: str
    before: object
    after: object
    path: Path


def complete_keys(host: Host) -> Iterator[Choice]:
    """Every key that can be set, with its value."""
    for setting in _settings(host):
        if not setting.key.startswith("folders."):
            yield Choice(setting.key, str(setting.value))


def complete_values(host: Host, key: str) -> Iterator[Choice]:
    """Profiles or regions where the key takes them."""
    if key == "protected" or key.startswith("groups."):
        yield from complete_profiles(host)
    elif key == "defaults.region":
        yield from complete_regions(host)


KeyArgument = Annotated[str, Argument(help="Its key: defaults.region.", complete=complete_keys)]
ValuesArgument = Annotated[
    list[str],
    Argument(help="The value; several for a list.", complete=complete_values, metavar="VALUE"),
]


@command()
def ls(host: Host) -> Iterator[Setting]:
    """Show every value, and whether it is a default, the file's, the environment's or an option."""
    yield from _settings(host)


@command()
def get(host: Host, key: KeyArgument) -> Iterator[Setting]:
    """Show one value and where it comes from."""
    found = {setting.key: setting for setting in _settings(host)}
    if key not in found:
        raise _unknown(key, found)
    yield found[key]


@command(name="set")
def set_(
    host: Host,
    key: KeyArgument,
    values: ValuesArgument,
) -> Iterator[Set | Note]:
    """Write a value into config.toml; comments and order are kept."""
    table, _, name = key.partition(".") if "." in key else ("", "", key)
    if key not in _BUILT_IN and (table != "groups" or not name):
        if key in (*_FOLDERS, "file"):
            moved_by = _FOLDERS.get(key, "AWSOPS_CONFIG_FILE")
            raise UsageError(f"{key} is moved by the environment", hint=f"export {moved_by}=FOLDER")
        raise _unknown(key, [*_BUILT_IN, "groups.NAME"])
    path = host.config.path.resolve()
    value = _typed(key, values)
    with locked(path):
        text, mark, end = in_plain_lines(read_text(path))
        document = _document(text)
        try:
            edited = with_value(text, table, name, value)
        except CannotEditError:
            raise AwsopsError(
                f"{path} says {key} in a form that only a person can change",
                hint="awsops config edit",
            ) from None
        replace(path, as_it_was(edited, mark, end).encode())
    yield Set(key, value_in(document, table, name), value, path)
    yield from _doubts(host, key, values)


def _doubts(host: Host, key: str, values: Sequence[str]) -> Iterator[Note]:
    """What was written and is probably not meant: it may still come to be."""
    if key == "defaults.region" and values[0] not in (known := host.known_regions()):
        meant = did_you_mean(values[0], known) or "awsops config get defaults.region shows it"
        yield Note(f"botocore knows no region {values[0]}: {meant}", "warning")
    if key.startswith(_PROFILES):
        groups = {f"@{name}" for name in host.config.groups} | {f"@{key.partition('.')[2]}"}
        for value in values:
            if value.startswith("@") and value not in groups:
                meant = did_you_mean(value, groups) or "it has to be set too"
                yield Note(f"there is no group {value}: {meant}", "warning")


@command()
def edit(host: Host) -> Iterator[Note]:
    """Open config.toml in your editor and check it afterwards."""
    path = host.config.path
    if not host.env.interactive:
        raise UsageError(
            "an editor needs a terminal", hint=f"awsops config set KEY VALUE, or write {path}"
        )
    confirm = host.env.prompter.confirm
    yield from edit_file(path.resolve(), _TEMPLATE, host.env.environ, confirm)


@command()
def path(host: Host) -> Iterator[Document]:
    """Print where config.toml is, or would be."""
    yield Document(str(host.config.path))


def _settings(host: Host) -> Iterator[Setting]:
    config = host.config
    try:
        document = _document(in_plain_lines(read_text(config.path))[0])
    except UsageError:  # said as a warning already: what holds are the defaults
        document = {}
    for field in fields(Defaults):
        yield _default(host, field.name, value_in(document, "defaults", field.name))
    for key in _LISTS:
        value = value_in(document, "", key)
        if value is None:
            yield Setting(key, _BUILT_IN[key], "default")
        else:
            yield Setting(key, value, "file")
    for key in LIST:
        usd = config.prices.get(key)
        in_file = usd is not None
        yield Setting(
            f"prices.{key}", usd if in_file else LIST[key], "file" if in_file else "default"
        )
    for name, members in config.groups.items():
        yield Setting(f"groups.{name}", list(members), "file")
    yield Setting("file", str(config.path), _source_of_file(host))
    for key, variable in _FOLDERS.items():
        name = key.rpartition(".")[2]
        chosen = [v for v in (variable, _XDG[name]) if host.env.environ.get(v)]
        source = f"environment {chosen[0]}" if chosen else "default"
        yield Setting(key, str(getattr(host.env.folders, name)), source)


def _default(host: Host, name: str, in_file: object) -> Setting:
    """A default as it holds for this command line: options, then environment, then the file."""
    key = f"defaults.{name}"
    option = getattr(host.options, name, None)
    if option:
        return Setting(key, option, f"option --{name}")
    for variable in _variables(name, host.env.environ):
        held = host.env.environ[variable]
        return Setting(key, "never" if name == "color" else held, f"environment {variable}")
    if in_file is not None:
        return Setting(key, in_file, "file")
    return Setting(key, _BUILT_IN[key], "default")


def _variables(name: str, environ: Mapping[str, str]) -> list[str]:
    """The variables that outweigh the file."""
    if name == "region":
        # botocore reads AWS_DEFAULT_REGION alone (configprovider.py).
        return [v for v in ("AWS_DEFAULT_REGION",) if environ.get(v)]
    if name == "color":
        dumb = ["TERM"] if environ.get("TERM") == "dumb" else []
        return [v for v in ("NO_COLOR",) if environ.get(v)] or dumb
    return []


def _source_of_file(host: Host) -> str:
    environ = host.env.environ
    for name in ("AWSOPS_CONFIG_FILE", "AWSOPS_CONFIG_DIR", "XDG_CONFIG_HOME"):
        if environ.get(name):
            return f"environment {name}"
    return "default"


def _typed(key: str, values: Sequence[str]) -> Value:
    if key in _LISTS or key.startswith("groups."):
        return list(values)
    if len(values) != 1:
        raise UsageError(f"{key} takes one value, {len(values)} were given")
    if key in _NUMBERS:
        if not values[0].isdecimal():
            raise UsageError(f"{key} takes a whole number, not {values[0]!r}")
        return int(values[0])
    if key.startswith("prices."):
        return _amount(key, values[0])
    return values[0]


def _amount(key: str, text: str) -> float:
    try:
        usd = float(text)
    except ValueError:
        usd = math.nan
    if not 0 <= usd < math.inf:
        raise UsageError(f"{key} takes an amount of USD, 0 or more, not {text!r}")
    return usd


def _document(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"config.toml is not valid TOML: {error}; nothing was written",
            hint="awsops config edit",
        ) from None


def _unknown(key: str, known: Sequence[str] | Mapping[str, object]) -> UsageError:
    names = list(known)
    bare = {name.rpartition(".")[2]: name for name in names}
    if key in bare:
        hint = f"did you mean {bare[key]}?"
    else:
        hint = did_you_mean(key, names) or f"known are {', '.join(names)}"
    return UsageError(f"unknown key {key!r}", hint=hint)
