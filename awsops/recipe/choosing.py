"""Which steps of a recipe a person wants to run: --only, --from, --step, and after a crash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from awsops.errors import UsageError
from awsops.recipe.checking import Checked
from awsops.recipe.expressions import Expression
from awsops.recipe.model import Step
from awsops.recipe.problems import nearest, shown


@dataclass(frozen=True, slots=True)
class Choice:
    """`only` and `start` (--from) name steps, `ask` wants each confirmed; `again` and `done` say
    of steps that were cut off that they are to be run again, or have been done.
    """

    only: frozenset[str] = frozenset()
    start: str | None = None
    ask: bool = False
    again: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()


def left_out(checked: Checked, choice: Choice) -> frozenset[str]:
    """The steps that are not wanted.

    UsageError for a step that does not exist, and when a wanted one needs the result of another
    that is not.
    """
    ids = [step.id for step in checked.recipe.every_step]
    for name in (*choice.only, *choice.again, *choice.done, *filter(None, [choice.start])):
        if name not in ids:
            raise UsageError(f"the recipe has no step {shown(name)}", hint=nearest(name, ids))
    out = set(ids) - choice.only if choice.only else set()
    if choice.start is not None:
        out |= set(ids[: ids.index(choice.start)])
    for step in checked.recipe.every_step:
        if step.id not in out:
            _check_needs(checked, step, out)
    return frozenset(out)


def _check_needs(checked: Checked, step: Step, out: set[str]) -> None:
    missing: list[str] = []
    for name in sorted(checked.needs(_expressions(step))):
        makers = makers_of(checked, name)
        missing += makers if makers and out.issuperset(makers) else ()
    if missing:
        raise UsageError(
            f"step {step.id} needs the result of {', '.join(missing)}, which is left out",
            hint=f"add --only {' --only '.join(missing)}, or begin with --from {missing[0]}",
        )


def makers_of(checked: Checked, name: str) -> list[str]:
    """The steps whose result an expression sees under a name: an id, or what several register."""
    return [s.id for s in checked.recipe.every_step if name in (s.id, s.register)]


def _expressions(step: Step) -> Iterable[Expression]:
    for placed in (step.when, step.for_each):
        if placed is not None:
            yield placed.expression
    for bound in step.arguments.values():
        yield from bound.expressions
