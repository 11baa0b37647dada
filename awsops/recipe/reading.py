"""From YAML to a Recipe: every mistake that shows without knowing awsops' commands, at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from awsops.recipe import language
from awsops.recipe.document import Entry, Node, Scalar, parse_document
from awsops.recipe.expressions import (
    ExpressionError,
    Template,
    parse_expression,
    parse_template,
)
from awsops.recipe.language import IDENTIFIER, RECIPE_NAME, Key
from awsops.recipe.model import (
    Argument,
    Bound,
    Check,
    Draft,
    Param,
    Piece,
    Placed,
    Recipe,
    Step,
    Text,
    Value,
)
from awsops.recipe.problems import Problem, RecipeError, nearest, shown
from awsops.recipe.values import ValueProblem, convert

T = TypeVar("T")
Entries = Mapping[str, Node]


def read_recipe(content: bytes, source: str) -> Draft:
    """The recipe in a YAML file with every problem found on the way; `source` names it there.

    RecipeError when it is not YAML, or no mapping.
    """
    document = parse_document(content, source)
    reader = _Reader()
    recipe = reader.recipe(document, source)
    if recipe is None:
        raise RecipeError(source, reader.problems)
    return Draft(recipe, tuple(reader.problems))


class _Reader:
    """Collects problems and goes on with what is left, so that one run shows them all."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def recipe(self, document: Node, source: str) -> Recipe | None:
        entries = self._entries(document, language.RECIPE, "a recipe")
        if entries is None:
            return None
        name = self._text(entries, "name")
        if "name" in entries and not RECIPE_NAME.fullmatch(name):
            self._problem(entries["name"], "a recipe's name has letters, digits, - and _ only")
        return Recipe(
            name=name,
            summary=" ".join(self._text(entries, "summary").split()),
            description=self._text(entries, "description").strip(),
            source=source,
            params=self._params(entries.get("params")),
            steps=self._steps(entries.get("steps")),
            checks=tuple(self._each(entries, "checks", self._check)),
            next=tuple(self._each(entries, "next", self._words)),
            name_node=entries.get("name"),
        )

    # -- sections ---------------------------------------------------------------------------

    def _params(self, node: Node | None) -> tuple[Param, ...]:
        if node is None or node.value is None:
            return ()
        if not isinstance(node.value, dict):
            self._problem(node, f"params is a mapping by name, not {node.kind}")
            return ()
        if len(node.value) > language.MAX_PARAMS:
            self._problem(node, f"more than {language.MAX_PARAMS} parameters")
            return ()
        found = [self._param(name, entry) for name, entry in node.value.items()]
        return tuple(param for param in found if param is not None)

    def _param(self, name: str, entry: Entry) -> Param | None:
        if not IDENTIFIER.fullmatch(name):
            message = f"parameter name {shown(name)}: letters, digits and _, no digit first"
            self._problem(entry.key, message)
            return None
        node = entry.value
        if node.value is None:
            return Param(name, "str", entry.key)
        entries = self._entries(node, language.PARAM, f"parameter {name}", at=entry.key)
        if entries is None:
            return None
        kind = self._choice(entries, "type", language.PARAM_TYPES, "str")
        default = entries.get("default")
        choices = self._scalars(entries.get("choices"), "choices")
        param = Param(
            name=name,
            type=kind,
            node=entry.key,
            help=" ".join(self._text(entries, "help").split()),
            default=None,
            required=default is None,
            min=self._number(entries, "min", kind),
            max=self._number(entries, "max", kind),
            secret=self._flag(entries, "secret"),
            prompt=self._text(entries, "prompt") or None,
        )
        typed = [self._converted(param, item, "choice") for item in choices]
        flat = tuple(item for item in typed if not isinstance(item, list))
        return self._with_default(param, default, flat)

    def _with_default(
        self, param: Param, default: Node | None, choices: tuple[Scalar, ...]
    ) -> Param:
        param = replace(param, choices=choices)
        if param.min is not None and param.max is not None and param.min > param.max:
            self._problem(param.node, f"parameter {param.name}: min is more than max")
        if default is None:
            return param
        return replace(param, default=self._converted(param, default, "default"))

    def _converted(self, param: Param, node: Node, what: str) -> Value:
        if isinstance(node.value, dict):
            self._problem(node, f"a {what} is one value or a list, not a mapping")
            return None
        if what == "choice" and isinstance(node.value, tuple):
            self._problem(node, "a choice is one value, not a list")
            return None
        if what == "choice" and param.type == "list" and not isinstance(node.value, tuple):
            return node.value  # the choices of a list are those of its items
        try:
            return convert(param, node.plain())
        except ValueProblem as error:
            self._problem(node, f"{what} of {param.name}: {param.type} {error}")
            return None

    def _steps(self, node: Node | None) -> tuple[Step, ...]:
        if node is None:
            return ()
        if not isinstance(node.value, tuple) or not node.value:
            self._problem(node, f"steps is a list of at least one step, not {node.kind}")
            return ()
        if len(node.value) > language.MAX_STEPS:
            self._problem(node, f"more than {language.MAX_STEPS} steps")
            return ()
        read = [self._step(number, item) for number, item in enumerate(node.value, 1)]
        steps = tuple(step for step in read if step is not None)
        self._unique_names(steps)
        return steps

    def _step(self, number: int, node: Node) -> Step | None:
        entries = self._entries(node, language.STEP, f"step {number}")
        if entries is None:
            return None
        run = entries.get("run")
        words = self._text(entries, "run").split()
        if run is not None and len(words) != 2:
            hint = "its parameters stand under with:" if len(words) > 2 else 'as in "sqs redrive"'
            self._problem(run, "run takes a noun and a verb", hint)
        noun, verb = words if len(words) == 2 else ("", "")
        return Step(
            number=number,
            id=self._identifier(entries, "id"),
            noun=noun,
            verb=verb,
            node=node,
            run_node=run or node,
            arguments=self._arguments(entries.get("with")),
            when=self._expression(entries, "when"),
            for_each=self._expression(entries, "for_each"),
            register=self._identifier(entries, "register") or None,
            show=self._flag(entries, "show"),
        )

    def _unique_names(self, steps: tuple[Step, ...]) -> None:
        ids: dict[str, Step] = {}
        for step in steps:
            if step.id and step.id in ids:
                first = ids[step.id].node.line
                self._problem(step.node, f"a second step {shown(step.id)}, first in line {first}")
            ids.setdefault(step.id, step)
        for step in steps:
            if step.register in ids and step.register is not None:
                self._problem(step.node, f"register {shown(step.register)} is a step's id")

    def _arguments(self, node: Node | None) -> dict[str, Bound]:
        if node is None or node.value is None:
            return {}
        if not isinstance(node.value, dict):
            self._problem(node, f"with is a mapping of parameters, not {node.kind}")
            return {}
        return {name: self._argument(name, entry) for name, entry in node.value.items()}

    def _argument(self, name: str, entry: Entry) -> Bound:
        node = entry.value
        before = len(self.problems)
        value: Argument = None
        if isinstance(node.value, dict):
            hint = 'quote a value that begins with {{ : "{{ params.name }}"'
            self._problem(node, f"{name} is one value or a list, not a mapping", hint)
        elif isinstance(node.value, tuple):
            value = tuple(self._piece(item) for item in node.value)
        else:
            value = self._piece(node)
        return Bound(entry.key, node, value, broken=len(self.problems) > before)

    def _piece(self, node: Node) -> Piece:
        if isinstance(node.value, tuple | dict):
            self._problem(node, f"a list of a step's parameter holds plain values, not {node.kind}")
            return None
        return self._template(node) if isinstance(node.value, str) else node.value

    def _check(self, node: Node) -> Check | None:
        entries = self._entries(node, language.CHECK, "a check")
        if entries is None:
            return None
        that = self._expression(entries, "that")
        message = self._words(entries["message"]) if "message" in entries else None
        hint = self._words(entries["hint"]) if "hint" in entries else None
        when = self._expression(entries, "when")
        each = self._choice(entries, "each", ("target", "run"), "target")
        if that is None:
            return None
        message = message or Text(Template("", ()), node)  # a problem by now
        name = " ".join(self._text(entries, "name").split())
        return Check(that, message, name, hint, when, "run" if each == "run" else "target")

    # -- values -----------------------------------------------------------------------------

    def _problem(self, node: Node, message: str, hint: str = "") -> None:
        self.problems.append(node.problem(message, hint))

    def _entries(
        self, node: Node, keys: tuple[Key, ...], what: str, at: Node | None = None
    ) -> Entries | None:
        """A section's values by key; None when it is not a mapping at all."""
        if not isinstance(node.value, dict):
            names = ", ".join(key.name for key in keys)
            self._problem(node, f"{what} is a mapping, not {node.kind}", f"with {names}")
            return None
        known = {key.name: key for key in keys}
        for name, entry in node.value.items():
            if name not in known:
                self._problem(
                    entry.key, f"unknown key {shown(name)} in {what}", nearest(name, known)
                )
        for key in keys:
            if key.required and key.name not in node.value:
                self._problem(at or node, f"{what} needs {key.name}:", _lower(key.help))
        return {name: entry.value for name, entry in node.value.items() if name in known}

    def _text(self, entries: Entries, key: str) -> str:
        node = entries.get(key)
        if node is None:
            return ""
        if not isinstance(node.value, str) or not node.value.strip():
            self._problem(node, f"{key} is text, not {node.kind if node.value != '' else 'empty'}")
            return ""
        return node.value

    def _identifier(self, entries: Entries, key: str) -> str:
        text = self._text(entries, key)
        if text and not IDENTIFIER.fullmatch(text):
            hint = "letters, digits and _, no digit first: expressions name it"
            self._problem(entries[key], f"{key} {shown(text)} is not a name", hint)
        return text

    def _flag(self, entries: Entries, key: str) -> bool:
        node = entries.get(key)
        if node is not None and not isinstance(node.value, bool):
            self._problem(node, f"{key} is true or false, not {node.kind}")
        return node is not None and node.value is True

    def _number(self, entries: Entries, key: str, kind: str) -> float | None:
        node = entries.get(key)
        if node is None:
            return None
        if kind not in ("int", "float"):
            self._problem(node, f"{key} is for int and float, not for {kind}")
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            self._problem(node, f"{key} is a number, not {node.kind}")
            return None
        return node.value

    def _choice(self, entries: Entries, key: str, choices: tuple[str, ...], default: str) -> str:
        text = self._text(entries, key)
        if text and text not in choices:
            self._problem(
                entries[key], f"{key} is one of {', '.join(choices)}", nearest(text, choices)
            )
        return text if text in choices else default

    def _scalars(self, node: Node | None, key: str) -> list[Node]:
        if node is None:
            return []
        if not isinstance(node.value, tuple) or not node.value:
            self._problem(node, f"{key} is a list of values, not {node.kind}")
            return []
        return list(node.value)

    def _expression(self, entries: Entries, key: str) -> Placed | None:
        node = entries.get(key)
        if node is None:
            return None
        if isinstance(node.value, bool):  # `when: false` switches a step off
            return Placed(parse_expression(f"`{str(node.value).lower()}`"), node)
        if not isinstance(node.value, str):
            hint = "quote it" if isinstance(node.value, dict) else ""
            self._problem(node, f"{key} is an expression, not {node.kind}", hint)
            return None
        try:
            return Placed(parse_expression(node.value), node)
        except ExpressionError as error:
            self._problem(node, f"{key}: {error}")
            return None

    def _template(self, node: Node) -> Template:
        try:
            return parse_template(str(node.value))
        except ExpressionError as error:
            self._problem(node, str(error))
            return Template("", ())

    def _words(self, node: Node) -> Text | None:
        if not isinstance(node.value, str) or not node.value.strip():
            self._problem(node, f"text is expected here, not {node.kind}")
            return None
        return Text(self._template(node), node)

    def _each(self, entries: Entries, key: str, read: Callable[[Node], T | None]) -> list[T]:
        node = entries.get(key)
        if node is None or node.value is None:
            return []
        if not isinstance(node.value, tuple):
            self._problem(node, f"{key} is a list, not {node.kind}")
            return []
        found = [read(item) for item in node.value]
        return [item for item in found if item is not None]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")
