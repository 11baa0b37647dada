"""What a run of a recipe leaves on disk while it runs: enough to go on after a crash, to report.

Before each call of a step a line is synced to disk, after it its result. A call that has begun and
not ended is in doubt: what the journal knows of it, and a fresh plan, decide what resume does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awsops.errors import ExitCode, UsageError
from awsops.recipe.results import StepResult
from awsops.records import RunRecord
from awsops.secrecy import scrub_value

if TYPE_CHECKING:
    from awsops.running.tasks import Outcome
    from awsops.targets import Target

KEEP_SECONDS = 90 * 86_400.0  # reports of a quarter; a record is as large as its rows


@dataclass(frozen=True, slots=True)
class CallKey:
    """One call of a step: which item of its for_each and which wave of targets, from 0."""

    step: str
    item: int = 0
    wave: int = 0


@dataclass(frozen=True, slots=True)
class Partly:
    """A call that went well on some targets and failed on others: there it is made again."""

    targets: tuple[Target, ...]
    result: StepResult


def record_folder(state: Path) -> Path:
    """Where the records of recipes' runs are."""
    return state / "recipe"


@dataclass(eq=False)
class RunLog:
    """The record of one run; entries of an earlier process of the same run come with it."""

    record: RunRecord
    secrets: list[str]
    done: dict[CallKey, StepResult] = field(default_factory=dict)
    begun: dict[CallKey, int] = field(default_factory=dict)  # and not ended: the journal's mark
    failed: set[CallKey] = field(default_factory=set)
    partly: dict[CallKey, Partly] = field(default_factory=dict)
    finished: dict[str, StepResult] = field(default_factory=dict)
    ended: bool = False
    rolled_back: bool = False
    cleaning_up: bool = False  # after a failure: what a run that goes on does again in its end

    @classmethod
    def begin(
        cls, state: Path, run_id: str, header: Mapping[str, object], secrets: list[str]
    ) -> RunLog:
        """A new record. RecordError when it cannot be written."""
        clean = {name: scrub_value(value, secrets) for name, value in header.items()}
        folder = record_folder(state)
        return cls(RunRecord.begin(folder, run_id, clean, keep_seconds=KEEP_SECONDS), secrets)

    @classmethod
    def resume(cls, state: Path, run_id: str) -> RunLog:
        """The record of an interrupted run; UsageError when that run has ended well."""
        log = cls(RunRecord.resume(record_folder(state), run_id), [])
        for entry in log.record.replay():
            log._replay(entry)
        if log.rolled_back:
            log.record.close(finished=False)
            raise UsageError(
                f"run {run_id} was rolled back: what it had done is not there to go on from",
                hint=f"awsops history undo {run_id} undoes what may be left; then begin a new run",
            )
        if log.ended:
            log.record.close(finished=False)
            raise UsageError(
                f"run {run_id} has ended: there is nothing to go on with",
                hint=f"awsops recipe report {run_id}",
            )
        return log

    def _replay(self, entry: Mapping[str, Any]) -> None:
        kind = entry["kind"]
        if entry.get("clean_up"):
            return
        if kind == "rollback":
            self.rolled_back = True
        elif kind == "end":
            self.ended = entry["exit_code"] == 0
        elif kind == "step":
            result = _result(entry["result"])
            if result.status in ("done", "skipped") or entry.get("goes_on"):
                self.finished[entry["step"]] = result
        elif kind in ("begin", "call"):
            key = CallKey(entry["step"], entry["item"], entry["wave"])
            if kind == "begin":
                # Killed twice: what the first did counts; without a mark (an older record), all.
                self.begun.setdefault(key, entry.get("mark", 0))
                return
            self.begun.pop(key, None)
            result = _result(entry["result"])
            if result.exit_code is ExitCode.OK:
                self.done[key] = result
                self.partly.pop(key, None)
                return
            self.failed.add(key)
            if entry.get("went_well"):
                self.partly[key] = Partly(_targets(entry["went_well"]), result)

    def began(self, key: CallKey, title: str, at: float, mark: int) -> None:
        """A call is about to be made; synced, so that no change is made without it. `mark` is where
        the journal stands: a clock may be put back."""
        entry = {"kind": "begin", **asdict(key), "at": at, "title": title, "mark": mark}
        self._append(entry, sync=True)

    def called(
        self,
        key: CallKey,
        result: StepResult,
        at: float,
        outcome: Outcome | None = None,
        went_well: Sequence[Target] = (),
    ) -> None:
        """A call has ended, well or not; `went_well` are targets of one that failed on others."""
        entry: dict[str, Any] = {"kind": "call", **asdict(key), "at": at, "result": _plain(result)}
        if went_well:
            entry["went_well"] = [asdict(target) for target in went_well]
        if outcome is not None:
            entry["approval"] = outcome.approval
            entry["plans"] = [
                {
                    "target": planned.target.label,
                    "account": planned.account,
                    "summary": planned.plan.summary,
                    "changes": [asdict(change) for change in planned.plan.changes],
                }
                for planned in outcome.planned
            ]
            entry["errors"] = [f"{error.code}: {error.message}" for error in outcome.errors]
        self._append(entry)

    def stepped(self, step: str, title: str, result: StepResult, at: float, goes_on: bool) -> None:
        """A step has ended; `goes_on` when the run does, whatever came of it."""
        plain = {**_plain(result), "rows": []} if result.status == "done" else _plain(result)
        entry = {"kind": "step", "step": step, "title": title, "result": plain, "at": at}
        entry["rows_in_calls"] = result.status == "done"
        self._append({**entry, "goes_on": goes_on})

    def rolling_back(self) -> None:
        """What the run has changed is about to be undone: it cannot be gone on with."""
        self.rolled_back = True
        self._append({"kind": "rollback"}, sync=True)

    def undid(self, row: Mapping[str, object]) -> None:
        """What became of one change in a rollback."""
        self._append({"kind": "undone", "row": dict(row)})

    def judged(self, verdicts: Sequence[Mapping[str, object]]) -> None:
        """What came of the checks."""
        self._append({"kind": "checks", "verdicts": list(verdicts)})

    def close(self, exit_code: int, at: float, problem: str = "") -> None:
        """The run has ended; the record stays for its report."""
        self._append({"kind": "end", "exit_code": exit_code, "at": at, "problem": problem})
        self.record.close(finished=False)

    def _append(self, entry: Mapping[str, object], *, sync: bool = False) -> None:
        marked = {**entry, "clean_up": True} if self.cleaning_up else dict(entry)
        self.record.append(scrub_value(marked, self.secrets), sync=sync)


def targets_of(header: Mapping[str, Any]) -> list[Target]:
    """The targets that a run's header names."""
    return list(_targets(header["targets"]))


def _targets(plain: Sequence[Mapping[str, Any]]) -> tuple[Target, ...]:
    from awsops.targets import Target

    return tuple(Target(**each) for each in plain)


def _plain(result: StepResult) -> dict[str, Any]:
    return {
        "status": result.status,
        "rows": [dict(row) for row in result.rows],
        "seconds": round(result.seconds, 3),
        "exit_code": int(result.exit_code),
        "changes": result.changes,
        "detail": result.detail,
        "error_code": result.error_code,
        "many_targets": result.many_targets,
    }


def _result(plain: Mapping[str, Any]) -> StepResult:
    values = {**plain, "rows": tuple(plain["rows"]), "exit_code": ExitCode(plain["exit_code"])}
    return StepResult(**values)
