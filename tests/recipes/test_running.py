"""Running recipes on a hand-made host: order, hand-over of results, failures, checks."""

from __future__ import annotations

from typing import Any

import pytest

from awsops.errors import AwsopsError, CancelledError, CredentialsError, ExitCode, PartialError
from awsops.running.tasks import Outcome
from awsops.targets import Target

HEAD = "name: t\nsummary: s\n"
SUM = """
steps:
  - {id: before, run: store ls}
  - {id: move, run: store carry, with: {shelf: attic}, show: true}
  - {id: after, run: store ls}
checks:
  - name: nothing is lost
    that: >-
      add(sum(steps.after.rows[].boxes), steps.move.rows[-1].moved)
      == sum(steps.before.rows[].boxes)
    message: "{{ targets[0].label }} has lost boxes"
    hint: look under the stairs
next:
  - "count them again: {{ steps.after.rows[0].boxes }}"
"""


def boxes(*counts: int, **more: object) -> dict[str, object]:
    return {"name": "attic", "boxes": sum(counts), **more}


def test_a_step_is_given_the_results_of_earlier_ones(
    run_recipe: Any, host: Any, outcome: Any
) -> None:
    host.answers["ls"] = [outcome(boxes(3), boxes(4))]
    ran = run_recipe(
        HEAD
        + """
steps:
  - {id: before, run: store ls, with: {pattern: "{{ run.recipe }}"}}
  - id: move
    run: store carry
    with:
      shelf: "{{ steps.before.rows[0].name }}"
      max: "{{ sum(steps.before.rows[].boxes) }}"
      label: ["{{ steps.before.status }}", "n{{ steps.before.count }}"]
      to: "{{ steps.before.rows[0].none }}"
""".replace(".none", ".name")
    )
    assert ran.error is None
    assert [name for name, _ in host.calls] == ["store ls", "store carry"]
    assert host.calls[0][1]["pattern"] == "t"
    moved = host.calls[1][1]
    assert (moved["shelf"], moved["max"], moved["label"]) == ("attic", 7, ["done", "n2"])


def test_the_rows_are_those_of_the_steps_that_are_shown(
    run_recipe: Any, host: Any, outcome: Any
) -> None:
    host.answers["ls"] = [outcome(boxes(5)), outcome(boxes(2))]
    host.answers["carry"] = [outcome({"moved": 3, "failed": 0})]
    ran = run_recipe(HEAD + SUM)
    assert ran.error is None
    assert ran.rows == [{"moved": 3, "failed": 0}]
    assert ran.notes == [
        "step 1/3 before: store ls",
        "step 2/3 move: store carry attic",
        "step 3/3 after: store ls",
        "t: steps 3 done; 1 check passed; 4.5s",
        "next: count them again: 2",
    ]


def test_without_a_shown_step_the_rows_are_the_steps(run_recipe: Any, host: Any) -> None:
    ran = run_recipe(HEAD + "steps:\n  - {id: a, run: store ls, with: {pattern: 'x y'}}\n")
    assert ran.rows == [
        {
            "step": "a",
            "run": "store ls 'x y'",
            "status": "done",
            "rows": 0,
            "seconds": 1.5,
            "detail": "",
        }
    ]


def test_the_steps_can_be_the_rows_of_any_recipe(run_recipe: Any, host: Any, outcome: Any) -> None:
    host.answers["ls"] = [outcome(boxes(1))]
    host.answers["carry"] = [outcome({"moved": 0, "failed": 0})]
    ran = run_recipe(HEAD + SUM, steps_as_rows=True)
    assert ran.statuses == {"before": "done", "move": "done", "after": "done"}


