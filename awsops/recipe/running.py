"""Runs a recipe: each step through the kernel, over all targets, results handed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from awsops.errors import AwsopsError, CancelledError, ExitCode
from awsops.events import Note
from awsops.host import Outcome
from awsops.recipe.assertions import CheckFailedError, Verdict, judge
from awsops.recipe.checking import Checked, argument_value
from awsops.recipe.evaluating import EvaluationError, is_true
from awsops.recipe.expressions import Expression
from awsops.recipe.hosting import RecipeHost
from awsops.recipe.model import Placed, Step, Value
from awsops.recipe.params import secret_values
from awsops.recipe.results import Scope, StepResult, StepRow
from awsops.recipe.secrecy import scrub, scrub_value
from awsops.recipe.signatures import command_line
from awsops.targets import Target
from awsops.units import format_duration

MAX_ITEMS = 1_000  # of a for_each: more plans than anybody reads


class StepFailedError(AwsopsError):
    """A step failed and the run stopped there, with that step's exit code (and its error's code,
    when it is one).
    """

    code = "StepFailed"

    def __init__(
        self,
        message: str,
        exit_code: ExitCode,
        *,
        hint: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.exit_code = exit_code


@dataclass(eq=False)
class RecipeRun:
    """One run of a checked recipe; `values` are its parameters, all of them.

    The rows of the run are those of its steps with `show`, or else the steps themselves, which is
    also what `steps_as_rows` gives. In a dry run with anything to plan, the kernel gives the plans
    as rows, and the steps stand beside them only if they are asked for.
    """

    checked: Checked
    host: RecipeHost
    values: Mapping[str, Value]
    steps_as_rows: bool = False
    _results: dict[str, StepResult] = field(default_factory=dict)
    _rows: list[StepRow] = field(default_factory=list)
    _planned: bool = False  # a dry run has planned changes that the steps after it cannot see

    def __post_init__(self) -> None:
        recipe = self.checked.recipe
        self._dry = self.host.options.dry_run
        self._secrets = secret_values(recipe, self.values)
        self._hidden = frozenset(param.name for param in recipe.params if param.secret)
        plans = self._dry and any(spec.mutates for spec in self.checked.specs.values())
        shows = any(step.show for step in recipe.steps)
        self._as_steps = self.steps_as_rows or not (plans or shows)
        self._shows = not (plans or self._as_steps)
        self._scope = Scope(
            params=self.values,
            run={
                "id": self.host.run_id,
                "recipe": recipe.name,
                "dry_run": self._dry,
                "started": self.host.env.clock(),
            },
            results=self._results,
            targets=self._resolve_targets(),
        )

    def events(self) -> Iterator[Note | StepRow | dict[str, Any]]:
        """Run it: a note for each step, the rows of the run, what to try next.

        Raised at the end: StepFailedError with the exit code of the step that failed (in a dry
        run the later ones are planned all the same), CheckFailedError, CancelledError.
        """
        began = self.host.env.monotonic()
        failure: AwsopsError | None = None
        for step in self.checked.recipe.steps:
            if failure is not None and not self._dry:
                self._keep(step, StepResult("not run"), self._title(step))
                continue
            try:
                yield from self._step(step)
            except CancelledError:
                raise
            except AwsopsError as error:
                failure = failure or error
                if step.id not in self._results:
                    self._keep_failed(step, error)
        if self._as_steps:
            yield from self._rows
        if failure is not None:
            yield from self._left_undone()
            raise failure
        yield from self._finish(began)

    # -- one step ---------------------------------------------------------------------------

    def _step(self, step: Step) -> Iterator[Note | dict[str, Any]]:
        place = self._place(step)
        if self.host.cancelled.is_set():
            raise CancelledError(f"interrupted before {place}; it was not started")
        reason = self._reason_against(step)
        if reason is not None:
            yield Note(f"{place}: {reason.detail}")
            self._keep(step, reason, self._title(step))
            return
        result = StepResult("done")
        title = self._title(step)
        for note, arguments in self._calls(step):
            title = self._title(step, arguments)
            yield Note(f"{place}{note}: {title}")
            result = self._call(step, arguments, result, title)
        self._keep(step, result, title)
        if step.show and self._shows:
            yield from (scrub_value(dict(row), self._secrets) for row in result.rows)
        if result.exit_code is not ExitCode.OK:
            message = f"{place}: {result.detail}"
            raise StepFailedError(message, result.exit_code, code=result.error_code)

    def _reason_against(self, step: Step) -> StepResult | None:
        """Why the step is not run: its `when`, or in a dry run what nobody can know yet."""
        for placed, what in ((step.when, "when"), (step.for_each, "for_each")):
            waiting = self._waiting([placed.expression] if placed else (), changed=True)
            if waiting and self._dry:
                text = f"{what} depends on what {waiting} will do: decided in the real run"
                return StepResult("undecided", detail=text, reliable=False)
        if step.when is not None and not is_true(self._evaluate(step.when, step)):
            return StepResult("skipped", detail=f"skipped: not {step.when.expression.text}")
        if not self._dry:
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
        """The steps without whose real run these expressions have no value; with `changed`, also
        those that show AWS as it is before the changes.
        """
        names = []
        for name in sorted(self.checked.needs(expressions)):
            result = self._results.get(name)
            if result is None or (not result.reliable and (changed or result.status != "done")):
                names.append(name)
        return ", ".join(names)

    def _calls(self, step: Step) -> list[tuple[str, dict[str, object]]]:
        """The arguments of each call, and how a note counts it."""
        if step.for_each is None:
            return [("", self._arguments(step, {}))]
        items = self._evaluate(step.for_each, step)
        if items is None:
            items = []
        if not isinstance(items, list):
            self._wrong(step, "for_each takes a list")
        if len(items) > MAX_ITEMS:
            self._wrong(step, f"for_each has {len(items)} items, more than {MAX_ITEMS}")
        return [
            (f" ({number} of {len(items)})", self._arguments(step, {"item": item}))
            for number, item in enumerate(items, 1)
        ]

    def _arguments(self, step: Step, more: Mapping[str, object]) -> dict[str, object]:
        scope = self._scope.values(more)
        values = {}
        for name, bound in step.arguments.items():
            try:
                values[name] = argument_value(bound, scope)
            except EvaluationError as error:
                self._wrong(step, f"{name}: {error}")
        return values

    def _call(
        self, step: Step, arguments: Mapping[str, object], before: StepResult, title: str
    ) -> StepResult:
        """Run the command once and add what it came to; nothing more after a failure."""
        if before.exit_code is not ExitCode.OK:
            return before
        began = self.host.env.monotonic()
        try:
            outcome = self.host.run(step.noun, step.verb, arguments)
        except AwsopsError as error:
            seconds = before.seconds + self.host.env.monotonic() - began
            detail = scrub(error.message, self._secrets)
            failed = replace(
                before,
                status="failed",
                exit_code=error.exit_code,
                seconds=seconds,
                detail=detail,
                reliable=False,
            )
            self._keep(step, failed, title)
            hint = scrub(error.hint, self._secrets) if error.hint else None
            message = f"{self._place(step)}: {detail}"
            raise StepFailedError(message, error.exit_code, hint=hint, code=error.code) from error
        return self._added(step, before, outcome, self.host.env.monotonic() - began)

    def _added(
        self, step: Step, before: StepResult, outcome: Outcome, seconds: float
    ) -> StepResult:
        spec = self.checked.specs[step.id]
        changes = sum(len(plan.changes) for plan in outcome.plans)
        planned = self._dry and spec.mutates
        result = StepResult(
            status="planned" if planned else "done",
            rows=(*before.rows, *outcome.rows),
            seconds=before.seconds + seconds,
            exit_code=outcome.exit_code,
            changes=before.changes + changes,
            reliable=not planned and not (self._dry and self._planned),
            detail=_count(before.changes + changes, "change") if planned else "",
            many_targets=spec.scope == "targets" and len(self._scope.targets) > 1,
        )
        self._planned = self._planned or (planned and changes > 0)
        if outcome.exit_code is ExitCode.OK:
            return result
        codes = {error.code for error in outcome.errors}
        return replace(
            result,
            status="failed",
            reliable=False,
            detail=self._failure(outcome),
            error_code=codes.pop() if len(codes) == 1 else None,
        )

    def _failure(self, outcome: Outcome) -> str:
        if not outcome.errors:
            return f"ended with exit code {int(outcome.exit_code)}"
        more = len(outcome.errors) - 1
        others = f" (and {_count(more, 'more target')})" if more else ""
        return scrub(outcome.errors[0].message, self._secrets) + others

    # -- the end ----------------------------------------------------------------------------

    def _left_undone(self) -> Iterator[Note]:
        left = [row.step for row in self._rows if row.status == "not run"]
        if left:
            yield Note(f"not run: {', '.join(left)}", "warning")
        if self._dry and self._planned:
            text = "a dry run changes nothing: what an earlier step would have made is not there"
            yield Note(text, "warning")

    def _finish(self, began: float) -> Iterator[Note]:
        verdicts = list(judge(self.checked, self._scope, self._secrets, dry_run=self._dry))
        waiting = [verdict.check.title for verdict in verdicts if verdict.passed is None]
        if waiting:
            yield Note(f"judged in the real run: {'; '.join(waiting)}")
        failed = [verdict for verdict in verdicts if verdict.passed is False]
        if failed:
            raise _check_error(failed)
        yield Note(self._summary(verdicts, self.host.env.monotonic() - began))
        if self._dry:
            return
        scope = self._scope.values()
        for text in self.checked.recipe.next:
            try:
                yield Note(f"next: {scrub(text.template.in_text(scope), self._secrets)}")
            except EvaluationError as error:
                yield Note(f"next: {text.template.text} ({error})", "warning")

    def _summary(self, verdicts: Sequence[Verdict], seconds: float) -> str:
        statuses = [row.status for row in self._rows]
        order = dict.fromkeys(["done", "planned", *statuses])
        counts = [f"{statuses.count(s)} {s}" for s in order if s in statuses]
        passed = sum(verdict.passed is True for verdict in verdicts)
        checks = f"; {_count(passed, 'check')} passed" if passed else ""
        ending = " (dry run)" if self._dry else ""
        name = self.checked.recipe.name
        return f"{name}: steps {', '.join(counts)}{checks}; {format_duration(seconds)}{ending}"

    # -- small parts ------------------------------------------------------------------------

    def _keep(self, step: Step, result: StepResult, title: str) -> None:
        self._results[step.id] = result
        if step.register and (result.status != "skipped" or step.register not in self._results):
            self._results[step.register] = result
        row = StepRow(
            step=step.id,
            run=title,
            status=result.status,
            rows=len(result.rows),
            seconds=round(result.seconds, 3),
            detail=scrub(result.detail, self._secrets),
        )
        self._rows.append(row)

    def _keep_failed(self, step: Step, error: AwsopsError) -> None:
        failed = StepResult(
            "failed", exit_code=error.exit_code, detail=error.message, reliable=False
        )
        self._keep(step, failed, self._title(step))

    def _title(self, step: Step, arguments: Mapping[str, object] | None = None) -> str:
        """The step as a command line, without values when there are none yet."""
        if arguments is None:
            return step.command
        hidden = frozenset(
            name
            for name, bound in step.arguments.items()
            if self.checked.params_in(bound.expressions) & self._hidden
        )
        spec = self.checked.specs[step.id]
        return scrub(command_line(step.noun, spec, arguments, hidden), self._secrets)

    def _place(self, step: Step) -> str:
        return f"step {step.number}/{len(self.checked.recipe.steps)} {step.id}"

    def _evaluate(self, placed: Placed, step: Step) -> Any:
        try:
            return placed.expression.value(self._scope.values())
        except EvaluationError as error:
            self._wrong(step, f"{placed.expression.text}: {error}")

    def _wrong(self, step: Step, message: str) -> NoReturn:
        text = scrub(f"{self._place(step)}: {message}", self._secrets)
        hint = f"{self.checked.recipe.source}:{step.node.line}"
        raise StepFailedError(text, ExitCode.FAILED, hint=hint)

    def _resolve_targets(self) -> Sequence[Target]:
        """The targets, if any step runs on them or any expression names them."""
        used = any(spec.scope == "targets" for spec in self.checked.specs.values())
        named = any(refs.targets for refs in self.checked.references.values())
        return tuple(self.host.targets()) if used or named else ()


def _check_error(failed: Sequence[Verdict]) -> CheckFailedError:
    lines = []
    for verdict in failed:
        where = f"[{verdict.label}] " if verdict.label else ""
        lines.append(f"{where}{verdict.text}")
    hint = next((verdict.hint for verdict in failed if verdict.hint), None)
    start = "a check failed: " if len(failed) == 1 else f"{len(failed)} checks failed:\n"
    return CheckFailedError(start + "\n".join(lines), hint=hint)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
