"""See which plugins there are, check them, and begin one of your own."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from awsops.api import (
    Annotated,
    Argument,
    AwsopsError,
    Choice,
    Host,
    Note,
    NotFoundError,
    Option,
    PluginLoadError,
    UsageError,
    command,
)

from .templates import PLUGIN, PYPROJECT, README, TEST, fill

_NOUN = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")


@dataclass(frozen=True, slots=True)
class Plugin:
    """One noun: `status` is ok, or broken with the reason in `error`."""

    noun: str
    kind: str
    origin: str
    commands: tuple[str, ...]
    status: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """A file of a new plugin."""

    file: Path
    holds: str


@dataclass(frozen=True, slots=True)
class Breach:
    """Where a plugin breaks the contract, and how to mend it."""

    noun: str
    where: str
    problem: str
    mend: str


def complete_plugins(host: Host) -> Iterator[Choice]:
    """Every noun, with where it comes from."""
    for found in host.sources.all():
        yield Choice(found.noun, found.kind)


@command()
def ls(host: Host) -> Iterator[Plugin]:
    """List every plugin, the broken ones with their error."""
    broken = 0
    for listed in host.sources.listing():
        broken += listed.error is not None
        yield Plugin(
            noun=listed.found.noun,
            kind=listed.found.kind,
            origin=listed.found.origin,
            commands=listed.commands,
            status="broken" if listed.error else "ok",
            error=listed.error,
        )
    if broken:
        raise PluginLoadError(
            f"{broken} of the plugins cannot be used", hint="the error column says why"
        )


@command()
def new(
    host: Host,
    noun: Annotated[str, Argument(help="Its noun, in small letters: queue-owners.")],
    package: Annotated[
        bool, Option(help="A package of its own, to be shared, in the current folder.")
    ] = False,
    folder: Annotated[
        Path | None,
        Option(help="Where to write it; default: where awsops looks for plugins.", metavar="DIR"),
    ] = None,
) -> Iterator[Written | Note]:
    """Write a working plugin with its test, to begin your own with."""
    _check_noun(host, noun)
    if package:
        base = (folder or Path.cwd()) / f"awsops-{noun}"
        files = _package_files(noun)
    else:
        base = folder or host.env.folders.config / "plugins"
        name = noun.replace("-", "_")
        files = {
            f"{name}.py": ("the plugin", fill(PLUGIN, noun, packaged=False)),
            f"tests/test_{name}.py": ("its test", fill(TEST, noun, packaged=False)),
        }
    taken = [base / name for name in files if (base / name).exists()]
    if taken:
        raise UsageError(f"{taken[0]} exists", hint="choose another noun, or remove it")
    for name, (holds, text) in files.items():
        yield Written(_write(base / name, text), holds)
    if package:
        yield Note(f"install it with: python -m pip install -e '{base}[test]'")
        yield Note(f"test it with: python -m pytest '{base}'")
    else:
        if folder is not None:
            yield Note(f"awsops finds it with AWSOPS_PLUGIN_PATH={folder.absolute()}")
        yield Note(f"test it with: python -m pytest '{base / 'tests'}'")
    yield Note(f"then: awsops plugin check {noun}, awsops {noun} --help")


@command()
def check(
    host: Host,
    nouns: Annotated[
        list[str],
        Argument(help="Nouns; default: all.", complete=complete_plugins, metavar="NOUN"),
    ] = [],  # noqa: B006 - the kernel hands over a list of its own
) -> Iterator[Breach | Note]:
    """Check plugins against the contract that docs/plugins.md describes."""
    from awsops.blame import line_of
    from awsops.contract import check_plugin

    chosen = nouns or host.sources.names()
    breaches = 0
    for noun in chosen:
        found = host.sources.find(noun)
        if found is None:
            raise NotFoundError(f"there is no plugin {noun!r}", hint="awsops plugin ls shows all")
        if found.load is None:
            yield Note(f"{noun} is a program of its own: there is nothing to check")
            continue
        try:
            specs = host.sources.load(found)
        except PluginLoadError as error:
            breaches += 1
            place = line_of(error.__cause__, found.file) if error.__cause__ is not None else ""
            mend = error.hint if error.__cause__ is None else "mend that line, then look again"
            yield Breach(noun, place or found.origin, error.message, mend or "look again")
            continue
        before = breaches
        for breach in check_plugin(found, specs):
            breaches += 1
            yield Breach(noun, breach.where, breach.problem, breach.mend)
        if breaches == before:
            count = len(specs)
            yield Note(f"{noun} is right: {count} {'command' if count == 1 else 'commands'}")
    if breaches:
        what = "breach" if breaches == 1 else "breaches"
        raise AwsopsError(f"{breaches} {what} of the contract", hint="the mend column says how")


def _check_noun(host: Host, noun: str) -> None:
    if not _NOUN.match(noun):
        raise UsageError(
            f"{noun!r} is no noun", hint="small letters, digits and single dashes: queue-owners"
        )
    if keyword.iskeyword(noun) or noun in ("tests", "test"):
        raise UsageError(f"{noun!r} means something else in Python", hint="choose another noun")
    found = host.sources.find(noun)
    if found is not None:
        raise UsageError(
            f"there is a noun {noun!r} already: {found.kind} {found.origin}",
            hint="a noun has one plugin: choose another",
        )


def _package_files(noun: str) -> dict[str, tuple[str, str]]:
    module = f"awsops_{noun.replace('-', '_')}"
    texts = {
        "pyproject.toml": ("name, entry point, what it needs", PYPROJECT),
        "README.md": ("how to install and test it", README),
        f"src/{module}/__init__.py": ("the plugin", PLUGIN),
        f"tests/test_{module}.py": ("its test", TEST),
    }
    filled = {
        name: (holds, fill(text, noun, packaged=True)) for name, (holds, text) in texts.items()
    }
    filled[f"src/{module}/py.typed"] = ("nothing: it says that there are types", "")
    return filled


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise AwsopsError(f"{path} cannot be written: {error.strerror}") from None
    return path
