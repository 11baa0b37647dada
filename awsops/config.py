"""The person's `config.toml`: profile groups, protected profiles, defaults.

    protected = ["prod-*", "billing"]         # profiles
    protected_aliases = ["*prod*"]            # aliases of accounts; [] asks for none

    [groups]
    prod = ["prod-*", "legacy"]     # awsops ... -p @prod

    [defaults]
    output = "table"
    jobs = 32
    region = "eu-west-1"
    color = "auto"
    timeout = "10m"
    max_targets = 20

    [prices]                        # USD, in place of the list prices that `prices` knows
    kinesis_shard_hour = 0.0135

A wrong value stops the run; an unknown key only warns, so that one file serves several versions.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from awsops.errors import UsageError
from awsops.prices import LIST, Prices
from awsops.units import DURATION_FORMS, UnitError, parse_duration

if TYPE_CHECKING:
    from awsops.env import Env

OUTPUTS = ("table", "json", "ndjson", "yaml", "csv", "text")
COLORS = ("auto", "always", "never")
PROTECTED_ALIASES = ("*prod*",)  # unless the file says otherwise
MAX_JOBS = 512  # threads of one process; `--jobs` has the same bound


@dataclass(frozen=True, slots=True)
class Defaults:
    """What an option not given on the command line becomes; None leaves it to the program.

    `jobs` is 1 to 512 targets at a time, `timeout` is in seconds and above 0, `max_targets` is how
    many targets one command may change, 1 or more.
    """

    output: str | None = None
    jobs: int | None = None
    region: str | None = None
    color: str | None = None
    timeout: float | None = None
    max_targets: int | None = None


@dataclass(frozen=True)
class Config:
    """What config.toml says. `path` is where it was looked for; `warnings` are for the person."""

    path: Path
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    protected: tuple[str, ...] = ()
    protected_aliases: tuple[str, ...] = PROTECTED_ALIASES
    defaults: Defaults = Defaults()
    prices: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    warnings: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Config:
        """Read `path`; a file that does not exist gives the defaults.

        UsageError, naming file and key or line and column: unreadable, not UTF-8, not TOML, a
        value of the wrong type or out of its range.
        """
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return cls(path)
        except OSError as error:
            raise UsageError(
                f"{path} cannot be read: {error.strerror}", hint="check the file's mode and owner"
            ) from None
        return _Reader(path).config(_parse(path, content))

    def is_protected(self, profile: str) -> bool:
        """Whether a change to this profile asks for more than a yes."""
        return any(fnmatch.fnmatchcase(profile, pattern) for pattern in self.protected)


def config_path(env: Env) -> Path:
    """Where config.toml is, or would be."""
    named = env.environ.get("AWSOPS_CONFIG_FILE")
    return Path(named) if named else env.folders.config / "config.toml"


def read_prices(env: Env) -> Prices:
    """The prices that hold for this person. UsageError when config.toml cannot be read."""
    return Prices(Config.load(config_path(env)).prices)


_PROTECTED = ("protected", "protected_aliases")


def _parse(path: Path, content: bytes) -> dict[str, Any]:
    import tomllib

    try:
        # Editors on Windows begin a file with a byte order mark, which TOML does not know.
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before) - before.rfind(b"\n")
        raise UsageError(
            f"{path} is not UTF-8 (at line {line}, column {column})",
            hint="save the file as UTF-8",
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}", hint=f"mend {path}") from None
    except (RecursionError, ValueError):  # nested by the thousand; an integer of 5,000 digits
        raise UsageError(
            f"{path} is not valid TOML: nested too deeply or a number too long",
            hint=f"mend {path}",
        ) from None


class _Reader:
    """Checks one parsed file key by key, and collects warnings on the way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._warnings: list[str] = []

    def config(self, document: Mapping[str, Any]) -> Config:
        self._warn_unknown("", document, ("groups", *_PROTECTED, "defaults", "prices"))
        groups = self._groups(self._table(document, "groups"))
        protected = self._strings("protected", document.get("protected", []))
        aliases = document.get("protected_aliases", list(PROTECTED_ALIASES))
        defaults = self._defaults(self._table(document, "defaults"))
        return Config(
            path=self._path,
            groups=MappingProxyType(groups),
            protected=protected,
            protected_aliases=self._strings("protected_aliases", aliases),
            defaults=defaults,
            prices=MappingProxyType(self._prices(self._table(document, "prices"))),
            warnings=tuple(self._warnings),
        )

    def _groups(self, table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        self._refuse_misplaced("groups", table)
        return {name: self._strings(f"groups.{name}", value) for name, value in table.items()}

    def _defaults(self, table: Mapping[str, Any]) -> Defaults:
        self._refuse_misplaced("defaults", table)
        known: dict[str, Callable[[str, Any], Any]] = {
            "output": lambda key, value: self._choice(key, value, OUTPUTS),
            "jobs": self._jobs,
            "region": self._string,
            "color": lambda key, value: self._choice(key, value, COLORS),
            "timeout": self._timeout,
            "max_targets": self._max_targets,
        }
        self._warn_unknown("defaults.", table, known)
        found = {k: check(f"defaults.{k}", table[k]) for k, check in known.items() if k in table}
        return Defaults(**found)

    def _prices(self, table: Mapping[str, Any]) -> dict[str, float]:
        self._refuse_misplaced("prices", table)
        self._warn_unknown("prices.", table, LIST)
        return {key: self._usd(f"prices.{key}", value) for key, value in table.items()}

    def _usd(self, key: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
            raise self._wrong(key, "an amount of USD, 0 or more", value)
        return float(value)

    def _refuse_misplaced(self, section: str, table: Mapping[str, Any]) -> None:
        # In TOML a key after a [table] line belongs to that table: `protected` written at the end
        # of the file would silently protect nothing.
        for key in _PROTECTED:
            if key in table:
                raise UsageError(
                    f"{self._path}: {key} stands inside [{section}] and would protect nothing",
                    hint=f"move {key} above the first [table] line of {self._path}",
                )

    def _table(self, document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = document.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, "a table", value, f"write [{key}] on a line of its own")
        return value

    def _string(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(key, "a string", value, f'write {_last(key)} = "..."')
        return value

    def _strings(self, key: str, value: object) -> tuple[str, ...]:
        good = isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value)
        if not good or not isinstance(value, list):
            hint = f'write {_last(key)} = ["prod-*", "legacy"]'
            raise self._wrong(key, "a list of profile names or globs", value, hint)
        return tuple(value)

    def _choice(self, key: str, value: object, choices: tuple[str, ...]) -> str:
        if not isinstance(value, str) or value not in choices:
            raise self._wrong(key, f"one of {', '.join(choices)}", value)
        return value

    def _jobs(self, key: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_JOBS:
            raise self._wrong(key, f"a whole number from 1 to {MAX_JOBS}", value)
        return value

    def _max_targets(self, key: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self._wrong(key, "a whole number from 1", value)
        return value

    def _timeout(self, key: str, value: object) -> float:
        try:
            seconds = parse_duration(value) if isinstance(value, str) else 0.0
        except UnitError:
            seconds = 0.0
        if seconds <= 0:
            raise self._wrong(key, "a duration above 0", value, DURATION_FORMS)
        return seconds

    def _wrong(self, key: str, expected: str, value: object, hint: str | None = None) -> UsageError:
        return UsageError(
            f"{self._path}: {key} must be {expected}, not {_shown(value)}",
            hint=hint or f"mend {key} in {self._path}",
        )

    def _warn_unknown(self, prefix: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
        names = tuple(known)
        for key in table:
            if key not in names:
                text = f"{self._path}: unknown key {prefix}{key}{_suggestion(key, prefix, names)}"
                self._warnings.append(text)


def _suggestion(key: str, prefix: str, names: tuple[str, ...]) -> str:
    import difflib

    close = difflib.get_close_matches(key.lower(), names, 1)
    if close:
        return f"; did you mean {prefix}{close[0]}?"
    if not prefix and key in Defaults.__slots__:
        return f"; it belongs under [defaults]: did you mean defaults.{key}?"
    return f"; known are {', '.join(prefix + name for name in names)}"


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
