"""Where nouns come from: built-ins, entry points, drop-in files, executables; one loader for all.

The order: (1) `awsops_plugins.<noun>`; (2) entry points in the group `awsops.plugins.v1`;
(3) files in `<config folder>/plugins` and `$AWSOPS_PLUGIN_PATH`; (4) an executable `awsops-<noun>`
on PATH. Two with one name is an error that names both; only between a built-in and an entry point
is it left to `awsops plugin ls`, because looking costs a scan of all distributions. Nothing is
imported to list nouns: the help line is read from the file. The current folder is never searched:
plugins run with credentials.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from awsops.errors import PluginLoadError, UsageError
from awsops.plugin import CommandSpec, commands_of
from awsops.suggesting import MOST_SUGGESTED

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from importlib.metadata import EntryPoint

    from awsops.env import Env

ENTRY_POINT_GROUP = "awsops.plugins.v1"
EXECUTABLE_PREFIX = "awsops-"
_DOCSTRING = re.compile(r'\A(?:\s*#[^\n]*\n|\s+)*[rR]?("""|\'\'\')(.*?)(?:\n|\1)', re.DOTALL)

SourceKind = Literal["built-in", "entry point", "file", "executable"]


@dataclass(frozen=True)
class Found:
    """A noun, where it was found, and how to import it; nothing has been imported yet."""

    noun: str
    kind: SourceKind
    origin: str
    help: str
    load: Callable[[], ModuleType] | None = field(default=None, compare=False, repr=False)
    file: Path | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Listed:
    """A noun as `awsops plugin ls` shows it: `error` says why it cannot be used."""

    found: Found
    error: str | None
    commands: tuple[str, ...] = ()