def test_a_check_that_fails_says_what_it_compared(run_recipe: Any, host: Any, outcome: Any) -> None:
    host.answers["ls"] = [outcome(boxes(5)), outcome(boxes(1))]
    host.answers["carry"] = [outcome({"moved": 3, "failed": 0})]
    ran = run_recipe(HEAD + SUM)
    assert ran.error.exit_code is ExitCode.FAILED
    assert ran.error.code == "CheckFailed"
    assert ran.error.message == (
        "a check failed: only/eu-west-1 has lost boxes\n"
        "  add(sum(steps.after.rows[].boxes), steps.move.rows[-1].moved) = 4\n"
        "  sum(steps.before.rows[].boxes) = 5"
    )
    assert ran.error.hint == "look under the stairs"
    assert ran.rows == [{"moved": 3, "failed": 0}]
    assert not [note for note in ran.notes if note.startswith("next")]


def test_a_check_that_cannot_be_judged_fails(run_recipe: Any, host: Any, outcome: Any) -> None:
    host.answers["ls"] = [outcome(boxes(5))]
    ran = run_recipe(HEAD + SUM)
    assert ran.error.code == "CheckFailed"
    assert "cannot be judged: add() takes number, not null" in ran.error.message


def test_a_check_is_judged_for_each_target_so_that_gains_do_not_hide_losses(
    run_recipe: Any, host: Any, outcome: Any
) -> None:
    host.named = [
        Target("dev", "eu-west-1"),
        Target("prod", "eu-west-1"),
        Target("prod", "eu-west-2"),
    ]

    def many(*counts: int, column: str = "boxes") -> Outcome:
        return outcome(
            *(
                {"profile": t.profile, "account": "1", "region": t.region, column: count}
                for t, count in zip(host.named, counts, strict=True)
            )
        )

    host.answers["ls"] = [many(5, 5, 5), many(6, 4, 5)]
    host.answers["carry"] = [many(0, 0, 0, column="moved")]
    ran = run_recipe(HEAD + SUM)
    assert ran.error.message.startswith("2 checks failed:\n[dev/eu-west-1] dev/eu-west-1 has lost")
    assert "[prod/eu-west-1] prod/eu-west-1 has lost" in ran.error.message
    assert "eu-west-2" not in ran.error.message
    host.answers["ls"] = [many(5, 5, 5), many(6, 4, 5)]
    for_the_run = SUM.replace("    message:", "    each: run\n    message:")
    assert run_recipe(HEAD + for_the_run).error is None


def test_a_target_without_rows_is_judged_too(run_recipe: Any, host: Any, outcome: Any) -> None:
    host.named = [Target("dev", "r"), Target("prod", "r")]
    host.answers["ls"] = [outcome({"profile": "dev", "region": "r", "boxes": 1})]
    text = HEAD + "steps:\n  - {id: a, run: store ls}\n"
    ran = run_recipe(text + "checks:\n  - {that: steps.a.count == `1`, message: not one}\n")
    assert ran.error.message.startswith("a check failed: [prod/r] not one")


def test_accounts_behind_one_profile_are_judged_apart(
    run_recipe: Any, host: Any, outcome: Any
) -> None:
    host.named = [Target("org", "r", account=a, role="admin") for a in ("111", "222")]
    row = {"profile": "org", "region": "r"}
    host.answers["ls"] = [
        outcome({**row, "account": "111", "boxes": 1}, {**row, "account": "222", "boxes": 2})
    ]
    text = HEAD + "steps:\n  - {id: a, run: store ls}\n"
    text += "checks:\n  - {that: 'sum(steps.a.rows[].boxes) == `1`', message: not one}\n"
    ran = run_recipe(text)
    assert ran.error.message.startswith("a check failed: [org+admin@222/r] not one")


def test_a_check_whose_condition_is_false_is_not_judged(
    run_recipe: Any, host: Any, outcome: Any
) -> None:
    host.answers["ls"] = [outcome(boxes(5)), outcome(boxes(1))]
    host.answers["carry"] = [outcome({"moved": 3, "failed": 0})]
    text = SUM.replace("    message:", "    when: steps.move.count == `7`\n    message:")
    ran = run_recipe(HEAD + text)
    assert ran.error is None
    assert "t: steps 3 done; 4.5s" in ran.notes


