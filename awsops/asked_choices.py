"""The values that a parameter may take, asked of AWS or of this machine: for a picker, and Tab."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from awsops.asking import as_target
from awsops.choices import Scope, takes_host, wanted_by

if TYPE_CHECKING:
    from awsops.command_line.options import CommonOptions
    from awsops.kernel import Kernel
    from awsops.plugin import Choice, CommandSpec, Completer

# A glob of 200 profiles is not 200 questions for a press of Tab.
MOST_TARGETS = 4


def ask_choices(
    kernel: Kernel,
    noun: str,
    spec: CommandSpec,
    completer: Completer,
    options: CommonOptions,
    scope: Scope = (),
) -> Iterator[Choice]:
    """The values for the targets of these options, the first few where there are many.

    Raises what finding the targets and asking AWS raise.
    """
    known = _arguments_for(completer, scope)
    if known is None:
        return
    if takes_host(completer):
        from awsops.command_line.binding import Invocation
        from awsops.host import Host
        from awsops.running.commands import Commands

        yield from completer(
            Host(kernel, Commands(kernel), Invocation(noun, spec, {}, options)), **known
        )
        return
    kernel.connect(options)
    for target in kernel.targets(options)[:MOST_TARGETS]:
        yield from as_target(
            kernel, target, f"{noun} {spec.name}", lambda aws: list(completer(aws, **known))
        )


def _arguments_for(completer: Completer, scope: Scope) -> dict[str, Any] | None:
    """The scope as the completer takes it: a list where it says so; None while it lacks some."""
    parameters = inspect.signature(completer).parameters
    known: dict[str, Any] = {}
    for name, required in wanted_by(completer).items():
        values = [value for given, value in scope if given == name]
        if values:
            # Its hints are not evaluated: they may name what only a type checker imports.
            several = "list[" in str(parameters[name].annotation)
            known[name] = values if several else values[-1]
        elif required:
            return None
    return known
