"""How a run goes on: again, without a step, in waves, back again, and cleaning up after itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.errors import CredentialsError, ExitCode, NotFoundError, PendingError, UsageError
from awsops.recipe.checking import check_recipe
from awsops.recipe.choosing import Choice
from awsops.recipe.library import find_recipe
from awsops.recipe.reading import read_recipe
from awsops.recipe.running import RecipeRun
from awsops.running.tasks import Outcome
from awsops.running.undoing import Undone
from awsops.targets import Target
from awsops.testing import Result, ScriptedPrompter

HEAD = "name: t\nsummary: s\n"
FAILED = Outcome((), (PendingError("not yet"),), ExitCode.PENDING)
GOOD = Outcome(({"moved": 1},), (), ExitCode.OK)
THREE = [Target(name, "eu-west-1") for name in ("a", "b", "c")]


# -- retry and timeout ----------------------------------------------------------------------

RETRIED = HEAD + (
    "steps: [{id: x, run: store carry, with: {shelf: s}, retry: {times: 2, wait: 30s}, "
    "timeout: 5m}]\n"
)


def test_a_step_that_fails_is_run_again_after_its_wait(host: Any, run_recipe: Any) -> None:
    host.answers["carry"] = [FAILED, FAILED, GOOD]
    ran = run_recipe(RETRIED)
    assert (ran.error, len(host.calls), ran.statuses) == (None, 3, {"x": "done"})
    assert host.clock.naps.count(30.0) == 2


def test_a_step_that_goes_on_failing_fails_the_run(host: Any, run_recipe: Any) -> None:
    host.answers["carry"] = [FAILED]
    ran = run_recipe(RETRIED)
    assert (ran.error.exit_code, len(host.calls)) == (ExitCode.PENDING, 3)


def test_what_no_second_try_mends_is_not_tried_again(host: Any, run_recipe: Any) -> None:
    host.answers["carry"] = [CredentialsError("no")]
    assert run_recipe(RETRIED).error.exit_code is ExitCode.DENIED
    assert len(host.calls) == 1


def test_the_timeout_of_a_step_is_that_of_each_of_its_calls(host: Any, run_recipe: Any) -> None:
    host.answers["carry"] = [FAILED, GOOD]
    run_recipe(RETRIED)
    assert host.timeouts == [300.0, 300.0]


# -- on_error and always ---------------------------------------------------------------------

ERRORS = HEAD + (
    "steps:\n"
    "  - {id: first, run: store carry, with: {shelf: one}, on_error: HOW}\n"
    "  - {id: second, run: store ls}\n"
    "always:\n"
    "  - {id: clean, run: store whisper}\n"
)


def test_a_step_may_fail_and_the_run_go_on(host: Any, run_recipe: Any) -> None:
    host.answers["carry"] = [FAILED]
    ran = run_recipe(ERRORS.replace("HOW", "continue"))
    assert ran.error is None
    assert ran.statuses == {"first": "failed", "second": "done", "clean": "done"}


def test_clean_up_is_done_after_a_failure(host: Any, run_recipe: Any) -> None:
    host.answers["carry"] = [FAILED]
    ran = run_recipe(ERRORS.replace("HOW", "stop"))
    assert ran.error.exit_code is ExitCode.PENDING
    assert ran.statuses == {"first": "failed", "second": "not run", "clean": "done"}


def test_a_rollback_undoes_what_the_run_changed_and_stops(host: Any, run_recipe: Any) -> None:
    host.answers["carry"] = [FAILED]
    host.undone = [Undone(7, "1", "r", "carry", "box", "undone", "awsops store carry", "")]
    ran = run_recipe(ERRORS.replace("HOW", "rollback"))
    assert ran.error.exit_code is ExitCode.PENDING
    assert "undone: carry box" in ran.notes
    assert ran.statuses["second"] == "not run"


# -- waves -----------------------------------------------------------------------------------

WAVES = HEAD + (
    "strategy: {waves: [1, rest], max_failures: 1}\n"
    "steps:\n"
    "  - {id: x, run: store carry, with: {shelf: s}}\n"
    "  - {id: y, run: store ls}\n"
)


def failing(*names: str) -> Callable[[Any], Outcome]:
    errors = tuple(NotFoundError(f"no {name}") for name in names)
    return lambda _: Outcome(
        (), errors, ExitCode.PARTIAL, failed=tuple(Target(name, "eu-west-1") for name in names)
    )


def test_a_change_goes_over_the_targets_in_waves_and_a_look_at_once(
    host: Any, run_recipe: Any
) -> None:
    host.named = THREE
    assert run_recipe(WAVES).error is None
    assert host.called_on == [
        ["a/eu-west-1"],
        ["b/eu-west-1", "c/eu-west-1"],
        ["a/eu-west-1", "b/eu-west-1", "c/eu-west-1"],
    ]


def test_a_target_that_fails_within_bounds_is_left_out_and_the_run_partial(
    host: Any, run_recipe: Any
) -> None:
    host.named = THREE
    host.answers["carry"] = [failing("a"), GOOD]
    ran = run_recipe(WAVES)
    assert ran.error.exit_code is ExitCode.PARTIAL
    assert host.called_on[-1] == ["b/eu-west-1", "c/eu-west-1"]


def test_a_second_try_is_for_the_targets_that_failed(host: Any, run_recipe: Any) -> None:
    host.named = THREE
    host.answers["carry"] = [failing("b"), GOOD]
    again = "steps:\n  - {id: x, run: store carry, with: {shelf: s}, retry: {times: 1, wait: 1s}}\n"
    assert run_recipe(HEAD + again).error is None
    assert host.called_on == [["a/eu-west-1", "b/eu-west-1", "c/eu-west-1"], ["b/eu-west-1"]]


def test_more_failures_than_allowed_stop_the_step_before_its_next_wave(
    host: Any, run_recipe: Any
) -> None:
    host.named = THREE
    host.answers["carry"] = [failing("a")]
    ran = run_recipe(WAVES.replace("max_failures: 1", "max_failures: 0"))
    assert ran.error.exit_code is ExitCode.PARTIAL
    assert host.called_on == [["a/eu-west-1"]]


# -- confirm, only, from, step ---------------------------------------------------------------

ASKING = HEAD + (
    "params: {n: {default: 3}}\n"
    "steps:\n"
    "  - {id: look, run: store ls}\n"
    "  - {id: x, run: store carry, with: {shelf: s}, confirm: 'move {{ params.n }} boxes?'}\n"
    "  - {id: z, run: store ls, when: 'steps.look.count == `0`'}\n"
)


def recipe_run(host: Any, text: str, choice: Choice) -> RecipeRun:
    draft = read_recipe(text.encode(), "t.yaml")
    values = {param.name: param.default for param in draft.recipe.params}
    checked = check_recipe(draft, host, values)
    return RecipeRun(checked, host, values, choice=choice)


def ran(host: Any, text: str, choice: Choice) -> list[str]:
    list(recipe_run(host, text, choice).events())
    return [name for name, _ in host.calls]


def make_interactive(host: Any, *answers: str) -> ScriptedPrompter:
    host.env.stdin_tty = host.env.stderr_tty = True
    prompter = ScriptedPrompter(list(answers))
    host.env.prompter = prompter
    return prompter


def test_a_step_with_a_question_waits_for_its_yes(host: Any, run_recipe: Any) -> None:
    prompter = make_interactive(host, "n")
    assert run_recipe(ASKING).error.code == "Declined"
    assert prompter.questions == ["move 3 boxes?"]
    assert [name for name, _ in host.calls] == ["store ls"]


def test_off_a_terminal_a_question_is_a_usage_error(host: Any, run_recipe: Any) -> None:
    error = run_recipe(ASKING).error
    assert (error.exit_code, error.hint) == (ExitCode.USAGE, "--yes answers it with yes")


def test_each_step_is_asked_for_with_step(host: Any) -> None:
    text = ASKING.replace(", confirm: 'move {{ params.n }} boxes?'", "")
    prompter = make_interactive(host, "y", "n", "y")
    assert ran(host, text, Choice(ask=True)) == ["store ls", "store ls"]
    assert prompter.questions[1] == "Run store carry s?"


def test_only_the_named_steps_are_run(host: Any) -> None:
    text = ASKING.replace(", confirm: 'move {{ params.n }} boxes?'", "")
    assert ran(host, text, Choice(only=frozenset({"x"}))) == ["store carry"]


def test_a_run_begins_where_it_is_told_to(host: Any) -> None:
    text = ASKING.replace(", when: 'steps.look.count == `0`'", "")
    text = text.replace(", confirm: 'move {{ params.n }} boxes?'", "")
    assert ran(host, text, Choice(start="x")) == ["store carry", "store ls"]


def test_a_step_that_needs_one_that_is_left_out_is_refused(host: Any) -> None:
    with pytest.raises(UsageError, match="step z needs the result of look, which is left out"):
        recipe_run(host, ASKING, Choice(start="x"))


def test_a_result_that_goes_by_a_registered_name_is_needed_as_well(host: Any) -> None:
    text = HEAD + (
        "steps:\n"
        "  - {id: look, run: store ls, register: found}\n"
        "  - {id: again, run: store ls, register: found}\n"
        "  - {id: x, run: store carry, with: {shelf: '{{ steps.found.rows[0].name }}'}}\n"
    )
    with pytest.raises(UsageError, match="x needs the result of look, again, which is left out"):
        recipe_run(host, text, Choice(only=frozenset({"x"})))
    assert recipe_run(host, text, Choice(start="again"))


def test_a_check_of_a_registered_result_that_is_left_out_is_not_judged(host: Any) -> None:
    text = HEAD + (
        "steps:\n"
        "  - {id: look, run: store ls, register: found}\n"
        "  - {id: x, run: store carry, with: {shelf: attic}}\n"
        "checks:\n"
        "  - {name: there is one, that: 'length(steps.found.rows) > `0`', message: none}\n"
    )
    assert ran(host, text, Choice(only=frozenset({"x"}))) == ["store carry"]


def test_an_unknown_step_is_suggested(host: Any) -> None:
    with pytest.raises(UsageError) as caught:
        recipe_run(host, ASKING, Choice(start="loook"))
    assert caught.value.hint == "did you mean look?"


# -- include ---------------------------------------------------------------------------------

PART = "name: part\nsummary: s\nparams: {queue: {default: q}}\nsteps: [{id: p, run: sqs ls}]\n"
WHOLE = "name: whole\nsummary: s\ninclude: [part]\nsteps: [{id: w, run: sqs ls}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "recipes"
    made.mkdir()
    (made / "part.yaml").write_text(PART)
    return made


def test_what_is_included_comes_first(folder: Path, make_env: Callable[..., Any]) -> None:
    (folder / "whole.yaml").write_text(WHOLE)
    recipe = find_recipe(make_env({"AWSOPS_RECIPE_PATH": str(folder)}), "whole").whole()
    assert [(step.id, step.number) for step in recipe.steps] == [("p", 1), ("w", 2)]
    assert [param.name for param in recipe.params] == ["queue"]


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("name: part\nsummary: s\ninclude: [whole]\nsteps: [{id: p, run: a b}]\n", "itself"),
        (PART.replace("id: p", "id: w"), "step 'w' is there twice"),
        ("name: part\nsummary: s\n", "include part: "),
    ],
)
def test_an_include_that_cannot_be_is_a_problem_at_its_place(
    part: str, message: str, folder: Path, make_env: Callable[..., Any]
) -> None:
    (folder / "part.yaml").write_text(part)
    (folder / "whole.yaml").write_text(WHOLE)
    draft = find_recipe(make_env({"AWSOPS_RECIPE_PATH": str(folder)}), "whole")
    assert [p.text() for p in draft.problems if message in p.text()]


def test_an_include_that_does_not_exist_gets_a_suggestion(
    folder: Path, make_env: Callable[..., Any]
) -> None:
    (folder / "whole.yaml").write_text(WHOLE.replace("[part]", "[prat]"))
    draft = find_recipe(make_env({"AWSOPS_RECIPE_PATH": str(folder)}), "whole")
    assert draft.problems[0].text().startswith("3:11: include prat: there is no recipe 'prat'")
    assert "did you mean part?" in draft.problems[0].text()


# -- what is wrong with the new keys ----------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("retry: {times: 0}", "times is a whole number from 1 to 20"),
        ("retry: 3", "retry is a mapping, not a whole number"),
        ("retry: {tmies: 3}", "unknown key 'tmies' in retry; did you mean times?"),
        ("timeout: soon", "timeout is a duration"),
        ("on_error: rolback", "did you mean rollback?"),
        ("strategy: {waves: [rest, 1]}", "with rest only at its end"),
        ("strategy: {waves: [0]}", "a wave is a number of targets from 1, or rest"),
        ("strategy: {waves: [1], max_failures: -1}", "max_failures is a whole number"),
        ("confirm: 5", "text is expected here, not a whole number"),
        ("idempotent: maybe", "idempotent is true or false"),
    ],
)
def test_a_wrong_value_is_told_with_its_place(
    keys: str, message: str, problems: Callable[..., list[str]]
) -> None:
    found = problems(f"{HEAD}steps:\n  - {{id: a, run: store ls, {keys}}}\n")
    assert any(message in text for text in found), found
    assert all(text.startswith("4:") for text in found)


def test_a_value_that_is_missing_does_not_move_the_next_one_into_its_place(
    awsops: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / "gap.yaml"
    path.write_text(
        "name: gap\nsummary: s\nparams: {queue: {default: null}}\nsteps:\n"
        "  - {id: tell, run: sqs send, with: {queue: '{{ params.queue }}', body: orders}}\n"
    )
    result = awsops(["recipe", "run", str(path), "-p", "demo-dev", "-y"])
    assert result.exit_code == 2, result.stderr
    assert "queue has no value (null), and body after it has one" in result.stderr