@pytest.mark.parametrize("condition", ["false", "params.on", "'{{ params.on }}'", '"!`true`"'])
def test_a_step_whose_condition_is_false_is_skipped(
    run_recipe: Any, host: Any, condition: str
) -> None:
    text = "params: {on: {type: bool, default: false}}\nsteps:\n"
    text += f"  - {{id: a, run: store ls, when: {condition}}}\n  - {{id: b, run: store ls}}\n"
    ran = run_recipe(HEAD + text)
    assert ran.error is None
    assert ran.statuses == {"a": "skipped", "b": "done"}
    assert len(host.calls) == 1


def test_a_name_that_two_steps_share_is_that_of_the_one_that_ran(
    run_recipe: Any, host: Any, outcome: Any
) -> None:
    host.answers["ls"] = [outcome(boxes(5))]
    ran = run_recipe(
        HEAD
        + """
steps:
  - {id: a, run: store ls, register: found}
  - {id: b, run: store ls, register: found, when: false}
  - {id: c, run: store carry, with: {shelf: x, max: "{{ steps.found.rows[0].boxes }}"}}
"""
    )
    assert ran.error is None
    assert host.calls[-1][1]["max"] == 5


def test_a_step_is_run_for_each_item(run_recipe: Any, host: Any, outcome: Any) -> None:
    host.answers["carry"] = [outcome({"moved": 1, "failed": 0}), outcome({"moved": 2, "failed": 0})]
    ran = run_recipe(
        HEAD
        + """
params: {shelves: {type: list, default: [attic, hall]}}
steps:
  - {id: m, run: store carry, for_each: params.shelves, with: {shelf: "{{ item }}"}, show: true}
checks:
  - {that: "sum(steps.m.rows[].moved) == `3`", message: not three}
"""
    )
    assert ran.error is None
    assert [bound["shelf"] for _, bound in host.calls] == ["attic", "hall"]
    assert [row["moved"] for row in ran.rows] == [1, 2]
    assert ran.notes[:2] == [
        "step 1/1 m (1 of 2): store carry attic",
        "step 1/1 m (2 of 2): store carry hall",
    ]


def test_for_each_ends_at_the_first_item_that_fails(
    run_recipe: Any, host: Any, outcome: Any
) -> None:
    host.answers["carry"] = [outcome(code=ExitCode.PARTIAL)]
    text = "steps:\n  - {id: m, run: store carry, for_each: \"['a', 'b']\", with: {shelf: x}}\n"
    ran = run_recipe(HEAD + text)
    assert ran.error.exit_code is ExitCode.PARTIAL
    assert len(host.calls) == 1


def test_for_each_over_something_else_fails_the_step(run_recipe: Any, host: Any) -> None:
    text = "steps:\n  - {id: m, run: store ls, for_each: \"'abc'\"}\n"
    ran = run_recipe(HEAD + text)
    assert ran.error.message == "step 1/1 m: for_each takes a list"
    assert ran.error.hint == "t.yaml:4"


def test_a_failed_step_ends_the_run_with_its_exit_code(run_recipe: Any, host: Any) -> None:
    error = PartialError("3 boxes could not be moved")
    host.answers["carry"] = [Outcome(({"moved": 1},), (error,), ExitCode.PARTIAL)]
    ran = run_recipe(HEAD + SUM)
    assert ran.error.exit_code is ExitCode.PARTIAL
    assert ran.error.code == "Partial"
    assert ran.error.message == "step 2/3 move: 3 boxes could not be moved"
    assert ran.rows == [{"moved": 1}]
    assert ran.notes[-1] == "not run: after"
    assert len(host.calls) == 2


def test_a_step_that_fails_in_several_targets_says_in_how_many(run_recipe: Any, host: Any) -> None:
    errors = (CredentialsError("denied"), AwsopsError("broken"), AwsopsError("broken"))
    host.answers["ls"] = [Outcome((), errors, ExitCode.FAILED)]
    ran = run_recipe(HEAD + SUM, steps_as_rows=True)
    assert ran.error.message == "step 1/3 before: denied (and 2 more targets)"
    assert ran.statuses == {"before": "failed", "move": "not run", "after": "not run"}


