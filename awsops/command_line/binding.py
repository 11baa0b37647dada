"""A command's signature plus the common options becomes a Typer command.

Parsing runs nothing: a parsed command line is an `Invocation`, which the kernel then runs. Recipes
bind their steps through the same commands, so an argument is judged in one place only.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup

from awsops.command_line.options import CommonOption, CommonOptions, options_for
from awsops.command_line.plain_values import convert_plainly
from awsops.command_line.refused_words import named, refused, unknown_word
from awsops.errors import DefectError, UsageError
from awsops.plugin import Argument, CommandSpec, Option

_COMMON = "common_"
_SECTIONS = {
    "targets": "Which accounts and regions",
    "output": "Output",
    "run": "Many targets",
    "change": "Before anything changes",
}
_METAVARS: dict[Any, str] = {str: "TEXT", int: "N", float: "N", Path: "FILE"}
# Help is set at the terminal's width up to this many columns: longer lines are hard to read.
HELP_COLUMNS = 100


@dataclass(frozen=True)
class Invocation:
    """A parsed command line: which command, with which values, under which common options."""

    noun: str
    spec: CommandSpec
    params: Mapping[str, Any]
    options: CommonOptions

    @property
    def title(self) -> str:
        """`sqs redrive`, as messages and the journal name it; `doctor` is its own verb."""
        return self.noun if self.spec.name == self.noun else f"{self.noun} {self.spec.name}"


class VerbCommand(TyperCommand):
    """Typer's command with the common options in sections of their own in the help."""

    def get_params(self, ctx: Any) -> list[Any]:
        return convert_plainly(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """UsageError also for an option whose value is empty: `--match "$MATCH"`, and MATCH is not
        set, must not redrive everything."""
        if any(not word or word.endswith("=") for word in args):
            given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
            for param in self.get_params(ctx):
                if param.param_type_name == "option" and _is_empty(given.get(param.name)):
                    raise UsageError(
                        f"{named(param)} is empty",
                        hint="is a variable not set? Leave the option out where it has no value",
                        code="MissingValue",
                    )
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        from awsops.command_line.help_text import own_record, write_examples, write_list

        own: list[tuple[str, str]] = []
        arguments: list[tuple[str, str]] = []
        sections: dict[str, list[tuple[str, str]]] = {}
        groups = {
            _COMMON + o.name: o.group for o in options_for("local-with-targets", mutates=True)
        }
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is None:
                continue
            name = param.name or ""
            if name in groups:
                sections.setdefault(_SECTIONS[groups[name]], []).append(record)
            elif param.param_type_name == "argument":
                arguments.append((_placeholder(param), record[1]))
            else:
                own.append(own_record(param, record))
        for title, records in (("Arguments", arguments), ("Options", own), *sections.items()):
            if records:
                with formatter.section(title):
                    write_list(formatter, records)
        words = ctx.command_path.split()
        write_examples(formatter, words[1] if len(words) > 1 else "", words[-1])

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        arguments = [p for p in self.get_params(ctx) if p.param_type_name == "argument"]
        shown = [_placeholder(p) if p.required else f"[{_placeholder(p)}]" for p in arguments]
        return ["[OPTIONS]", *shown]


def _is_empty(value: object) -> bool:
    return value == "" or (isinstance(value, list | tuple) and "" in value)


def _placeholder(argument: Any) -> str:
    """`QUEUE`, or `WORDS...` for as many as one likes; Typer adds types and braces."""
    return f"{argument.metavar}..." if argument.nargs == -1 else str(argument.metavar)


class NounGroup(TyperGroup):
    """The verbs of one noun; a verb's command is built when it is asked for."""

    def __init__(self, noun: str, specs: Mapping[str, CommandSpec], **attrs: Any) -> None:
        super().__init__(name=noun, rich_markup_mode=None, suggest_commands=False, **attrs)
        self._noun = noun
        self._specs = specs

    def get_params(self, ctx: Any) -> list[Any]:
        return convert_plainly(super().get_params(ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self._specs)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self._specs:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = build_verb(self._noun, self._specs[cmd_name])
        return self.commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        rows = [(name, first_line(spec.help)) for name, spec in self._specs.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            raise unknown_word(
                f"{self._noun} command", args[0], self._specs, f"awsops {self._noun}"
            )
        return super().resolve_command(ctx, args)


def build_noun(noun: str, help_text: str, specs: Mapping[str, CommandSpec]) -> NounGroup:
    """The Typer group of a noun."""
    return NounGroup(
        noun,
        specs,
        help=help_text,
        context_settings={"help_option_names": ["--help", "-h"], "max_content_width": HELP_COLUMNS},
    )


def build_verb(noun: str, spec: CommandSpec, *, alone: bool = False) -> Any:
    """The Typer command of one verb; invoking it returns an Invocation. `alone` leaves the common
    options out.
    """
    own = own_parameters(spec)
    common = () if alone else options_for(spec.scope, mutates=spec.mutates)
    parameters = [*own, *(_common_parameter(option) for option in common)]

    def parsed(**values: Any) -> Invocation:
        given = {o.name: _common_value(o, values[_COMMON + o.name]) for o in common}
        params = {p.name: _plain(values[p.name]) for p in own}
        return Invocation(noun, spec, params, CommonOptions(**given))

    # What Typer reads the parameters from; typeshed knows no function that has it.
    parsed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    parsed.__annotations__ = {p.name: p.annotation for p in parameters}
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(
        spec.name,
        cls=VerbCommand,
        help=spec.help,
        context_settings={"help_option_names": ["--help", "-h"], "max_content_width": HELP_COLUMNS},
    )(parsed)
    return typer.main.get_command(app)


def parse_verb(noun: str, spec: CommandSpec, argv: Sequence[str]) -> Invocation:
    """Parse the words after noun and verb; UsageError for what Typer refuses."""
    return parse_with(build_verb(noun, spec), f"{noun} {spec.name}", argv)


def parse_with(verb: Any, title: str, argv: Sequence[str]) -> Invocation:
    """As `parse_verb`, with a command that `build_verb` has made."""
    from typer.exceptions import TyperException

    try:
        result = verb.main(args=list(argv), prog_name=f"awsops {title}", standalone_mode=False)
    except TyperException as error:
        raise refused(error) from None
    if not isinstance(result, Invocation):
        raise UsageError(f"{title}: --help is not a parameter")
    return result


def first_line(text: str) -> str:
    """The first line of a docstring."""
    return text.strip().split("\n", 1)[0].strip()


def own_parameters(spec: CommandSpec) -> list[inspect.Parameter]:
    """The command's own parameters as Typer understands them, arguments and options."""
    hints = typing.get_type_hints(spec.function, include_extras=True)
    found = []
    for name, parameter in list(inspect.signature(spec.function).parameters.items())[1:]:
        annotation = hints.get(name, str)
        if get_origin(annotation) is not Annotated:
            required = parameter.default is inspect.Parameter.empty
            extra: Argument | Option = Argument(help="") if required else Option(help="")
            annotation = Annotated[annotation, extra]
        found.append(_typer_parameter(spec, parameter, annotation))
    return found


def parameter_names(spec: CommandSpec) -> dict[str, str]:
    """How a person knows each of the command's own parameters: `--since`, `QUEUE`."""
    found = {}
    for parameter in own_parameters(spec):
        made, info = parameter.annotation.__metadata__
        option = isinstance(info, Option)
        found[parameter.name] = _flag(parameter.name, info) if option else str(made.metavar)
    return found


def _typer_parameter(
    spec: CommandSpec, parameter: inspect.Parameter, annotation: Any
) -> inspect.Parameter:
    kind, *extras = get_args(annotation)
    info = next((e for e in extras if isinstance(e, Argument | Option)), None)
    if info is None:
        raise DefectError(
            f"{spec.name}: parameter {parameter.name} carries neither Argument nor Option"
        )
    required = parameter.default is inspect.Parameter.empty
    if isinstance(info, Argument):
        made = typer.Argument(
            help=info.help,
            metavar=info.metavar or parameter.name.upper().replace("_", "-"),
            show_default=not required and parameter.default not in (None, (), []),
        )
    else:
        made = _typer_option(parameter, info, kind if not info.choices else None)
        if info.choices:
            kind = _with_choices(kind, info.choices)
    default = parameter.default
    if isinstance(default, tuple):
        default = list(default)
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, made, info],
    )


def _typer_option(parameter: inspect.Parameter, info: Option, kind: Any) -> Any:
    flag = _flag(parameter.name, info)
    if kind is bool and parameter.default is True:
        flag += f"/--no-{flag[2:]}"
    declared = [flag, *([info.short] if info.short else [])]
    quiet = parameter.default in (None, False, (), []) or (
        parameter.default is inspect.Parameter.empty
    )
    return typer.Option(
        *declared,
        help=info.help,
        metavar=info.metavar or _METAVARS.get(_scalar(kind)),
        min=info.min,
        max=info.max,
        show_default=not quiet,
    )


def _flag(parameter: str, info: Option) -> str:
    return info.name or "--" + parameter.strip("_").replace("_", "-")


def _scalar(kind: Any) -> Any:
    """The type of one value: str for `str | None` and `list[str]`."""
    inner = [a for a in get_args(kind) if a is not type(None)]
    return _scalar(inner[0]) if inner else kind


def _with_choices(kind: Any, choices: tuple[str, ...]) -> Any:
    # Types made while running, which no checker can follow.
    literal = Literal[choices]  # type: ignore[valid-type]
    if get_origin(kind) is list:
        # Typer takes no list of Literal; an Enum's values come back through `_plain`.
        return list[Enum("Choice", {choice: choice for choice in choices})]  # type: ignore[misc]
    if isinstance(kind, types.UnionType) or get_origin(kind) is typing.Union:
        return literal | None
    return literal


def _common_parameter(option: CommonOption) -> inspect.Parameter:
    kind: Any = option.type
    if option.choices:
        kind = _with_choices(str, option.choices)
    default: Any = None
    if option.many:
        kind = list[kind] | None
    elif option.type is bool:
        default = False
    else:
        kind = kind | None if not option.choices else _optional(kind)
    made = typer.Option(
        *option.flags,
        help=option.help,
        metavar=option.metavar,
        min=option.min,
        max=option.max,
        show_default=False,
    )
    return inspect.Parameter(
        _COMMON + option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, made],
    )


def _optional(kind: Any) -> Any:
    return typing.Optional[kind]  # noqa: UP045 - a Literal has no | before it is evaluated


def _common_value(option: CommonOption, value: Any) -> Any:
    return tuple(value or ()) if option.many else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value
