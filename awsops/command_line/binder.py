"""Values by name become a command's parameters, judged exactly as its command line would.

Recipes bind hundreds of steps with a handful of commands: what Typer needs is built once a command
and used again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from awsops.command_line.binding import build_verb, own_parameters, parse_with
from awsops.command_line.refused_words import unknown_word
from awsops.errors import DefectError, UsageError
from awsops.plugin import Argument, CommandSpec, Option


@dataclass(frozen=True, slots=True)
class _Own:
    """A parameter of a command as it was declared."""

    info: Argument | Option
    default: object


@dataclass(frozen=True, slots=True)
class _Verb:
    own: Mapping[str, _Own]
    names: Mapping[str, str]  # kebab-case, as people write them, to Python's
    command: Any


@dataclass(eq=False)
class Binder:
    """Binds values to commands; one a process (or a test)."""

    _verbs: dict[tuple[str, CommandSpec], _Verb] = field(default_factory=dict)

    def bind(self, noun: str, spec: CommandSpec, values: Mapping[str, object]) -> dict[str, Any]:
        """Values by parameter name, checked and converted as the command line would.

        Raises UsageError for an unknown or missing parameter and for a value of the wrong kind.
        """
        verb = self._verb(noun, spec)
        argv: list[str] = []
        positional: dict[str, list[str]] = {}
        for given, value in values.items():
            name = verb.names.get(given.strip("_").replace("_", "-"))
            if name is None:
                raise unknown_word(f"{noun} {spec.name} parameter", given, verb.names, "")
            if value is None:
                continue
            own = verb.own[name]
            if isinstance(own.info, Argument):
                items = value if isinstance(value, list | tuple) else [value]
                positional[name] = [_text(item) for item in items]
            else:
                argv.extend(_as_flags(name, own.info, value, own.default))
        _check_no_gap(f"{noun} {spec.name}", verb, positional)
        order = [name for name in verb.own if name in positional]
        tail = [item for name in order for item in positional[name]]
        parsed = parse_with(verb.command, f"{noun} {spec.name}", [*argv, "--", *tail])
        return dict(parsed.params)

    def _verb(self, noun: str, spec: CommandSpec) -> _Verb:
        key = (noun, spec)
        if key not in self._verbs:
            own = {p.name: _Own(_info(p), p.default) for p in own_parameters(spec)}
            names = {name.strip("_").replace("_", "-"): name for name in own}
            self._verbs[key] = _Verb(own, names, build_verb(noun, spec, alone=True))
        return self._verbs[key]


def _check_no_gap(title: str, verb: _Verb, given: Mapping[str, list[str]]) -> None:
    """UsageError where an argument without a value stands before one with: on a command line the
    later value would move to its place, and a message's text become the name of a queue."""
    words = [name for name, own in verb.own.items() if isinstance(own.info, Argument)]
    missing = ""
    for name in words:
        if not given.get(name):
            missing = missing or name
        elif missing:
            raise UsageError(
                f"{title}: {missing.strip('_')} has no value (null), and {name.strip('_')} after "
                "it has one",
                code="MissingValue",
            )


def _info(parameter: Any) -> Argument | Option:
    for extra in get_args(parameter.annotation):
        if isinstance(extra, Argument | Option):
            return extra
    raise DefectError(f"parameter {parameter.name} carries neither Argument nor Option")


def _as_flags(name: str, info: Option, value: object, default: object) -> list[str]:
    flag = info.name or "--" + name.strip("_").replace("_", "-")
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag[2:]}"] if value is not default else []
    if isinstance(value, list | tuple):
        return [f"{flag}={_text(item)}" for item in value]
    return [f"{flag}={_text(value)}"]


def _text(value: object) -> str:
    if isinstance(value, str | int | float | Path):
        return str(value)
    raise UsageError(f"expected text or a number, found {type(value).__name__}")
