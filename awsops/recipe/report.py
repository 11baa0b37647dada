"""What a run did, put together from its record and the journal: what a post-mortem needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awsops.errors import ExitCode, NotFoundError
from awsops.recipe.recording import record_folder
from awsops.records import RunRecord
from awsops.running.cut_off import begun_changes
from awsops.units import format_time

if TYPE_CHECKING:
    from awsops.journal import Journal
    from awsops.journal.entries import CallEntry, ChangeEntry

CUT_OFF = "cut off"  # the status of a step that began and has no end
MOST_ROWS = 50  # of one step: a report is read, the rows themselves are the command's output


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a step: its plans, who confirmed them, its rows and errors. Times are epoch
    seconds, `ended` None when the run was cut off before.
    """

    title: str
    began: float
    ended: float | None
    status: str
    detail: str
    approval: str
    plans: Sequence[Mapping[str, Any]]
    rows: Sequence[Mapping[str, Any]]
    errors: Sequence[str]


@dataclass(slots=True)
class ReportedStep:
    """A step and its calls."""

    step: str
    title: str = ""
    status: str = CUT_OFF
    detail: str = ""
    attempts: list[Attempt] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about one run."""

    run: str
    recipe: str
    summary: str
    source: str
    started: float
    ended: float | None
    exit_code: int | None
    problem: str
    targets: Sequence[str]
    params: Mapping[str, Any]
    hidden: Sequence[str]
    steps: Sequence[ReportedStep]
    undone: Sequence[Mapping[str, Any]]
    checks: Sequence[Mapping[str, Any]]
    changes: Sequence[ChangeEntry]
    calls: Sequence[CallEntry]

    @property
    def outcome(self) -> str:
        """In a word or two."""
        if self.exit_code is None:
            return "cut off"
        if self.exit_code == 0:
            return "done"
        if self.undone:
            return "failed and rolled back"
        if self.exit_code == ExitCode.FAILED:
            return "failed"
        return f"failed: {ExitCode(self.exit_code).name.lower().replace('_', ' ')}"


def read_report(state: Path, journal: Journal, wanted: str) -> Report:
    """The report of a run, by its id or the beginning of it. NotFoundError with the known ones."""
    folder = record_folder(state)
    known = RunRecord.known(folder)
    found = [name for name in known if name.startswith(wanted)]
    if not found:
        raise NotFoundError(
            f"there is no record of a recipe's run {wanted}",
            hint=f"recorded: {', '.join(known[-5:])}" if known else "awsops recipe run makes one",
        )
    run = found[-1]
    header = RunRecord.peek(folder, run)
    entries = _entries(folder, run)
    steps, checks, end = _timeline(entries)
    return Report(
        run=run,
        recipe=header["recipe"],
        summary=header["summary"],
        source=header["source"],
        started=header["started"],
        ended=end.get("at"),
        exit_code=end.get("exit_code"),
        problem=end.get("problem", ""),
        targets=[_label(target) for target in header["targets"]],
        params=header["values"],
        hidden=header["hidden"],
        steps=steps,
        undone=[entry["row"] for entry in entries if entry["kind"] == "undone"],
        checks=checks,
        changes=begun_changes(journal, run),
        calls=journal.calls(run),
    )


def _entries(folder: Path, run: str) -> list[Mapping[str, Any]]:
    import json

    lines = (folder / f"{run}.ndjson").read_bytes().splitlines(keepends=True)
    return [json.loads(line) for line in lines[1:] if line.endswith(b"\n")]


def _timeline(
    entries: Sequence[Mapping[str, Any]],
) -> tuple[list[ReportedStep], Sequence[Mapping[str, Any]], Mapping[str, Any]]:
    steps: dict[str, ReportedStep] = {}
    checks: Sequence[Mapping[str, Any]] = ()
    end: Mapping[str, Any] = {}
    begun: Mapping[str, Any] | None = None
    for entry in entries:
        kind = entry["kind"]
        if kind == "begin":
            if begun is not None:
                _attempt(steps, begun, None)
            begun, end = entry, {}
        elif kind == "call" and begun is not None:
            _attempt(steps, begun, entry)
            begun = None
        elif kind == "step":
            step = steps.setdefault(entry["step"], ReportedStep(entry["step"]))
            step.title, step.status = entry["title"], entry["result"]["status"]
            step.detail = entry["result"]["detail"]
        elif kind == "checks":
            checks = entry["verdicts"]
        elif kind == "end":
            end = entry
    if begun is not None:
        _attempt(steps, begun, None)
    return list(steps.values()), checks, end


def _attempt(
    steps: dict[str, ReportedStep], begun: Mapping[str, Any], ended: Mapping[str, Any] | None
) -> None:
    step = steps.setdefault(begun["step"], ReportedStep(begun["step"], begun["title"]))
    result = ended["result"] if ended is not None else {}
    step.attempts.append(
        Attempt(
            title=begun["title"],
            began=begun["at"],
            ended=ended["at"] if ended is not None else None,
            status=result.get("status", CUT_OFF),
            detail=result.get("detail", ""),
            approval=(ended or {}).get("approval", ""),
            plans=(ended or {}).get("plans", ()),
            rows=result.get("rows", ()),
            errors=(ended or {}).get("errors", ()),
        )
    )


def _label(target: Mapping[str, Any]) -> str:
    from awsops.targets import Target

    made = Target(**target)
    return f"{made.label} ({made.account})" if made.account else made.label


def words(value: object) -> str:
    """A value in a cell of a table: one line."""
    import json

    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split())


def columns_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every column that a row has, in order."""
    return list(dict.fromkeys(name for row in rows for name in row))


def what_changed(entry: ChangeEntry) -> str:
    """A change in words, and how sure it is where it is not known to be made."""
    doubt = "" if entry.status == "made" else f" ({entry.status})"
    return f"{entry.change.action} {entry.change.resource}{doubt}"


def call_row(entry: Any) -> dict[str, Any]:
    """A call of the journal (CallEntry), as it stands in a report."""
    return {
        "at": format_time(entry.at),
        "account": entry.record.account,
        "call": f"{entry.record.service}:{entry.record.operation}",
        "outcome": entry.error_code or entry.outcome,
        "request": entry.request_id,
    }
