"""A recipe from runs of the past: what was typed becomes its steps."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from awsops.errors import AwsopsError, UsageError

if TYPE_CHECKING:
    from awsops.host import Host
    from awsops.journal.entries import RunRecord

_HIDDEN = re.compile(r"<[^<>]*>|\*{3,}")  # what the journal keeps in place of a secret, a payload


def sketch(host: Host, name: str, runs: Sequence[RunRecord]) -> str:
    """The text of a recipe whose steps are these runs, in this order.

    What the journal does not hold (secrets, payloads) becomes a parameter. UsageError when a run
    was none of a command that a step can be.
    """
    params: list[str] = []
    steps: list[str] = []
    for number, run in enumerate(runs, 1):
        steps += _step(host, run, number, params)
    summary = " then ".join(dict.fromkeys(run.command for run in runs))
    head = [
        f"name: {name}",
        f"summary: {_quoted(summary[:1].upper() + summary[1:] + '.')}",
        "description: |",
        "  When to use it, and what it does.",
    ]
    section = ["params:", *params] if params else []
    return "\n".join([*head, "", *section, *([""] if section else []), "steps:", *steps]) + "\n"


def _step(host: Host, run: RunRecord, number: int, params: list[str]) -> list[str]:
    try:
        noun, verb, given, _ = host.parse(run.argv)
    except AwsopsError as error:
        raise UsageError(
            f"run {run.run_id} cannot be a step: {error.message}",
            hint=f"it was: awsops {' '.join(run.argv)}",
        ) from None
    if noun in ("recipe", "history"):
        raise UsageError(
            f"run {run.run_id} was of `awsops {noun} {verb}`, which cannot be a step",
            hint="name runs of other commands: awsops history ls",
        )
    defaults = {n: p.default for n, p in _parameters(host, noun, verb).items()}
    lines = [f"  - id: step{number}", f"    run: {noun} {verb}"]
    kept = {n: v for n, v in given.items() if v not in (None, (), [], defaults.get(n))}
    if kept:
        lines.append("    with:")
    for key, value in kept.items():
        if isinstance(value, str) and _HIDDEN.fullmatch(value):
            param = f"{key.strip('_')}{number}"
            params.append(f"  {param}: {{help: {_quoted(f'{key} of {noun} {verb}')}}}")
            value = "{{ params." + param + " }}"
        lines.append(f"      {key.strip('_')}: {_quoted(value)}")
    return lines


def _parameters(host: Host, noun: str, verb: str) -> Any:
    from awsops.recipe.signatures import parameters

    return parameters(host.sources.spec(noun, verb))


def _quoted(value: object) -> str:
    """A value as YAML: JSON is YAML, plain words go without quotes."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9 ._/-]*", value):
        plain = value.lower() not in ("true", "false", "null", "yes", "no", "on", "off")
        return value if plain and value == value.strip() else json.dumps(value)
    if isinstance(value, str | int | float | bool):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_quoted(item) for item in value) + "]"
    return json.dumps(str(value), ensure_ascii=False)
