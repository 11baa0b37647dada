"""The kill switch: reserved concurrency to zero, and back to what it was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from awsops.api import Aws, Change, Plan, RunRecord, UsageError

from .client import LambdaClient, is_missing
from .names import command_line, unknown_function

KEEP_SECONDS = 366 * 86_400.0  # a stopped function may stay stopped for long
NOTHING = "none"


@dataclass(frozen=True, slots=True)
class Concurrency:
    """Reserved concurrency of a function, before and after; None is unreserved."""

    function: str
    before: int | None
    after: int | None


def read_reserved(lam: LambdaClient, function: str) -> int | None:
    """Reserved concurrent executions; None when nothing is reserved."""
    try:
        answer = lam.get_function_concurrency(FunctionName=function)
    except Exception as error:
        if is_missing(error):
            raise unknown_function(lam, function) from error
        raise
    found = answer.get("ReservedConcurrentExecutions")
    return int(found) if found is not None else None


def shown(reserved: int | None) -> str:
    """Reserved concurrency in words; None is unreserved."""
    return f"{reserved} reserved" if reserved is not None else "unreserved"


def describe_stop(aws: Aws, function: str, before: int | None) -> Plan:
    """Nothing to do when it is at zero already: what it was before must not be forgotten."""
    if before == 0:
        return Plan((), f"{function} is stopped already")
    undo = command_line(aws, "start", function)
    if before is not None:
        undo = command_line(aws, "start", function, "--reserved", str(before))
    change = Change(
        "stop",
        function,
        detail="every call is throttled until it is started",
        before=shown(before),
        after=shown(0),
        undo=undo,
    )
    return Plan((change,))


def apply_stop(aws: Aws, function: str, before: int | None) -> Concurrency:
    """What it was is on disk before Lambda is told; one call then."""
    record = RunRecord.begin(
        folder_of(aws.env.folders.state),
        _name(aws, function),
        {"function": function, "reserved": before},
        keep_seconds=KEEP_SECONDS,
    )
    try:
        aws.client("lambda").put_function_concurrency(
            FunctionName=function, ReservedConcurrentExecutions=0
        )
    finally:
        record.close(finished=False)
    return Concurrency(function, before, 0)


def folder_of(state: Path) -> Path:
    """Where it is remembered what stopped functions had."""
    return state / "lambda-stopped"


def _name(aws: Aws, function: str) -> str:
    return f"{aws.identity().account}.{aws.region}.{function}"


def remembered(aws: Aws, function: str) -> tuple[bool, int | None]:
    """Whether a stop is on record here, and what was reserved before it."""
    folder, name = folder_of(aws.env.folders.state), _name(aws, function)
    if name not in RunRecord.known(folder):
        return False, None
    found = RunRecord.peek(folder, name).get("reserved")
    return True, int(found) if found is not None else None


def plan_start(aws: Aws, function: str, reserved: str | None) -> tuple[int | None, int | None]:
    """What is reserved now, and what it goes back to: as given, else as remembered.

    UsageError when neither is known, for a guess could take concurrency from the others.
    """
    now = read_reserved(aws.client("lambda"), function)
    if reserved is not None:
        if reserved != NOTHING and not (reserved.isdigit() and int(reserved) > 0):
            raise UsageError(f"--reserved {reserved!r}: expected a number above 0, or none")
        return now, None if reserved == NOTHING else int(reserved)
    known, before = remembered(aws, function)
    if now != 0:
        return now, now
    if not known:
        raise UsageError(
            f"{function} was not stopped from here, so what it had is not known",
            hint="--reserved none, or --reserved N",
        )
    return now, before


def describe_start(aws: Aws, function: str, now: int | None, target: int | None) -> Plan:
    """The Plan from the reserved concurrency of `now` to `target`; None is unreserved."""
    if now == target:
        return Plan((), f"{function} is not stopped: {shown(now)}")
    stop = command_line(aws, "stop", function)
    undo = stop if now == 0 else command_line(aws, "start", function, "--reserved", _word(now))
    change = Change("start", function, before=shown(now), after=shown(target), undo=undo)
    return Plan((change,))


def _word(reserved: int | None) -> str:
    return NOTHING if reserved is None else str(reserved)


def apply_start(aws: Aws, function: str, now: int | None, target: int | None) -> Concurrency:
    """One call; then what was remembered is forgotten."""
    lam: LambdaClient = aws.client("lambda")
    if target is None:
        lam.delete_function_concurrency(FunctionName=function)
    else:
        lam.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=target)
    known, _ = remembered(aws, function)
    if known:
        folder, name = folder_of(aws.env.folders.state), _name(aws, function)
        RunRecord.resume(folder, name).close(finished=True)
    return Concurrency(function, now, target)
