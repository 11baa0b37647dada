"""Whatever the text, a recipe ends in a run or in a message; never in a trace."""

from __future__ import annotations

import copy
from typing import Any

import yaml
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from awsops.errors import AwsopsError, ExitCode
from awsops.recipe.checking import check_recipe
from awsops.recipe.document import parse_document
from awsops.recipe.evaluating import EvaluationError, evaluate
from awsops.recipe.expressions import ExpressionError, as_text, parse_expression, parse_template
from awsops.recipe.language import CHECK, PARAM, RECIPE, STEP
from awsops.recipe.model import Draft
from awsops.recipe.problems import Problem, RecipeError
from awsops.recipe.reading import read_recipe
from awsops.recipe.references import Names, references
from awsops.recipe.running import RecipeRun
from awsops.recipe.schema import recipe_schema
from awsops.running.tasks import Outcome

QUIET = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# -- expressions --------------------------------------------------------------------------------

PATHS = st.sampled_from(
    [
        *("params.a", "params.n", "params", "run.id", "run", "targets", "item", "@", "root()"),
        *("steps.a.rows", "steps.a.rows[]", "steps.a.count", "steps.a.status", "steps", "steps.a"),
        *("boxes", "name", "rows[0]", "`0`", "`2`", '`[1, "x", null]`', "`{}`", "'x'", "''"),
        *("root().params.n", '"quoted name"', "`1e300`", "`-1`", "`true`", "`null`"),
    ]
)
ONE = ["sum", "length", "to_string", "to_number", "type", "keys", "values", "unique", "avg", "max"]
ONE += ["reverse", "floor", "ceil", "abs", "sort", "to_array", "min", "not_null"]
TWO = ["add", "sub", "mul", "div", "join", "contains", "merge", "starts_with", "ends_with"]


def larger(inner: Any) -> Any:
    """Expressions made of smaller ones, some of the wrong types for each other."""
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.builds("{}({})".format, st.sampled_from(ONE), inner),
        st.builds(lambda name, p: f"{name}({p[0]}, {p[1]})", st.sampled_from(TWO), pair),
        st.builds(
            lambda name, p: f"{name}({p[0]}, &{p[1]})",
            st.sampled_from(["sort_by", "max_by", "min_by"]),
            pair,
        ),
        pair.map(lambda p: f"map(&{p[0]}, {p[1]})"),
        st.builds(
            lambda op, p: f"{p[0]} {op} {p[1]}",
            st.sampled_from(["==", "!=", "<", ">=", "&&", "||", "|"]),
            pair,
        ),
        pair.map(lambda p: f"{p[0]}[?{p[1]}]"),
        pair.map(lambda p: f"[{p[0]}, {p[1]}]"),
        pair.map(lambda p: f"{{x: {p[0]}, y: {p[1]}}}"),
        inner.map("({})".format),
        inner.map("!{}".format),
        inner.map("{}[]".format),
        inner.map("{}[*].boxes".format),
        inner.map("{}[-1]".format),
        inner.map("{}[::-1]".format),
        inner.map("{}.*".format),
    )


EXPRESSIONS = st.recursive(PATHS, larger, max_leaves=6)
SCOPE: dict[str, Any] = {
    "params": {"a": "x", "n": 3, "l": ["p", "q"]},
    "steps": {"a": {"rows": [{"name": "x", "boxes": 1}, {"name": None, "boxes": "y"}], "count": 2}},
    "run": {"id": "r"},
    "targets": [{"profile": "p"}],
    "item": {"boxes": [1, [2]]},
}


@settings(QUIET, max_examples=1000)
@given(text=EXPRESSIONS)
def test_any_expression_has_a_value_or_a_message_and_changes_nothing(text: str) -> None:
    try:
        expression = parse_expression(text)
    except ExpressionError:
        event("not parsed")
        return
    names = Names(frozenset({"a", "n", "l"}), {"a": None}, frozenset(), item=True)
    found = references(expression, names)
    scope = copy.deepcopy(SCOPE)
    try:
        value = evaluate(expression.ast, scope)
    except EvaluationError:
        event("no value")
    else:
        event("a value")
        if not found.problems:
            assert isinstance(as_text(value), str)
    assert scope == SCOPE


