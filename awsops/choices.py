"""Where the values that a parameter may take come from; `asked_choices` asks for them.

A parameter says where they come from with `complete=`: a function of `aws: Aws`, or of `host: Host`
where the values are the machine's own. It makes read-only calls; the gate refuses all others.

Its other parameters are named after those of the command, whose values it then gets as they stand
on the line: `complete_versions(aws, function: str)`. Without a default nothing is offered until the
value is there. A parameter `list[str]` gets all values of one that may be repeated, `stem` what of
the half-typed word ends in `:`, `=` or `,`.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from awsops.plugin import Argument, CommandSpec, Completer, Option

if TYPE_CHECKING:
    from awsops.command_line.options import CommonOptions
    from awsops.completion.question import Question


def completers_of(spec: CommandSpec) -> dict[str, Completer]:
    """The functions that list values, by the name of the parameter."""
    hints = typing.get_type_hints(spec.function, include_extras=True)
    found = {}
    for name in inspect.signature(spec.function).parameters:
        hint = hints.get(name)
        for extra in get_args(hint)[1:] if get_origin(hint) is Annotated else ():
            if isinstance(extra, Argument | Option) and extra.complete is not None:
                found[name] = extra.complete
    return found


def kind_of(noun: str, completer: Completer) -> str | None:
    """What the completion scripts call it; None for a function without a name of its own."""
    name = getattr(completer, "__name__", "")
    return f"{noun}:{name}" if name.isidentifier() else None


Scope = Sequence[tuple[str, str]]


def question_of(kind: str, options: CommonOptions, scope: Scope = ()) -> Question | None:
    """The question that a whole command line would have asked at Tab; None when too wide."""
    from awsops.completion.question import Question

    if options.org or options.targets or "all" in options.region:
        return None
    return Question(
        kind, options.profile, options.region, options.role, options.endpoint_url, tuple(scope)
    )


def wanted_by(completer: Completer) -> dict[str, bool]:
    """What a completer wants to know of the line, in its own order; True what it cannot do
    without.
    """
    parameters = list(inspect.signature(completer).parameters.values())[1:]
    return {p.name: p.default is inspect.Parameter.empty for p in parameters}


def scope_of(completer: Completer, params: Mapping[str, Any]) -> Scope | None:
    """What a completer gets of a parsed command line; None while it lacks something."""
    found: list[tuple[str, str]] = []
    for name, required in wanted_by(completer).items():
        value = params.get(name)
        values = value if isinstance(value, list | tuple) else [value]
        given = [str(one) for one in values if one not in (None, "")]
        if required and not given:
            return None
        found += [(name, one) for one in given]
    return found


def takes_host(completer: Completer) -> bool:
    """Whether the values are this machine's own."""
    return next(iter(inspect.signature(completer).parameters), "") == "host"


def is_beginning(value: str) -> bool:
    """Whether more has to follow: `orders-api:`, `VisibilityTimeout=`."""
    return value.endswith((":", "="))


def find_completer(
    specs: Mapping[str, CommandSpec], name: str
) -> tuple[CommandSpec, Completer] | None:
    """The completer of that name among a noun's commands, with a command that uses it."""
    for spec in specs.values():
        for completer in completers_of(spec).values():
            if getattr(completer, "__name__", "") == name:
                return spec, completer
    return None
