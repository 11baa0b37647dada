"""The steps that a rehearsal did not run, each on its own: for the policy, which needs their calls.

A step whose `when` was false, whose `for_each` was empty, or that came after a failure is run with
the steps whose results it needs, and without the conditions of any of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from awsops.recipe.recording import record_folder
from awsops.records import RunRecord

if TYPE_CHECKING:
    from pathlib import Path

    from awsops.recipe.checking import Checked
    from awsops.recipe.model import Param, Step


@dataclass(frozen=True, slots=True)
class Came:
    """How far a step came in a run: `whole` when every call of it went well, of which there was
    at least one; `reason` why not.
    """

    whole: bool
    reason: str = ""


def how_far(state: Path, steps: Iterable[Step]) -> dict[str, Came]:
    """How far each step came in the latest recorded run under the state folder, by step id."""
    folder = record_folder(state)
    known = RunRecord.known(folder)
    entries: list[Mapping[str, Any]] = []
    if known:
        lines = (folder / f"{known[-1]}.ndjson").read_bytes().splitlines()[1:]
        entries = [json.loads(line) for line in lines]
    return {step.id: _came(step, entries) for step in steps}


def _came(step: Step, entries: list[Mapping[str, Any]]) -> Came:
    mine = [entry for entry in entries if entry.get("step") == step.id]
    calls = [entry["result"] for entry in mine if entry["kind"] == "call"]
    failed = [call for call in calls if call["exit_code"] != 0]
    ends = [entry["result"] for entry in mine if entry["kind"] == "step"]
    if calls and not failed:
        return Came(True)
    if failed:
        return Came(False, failed[-1]["detail"] or "it failed")
    if ends and ends[-1]["status"] == "done":
        return Came(False, "its for_each was empty")
    return Came(False, ends[-1]["detail"] if ends else "the run ended before it")


def alone(checked: Checked, step: Step) -> str:
    """The text of a recipe that runs this step, and before it what it needs the results of."""
    recipe = checked.recipe
    wanted = _with_needed(checked, step)
    steps = [_plain(each) for each in recipe.every_step if each.id in wanted]
    whole = {
        "name": "alone",
        "summary": f"The step {step.id}.",
        "params": {param.name: _plain_param(param) for param in recipe.params},
        "steps": steps,
    }
    return json.dumps(whole, ensure_ascii=False)  # JSON is YAML


def _with_needed(checked: Checked, step: Step) -> set[str]:
    steps = checked.recipe.every_step
    found: set[str] = set()
    waiting = [step]
    while waiting:
        each = waiting.pop()
        if each.id in found:
            continue
        found.add(each.id)
        expressions = [each.for_each.expression] if each.for_each is not None else []
        for bound in each.arguments.values():
            expressions += bound.expressions
        names = checked.needs(expressions)
        waiting += [other for other in steps if other.id in names or other.register in names]
    return found


def _plain(step: Step) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": step.id,
        "run": step.command,
        "with": {name: bound.node.plain() for name, bound in step.arguments.items()},
        "on_error": "continue",
    }
    if step.for_each is not None:
        plain["for_each"] = step.for_each.node.plain()
    if step.register:
        plain["register"] = step.register
    if step.timeout is not None:
        plain["timeout"] = f"{step.timeout:g}s"
    return plain


def _plain_param(param: Param) -> dict[str, Any]:
    plain: dict[str, Any] = {"type": param.type, "secret": param.secret}
    if not param.required:
        plain["default"] = param.default
    if param.choices:
        plain["choices"] = list(param.choices)
    return plain
