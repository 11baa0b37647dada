"""What steps came to, and the scope that expressions see of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from awsops.errors import AwsopsError, ExitCode

if TYPE_CHECKING:
    from awsops.targets import Target

Status = Literal["done", "skipped", "failed", "planned", "undecided", "not run"]


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of a run. `status`: done, skipped, failed, not run; in a dry run also planned, and
    undecided when it depends on what a change would have brought. `seconds` it took.
    """

    step: str
    run: str
    status: str
    rows: int
    seconds: float
    detail: str


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step came to.

    `reliable` False: in a dry run its rows do not exist, or show AWS as it is before the changes
    that earlier steps only planned.
    """

    status: Status
    rows: tuple[Mapping[str, Any], ...] = ()
    seconds: float = 0.0
    exit_code: ExitCode = ExitCode.OK
    changes: int = 0
    reliable: bool = True
    detail: str = ""
    error_code: str | None = None
    many_targets: bool = False

    def as_value(self, targets: int) -> dict[str, Any]:
        """The result as an expression sees it."""
        return {
            "status": self.status,
            "rows": list(self.rows),
            "count": len(self.rows),
            "seconds": round(self.seconds, 3),
            "exit_code": int(self.exit_code),
            "changes": self.changes,
            "targets": targets,
        }


def failed_with(error: Exception) -> StepResult:
    """The result of a step that an error ended; what a defect says is left to its trace."""
    code, text = ExitCode.DEFECT, f"it ended unexpectedly: {type(error).__name__}"
    if isinstance(error, AwsopsError):
        code, text = error.exit_code, error.message
    return StepResult("failed", exit_code=code, detail=text, reliable=False)


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


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything that expressions see, at one moment of a run."""

    params: Mapping[str, object]
    run: Mapping[str, object]
    results: Mapping[str, StepResult]
    targets: Sequence[Target]

    def values(self, more: Mapping[str, object] | None = None) -> dict[str, object]:
        """The scope of an expression; `more` adds names to it."""
        return self._values(self.results, self.targets, more or {})

    def by_target(self) -> Iterator[tuple[Target, dict[str, object]]]:
        """Each target with the scope as if the run had that target alone."""
        parts = {name: _by_target(result) for name, result in self.results.items()}
        for target in self.targets:
            key = (target.name, target.region)
            results = {
                name: replace(result, rows=_of_account(parts[name].get(key, ()), target.account))
                if result.many_targets
                else result
                for name, result in self.results.items()
            }
            yield target, self._values(results, [target], {})

    def _values(
        self,
        results: Mapping[str, StepResult],
        targets: Sequence[Target],
        more: Mapping[str, object],
    ) -> dict[str, object]:
        return {
            "params": dict(self.params),
            "run": dict(self.run),
            "steps": {name: r.as_value(len(targets)) for name, r in results.items()},
            "targets": [_target_value(target) for target in targets],
            **more,
        }


Row = Mapping[str, Any]


def _by_target(result: StepResult) -> Mapping[object, list[Row]]:
    """Rows by the columns that the kernel puts before each when there are several targets."""
    parts: dict[object, list[Row]] = {}
    for row in result.rows:
        parts.setdefault((row.get("profile"), row.get("region")), []).append(row)
    return parts


def _of_account(rows: Sequence[Row], account: str | None) -> tuple[Row, ...]:
    """With --org a profile leads to many accounts, which the targets then name."""
    return tuple(row for row in rows if account is None or row.get("account") == account)


def _target_value(target: Target) -> dict[str, object]:
    return {
        "profile": target.name,
        "region": target.region,
        "account": target.account,
        "role": target.role,
        "label": target.label,
    }