class Sources:
    """Finds nouns and loads the one that is asked for."""

    def __init__(self, env: Env, before_load: Callable[[], object]) -> None:
        self._env = env
        self._before_load = before_load
        self._specs: dict[str, dict[str, CommandSpec]] = {}
        self.complaints: list[str] = []  # of plugins that work and misbehave

    def find(self, noun: str) -> Found | None:
        """The plugin of a noun; None when there is none, PluginLoadError when there are two.

        A built-in is found without scanning the installed distributions.
        """
        builtin = _builtin(noun)
        found = [
            *([builtin] if builtin else (f for f in _entry_points() if f.noun == noun)),
            *(f for f in self._files() if f.noun == noun),
            *self._executables(f"{EXECUTABLE_PREFIX}{noun}"),
        ]
        if len(found) > 1:
            raise PluginLoadError(_conflict(noun, found), hint=_CONFLICT_HINT)
        return found[0] if found else None

    def all(self) -> list[Found]:
        """Everything from every source, conflicts included, by noun and then by order."""
        found = [*_builtins(), *_entry_points(), *self._files(), *self._executables()]
        return sorted(found, key=lambda f: f.noun)

    def added(self) -> Iterator[Found]:
        """The plugins that do not come with awsops and have a file; nothing is imported."""
        yield from (f for f in [*_entry_points(), *self._files()] if f.file is not None)

    def names(self) -> list[str]:
        """Every noun, sorted; nothing is imported."""
        return sorted({f.noun for f in self.all()})

    def listing(self) -> list[Listed]:
        """Everything, each one loaded to see whether it works."""
        listed = []
        everything = self.all()
        for found in everything:
            same = [f for f in everything if f.noun == found.noun]
            if len(same) > 1:
                listed.append(Listed(found, _conflict(found.noun, same)))
                continue
            try:
                specs = self.load(found)
            except PluginLoadError as error:
                listed.append(Listed(found, error.message))
            else:
                listed.append(Listed(found, None, tuple(specs)))
        return listed

    def load(self, found: Found) -> dict[str, CommandSpec]:
        """Import a plugin and return its commands; PluginLoadError says why it cannot be."""
        if found.load is None:
            return {}
        if found.origin not in self._specs:
            self._before_load()
            try:
                specs = commands_of(self._import(found))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # a plugin may call sys.exit while it is imported
                from awsops.blame import line_of
                from awsops.crash import scrub

                reason = scrub(f"{type(error).__name__}: {error}", ())
                line = line_of(error, found.file)
                raise PluginLoadError(
                    f"plugin {found.noun!r} ({found.origin}) cannot be loaded: {reason}",
                    hint=f"the other nouns work; mend {line or 'it'} or remove it",
                ) from error
            if not specs:
                raise PluginLoadError(
                    f"plugin {found.noun!r} ({found.origin}) has no command",
                    hint="decorate a function with @command() from awsops.api",
                )
            self._specs[found.origin] = specs
        return self._specs[found.origin]

    def _import(self, found: Found) -> ModuleType:
        assert found.load is not None
        if found.kind == "built-in":
            return found.load()
        from awsops.blame import watched_load

        with watched_load(f"plugin {found.noun!r} ({found.origin})", self.complaints.append):
            return found.load()

    def commands(self, noun: str) -> dict[str, CommandSpec]:
        """A noun's commands by verb; UsageError with suggestions when there is no such noun."""
        found = self.find(noun)
        if found is None:
            from awsops.command_line.refused_words import unknown_word

            raise self._verb_alone(noun) or unknown_word("command", noun, self.names(), "awsops")
        return self.load(found)

    def _verb_alone(self, word: str) -> UsageError | None:
        """The error for a verb without its noun (`awsops redrive`); None where it is none of ours.

        Only the built-ins are loaded for it: a mistake runs nobody else's code.
        """
        nouns = [f.noun for f in self.all() if f.kind == "built-in" and word in self.load(f)]
        if not nouns:
            return None
        if len(nouns) > MOST_SUGGESTED:
            hint = f"awsops NOUN {word}, with NOUN one of {', '.join(nouns)}"
        else:
            hint = f"did you mean {' or '.join(f'awsops {noun} {word}' for noun in nouns)}?"
        return UsageError(f"{word!r} is a verb, which needs its noun", hint=hint)

    def spec(self, noun: str, verb: str) -> CommandSpec:
        """One command; UsageError with suggestions when noun or verb does not exist."""
        specs = self.commands(noun)
        if verb not in specs:
            from awsops.command_line.refused_words import unknown_word

            raise unknown_word(f"{noun} command", verb, specs, f"awsops {noun}")
        return specs[verb]

    def _files(self) -> Iterator[Found]:
        for folder in self.folders():
            try:
                entries = sorted(folder.iterdir())
            except OSError:
                continue
            for entry in entries:
                path = entry / "__init__.py" if entry.is_dir() else entry
                if path.suffix != ".py" or not path.is_file() or entry.name.startswith(("_", ".")):
                    continue
                noun = _noun(entry.stem)
                load = _file_loader(noun, path)
                yield Found(noun, "file", str(path), help_line(path), load, path)

    def folders(self) -> list[Path]:
        """The folders of drop-in plugins: absolute ones only, never the current folder."""
        named = self._env.environ.get("AWSOPS_PLUGIN_PATH", "").split(os.pathsep)
        paths = [self._env.folders.config / "plugins", *(Path(n).expanduser() for n in named if n)]
        relative = [p for p in paths if not p.is_absolute()]
        if relative:
            where = "AWSOPS_PLUGIN_PATH"
            if relative[0] == paths[0]:
                own = self._env.environ.get("AWSOPS_CONFIG_DIR")
                where = "AWSOPS_CONFIG_DIR" if own else "HOME"
            raise UsageError(
                f"{where} holds a relative folder: {relative[0]}",
                hint="name it whole: plugins run with your credentials, so where they come from "
                "must not depend on the current folder",
            )
        return list(dict.fromkeys(paths))

    def _executables(self, wanted: str | None = None) -> Iterator[Found]:
        """External commands, or the one called `wanted`; of two with one name PATH's first."""
        seen = set()
        for folder in self._env.environ.get("PATH", "").split(os.pathsep):
            if not folder or not os.path.isabs(folder):
                continue
            for name in [wanted] if wanted else _names_in(folder):
                path = os.path.join(folder, name)
                if name not in seen and os.access(path, os.X_OK) and os.path.isfile(path):
                    seen.add(name)
                    noun = name.removeprefix(EXECUTABLE_PREFIX)
                    yield Found(noun, "executable", path, f"External command {path}")


