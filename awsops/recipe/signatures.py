"""A command's parameters as a recipe needs them: stand-ins for values not known yet, and the
command line that a step amounts to.
"""

from __future__ import annotations

import dataclasses
import inspect
import shlex
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from awsops.events import Change, Document, Note, Plan, Progress
from awsops.plugin import Argument, CommandSpec, Option

_EVENTS = (Plan, Progress, Note, Change, Document)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a command. `flag` is None for a positional one."""

    name: str
    flag: str | None
    type: Any
    many: bool
    required: bool
    default: object
    choices: tuple[str, ...]
    min: int | None

    @property
    def placeholder(self) -> object:
        """A value that the command line accepts, in place of one that is not known yet."""
        value: object = "x"
        if self.choices:
            value = self.choices[0]
        elif self.type is bool:
            value = self.default is not True
        elif self.type in (int, float):
            value = self.min if self.min is not None else 1
        return [value] if self.many else value


def parameters(spec: CommandSpec) -> dict[str, Parameter]:
    """The command's own parameters by name, in order."""
    hints = typing.get_type_hints(spec.function, include_extras=True)
    found = {}
    for name, parameter in list(inspect.signature(spec.function).parameters.items())[1:]:
        found[name] = _parameter(name, parameter, hints.get(name, str))
    return found


def columns(spec: CommandSpec) -> frozenset[str] | None:
    """The columns of the rows that a command promises to yield; None when it does not say."""
    try:
        returned = typing.get_type_hints(spec.function).get("return")
    except (NameError, TypeError, AttributeError):
        return None
    arguments = get_args(returned)
    if not arguments:
        return None
    kinds = _members(arguments[0])
    rows = [kind for kind in kinds if kind not in _EVENTS]
    if any(not dataclasses.is_dataclass(kind) for kind in rows):
        return None
    return frozenset(field.name for kind in rows for field in dataclasses.fields(kind))


def command_line(
    noun: str, spec: CommandSpec, values: Mapping[str, object], hidden: frozenset[str]
) -> str:
    """`sqs redrive orders-dlq --max 50`: what a person would type; `hidden` values are `****`."""
    known = parameters(spec)
    words: list[str] = []
    options: list[str] = []
    for name, value in values.items():
        parameter = known.get(_python_name(name, known))
        if parameter is None or value is None:
            continue
        items = value if isinstance(value, list) else [value]
        texts = ["****" if name in hidden else shlex.quote(str(item)) for item in items]
        if parameter.flag is None:
            words.extend(texts)
        elif isinstance(value, bool):
            options.extend(_flag(parameter, value))
        else:
            options.extend(f"{parameter.flag} {text}" for text in texts)
    return " ".join([noun, spec.name, *words, *options])


def is_parameter(name: str, known: Mapping[str, Parameter]) -> bool:
    """Whether a command has a parameter of this name, in kebab-case or snake_case."""
    return _python_name(name, known) in known


def _flag(parameter: Parameter, value: bool) -> list[str]:
    if value is parameter.default or parameter.flag is None:
        return []
    return [parameter.flag if value else f"--no-{parameter.flag[2:]}"]


def _python_name(name: str, known: Mapping[str, Parameter]) -> str:
    name = name.replace("-", "_")
    return name if name in known or f"{name}_" not in known else f"{name}_"


def _parameter(name: str, parameter: inspect.Parameter, annotation: Any) -> Parameter:
    extras: tuple[Any, ...] = ()
    if get_origin(annotation) is Annotated:
        annotation, *rest = get_args(annotation)
        extras = tuple(rest)
    info = next((e for e in extras if isinstance(e, Argument | Option)), None)
    required = parameter.default is inspect.Parameter.empty
    positional = isinstance(info, Argument) or (info is None and required)
    option = info if isinstance(info, Option) else None
    flag = "--" + name.strip("_").replace("_", "-")
    members = [kind for kind in _members(annotation) if kind is not type(None)]
    kind = members[0] if members else str
    many = get_origin(kind) in (list, tuple)
    return Parameter(
        name=name,
        flag=None if positional else (option.name if option and option.name else flag),
        type=get_args(kind)[0] if many and get_args(kind) else kind,
        many=many,
        required=required,
        default=None if required else parameter.default,
        choices=(option.choices or ()) if option else (),
        min=option.min if option else None,
    )


def _members(kind: Any) -> tuple[Any, ...]:
    if isinstance(kind, types.UnionType) or get_origin(kind) is typing.Union:
        return get_args(kind)
    return (kind,)
