"""What is found before the first step runs: all of it, in its place, with a suggestion."""

from __future__ import annotations

from typing import Any

import pytest

from awsops.errors import PluginLoadError

HEAD = (
    "name: t\nsummary: s\nparams:\n  shelf: {default: attic}\n  key: {secret: true, default: k}\n"
)


def steps(*lines: str) -> str:
    return HEAD + "steps:\n" + "".join(f"  {line}\n" for line in lines)


def test_a_right_recipe_has_no_problems(problems: Any) -> None:
    text = steps(
        "- {id: a, run: store ls}",
        "- {id: b, run: store carry, with: {shelf: '{{ params.shelf }}', max: 3, label: [x, y]}}",
        "- {id: c, run: store carry, with: {shelf: '{{ steps.a.rows[0].name }}', loud: true}}",
        "- {id: d, run: store untyped, when: 'steps.c.rows[-1].moved > `0`'}",
    )
    checks = "checks:\n  - that: steps.d.rows[0].x == `1`\n    message: 'no {{ steps.a.count }}'\n"
    assert problems(text + checks) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("- {id: a, run: stroe ls}", "7:18: unknown command 'stroe'; did you mean store?"),
        ("- {id: a, run: store lss}", "7:18: unknown store command 'lss'; did you mean ls?"),
        (
            "- {id: a, run: store ls, with: {patern: x}}",
            "7:35: unknown store ls parameter 'patern'; did you mean pattern?",
        ),
        ("- {id: a, run: store carry}", "7:18: store carry: the argument SHELF is missing"),
        (
            "- {id: a, run: store carry, with: {shelf: null}}",
            "7:18: store carry: the argument SHELF is missing",
        ),
        ("- {id: a, run: store ls attic}", "7:18: run takes a noun and a verb; its parameters"),
        ("- {id: a, run: recipe run}", "7:18: a step cannot run recipes"),
        ("- {id: a, run: store ls, when: params.shelve}", "7:34: unknown parameter 'shelve'"),
        ("- {id: a, run: store ls, when: shelf == 'x'}", "did you mean params.shelf?"),
        ("- {id: a, run: store ls, when: steps.a.count}", "7:34: step 'a' has not run yet"),
        ("- {id: a, run: store ls, when: steps.z.count}", "7:34: unknown step 'z'"),
        ("- {id: a, run: store ls, when: nope(params.shelf)}", "unknown function 'nope'"),
        ("- {id: a, run: store ls, when: sum()}", "sum() takes 1 arguments, not 0"),
        ("- {id: a, run: store ls, when: '[&a]'}", "only inside a function's brackets"),
        ("- {id: a, run: store ls, when: params.key == 'x'}", "params.key is secret"),
        ("- {id: a, run: store ls, when: to_string(params)}", "params.key is secret"),
        ("- {id: a, run: store ls, when: root() && `1`}", "params.key is secret"),
        ("- {id: a, run: store ls, when: values(params)}", "params.key is secret"),
        ("- {id: a, run: store ls, when: params.*}", "params.key is secret"),
        ("- {id: a, run: store ls, with: {pattern: '{{ item }}'}}", "there is no item here"),
        ("- {id: a, run: store ls, with: {pattern: '{{ sum(`1`) }}'}}", "7:44: sum() takes list"),
        ("- {id: a, run: store carry, with: {shelf: x, max: many}}", "7:53: store carry: "),
        ("- {id: a, run: store carry, with: {shelf: x, max: 0}}", "7:53: store carry: "),
        ("- {id: a, run: store carry, with: {shelf: x, speed: flash}}", "7:55: store carry: "),
        ("- {id: 5a, run: store ls}", "7:10: id '5a' is not a name"),
        ("- {id: a-b, run: store ls}", "7:10: id 'a-b' is not a name"),
        ("- {id: a, run: store ls, wiht: {}}", "7:28: unknown key 'wiht' in step 1; did you mean"),
        ("- {run: store ls}", "7:5: step 1 needs id:"),
        ("- store ls", "7:5: step 1 is a mapping, not text"),
        ("- {id: a, run: store ls, show: yes}", "7:34: show is true or false, not text"),
        (
            "- {id: a, run: store ls, with: [x]}",
            "7:34: with is a mapping of parameters, not a list",
        ),
        ("- {id: a, run: store ls, with: {pattern: [[x]]}}", "holds plain values, not a list"),
        ("- {id: a, run: store ls, with: {pattern: {a: b}}}", "one value or a list, not a mapping"),
        ("- {id: a, run: store ls, with: {pattern: '{{ a'}}", "7:44: '{{ a' has no closing }}"),
    ],
)
def test_a_mistake_in_a_step_is_placed_and_explained(
    problems: Any, line: str, expected: str
) -> None:
    found = problems(steps(line))
    assert len(found) == 1, found
    assert expected in found[0]


