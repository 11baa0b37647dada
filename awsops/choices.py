"""The values that a parameter may take: asked of AWS for a picker, and for what Tab knows.

A parameter says where they come from with `complete=`: a function of `aws: Aws`, or of `host: Host`
where the values are the machine's own. It makes read-only calls; the gate refuses all others.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, get_args, get_origin

from awsops.asking import as_target
from awsops.plugin import Argument, Choice, CommandSpec, Completer, Option

if TYPE_CHECKING:
    from awsops.completion.names import Question
    from awsops.kernel import Kernel
    from awsops.options import CommonOptions

# A glob of 200 profiles is not 200 questions for a press of Tab.
MOST_TARGETS = 4


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


def question_of(kind: str, options: CommonOptions) -> Question | None:
    """The question that a whole command line would have asked at Tab; None when too wide."""
    from awsops.completion.names import Question

    if options.org or options.targets or "all" in options.region:
        return None
    return Question(kind, options.profile, options.region, options.role, options.endpoint_url)


def ask_choices(
    kernel: Kernel, noun: str, spec: CommandSpec, completer: Completer, options: CommonOptions
) -> Iterator[Choice]:
    """The values for the targets of these options, the first few where there are many.

    Raises what finding the targets and asking AWS raise.
    """
    if _takes_host(completer):
        from awsops.binding import Invocation
        from awsops.host import Host

        yield from completer(Host(kernel, Invocation(noun, spec, {}, options)))
        return
    kernel.connect(options)
    for target in kernel.targets(options)[:MOST_TARGETS]:
        yield from as_target(
            kernel, target, f"{noun} {spec.name}", lambda aws: list(completer(aws))
        )


def _takes_host(completer: Completer) -> bool:
    return next(iter(inspect.signature(completer).parameters), "") == "host"


def find_completer(
    specs: Mapping[str, CommandSpec], name: str
) -> tuple[CommandSpec, Completer] | None:
    """The completer of that name among a noun's commands, with a command that uses it."""
    for spec in specs.values():
        for completer in completers_of(spec).values():
            if getattr(completer, "__name__", "") == name:
                return spec, completer
    return None
