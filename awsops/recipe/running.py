"""Runs a recipe: each step through the kernel, over all targets, results handed on."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from awsops.errors import AwsopsError, CancelledError, ExitCode, PartialError, UsageError
from awsops.events import Note
from awsops.recipe.assertions import judge
from awsops.recipe.calling import Call, Caller
from awsops.recipe.checking import Checked
from awsops.recipe.choosing import Choice, left_out
from awsops.recipe.deciding import Decider, place_of
from awsops.recipe.ending import (
    as_plain,
    check_error,
    count,
    next_lines,
    roll_back,
    summary,
    without_checks_of,
)
from awsops.recipe.hosting import RecipeHost
from awsops.recipe.model import Step, Value
from awsops.recipe.params import secret_values
from awsops.recipe.recording import RunLog
from awsops.recipe.results import Scope, StepFailedError, StepResult, StepRow, failed_with
from awsops.recipe.signatures import command_line
from awsops.records import RecordError
from awsops.secrecy import scrub, scrub_value
from awsops.targets import Target


@dataclass(eq=False)
class RecipeRun:
    """One run of a checked recipe; `values` are its parameters, all of them.

    The rows of the run are those of its steps with `show`, or else the steps themselves, which is
    also what `steps_as_rows` gives. In a dry run with anything to plan, the kernel gives the plans
    as rows, and the steps stand beside them only if they are asked for. `log` records it.
    """

    checked: Checked
    host: RecipeHost
    values: Mapping[str, Value]
    steps_as_rows: bool = False
    choice: Choice = field(default_factory=Choice)
    targets: Sequence[Target] | None = None
    log: RunLog | None = None
    _results: dict[str, StepResult] = field(default_factory=dict)
    _rows: list[StepRow] = field(default_factory=list)
    # Given at the end: a screen keeps what is said after a row until all rows are there, and the
    # plan of a later step would stand without its name.
    _shown: list[dict[str, Any]] = field(default_factory=list)
    _over: set[str] = field(default_factory=set)  # steps that resume leaves alone
    _occasion: str = ""  # of the clean-up, when it comes after a failure
    _planned: bool = False  # a dry run has planned changes that the steps after it cannot see

    def __post_init__(self) -> None:
        recipe = self.checked.recipe
        self._dry = self.host.options.dry_run
        self._secrets = secret_values(recipe, self.values)
        self._hidden = frozenset(param.name for param in recipe.params if param.secret)
        self._left_out = left_out(self.checked, self.choice)
        plans = self._dry and any(spec.mutates for spec in self.checked.specs.values())
        shows = any(step.show for step in recipe.every_step)
        self._as_steps = self.steps_as_rows or not (plans or shows)
        self._shows = not (plans or self._as_steps)
        self._caller = Caller(
            self.host,
            self._dry,
            self._secrets,
            again=self.choice.again,
            assumed_done=self.choice.done,
        )
        if self.targets is None:
            self.targets = self._resolve_targets()
        self._scope = Scope(
            params=self.values,
            run={
                "id": self.host.run_id,
                "recipe": recipe.name,
                "dry_run": self._dry,
                "started": self.host.env.clock(),
            },
            results=self._results,
            targets=self.targets,
        )
        self._caller.labelled = len(self.targets) > 1
        self._decider = Decider(
            self.checked, self._scope, self._secrets, self._left_out, self._dry, {}
        )

    def events(self) -> Iterator[Note | StepRow | dict[str, Any]]:
        """Run it: a note for each step, the rows of the run, what to try next.

        Raised at the end, the clean-up done: StepFailedError with the exit code of the step that
        failed (in a dry run the later ones are planned all the same), CheckFailedError,
        CancelledError.
        """
        began = self.host.env.monotonic()
        if self.log is not None:
            self._caller.log = self.log
            self._decider.before = self.log.finished
        try:
            failure = yield from self._all_steps()
        except (RecordError, KeyboardInterrupt):
            yield from self._shown
            raise
        if failure is not None:
            yield from self._left_undone()
        yield from self._rows if self._as_steps else self._shown
        if failure is not None:
            raise failure
        yield from self._finish(began)

    def _all_steps(self) -> Generator[Note, None, Exception | None]:
        failure = yield from self._steps(self.checked.recipe.steps, None)
        if failure is not None and not self._dry:
            self._begin_clean_up(failure)
        if not self._dry or not isinstance(failure, CancelledError):
            failure = yield from self._steps(self.checked.recipe.always, failure)
        return failure

    def _steps(
        self, steps: Sequence[Step], failure: Exception | None
    ) -> Generator[Note, None, Exception | None]:
        """Run them in order; the failure that there was, or the first of these.

        After one the later steps are not run, those of the clean-up and of a dry run are.
        RecordError: the run cannot be recorded any more, and so nothing more is done.
        """
        for step in steps:
            if failure is not None and not self._dry and not step.always:
                self._keep(step, StepResult("not run"), step.command)
                continue
            try:
                yield from self._step(step)
            except RecordError:
                raise
            except KeyboardInterrupt:  # at a question, or waiting for the next try
                if self.host.cancelled.is_set():
                    raise  # the second one: quit at once
                self.host.cancelled.set()
                stopped = CancelledError(f"interrupted at {self._place(step)}")
                self._keep(step, failed_with(stopped), step.command)
                failure = failure or stopped
            except AwsopsError as caught:
                self._keep_failed(step, caught)
                if self._goes_on(step, caught):
                    yield Note(f"{caught.message}; going on (on_error: continue)", "warning")
                    continue
                if step.on_error == "rollback" and not self._dry and not self._interrupted(caught):
                    place = self._place(step)
                    yield from roll_back(self.host, place, self._secrets, self.log)
                failure = failure or caught
            except Exception as caught:  # a defect of a command about awsops itself
                self._keep_failed(step, caught)
                failure = failure or caught
        return failure

    def _interrupted(self, failure: Exception) -> bool:
        return self.host.cancelled.is_set() or isinstance(failure, CancelledError)

    def _begin_clean_up(self, failure: Exception) -> None:
        """From here on steps are clean-up after a failure: resume runs them again."""
        interrupted = self._interrupted(failure)
        failed = next((row.step for row in self._rows if row.status == "failed"), "a failure")
        self._occasion = f"clean-up after {'Ctrl-C' if interrupted else failed}"
        if self.log is not None:
            self.log.cleaning_up = True

    @property
    def something_left(self) -> bool:
        """Whether a step has begun in earnest and something is left to do."""
        if self.log is not None and self.log.rolled_back:
            return False
        begun = any(row.status not in ("skipped", "not run") for row in self._rows)
        return begun and len(self._over) < len(self.checked.recipe.every_step)

    def _goes_on(self, step: Step, error: AwsopsError) -> bool:
        final = (ExitCode.USAGE, ExitCode.DEFECT, ExitCode.INTERRUPTED)
        return step.on_error == "continue" and not self._dry and error.exit_code not in final

    # -- one step ---------------------------------------------------------------------------

    def _step(self, step: Step) -> Iterator[Note]:
        place = self._place(step)
        if self.host.cancelled.is_set() and not step.always:
            raise CancelledError(f"interrupted before {place}; it was not started")
        reason = self._decider.reason_against(step)
        if reason is not None:
            yield Note(f"{place}: {reason.detail}")
            self._keep(step, reason, self._title(step))
            return
        result = StepResult("done")
        title = self._title(step)
        for number, (note, arguments) in enumerate(self._decider.calls(step)):
            title = self._title(step, arguments)
            yield Note(f"{place}{note}: {title}")
            if number == 0 and not self._agreed(step, title):
                text = "skipped: you said no"
                self._keep(step, StepResult("skipped", detail=text), title)
                return
            result = yield from self._call(step, arguments, result, title, number)
            if result.exit_code is not ExitCode.OK:
                break
        self._keep(step, result, title)
        if step.show and self._shows:
            self._shown += (scrub_value(dict(row), self._secrets) for row in result.rows)
        if result.exit_code is not ExitCode.OK:
            message = f"{place}: {result.detail}"
            raise StepFailedError(message, result.exit_code, code=result.error_code)

    def _agreed(self, step: Step, title: str) -> bool:
        """Whether a person wants the step, where somebody is to be asked."""
        if self._dry:
            return True
        env = self.host.env
        if step.confirm is not None and not self.host.options.yes:
            question = self._decider.question(step, step.confirm)
            if not env.interactive:
                raise UsageError(
                    f"{self._place(step)} wants an answer and stdin is not a terminal: {question}",
                    hint="--yes answers it with yes",
                )
            if not env.prompter.confirm(question):
                raise AwsopsError(f"{self._place(step)} was not confirmed", code="Declined")
        return not self.choice.ask or env.prompter.confirm(f"Run {title}?")

    def _call(
        self,
        step: Step,
        arguments: Mapping[str, object],
        before: StepResult,
        title: str,
        item: int,
    ) -> Generator[Note, None, StepResult]:
        """Run the command for one item and add what it came to."""
        spec = self.checked.specs[step.id]
        call = Call(step, spec, arguments, title, self._place(step), item)
        strategy = step.strategy or self.checked.recipe.strategy
        result = before
        try:
            for event in self._caller.call(call, self._scope.targets, strategy):
                if isinstance(event, Note):
                    yield event
                else:
                    result = self._added(step, result, event)
        except AwsopsError as error:
            detail = scrub(error.message, self._secrets)
            failed = replace(
                result, status="failed", exit_code=error.exit_code, detail=detail, reliable=False
            )
            self._keep(step, failed, title)
            if isinstance(error, CancelledError):
                raise
            hint = scrub(error.hint, self._secrets) if error.hint else None
            place = self._place(step)
            message = detail if detail.startswith(place) else f"{place}: {detail}"
            raise StepFailedError(message, error.exit_code, hint=hint, code=error.code) from error
        if self._caller.lost:
            rest = tuple(t for t in self._scope.targets if t not in self._caller.lost)
            self._scope = self._decider.scope = replace(self._scope, targets=rest)
        return result

    def _added(self, step: Step, before: StepResult, made: StepResult) -> StepResult:
        spec = self.checked.specs[step.id]
        changes = before.changes + made.changes
        planned = self._dry and spec.mutates
        many = made.many_targets
        result = replace(
            made,
            rows=(*before.rows, *made.rows),
            seconds=before.seconds + made.seconds,
            changes=changes,
            reliable=made.reliable and not (self._dry and self._planned),
            detail=count(changes, "change") if planned and not made.detail else made.detail,
            many_targets=many,
        )
        self._planned = self._planned or (planned and changes > 0)
        return result

    # -- the end ----------------------------------------------------------------------------

    def _left_undone(self) -> Iterator[Note]:
        left = [row.step for row in self._rows if row.status == "not run"]
        if left:
            yield Note(f"not run: {', '.join(left)}", "warning")
        if self._dry and self._planned:
            text = "a dry run changes nothing: what an earlier step would have made is not there"
            yield Note(text, "warning")

    def _finish(self, began: float) -> Iterator[Note]:
        checked = without_checks_of(self.checked, self._left_out)
        verdicts = list(judge(checked, self._scope, self._secrets, dry_run=self._dry))
        if self.log is not None:
            self.log.judged([as_plain(verdict) for verdict in verdicts])
        waiting = [verdict.check.title for verdict in verdicts if verdict.passed is None]
        if waiting:
            yield Note(f"judged in the real run: {'; '.join(waiting)}")
        skipped = len(self.checked.recipe.checks) - len(checked.recipe.checks)
        if skipped:
            yield Note(f"{count(skipped, 'check')} not judged: their steps were left out")
        failed = [verdict for verdict in verdicts if verdict.passed is False]
        if failed:
            raise check_error(failed)
        seconds = self.host.env.monotonic() - began
        yield Note(summary(self.checked.recipe.name, self._rows, verdicts, seconds, self._dry))
        if not self._dry:
            yield from next_lines(self.checked.recipe, self._scope.values(), self._secrets)
        if self._caller.lost:
            lost = ", ".join(target.label for target in self._caller.lost)
            raise PartialError(f"some targets failed and were left behind: {lost}")

    # -- small parts ------------------------------------------------------------------------

    def _keep(self, step: Step, result: StepResult, title: str) -> None:
        self._results[step.id] = result
        if step.register and (result.status != "skipped" or step.register not in self._results):
            self._results[step.register] = result
        occasion = self._occasion if step.always else ""
        said = "; ".join(filter(None, [result.detail, occasion]))
        detail = scrub(said, self._secrets)
        if self.log is not None and result.status != "not run":
            goes_on = step.on_error == "continue" or result.exit_code is ExitCode.OK
            if goes_on:
                self._over.add(step.id)
            kept = replace(result, detail=detail)
            self.log.stepped(step.id, title, kept, self.host.env.clock(), goes_on)
        row = StepRow(
            step=step.id,
            run=title,
            status=result.status,
            rows=len(result.rows),
            seconds=round(result.seconds, 3),
            detail=detail,
        )
        self._rows.append(row)

    def _keep_failed(self, step: Step, error: Exception) -> None:
        """Note the failure of a step that has not done so itself."""
        if step.id in self._results:
            return
        if isinstance(error, CancelledError):
            self._keep(step, StepResult("not run", detail=error.message), step.command)
        else:
            self._keep(step, failed_with(error), step.command)

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
        return place_of(self.checked, step)

    def _resolve_targets(self) -> Sequence[Target]:
        """The targets, if any step runs on them or any expression names them."""
        used = any(spec.scope == "targets" for spec in self.checked.specs.values())
        named = any(refs.targets for refs in self.checked.references.values())
        return tuple(self.host.targets()) if used or named else ()
