"""What an expression refers to, found without evaluating it.

JMESPath answers a misspelt name with null, and a sum of nothing is 0: a check with a typo would
pass for ever. So every name that can be known beforehand is: parameters, steps, what a step has,
the columns of its rows, functions and the number of their arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from awsops.recipe.evaluating import function_table
from awsops.recipe.expressions import Expression
from awsops.recipe.mistakes import name_advice
from awsops.recipe.problems import nearest, shown

RESULT_FIELDS = ("status", "rows", "count", "seconds", "exit_code", "changes", "targets")
RUN_FIELDS = ("id", "recipe", "dry_run", "started")
TARGET_FIELDS = ("profile", "region", "account", "role", "label")
# The columns that rows gain when there are several targets.
TARGET_COLUMNS = frozenset({"profile", "account", "region"})


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression may refer to at its place in the recipe.

    `steps` are the results that exist by then, each with the columns of its rows (None: unknown);
    `later` are steps of the recipe that have not run by then.
    """

    params: frozenset[str] = frozenset()
    steps: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    later: frozenset[str] = frozenset()
    item: bool = False


@dataclass(frozen=True, slots=True)
class References:
    """What an expression depends on, and what is wrong with it (message, hint).

    `item`, `targets`, `run`: whether it refers to the item of a for_each, the run's targets, or
    the run itself.
    """

    params: frozenset[str]
    steps: frozenset[str]
    item: bool
    targets: bool
    run: bool
    problems: tuple[tuple[str, str], ...]


def references(expression: Expression, names: Names) -> References:
    """Everything that `expression` refers to, judged by the names there are."""
    finder = _Finder(names, expression.text)
    finder.use(finder.visit(expression.ast, _ROOT))
    problems = tuple(dict.fromkeys(finder.problems))
    return References(
        params=frozenset(finder.params),
        steps=frozenset(finder.steps),
        item="item" in finder.roots,
        targets="targets" in finder.roots,
        run="run" in finder.roots,
        problems=problems,
    )


@dataclass(frozen=True, slots=True)
class _Shape:
    """What is known of a value: which part of the scope it is; `of` is a list's element."""

    kind: str
    name: str = ""
    of: _Shape | None = None


_ROOT = _Shape("root")
_ANY = _Shape("any")
_TARGETS = _Shape("list", "targets", _Shape("target"))
_SAME_LIST = frozenset({"sort_by", "reverse", "to_array"})
_ELEMENT = frozenset({"max_by", "min_by"})