def test_every_mistake_is_reported_at_once(problems: Any) -> None:
    found = problems(
        steps(
            "- {id: a, run: store lss}",
            "- {id: b, run: store carry, with: {shlef: x, max: many, speed: warp}}",
            "- {id: b, run: store ls, when: params.nope}",
            "- {id: c, run: store ls, when: 'steps.b.rows[].naem'}",
        )
        + "checks:\n  - {that: 'sum(steps.c.rows[].boxs) > `0`', mesage: x}\n"
    )
    places = [problem.split(": ")[0] for problem in found]
    assert places == [
        "7:18",
        "8:38",
        "8:53",
        "8:66",
        "9:5",
        "9:34",
        "10:34",
        "12:5",
        "12:12",
        "12:46",
    ]


def test_a_column_that_a_command_does_not_yield_is_found(problems: Any) -> None:
    def with_check(expression: str) -> list[str]:
        text = steps("- {id: a, run: store ls}", "- {id: u, run: store untyped}")
        return list(problems(text + f'checks:\n  - {{that: "{expression}", message: m}}\n'))

    wrong = "the rows of step a have no column 'boxs'; did you mean boxes?"
    for expression in (
        "sum(steps.a.rows[].boxs)",
        "steps.a.rows[-1].boxs",
        "steps.a.rows[?boxs > `0`]",
        "steps.a.rows[?name == 'x'] | [0].boxs",
        "max_by(steps.a.rows, &boxs)",
        "sort_by(steps.a.rows, &name)[0].boxs",
        "map(&boxs, steps.a.rows)",
        "steps.a.rows[*].{x: boxs}",
        "steps.a.rows[].[name, boxs]",
        "root().steps.a.rows[0].boxs",
        "steps.a.rows[:5].boxs",
    ):
        assert [p for p in with_check(expression) if wrong in p], expression
    for expression in (
        "steps.a.rows[].[boxes][]",
        "steps.a.rows[0].account",
        "steps.u.rows[].whatever",
        "steps.a.rows[].{x: boxes} | [].x",
    ):
        assert with_check(expression) == [], expression


def test_a_list_used_like_one_row_is_found(problems: Any) -> None:
    text = steps("- {id: a, run: store ls}", "- {id: b, run: store ls, when: steps.a.rows.boxes}")
    (found,) = problems(text)
    assert "steps.a.rows is a list and has no boxes; write steps.a.rows[].boxes" in found


def test_two_steps_with_one_id_and_a_register_over_an_id_are_refused(problems: Any) -> None:
    text = steps(
        "- {id: a, run: store ls}",
        "- {id: a, run: store ls}",
        "- {id: c, run: store ls, register: a}",
    )
    assert problems(text) == [
        "8:5: a second step 'a', first in line 7",
        "9:5: register 'a' is a step's id",
    ]


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ("n: {type: int, default: abc}", "default of n: int takes a whole number"),
        ("n: {type: integer}", "type is one of str, int"),
        ("n: {type: int, default: 5, max: 3}", "default of n: int must be 3 or less"),
        ("n: {type: int, min: 5, max: 3}", "min is more than max"),
        ("n: {type: str, min: 5}", "min is for int and float, not for str"),
        ("n: {choices: [a, b], default: c}", "str takes one of a, b"),
        ("n: {choices: []}", "choices is a list of values"),
        ("n: {type: duration, default: soon}", "duration takes a duration: write it like 30s"),
        ("n: {default: 1.50}", "str takes text: put it in quotes"),
        ("n: {type: size, default: big}", "size takes a size"),
        ("n: {type: bool, default: maybe}", "bool takes true or false"),
        ("n: {defualt: x}", "unknown key 'defualt' in parameter n; did you mean default?"),
        ("n-m: {}", "parameter name 'n-m'"),
        ("n: 5", "parameter n is a mapping, not a whole number"),
        ("n: {default: {a: b}}", "a default is one value or a list, not a mapping"),
    ],
)
def test_a_mistake_in_a_parameter_is_explained(problems: Any, param: str, expected: str) -> None:
    text = f"name: t\nsummary: s\nparams:\n  {param}\nsteps:\n  - {{id: a, run: store ls}}\n"
    found = problems(text)
    assert len(found) == 1, found
    assert expected in found[0]
    assert found[0].startswith("4:")


def test_a_parameter_given_on_the_command_line_is_bound_before_anything_runs(problems: Any) -> None:
    text = steps("- {id: a, run: store carry, with: {shelf: x, speed: '{{ params.shelf }}'}}")
    assert problems(text, "shelf=fast") == []
    (found,) = problems(text, "shelf=warp")
    assert found.startswith("7:55: store carry: ")


def test_a_secret_is_not_in_the_message_about_it(problems: Any, host: Any) -> None:
    host.env.environ = {**host.env.environ, "AWSOPS_PARAM_KEY": "hunter2hunter2"}
    (found,) = problems(
        steps("- {id: a, run: store carry, with: {shelf: x, speed: '{{ params.key }}'}}")
    )
    assert "hunter2" not in found
    (found,) = problems(
        steps("- {id: a, run: store carry, with: {shelf: x, max: '{{ params.key }}'}}")
    )
    assert "hunter2" not in found


def test_a_plugin_that_cannot_be_loaded_keeps_its_exit_code(problems: Any, host: Any) -> None:
    def broken(noun: str, verb: str) -> Any:
        raise PluginLoadError("plugin 'store' cannot be loaded")

    host.sources.spec = broken
    with pytest.raises(PluginLoadError):
        problems(steps("- {id: a, run: store ls}"))