@settings(QUIET, max_examples=600)
@given(text=EXPRESSIONS)
def test_what_an_expression_does_not_refer_to_does_not_change_its_value(text: str) -> None:
    """What a dry run relies on: an expression that needs no step is the same without any."""

    def value(scope: dict[str, Any]) -> Any:
        try:
            return evaluate(expression.ast, scope)
        except EvaluationError:
            return "no value"

    try:
        expression = parse_expression(text)
    except ExpressionError:
        assume(False)
    names = Names(frozenset({"a", "n", "l"}), {"a": None}, frozenset(), item=True)
    found = references(expression, names)
    assume(not found.problems)
    emptied = dict(SCOPE)
    emptied["params"] = {n: v for n, v in SCOPE["params"].items() if n in found.params}
    emptied["steps"] = {n: v for n, v in SCOPE["steps"].items() if n in found.steps}
    for root, used in (("run", found.run), ("targets", found.targets), ("item", found.item)):
        emptied[root] = SCOPE[root] if used else {}
    assert value(emptied) == value(SCOPE)


@QUIET
@given(text=st.text(alphabet="{}'\"`a.\\[]()@ ", max_size=30))
def test_any_template_is_read_or_refused(text: str) -> None:
    try:
        template = parse_template(text)
    except ExpressionError:
        return
    texts = [part if isinstance(part, str) else part.text for part in template.parts]
    assert sum(map(len, texts)) <= len(text)


# -- whole recipes ------------------------------------------------------------------------------

WORDS = st.sampled_from([key.name for key in (*RECIPE, *PARAM, *STEP, *CHECK)])
SCALARS = st.one_of(
    st.text(max_size=8),
    EXPRESSIONS.map("{{{{ {} }}}}".format),
    st.integers(-5, 10**20),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False),
)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=8,
)
PARAMS = st.fixed_dictionaries(
    {
        "a": st.fixed_dictionaries({"default": st.sampled_from(["x", "attic"])}),
        "n": st.fixed_dictionaries({"type": st.just("int"), "default": st.integers(0, 9)}),
        "l": st.just({"type": "list", "default": ["p", "q"]}),
    }
)
CONDITIONS = st.sampled_from(["params.n >= `3`", "params.a == 'x'", "steps.a.count > `0`", True])
LISTS = st.sampled_from(["params.l", "steps.a.rows", "steps.a.rows[].name"])
CARRY = st.fixed_dictionaries(
    {
        "run": st.just("store carry"),
        "with": st.fixed_dictionaries(
            {"shelf": st.sampled_from(["attic", "{{ params.a }}", "{{ steps.a.rows[0].name }}"])},
            optional={
                "max": st.sampled_from([1, "{{ steps.a.count }}", "{{ steps.a.rows[-1].boxes }}"]),
                "label": st.just(["x", "<{{ params.a }}>"]),
                "to": EXPRESSIONS.map("{{{{ {} }}}}".format),
            },
        ),
    },
    optional={
        "when": CONDITIONS,
        "for_each": LISTS,
        "register": st.sampled_from(["y", "z"]),
        "show": st.booleans(),
    },
)
CHECKS = st.fixed_dictionaries(
    {"that": CONDITIONS | EXPRESSIONS, "message": st.just("n is {{ params.n }}")},
    optional={"when": CONDITIONS, "each": st.sampled_from(["run", "target"])},
)


def whole(params: Any, steps: Any, checks: Any) -> dict[str, Any]:
    """A recipe as a person would write it: first a read, then what was drawn."""
    named = [{"id": f"s{number}", **step} for number, step in enumerate(steps)]
    first = {"id": "a", "run": "store ls"}
    recipe = {"name": "t", "summary": "s", "params": params, "steps": [first, *named]}
    return {**recipe, "checks": checks}