class _Finder:
    def __init__(self, names: Names, text: str) -> None:
        self._names = names
        self._text = text
        self._functions = function_table()
        self.params: set[str] = set()
        self.steps: set[str] = set()
        self.roots: set[str] = set()
        self.problems: list[tuple[str, str]] = []

    def use(self, shape: _Shape) -> _Shape:
        """A value is used as a whole: all that is in it counts as referred to."""
        if shape.kind in ("root", "params"):
            self.params |= self._names.params
        if shape.kind in ("root", "steps"):
            self.steps |= set(self._names.steps)
        if shape.kind == "root":
            self.roots |= {"run", "targets"} | ({"item"} if self._names.item else set())
        return shape

    def visit(self, node: Any, shape: _Shape) -> _Shape:
        """The shape of a node's value when the current value has `shape`."""
        method = getattr(self, f"_{node['type']}", None)
        if method is not None:
            result: _Shape = method(node, shape)
            return result
        for child in node.get("children", ()):
            if isinstance(child, Mapping):
                self.use(self.visit(child, shape))
        return _ANY

    # -- nodes that go on from the current value --------------------------------------------

    def _current(self, node: Any, shape: _Shape) -> _Shape:
        return shape

    _identity = _current
    _slice = _current

    def _chain(self, node: Any, shape: _Shape) -> _Shape:
        for child in node["children"]:
            shape = self.visit(child, shape)
        return shape

    _subexpression = _chain
    _pipe = _chain
    _index_expression = _chain

    def _index(self, node: Any, shape: _Shape) -> _Shape:
        return shape.of or _ANY

    def _flatten(self, node: Any, shape: _Shape) -> _Shape:
        base = self.visit(node["children"][0], shape)
        inner = base.of
        return inner if inner is not None and inner.kind == "list" else base

    def _projection(self, node: Any, shape: _Shape) -> _Shape:
        base = self.visit(node["children"][0], shape)
        return _list_of(self.visit(node["children"][1], base.of or _ANY))

    def _filter_projection(self, node: Any, shape: _Shape) -> _Shape:
        element = self.visit(node["children"][0], shape).of or _ANY
        self.use(self.visit(node["children"][2], element))
        return _list_of(self.visit(node["children"][1], element))

    def _value_projection(self, node: Any, shape: _Shape) -> _Shape:
        self.use(self.visit(node["children"][0], shape))
        self.use(self.visit(node["children"][1], _ANY))
        return _ANY

    def _expref(self, node: Any, shape: _Shape) -> _Shape:
        self.problems.append(("&expression stands only inside a function's brackets", ""))
        return _ANY

    # -- names ------------------------------------------------------------------------------

    def _field(self, node: Any, shape: _Shape) -> _Shape:
        name = str(node["value"])
        match shape.kind:
            case "root":
                return self._of_root(name)
            case "params":
                if self._known(name, self._names.params, "parameter"):
                    self.params.add(name)
            case "steps":
                return self._of_steps(name)
            case "step":
                if self._known(name, RESULT_FIELDS, f"result of step {shape.name}:"):
                    row = _Shape("row", shape.name)
                    return (
                        _Shape("list", f"steps.{shape.name}.rows", row) if name == "rows" else _ANY
                    )
            case "row":
                self._column(name, shape.name)
            case "run":
                self._known(name, RUN_FIELDS, "field of run:")
            case "target":
                self._known(name, TARGET_FIELDS, "field of a target:")
            case "list":
                self._of_list(name, shape)
        return _ANY

    def _of_list(self, name: str, shape: _Shape) -> None:
        which = shape.name or "it"
        hint = f"write {which}[].{name} for all of them, {which}[-1].{name} for the last"
        message = f"{which} is a list and has no {name}" if shape.name else f"a list has no {name}"
        self.problems.append((message, hint if shape.name else "write [].name or [0].name"))

    def _of_root(self, name: str) -> _Shape:
        self.roots.add(name)
        if name == "targets":
            return _TARGETS
        if name == "item" and self._names.item:
            return _ANY
        if name in ("params", "steps", "run"):
            return _Shape(name)
        if name == "item":
            self.problems.append(("there is no item here", "a step with for_each has one"))
            return _ANY
        known = ("params", "steps", "run", "targets")
        hint = name_advice(name, self._text) or nearest(name, known)
        if name in self._names.params:
            hint = f"did you mean params.{name}?"
        elif name in self._names.steps:
            hint = f"did you mean steps.{name}?"
        self.problems.append((f"unknown name {shown(name)} in an expression", hint))
        return _ANY

    def _of_steps(self, name: str) -> _Shape:
        if name in self._names.later and name not in self._names.steps:
            self.problems.append((f"step {shown(name)} has not run yet at this place", ""))
            return _ANY
        if not self._known(name, self._names.steps, "step"):
            return _ANY
        self.steps.add(name)
        return _Shape("step", name)

    def _column(self, name: str, step: str) -> None:
        columns = self._names.steps.get(step)
        if columns is not None and name not in columns and name not in TARGET_COLUMNS:
            hint = nearest(name, sorted(columns))
            self.problems.append((f"the rows of step {step} have no column {shown(name)}", hint))

    def _known(self, name: str, known: Any, kind: str) -> bool:
        if name in known:
            return True
        self.problems.append((f"unknown {kind} {shown(name)}", nearest(name, sorted(known))))
        return False

    # -- functions --------------------------------------------------------------------------

    def _function_expression(self, node: Any, shape: _Shape) -> _Shape:
        name = str(node["value"])
        children = node["children"]
        self._check_call(name, len(children))
        if name == "root":
            return _ROOT
        plain = [self.visit(c, shape) if c["type"] != "expref" else None for c in children]
        of_list = next((s.of for s in plain if s is not None and s.of is not None), None)
        mapped = _ANY
        for child, given in zip(children, plain, strict=True):
            if given is not None:
                self.use(given)
            else:
                mapped = self.use(self.visit(child["children"][0], of_list or _ANY))
        first = plain[0] if plain and plain[0] is not None else _ANY
        if name in _SAME_LIST and first.kind == "list":
            return first
        if name in _ELEMENT:
            return of_list or _ANY
        return _list_of(mapped) if name == "map" else _ANY

    def _check_call(self, name: str, given: int) -> None:
        if name not in self._functions:
            hint = nearest(name, sorted(self._functions))
            self.problems.append((f"unknown function {shown(name)}", hint))
            return
        wanted, more = self._functions[name]
        if given < wanted or (given > wanted and not more):
            least = "at least " if more else ""
            self.problems.append((f"{name}() takes {least}{wanted} arguments, not {given}", ""))


def _list_of(element: _Shape) -> _Shape:
    return _Shape("list", "", element)
