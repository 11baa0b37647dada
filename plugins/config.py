"""See and set what awsops does by default, and where each value comes from."""

from __future__ import annotations

import difflib
import os
import shlex
import subprocess
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
from awsops.config import PROTECTED_ALIASES, Config, Defaults
from awsops.config_edit import CannotEditError, Value, value_in, with_value
from awsops.prices import LIST

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


KeyArgument = Annotated[str, Argument(help="Its key: defaults.region.", complete=complete_keys)]


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
    values: Annotated[list[str], Argument(help="The value; several for a list.", metavar="VALUE")],
) -> Iterator[Set]:
    """Write a value into config.toml; comments and order are kept."""
    table, _, name = key.rpartition(".")
    if key not in _BUILT_IN and table != "groups":
        raise _unknown(key, [*_BUILT_IN, "groups.NAME"])
    path = host.config.path.resolve()
    text = _read(path)
    value = _typed(key, values)
    try:
        edited = with_value(text, table, name, value)
    except CannotEditError:
        raise AwsopsError(
            f"{path} says {key} in a form that only a person can change",
            hint="awsops config edit",
        ) from None
    before = value_in(_document(text), table, name)
    _write(path, edited)
    yield Set(key, before, value, path)


@command()
def edit(host: Host) -> Iterator[Note]:
    """Open config.toml in your editor and check it afterwards."""
    path = host.config.path
    if not host.env.interactive:
        raise UsageError(
            "an editor needs a terminal", hint=f"awsops config set KEY VALUE, or write {path}"
        )
    environ = host.env.environ
    editor = shlex.split(environ.get("VISUAL") or environ.get("EDITOR") or "vi")
    if not path.exists():
        _write(path, _TEMPLATE)
    try:
        code = subprocess.run([*editor, str(path)], check=False).returncode
    except OSError as error:
        raise AwsopsError(
            f"{editor[0]} cannot be run: {error.strerror}", hint="set EDITOR to your editor"
        ) from None
    if code:
        raise AwsopsError(f"{editor[0]} ended with code {code}")
    checked = Config.load(path)
    for text in checked.warnings:
        yield Note(text, "warning")
    if not checked.warnings:
        yield Note(f"{path} is right")


@command()
def path(host: Host) -> Iterator[Document]:
    """Print where config.toml is, or would be."""
    yield Document(str(host.config.path))


def _settings(host: Host) -> Iterator[Setting]:
    config = host.config
    try:
        document = _document(_read(config.path))
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
        return float(text)
    except ValueError:
        raise UsageError(f"{key} takes an amount of USD, not {text!r}") from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from None


def _document(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"config.toml is not valid TOML: {error}", hint="awsops config edit"
        ) from None


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all, and only what awsops will read again."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        with part.open("w", encoding="utf-8", newline="") as file:
            os.chmod(part, mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _check(part, path)
        part.replace(path)
    except OSError as error:
        raise AwsopsError(f"cannot write {path}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def _check(part: Path, path: Path) -> None:
    try:
        Config.load(part)
    except UsageError as error:
        message = error.message.replace(str(part), str(path))
        raise UsageError(
            f"{message}; nothing was written", hint="awsops help configuration"
        ) from None


def _unknown(key: str, known: Sequence[str] | Mapping[str, object]) -> UsageError:
    names = list(known)
    bare = {name.rpartition(".")[2]: name for name in names}
    near = [bare[key]] if key in bare else difflib.get_close_matches(key, names, 1, 0.5)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
    return UsageError(f"unknown key {key!r}", hint=hint)