RECIPES = st.builds(whole, PARAMS, st.lists(CARRY, max_size=3), st.lists(CHECKS, max_size=2))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything in a structure."""
    found = [path] if path else []
    items: Any = []
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        found += places(item, (*path, key))
    return found


@st.composite
def spoilt(draw: Any) -> dict[str, Any]:
    """A recipe with one or two of its parts replaced, removed or given a stranger beside it."""
    recipe = copy.deepcopy(draw(RECIPES))
    for _ in range(draw(st.integers(1, 2))):
        *way, last = draw(st.sampled_from(places(recipe)))
        parent: Any = recipe
        for key in way:
            parent = parent[key]
        kind = draw(st.sampled_from(["replace", "remove", "add"]))
        if kind == "replace":
            parent[last] = draw(JUNK)
        elif kind == "remove":
            del parent[last]
        elif isinstance(parent, dict):
            parent[draw(WORDS)] = draw(JUNK)
        if not places(recipe):
            break
    return dict(recipe)


class Plain(yaml.SafeDumper):
    """Without anchors, which are no part of the language."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def written(value: Any) -> bytes:
    return yaml.dump(value, Dumper=Plain, allow_unicode=True).encode("utf-8", "replace")


def judged(text: bytes, host: Any) -> Draft | None:
    """Read and check as `awsops recipe check` does; only a RecipeError may come of it."""
    problems: tuple[Problem, ...] = ()
    draft = None
    try:
        draft = read_recipe(text, "fuzz.yaml")
        known = {p.name: p.default for p in draft.recipe.params if not p.required}
        check_recipe(draft, host, known)
    except RecipeError as error:
        problems = error.problems
        draft = None
    assert (draft is None) == bool(problems)
    assert all(p.line >= 1 and p.column >= 1 and p.message for p in problems)
    event("accepted" if draft else "refused")
    return draft


def run_to_the_end(draft: Draft, host: Any, *, dry_run: bool) -> None:
    """Run it; only an AwsopsError may come of it."""
    values = {param.name: param.default for param in draft.recipe.params}
    if any(param.required for param in draft.recipe.params):
        return
    host.options = type(host.options)(dry_run)
    try:
        checked = check_recipe(draft, host, values)
        for _ in RecipeRun(checked, host, values).events():
            pass
        event("ran well")
    except AwsopsError as error:
        event(f"failed: {error.code}")


@QUIET
@given(content=st.binary(max_size=200))
def test_any_bytes_give_a_recipe_or_a_message(host: Any, content: bytes) -> None:
    judged(content, host)


@QUIET
@given(text=st.text(alphabet="ab:-[]{}&*!|>'\"%#,? \n\t{}0.", max_size=120))
def test_any_punctuation_gives_a_recipe_or_a_message(host: Any, text: str) -> None:
    judged(text.encode(), host)
    judged(b"name: t\nsummary: s\nsteps:\n" + text.encode(), host)


@QUIET
@given(value=JUNK)
def test_any_structure_gives_a_recipe_or_a_message(host: Any, value: Any) -> None:
    judged(written(value), host)


@settings(QUIET, max_examples=200)
@given(value=spoilt())
def test_a_spoilt_recipe_gives_a_run_or_a_message_and_the_schema_agrees(
    host: Any, value: Any
) -> None:
    text = written(value)
    draft = judged(text, host)
    if draft is not None:
        document = parse_document(text, "fuzz.yaml").plain()
        errors = Draft202012Validator(recipe_schema()).iter_errors(document)
        assert [error.message for error in errors] == []
        run_to_the_end(draft, host, dry_run=False)


ROWS = st.lists(
    st.dictionaries(st.sampled_from(["name", "boxes", "profile"]), JUNK, max_size=3), max_size=3
)
OUTCOMES = st.builds(
    lambda rows, code, error: Outcome(
        tuple(rows), (AwsopsError("broken"),) if error else (), code if error else ExitCode.OK
    ),
    ROWS,
    st.sampled_from([ExitCode.FAILED, ExitCode.PARTIAL, ExitCode.DENIED]),
    st.sampled_from([False, False, False, True]),
)


@settings(QUIET, max_examples=120)
@given(
    value=RECIPES,
    listed=OUTCOMES,
    carried=st.lists(OUTCOMES, min_size=1, max_size=3),
    dry_run=st.booleans(),
)
def test_a_recipe_runs_to_an_end_whatever_its_steps_answer(
    host: Any, value: Any, listed: Outcome, carried: list[Outcome], dry_run: bool
) -> None:
    host.answers = {"ls": [listed], "carry": list(carried)}
    draft = judged(written(value), host)
    if draft is not None:
        run_to_the_end(draft, host, dry_run=dry_run)
