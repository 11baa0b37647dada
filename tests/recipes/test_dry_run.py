"""Dry runs: every step's plan, nothing changed, and what nobody can know yet is said."""

from __future__ import annotations

from typing import Any

from awsops.errors import AwsopsError, ExitCode
from awsops.events import Plan
from awsops.running.tasks import Outcome

HEAD = "name: t\nsummary: s\nsteps:\n"
LS = "  - {id: before, run: store ls}\n"
MOVE = "  - {id: move, run: store carry, with: {shelf: attic}, show: true}\n"
AFTER = "  - {id: after, run: store ls}\n"


def test_changes_are_planned_and_reads_are_made(run_recipe: Any, host: Any, outcome: Any) -> None:
    host.answers["ls"] = [outcome({"name": "attic", "boxes": 5})]
    ran = run_recipe(HEAD + LS + MOVE + AFTER, dry_run=True, steps_as_rows=True)
    assert ran.error is None
    assert ran.statuses == {"before": "done", "move": "planned", "after": "done"}
    assert [row["detail"] for row in ran.rows] == ["", "1 change", ""]
    assert [name for name, _ in host.calls] == ["store ls", "store carry", "store ls"]
    assert ran.notes[-1] == "t: steps 2 done, 1 planned; 4.5s (dry run)"


def test_a_step_that_needs_what_a_change_brings_is_undecided(run_recipe: Any, host: Any) -> None:
    text = HEAD + MOVE
    text += "  - {id: b, run: store ls, with: {pattern: '{{ steps.move.rows[0].moved }}'}}\n"
    text += "  - {id: c, run: store ls, when: 'steps.move.rows[0].moved > `0`'}\n"
    text += "  - {id: d, run: store ls, for_each: 'steps.b.rows'}\n"
    ran = run_recipe(text, dry_run=True, steps_as_rows=True)
    assert ran.error is None
    assert ran.statuses == {"move": "planned", "b": "undecided", "c": "undecided", "d": "undecided"}
    assert [row["detail"] for row in ran.rows[1:]] == [
        "pattern comes from what move will do: planned in the real run",
        "when depends on what move will do: decided in the real run",
        "for_each depends on what b will do: decided in the real run",
    ]
    assert len(host.calls) == 1


def test_what_was_read_before_any_change_decides_as_in_the_real_run(
    run_recipe: Any, host: Any, outcome: Any
) -> None:
    host.answers["ls"] = [outcome({"name": "attic", "boxes": 5})]
    move = """  - id: m
    run: store carry
    with: {shelf: "{{ steps.before.rows[0].name }}"}
    when: %s
"""
    ran = run_recipe(
        HEAD + LS + move % "steps.before.rows[0].boxes > `4`", dry_run=True, steps_as_rows=True
    )
    assert ran.statuses["m"] == "planned"
    ran = run_recipe(
        HEAD + LS + move % "steps.before.rows[0].boxes > `5`", dry_run=True, steps_as_rows=True
    )
    assert ran.statuses["m"] == "skipped"


def test_what_is_read_after_a_planned_change_decides_nothing_but_can_be_handed_on(
    run_recipe: Any, host: Any, outcome: Any
) -> None:
    host.answers["ls"] = [outcome({"name": "attic", "boxes": 5})]
    text = HEAD + MOVE + AFTER
    text += "  - {id: c, run: store ls, when: steps.after.count == `0`}\n"
    text += "  - {id: d, run: store carry, with: {shelf: '{{ steps.after.rows[0].name }}'}}\n"
    ran = run_recipe(text, dry_run=True, steps_as_rows=True)
    assert ran.statuses["c"] == "undecided"
    assert ran.statuses["d"] == "planned"
    assert host.calls[-1][1]["shelf"] == "attic"


def test_a_plan_without_changes_leaves_later_reads_true(
    run_recipe: Any, host: Any, outcome: Any
) -> None:
    host.answers["carry"] = [Outcome((), (), ExitCode.OK, (Plan(()),))]
    host.answers["ls"] = [outcome({"name": "attic", "boxes": 5})]
    text = HEAD + MOVE + AFTER + "  - {id: c, run: store ls, when: steps.after.count == `1`}\n"
    ran = run_recipe(text, dry_run=True, steps_as_rows=True)
    assert ran.statuses["c"] == "done"
    assert ran.rows[0]["detail"] == "0 changes"


def test_only_checks_on_what_is_known_are_judged(run_recipe: Any, host: Any, outcome: Any) -> None:
    host.answers["ls"] = [outcome({"name": "attic", "boxes": 5})]
    text = HEAD + LS + MOVE + AFTER + "checks:\n"
    later = "  - {name: emptied, that: steps.after.count == `0`, message: m}\n"
    moved = "  - {that: 'steps.move.rows[0].moved == `5`', message: m}\n"
    known = "  - {that: steps.before.count == `%d`, message: too few}\n"
    ran = run_recipe(text + later + moved + known % 1, dry_run=True, steps_as_rows=True)
    assert ran.error is None
    assert "judged in the real run: emptied; 'steps.move.rows[0].moved == `5`'" in ran.notes
    assert "1 check passed" in ran.notes[-1]
    ran = run_recipe(text + later + known % 2, dry_run=True, steps_as_rows=True)
    assert ran.error.code == "CheckFailed"


def test_a_failure_does_not_hide_the_plans_of_later_steps(run_recipe: Any, host: Any) -> None:
    host.answers["ls"] = [AwsopsError("no such shelf", code="NotFound")]
    text = HEAD + MOVE + AFTER + "  - {id: last, run: store carry, with: {shelf: hall}}\n"
    text += "  - {id: d, run: store carry, with: {shelf: '{{ steps.after.rows[0].name }}'}}\n"
    ran = run_recipe(text, dry_run=True, steps_as_rows=True)
    assert ran.error.code == "NotFound"
    assert ran.statuses == {
        "move": "planned",
        "after": "failed",
        "last": "planned",
        "d": "undecided",
    }
    assert "a dry run changes nothing" in ran.notes[-1]


def test_a_command_about_awsops_itself_is_not_run(run_recipe: Any, host: Any) -> None:
    ran = run_recipe(HEAD + "  - {id: a, run: store whisper}\n", dry_run=True, steps_as_rows=True)
    assert ran.statuses == {"a": "planned"}
    assert host.calls == []
    assert run_recipe(HEAD + "  - {id: a, run: store whisper}\n").statuses == {"a": "done"}


def test_what_to_try_next_is_not_said_of_a_dry_run(run_recipe: Any) -> None:
    ran = run_recipe(HEAD + LS + "next: [look again]\n", dry_run=True, steps_as_rows=True)
    assert not [note for note in ran.notes if note.startswith("next")]


def test_the_rows_of_a_dry_run_are_the_plans_alone(
    run_recipe: Any, host: Any, outcome: Any
) -> None:
    host.answers["ls"] = [outcome({"name": "attic", "boxes": 5})]
    shown = LS.replace("ls}", "ls, show: true}")
    assert run_recipe(HEAD + shown + MOVE, dry_run=True).rows == []
    assert run_recipe(HEAD + shown, dry_run=True).rows == [{"name": "attic", "boxes": 5}]
