"""What may stand where on a command line, gathered from the specs and free of any shell."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from awsops.choices import kind_of, wanted_by
from awsops.command_line.binding import build_verb, first_line
from awsops.command_line.options import COMMON_OPTIONS, CommonOption, options_for
from awsops.completion.question import STEM
from awsops.completion.typed_line import VALUED, Kind, Place
from awsops.local_choices import complete_profiles, complete_regions
from awsops.plugin import Argument, CommandSpec, Completer, Option

ValueKind = Literal[
    "text",
    "choices",
    "files",
    "names",
    "names-or-files",
    "profiles",  # as -p takes them: @groups too
    "regions",  # as -r takes them: all, too
    "profile",
    "region",
    "roles",  # that profiles assume, by name and by ARN
    "columns",  # of the command's rows, with commas between
    "query",  # an expression over them
    "program",  # and its arguments
]
# Common options whose values the shell finds itself: in the AWS config files, or in the script.
_FOUND_BY_SHELLS: dict[str, ValueKind] = {
    "profile": "profiles",
    "region": "regions",
    "role": "roles",
    "fields": "columns",
    "query": "query",
}
_READ_BY_SHELLS: dict[Completer, ValueKind] = {
    complete_profiles: "profile",
    complete_regions: "region",
}


@dataclass(frozen=True, slots=True)
class Value:
    """What follows a flag or stands at a position; `text` is what nobody can guess.

    `names` are asked of `awsops __names`; the one choice is what it is asked for (`names.py`).
    """

    kind: ValueKind
    label: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """One option with all its spellings; `value` None takes none, `many` may be repeated."""

    names: tuple[str, ...]
    help: str
    value: Value | None = None
    many: bool = False


@dataclass(frozen=True, slots=True)
class Positional:
    """An argument by its place; `many` takes all that follow."""

    value: Value
    many: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Verb:
    """A command: `groups` name the groups of common options that it takes, `columns` are those of
    its rows, as far as it declares them.
    """

    name: str
    help: str
    flags: tuple[Flag, ...]
    positionals: tuple[Positional, ...]
    groups: tuple[str, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun; one without verbs is a program of its own (or a plugin that cannot be loaded)."""

    name: str
    help: str
    verbs: tuple[Verb, ...] = ()

    @property
    def alone(self) -> bool:
        """Whether it is its own only verb: `awsops doctor`."""
        return [verb.name for verb in self.verbs] == [self.name]


@dataclass(frozen=True, slots=True)
class Grammar:
    """Every noun, sorted, and the common options by group."""

    nouns: tuple[Noun, ...]
    groups: Mapping[str, tuple[Flag, ...]]

    def verbs(self) -> Iterable[tuple[Noun, Verb]]:
        """Every command with its noun, in the order of the script."""
        return ((noun, verb) for noun in self.nouns for verb in noun.verbs)


HELP = Flag(("--help", "-h"), "Show what it does and takes.")
VERSION = Flag(("--version", "-V"), "Show the version.")


def grammar_of(nouns: Iterable[tuple[str, str, Mapping[str, CommandSpec]]]) -> Grammar:
    """The grammar of nouns given as name, help line and commands by verb."""
    made = [
        Noun(name, one_line(text), tuple(_verb(name, specs[verb]) for verb in sorted(specs)))
        for name, text, specs in nouns
    ]
    groups: dict[str, list[Flag]] = {}
    for option in COMMON_OPTIONS:
        groups.setdefault(option.group, []).append(_common_flag(option))
    return Grammar(
        tuple(sorted(made, key=lambda noun: noun.name)),
        {name: tuple(flags) for name, flags in groups.items()},
    )


def one_line(text: str) -> str:
    """A help text as one line: shells show no more."""
    return " ".join(text.split())


def _verb(noun: str, spec: CommandSpec) -> Verb:
    # Names and repetition come from the Typer command: what is parsed is what is completed.
    hints = typing.get_type_hints(spec.function, include_extras=True)
    own = set(list(inspect.signature(spec.function).parameters)[1:])
    params = [param for param in build_verb(noun, spec).params if param.name in own]
    taken = options_for(spec.scope, mutates=spec.mutates)
    kinds = _Kinds(noun, spec.name, params)
    return Verb(
        name=spec.name,
        help=one_line(first_line(spec.help)),
        flags=tuple(_flag(kinds, p, hints.get(p.name)) for p in params if _is_option(p)),
        positionals=tuple(
            _positional(kinds, p, hints.get(p.name)) for p in params if not _is_option(p)
        ),
        groups=tuple(dict.fromkeys(option.group for option in taken)),
        columns=_columns(spec),
    )