def _names_in(folder: str) -> list[str]:
    try:
        return sorted(n for n in os.listdir(folder) if n.startswith(EXECUTABLE_PREFIX))
    except OSError:
        return []


def help_line(path: Path) -> str:
    """The first line of a module's docstring, read without importing it."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            head = file.read(4096)
    except OSError:
        return ""
    match = _DOCSTRING.match(head)
    return match.group(2).strip() if match else ""


_CONFLICT_HINT = "remove or rename one of them: a noun has one plugin"


def _conflict(noun: str, found: list[Found]) -> str:
    origins = " and ".join(f"{f.kind} {f.origin}" for f in found)
    return f"two plugins are called {noun!r}: {origins}"


def _noun(stem: str) -> str:
    """`lambda_` is the noun lambda, `my_noun` is my-noun."""
    return stem.strip("_").replace("_", "-")


def _builtin_folders() -> list[Path]:
    package = importlib.import_module("awsops_plugins")
    return [Path(p) for p in package.__path__]


def _builtins() -> Iterator[Found]:
    for folder in _builtin_folders():
        for entry in sorted(folder.iterdir()):
            if not entry.name.startswith(("_", ".")):
                found = _builtin_at(folder, entry.stem)
                if found is not None:
                    yield found


def _builtin(noun: str) -> Found | None:
    stem = noun.replace("-", "_")
    for folder in _builtin_folders():
        for candidate in (stem, f"{stem}_"):
            found = _builtin_at(folder, candidate) if candidate.isidentifier() else None
            if found is not None:
                return found
    return None


def _builtin_at(folder: Path, stem: str) -> Found | None:
    for path in (folder / f"{stem}.py", folder / stem / "__init__.py"):
        if path.is_file() and _noun(stem):
            module = f"awsops_plugins.{stem}"
            return Found(
                _noun(stem),
                "built-in",
                module,
                help_line(path),
                functools.partial(importlib.import_module, module),
            )
    return None


def _entry_points() -> Iterator[Found]:
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINT_GROUP):
        dist = point.dist.name if point.dist is not None else "an unknown distribution"
        file = _module_file(point.module)
        yield Found(
            point.name,
            "entry point",
            f"{point.value} of {dist}",
            help_line(file) if file is not None else f"From {dist}",
            _entry_point_loader(point),
            file,
        )


def _entry_point_loader(point: EntryPoint) -> Callable[[], ModuleType]:
    def load() -> ModuleType:
        module = point.load()
        if not isinstance(module, ModuleType):
            raise TypeError(f"{point.value} is not a module")
        return module

    return load


def _module_file(name: str) -> Path | None:
    """The file of a module, found without importing it or a package that it is in."""
    spec: ModuleSpec | None = None
    whole = ""
    for part in name.split("."):
        whole = f"{whole}.{part}" if whole else part
        within = spec.submodule_search_locations if spec is not None else None
        # Not importlib.util.find_spec, which imports the packages on the way.
        asked = (finder.find_spec(whole, within) for finder in sys.meta_path)
        spec = next(filter(None, asked), None)
        if spec is None:
            return None
    return Path(spec.origin) if spec is not None and spec.has_location and spec.origin else None


def _file_loader(noun: str, path: Path) -> Callable[[], ModuleType]:
    def load() -> ModuleType:
        name = f"awsops_dropins.{noun.replace('-', '_')}"
        package = path.name == "__init__.py"
        spec = importlib.util.spec_from_file_location(
            name, path, submodule_search_locations=[str(path.parent)] if package else None
        )
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} cannot be imported")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module

    return load