def test_a_plan_that_is_declined_ends_the_run_as_the_kernel_says_it(
    run_recipe: Any, host: Any
) -> None:
    host.answers["carry"] = [AwsopsError("not confirmed", code="Declined", hint="say yes")]
    ran = run_recipe(HEAD + SUM)
    assert (ran.error.code, ran.error.hint) == ("Declined", "say yes")
    assert ran.error.message == "step 2/3 move: not confirmed"
    assert ran.error.exit_code is ExitCode.FAILED


def test_an_interrupted_run_starts_no_further_step(run_recipe: Any, host: Any) -> None:
    def interrupt(_: object) -> Outcome:
        host.cancelled.set()
        return Outcome((), (), ExitCode.OK)

    host.answers["carry"] = [interrupt]
    ran = run_recipe(HEAD + SUM)
    assert isinstance(ran.error, CancelledError)
    assert ran.error.message == "interrupted before step 3/3 after; it was not started"


def test_an_expression_without_a_value_fails_its_step_with_its_place(
    run_recipe: Any, host: Any
) -> None:
    text = "steps:\n  - {id: a, run: store untyped}\n"
    text += '  - {id: b, run: store ls, with: {pattern: "{{ sum(steps.a.rows[].x) }}"}}\n'
    host.answers["untyped"] = [Outcome(({"x": "many"},), (), ExitCode.OK)]
    ran = run_recipe(HEAD + text, steps_as_rows=True)
    assert ran.error.exit_code is ExitCode.FAILED
    assert "step 2/2 b: pattern: sum() takes list of number, not string" in ran.error.message
    assert ran.error.hint == "t.yaml:5"
    assert ran.statuses == {"a": "done", "b": "failed"}


def test_a_value_that_turns_out_wrong_at_its_step_is_a_usage_error(
    run_recipe: Any, host: Any, outcome: Any
) -> None:
    host.answers["ls"] = [outcome(boxes(0))]
    text = """
steps:
  - {id: a, run: store ls}
  - {id: b, run: store carry, with: {shelf: x, max: "{{ steps.a.rows[0].boxes }}"}}
"""
    ran = run_recipe(HEAD + text)
    assert ran.error.exit_code is ExitCode.USAGE
    assert ran.error.message.startswith("step 2/2 b: ")
    assert "--max" in ran.error.message


def test_next_steps_that_cannot_be_written_do_not_fail_the_run(run_recipe: Any, host: Any) -> None:
    text = (
        'steps:\n  - {id: a, run: store ls}\nnext:\n  - "look at {{ sum(steps.a.rows[0].name) }}"\n'
    )
    ran = run_recipe(HEAD + text)
    assert ran.error is None
    assert ran.notes[-1].startswith("next: look at {{")


def test_a_secret_goes_to_the_command_and_nowhere_else(
    run_recipe: Any, host: Any, outcome: Any
) -> None:
    secret = "hunter2 & sons"
    host.env.environ = {**host.env.environ, "AWSOPS_PARAM_KEY": secret}
    host.answers["carry"] = [
        Outcome(
            ({"moved": 1, "failed": 0, "echo": [f"with {secret}!", {"again": secret}]},),
            (AwsopsError(f"wrong password {secret}"),),
            ExitCode.FAILED,
        )
    ]
    text = """
params: {key: {secret: true}}
steps:
  - id: a
    run: store carry
    with: {shelf: attic, password: "<{{ params.key }}>", to: "{{ params.key }}"}
    show: true
"""
    ran = run_recipe(HEAD + text)
    assert host.calls[0][1]["password"] == f"<{secret}>"
    assert ran.notes[0] == "step 1/1 a: store carry attic --password **** --to ****"
    assert ran.rows[0]["echo"] == ["with ****!", {"again": "****"}]
    assert "hunter2" not in str((ran.notes, ran.rows, ran.error.message))
    host.answers["carry"] = [AwsopsError("no", hint=f"not {secret}")]
    ran = run_recipe(HEAD + text, steps_as_rows=True)
    assert "hunter2" not in str((ran.notes, ran.rows, ran.error.message, ran.error.hint))
