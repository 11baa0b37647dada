"""Whether a step is run, and with which arguments: what can be known before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from awsops.errors import ExitCode
from awsops.expressions import is_true
from awsops.recipe.checking import Checked, argument_value
from awsops.recipe.evaluating import EvaluationError
from awsops.recipe.expressions import Expression
from awsops.recipe.model import Placed, Step, Text
from awsops.recipe.results import Scope, StepFailedError, StepResult
from awsops.recipe.values import MAX_ITEMS
from awsops.secrecy import scrub


@dataclass(eq=False)
class Decider:
    """Evaluates what stands in a step. `before` are the results of an earlier process of the same
    run, `left_out` the steps that are not wanted.
    """

    checked: Checked
    scope: Scope
    secrets: list[str]
    left_out: frozenset[str]
    dry: bool
    before: Mapping[str, StepResult]

    def reason_against(self, step: Step) -> StepResult | None:
        """Why the step is not run: its `when`, or in a dry run what nobody can know yet."""
        before = self.before.get(step.id)
        if before is not None and before.status != "done":
            return before
        if step.id in self.left_out:
            return StepResult("skipped", detail="left out by --only or --from", reliable=False)
        for placed, what in ((step.when, "when"), (step.for_each, "for_each")):
            waiting = self._waiting([placed.expression] if placed else (), changed=True)
            if waiting and self.dry:
                text = f"{what} depends on what {waiting} will do: decided in the real run"
                return StepResult("undecided", detail=text, reliable=False)
        if step.when is not None and not is_true(self._evaluate(step.when, step)):
            return StepResult("skipped", detail=f"skipped: not {step.when.expression.text}")
        if not self.dry:
            return None
        for name, bound in step.arguments.items():
            waiting = self._waiting(bound.expressions, changed=False)
            if waiting:
                text = f"{name} comes from what {waiting} will do: planned in the real run"
                return StepResult("undecided", detail=text, reliable=False)
        if self.checked.specs[step.id].scope != "targets":
            text = "a command about awsops itself: not run in a dry run"
            return StepResult("planned", detail=text, reliable=False)
        return None

    def _waiting(self, expressions: Iterable[Expression], *, changed: bool) -> str:
        """The steps without whose real run these have no value, or (`changed`) an old one."""
        names = []
        for name in sorted(self.checked.needs(expressions)):
            result = self.scope.results.get(name)
            if result is None or (not result.reliable and (changed or result.status != "done")):
                names.append(name)
        return ", ".join(names)

    def calls(self, step: Step) -> list[tuple[str, dict[str, object]]]:
        """How a note counts each call, and its arguments. StepFailedError: they have no value."""
        if step.for_each is None:
            return [("", self._arguments(step, {}))]
        items = self._evaluate(step.for_each, step)
        items = [] if items is None else items
        if not isinstance(items, list):
            self._wrong(step, "for_each takes a list")
        if len(items) > MAX_ITEMS:
            self._wrong(step, f"for_each has {len(items)} items, more than {MAX_ITEMS}")
        return [
            (f" ({number} of {len(items)})", self._arguments(step, {"item": item}))
            for number, item in enumerate(items, 1)
        ]

    def _arguments(self, step: Step, more: Mapping[str, object]) -> dict[str, object]:
        scope = self.scope.values(more)
        values = {}
        for name, bound in step.arguments.items():
            try:
                values[name] = argument_value(bound, scope)
            except EvaluationError as error:
                self._wrong(step, f"{name}: {error}")
        return values

    def question(self, step: Step, text: Text) -> str:
        """A question to a person. StepFailedError when it has no value."""
        try:
            return scrub(text.template.in_text(self.scope.values()), self.secrets)
        except EvaluationError as error:
            self._wrong(step, str(error))

    def _evaluate(self, placed: Placed, step: Step) -> Any:
        try:
            return placed.expression.value(self.scope.values())
        except EvaluationError as error:
            self._wrong(step, f"{placed.expression.text}: {error}")

    def _wrong(self, step: Step, message: str) -> NoReturn:
        text = scrub(f"{place_of(self.checked, step)}: {message}", self.secrets)
        hint = f"{self.checked.recipe.source}:{step.node.line}"
        raise StepFailedError(text, ExitCode.FAILED, hint=hint)


def place_of(checked: Checked, step: Step) -> str:
    """`step 2/3 move`."""
    return f"step {step.number}/{len(checked.recipe.every_step)} {step.id}"
