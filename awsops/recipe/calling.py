"""One step of a recipe carried out: over the targets in waves, again when it fails, in time."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from awsops.errors import AwsopsError, CancelledError, ExitCode
from awsops.events import Note
from awsops.recipe.model import Step, Strategy
from awsops.recipe.recording import CallKey, Partly, RunLog
from awsops.recipe.results import StepResult
from awsops.running.waves import cut
from awsops.secrecy import scrub
from awsops.units import format_duration

if TYPE_CHECKING:
    from awsops.journal.entries import ChangeEntry
    from awsops.plugin import CommandSpec
    from awsops.recipe.hosting import RecipeHost
    from awsops.running.tasks import Outcome
    from awsops.targets import Target

# Trying again changes nothing about these: what is wrong is the recipe, the caller or the answer.
_FINAL = frozenset({ExitCode.USAGE, ExitCode.DEFECT, ExitCode.DENIED, ExitCode.INTERRUPTED})
# What a step of the clean-up has after Ctrl-C, unless its own timeout says otherwise.
CLEAN_UP_SECONDS = 5.0
_FINAL_CODES = frozenset({"Declined", "Protected", "Journal", "Record"})


@dataclass(frozen=True, slots=True)
class Call:
    """What is called: the step, its arguments, and how a person would type it."""

    step: Step
    spec: CommandSpec
    arguments: Mapping[str, object]
    title: str
    place: str
    item: int = 0


@dataclass(eq=False)
class Caller:
    """Calls commands for one run; `lost` are the targets that failed and were left behind."""

    host: RecipeHost
    dry: bool
    secrets: list[str]
    log: RunLog | None = None
    again: frozenset[str] = frozenset()
    assumed_done: frozenset[str] = frozenset()
    lost: list[Target] = field(default_factory=list)
    labelled: bool = False  # the run has several targets, though a wave may have one

    def call(
        self, call: Call, targets: Sequence[Target], strategy: Strategy | None
    ) -> Iterator[Note | StepResult]:
        """Notes on the way, and a StepResult for each wave, the last one failed or not."""
        waves = _waves(targets, strategy if call.spec.mutates else None)
        failures = 0
        for number, wave in enumerate(waves):
            if len(waves) > 1:
                names = ", ".join(target.label for target in wave[:5])
                more = f" and {len(wave) - 5} more" if wave[5:] else ""
                yield Note(f"{call.place}: wave {number + 1} of {len(waves)}: {names}{more}")
            result, failed = yield from self._wave(call, wave, number)
            failures += len(failed)
            most = strategy.max_failures if strategy is not None and len(targets) > 1 else 0
            if failed and failures <= most and len(failed) < len(targets):
                self.lost.extend(failed)
                left = ", ".join(target.label for target in failed)
                yield Note(f"{call.place}: left out from here on: {left}", "warning")
                result = replace(result, status="done", exit_code=ExitCode.OK, reliable=True)
            yield result
            if result.exit_code is not ExitCode.OK:
                return

    def _wave(
        self, call: Call, targets: Sequence[Target], wave: int
    ) -> Generator[Note, None, tuple[StepResult, Sequence[Target]]]:
        key = CallKey(call.step.id, call.item, wave)
        if self.log is not None and key in self.log.done:
            yield Note(f"{call.place}: done before the run was cut off")
            return self.log.done[key], ()
        cut_off = self._cut_off(key)
        settled, goes_on = yield from self._before(call, key, targets)
        if settled is not None:
            self._keep(cut_off, settled)
            return settled, ()
        before = self.log.partly.get(key) if self.log is not None else None
        if before is not None:
            targets = [target for target in targets if target not in before.targets]
        retry = call.step.retry
        for attempt in range((retry.times if retry else 0) + 1):
            if attempt and retry is not None:
                self._pause(retry.wait)
                yield Note(f"{call.place}: try {attempt + 1} of {retry.times + 1}")
            if (attempt or goes_on) and (known := self._recorded(call, targets)):
                yield Note(f"{call.place}: going on with what it had begun")
                result, outcome, error, targets, before = self._go_on(
                    call, key, targets, known, before
                )
            else:
                result, outcome, error = self._once(call, key, targets, before)
            if result.exit_code is ExitCode.OK or _is_final(result) or self.dry:
                break
            if self.host.cancelled.is_set():
                break
            well = _well(call, targets, outcome, before)
            if well:  # the next try is for the others
                before = Partly(tuple(well), result)
                targets = [target for target in targets if target not in well]
            if retry is not None and attempt < retry.times:
                wait = format_duration(retry.wait)
                yield Note(f"{call.place}: {result.detail}; again in {wait}", "warning")
        if error is not None:
            raise error
        self._keep(cut_off, result)
        return result, (outcome.failed if outcome is not None else ())

    def _cut_off(self, key: CallKey) -> Sequence[ChangeEntry]:
        """What a killed process was about to do in this call, and could not tell of."""
        if self.log is None or key not in self.log.begun:
            return ()
        return self.host.cut_off(self.log.begun[key])

    def _keep(self, cut_off: Sequence[ChangeEntry], result: StepResult) -> None:
        """Tell the journal what a killed process had changed, once all of it is done. What this
        process has told itself stays as it is.
        """
        if result.exit_code is not ExitCode.OK:
            return
        for entry in cut_off:
            self.host.keep_change(entry)

    def _before(
        self, call: Call, key: CallKey, targets: Sequence[Target]
    ) -> Generator[Note, None, tuple[StepResult | None, bool]]:
        """What an earlier process of the run came to: the result when nothing is left to do, else
        whether the call goes on with what it had begun.
        """
        if self.log is None:
            return None, False
        before = self.log.partly.get(key)
        if before is not None:
            names = ", ".join(target.label for target in before.targets)
            yield Note(f"{call.place}: done before in {names}")
            targets = [target for target in targets if target not in before.targets]
        if key not in self.log.begun:
            return None, key in self.log.failed
        settled, goes_on = yield from self._settle(call, key, targets)
        if settled is not None:
            self.log.called(key, settled, self.host.env.clock())
        return settled, goes_on

    def _recorded(self, call: Call, targets: Sequence[Target]) -> Sequence[Target]:
        """The targets where the command can go on with what this run had begun."""
        if not call.spec.resumes or self.dry or "resume" in call.arguments:
            return ()
        resumed = self._resumed(call)
        try:
            outcome = self.host.run(
                resumed.step.noun,
                resumed.step.verb,
                resumed.arguments,
                targets=targets,
                dry_run=True,
                quiet=True,
                secrets=self.secrets,
            )
        except AwsopsError:
            return ()
        return [target for target in targets if target not in outcome.failed]

    def _resumed(self, call: Call) -> Call:
        kept = {n: value for n, value in call.arguments.items() if n in call.spec.resumes}
        return replace(call, arguments={**kept, "resume": self.host.run_id})

    def _go_on(
        self,
        call: Call,
        key: CallKey,
        targets: Sequence[Target],
        known: Sequence[Target],
        before: Partly | None,
    ) -> tuple[StepResult, Outcome | None, AwsopsError | None, Sequence[Target], Partly | None]:
        """Call it where it goes on, then where it begins; and which were called last and before."""
        rest = [target for target in targets if target not in known]
        made = self._once(self._resumed(call), key, known, before)
        if not rest or made[2] is not None or made[0].exit_code is not ExitCode.OK:
            return (*made, known if not rest else targets, before)
        before = Partly((*(before.targets if before else ()), *known), made[0])
        return (*self._once(call, key, rest, before), rest, before)

    def _once(
        self,
        call: Call,
        key: CallKey,
        targets: Sequence[Target],
        before: Partly | None,
    ) -> tuple[StepResult, Outcome | None, AwsopsError | None]:
        """Call it once; the error when the command could not even be begun on any target."""
        env = self.host.env
        clean_up = self.host.cancelled.is_set() and call.step.always
        if self.host.cancelled.is_set() and not clean_up:
            raise CancelledError(f"interrupted before {call.place}; it was not started")
        if self.log is not None and not self.dry:
            self.log.began(key, call.title, env.clock(), self.host.mark())
        began = env.monotonic()
        outcome: Outcome | None = None
        failure: AwsopsError | None = None
        try:
            outcome = self.host.run(
                call.step.noun,
                call.step.verb,
                call.arguments,
                targets=targets if call.spec.scope == "targets" else None,
                timeout=call.step.timeout or (CLEAN_UP_SECONDS if clean_up else None),
                labelled=self.labelled,
                after_cancel=clean_up,
                secrets=self.secrets,
            )
            result = self._result(call, outcome, env.monotonic() - began)
            if before is not None:
                result = replace(result, rows=(*before.result.rows, *result.rows))
        except AwsopsError as error:
            failure = error
            result = StepResult(
                "failed",
                exit_code=error.exit_code,
                seconds=env.monotonic() - began,
                detail=scrub(error.message, self.secrets),
                error_code=error.code,
                reliable=False,
            )
        if self.log is not None and not self.dry:
            self.log.called(
                key, result, env.clock(), outcome, _well(call, targets, outcome, before)
            )
        return result, outcome, failure

    def _result(self, call: Call, outcome: Outcome, seconds: float) -> StepResult:
        changes = sum(len(plan.changes) for plan in outcome.plans)
        planned = self.dry and call.spec.mutates
        result = StepResult(
            status="planned" if planned else "done",
            rows=outcome.rows,
            seconds=seconds,
            exit_code=outcome.exit_code,
            changes=changes,
            reliable=not planned,
            many_targets=call.spec.scope == "targets" and self.labelled,
        )
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
        others = f" (and {more} more target{'' if more == 1 else 's'})" if more else ""
        return scrub(outcome.errors[0].message, self.secrets) + others

    def _pause(self, seconds: float) -> None:
        env = self.host.env
        if env.real_time:
            self.host.cancelled.wait(seconds)
        else:
            env.sleep(seconds)

    # -- after a crash ----------------------------------------------------------------------

    def _settle(
        self, call: Call, key: CallKey, targets: Sequence[Target]
    ) -> Generator[Note, None, tuple[StepResult | None, bool]]:
        """What became of a call that had begun when the run was cut off: its result when it need
        not be made again, else None and whether it goes on with what it had begun.
        """
        assert self.log is not None
        step = call.step
        again = step.id in self.again
        if not call.spec.mutates or step.idempotent or (again and not call.spec.resumes):
            return None, False
        calls = self.host.calls_made(self.log.begun[key])
        if not calls:
            # Nothing had left, or nobody heard of it any more: the command's own record knows.
            return None, True
        done = StepResult("done", detail="done before the run was cut off", reliable=True)
        if step.id in self.assumed_done:
            return done, False
        if again or len(self._recorded(call, targets)) == len(targets):
            return None, True
        planned = self.host.run(
            step.noun,
            step.verb,
            call.arguments,
            targets=targets,
            dry_run=True,
            quiet=True,
            secrets=self.secrets,
        )
        if planned.exit_code is ExitCode.OK and not any(p.changes for p in planned.plans):
            yield Note(f"{call.place}: done before the run was cut off: nothing is left to do")
            return done, False
        go_on = f"awsops recipe resume {self.host.run_id}"
        shown = ", ".join(calls[:5]) + (f" and {len(calls) - 5} more" if calls[5:] else "")
        now = "its plan still has changes"
        if planned.errors:
            now = f"it cannot be planned now: {scrub(planned.errors[0].message, self.secrets)}"
        raise AwsopsError(
            f"{call.place} was cut off after {shown}, and {now}",
            hint=f"look at the resource, then: {go_on} --again {step.id}, or --done {step.id}",
            code="InDoubt",
        )


def _well(
    call: Call, targets: Sequence[Target], outcome: Outcome | None, before: Partly | None
) -> Sequence[Target]:
    """Where a change that failed on some targets has gone well, now or before."""
    if not call.spec.mutates:
        return ()
    if outcome is None or outcome.exit_code is ExitCode.OK:
        return before.targets if before is not None else ()
    now = [target for target in targets if target not in outcome.failed] if outcome.failed else ()
    return (*(before.targets if before is not None else ()), *now)


def _is_final(result: StepResult) -> bool:
    return result.exit_code in _FINAL or result.error_code in _FINAL_CODES


def _waves(targets: Sequence[Target], strategy: Strategy | None) -> list[Sequence[Target]]:
    if strategy is None or len(targets) < 2:
        return [targets]
    return cut(targets, strategy.waves)
