"""Running recipes on a hand-made host: order, hand-over of results, failures, dry runs."""

from __future__ import annotations

from typing import Any

from awsops.errors import AwsopsError, CredentialsError, ExitCode, PartialError
from awsops.host import Outcome
from awsops.targets import Target

HEAD = "name: t\nsummary: s\n"


def test_steps_run_in_order_with_the_results_of_earlier_ones(run_recipe: Any, outcome: Any) -> None:
    text = (
        HEAD
        + """
params:
  pattern: {default: "a*"}
steps:
  - {id: before, run: store ls, with: {pattern: "{{ params.pattern }}"}}
  - id: move
    run: store carry
    with: {shelf: "{{ steps.before.rows[0].name }}", max: "{{ sum(steps.before.rows[].boxes) }}"}
"""
    )
    ran = run_recipe(text)
    assert ran.error is not None  # no rows: the shelf is null
    host = ran.host
    host.calls.clear()
    host.answers["ls"] = [outcome({"name": "attic", "boxes": 3}, {"name": "hall", "boxes": 4})]
    ran = run_recipe(text)
    assert ran.error is None
    assert [name for name, _ in host.calls] == ["store ls", "store carry"]
    assert host.calls[1][1]["shelf"] == "attic"
    assert host.calls[1][1]["max"] == 7