def _columns(spec: CommandSpec) -> tuple[str, ...]:
    """What `--fields` takes: with several targets rows begin with where they are of."""
    from awsops.output.columns import TARGET_COLUMNS
    from awsops.output.selection import declared_fields

    own = declared_fields(spec.function) or ()
    several = TARGET_COLUMNS if own and spec.scope != "local" else ()
    return tuple(dict.fromkeys((*own, *several)))


@dataclass(frozen=True, slots=True)
class _Kinds:
    """What the names of one command's parameters are asked for by."""

    noun: str
    verb: str
    params: list[Any]

    def of(self, completer: Completer) -> Kind | None:
        """None where it has no name, or wants to know what this command does not take."""
        name = kind_of(self.noun, completer)
        places = [self._place(*wanted) for wanted in wanted_by(completer).items()]
        if name is None or any(place.required and not _stands(place) for place in places):
            return None
        options = (p for p in self.params if _is_option(p) and not p.is_flag)
        valued = frozenset(flag for p in options for flag in (*p.opts, *p.secondary_opts))
        found = tuple(place for place in places if _stands(place) or place.name == STEM)
        return Kind(name, self.verb, found, valued - VALUED)

    def _place(self, name: str, required: bool) -> Place:
        number = 0
        for param in self.params:
            number += not _is_option(param)
            if param.name == name and _is_option(param):
                return Place(name, required, flags=tuple(param.opts), many=param.multiple)
            if param.name == name:
                return Place(name, required, number, many=param.nargs == -1)
        return Place(name, required)


def _stands(place: Place) -> bool:
    return bool(place.number or place.flags)


def _is_option(param: Any) -> bool:
    return bool(param.param_type_name == "option")


def _flag(kinds: _Kinds, param: Any, hint: Any) -> Flag:
    names = sorted([*param.opts, *param.secondary_opts], key=lambda name: not _is_long(name))
    value = None if param.is_flag else _value(kinds, param, hint)
    return Flag(tuple(names), one_line(param.help or ""), value, many=bool(param.multiple))


def _is_long(name: str) -> bool:
    return name.startswith("--")


def _positional(kinds: _Kinds, param: Any, hint: Any) -> Positional:
    value = _value(kinds, param, hint)
    return Positional(value, many=param.nargs == -1, required=bool(param.required))


def _value(kinds: _Kinds, param: Any, hint: Any) -> Value:
    label = str(param.metavar or param.name.strip("_").upper().replace("_", "-"))
    declared = None
    for info in _extras(hint):
        if isinstance(info, Option) and info.choices:
            declared = info.choices
        elif isinstance(info, Argument | Option) and info.complete is not None:
            if info.complete in _READ_BY_SHELLS:
                return Value(_READ_BY_SHELLS[info.complete], label)
            kind = kinds.of(info.complete)
            if kind is not None:
                either = isinstance(info, Argument) and info.files
                return Value("names-or-files" if either else "names", label, (str(kind),))
        elif isinstance(info, Argument) and (info.files or info.program):
            return Value("files" if info.files else "program", label)
    return _value_of(_scalar(hint), label, declared)


def _common_flag(option: CommonOption) -> Flag:
    value: Value | None = None
    if option.name in _FOUND_BY_SHELLS:
        value = Value(_FOUND_BY_SHELLS[option.name], option.metavar or option.name.upper())
    elif option.type is not bool:
        value = _value_of(option.type, option.metavar or option.name.upper(), option.choices)
    return Flag(option.flags, one_line(option.help), value, many=option.many)


def _value_of(kind: Any, label: str, choices: tuple[str, ...] | None) -> Value:
    if choices is None and get_origin(kind) is Literal:
        choices = tuple(str(choice) for choice in get_args(kind))
    if choices:
        return Value("choices", label, choices)
    return Value("files" if kind is Path else "text", label)


def _extras(hint: Any) -> tuple[Any, ...]:
    return get_args(hint)[1:] if get_origin(hint) is Annotated else ()


def _scalar(hint: Any) -> Any:
    """The type of one value: Path for `Annotated[list[Path] | None, ...]`."""
    origin = get_origin(hint)
    if origin is Annotated or origin is list:
        return _scalar(get_args(hint)[0])
    if origin in (types.UnionType, typing.Union):
        return _scalar(next(a for a in get_args(hint) if a is not type(None)))
    return hint
