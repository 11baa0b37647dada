"""From YAML to a Recipe: every mistake that shows without knowing awsops' commands, at once."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from awsops.recipe import language
from awsops.recipe.document import Entry, Node, Scalar, parse_document
from awsops.recipe.expressions import Template
from awsops.recipe.language import IDENTIFIER, RECIPE_NAME
from awsops.recipe.model import (
    Argument,
    Bound,
    Check,
    Draft,
    OnError,
    Param,
    Piece,
    Recipe,
    Retry,
    Step,
    Strategy,
    Text,
    Value,
    Where,
)
from awsops.recipe.problems import RecipeError, shown
from awsops.recipe.reading_values import Entries, ValueReader
from awsops.recipe.values import ValueProblem, convert


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


class _Reader(ValueReader):
    """The sections of a recipe."""

    def recipe(self, document: Node, source: str) -> Recipe | None:
        entries = self.entries(document, language.RECIPE, "a recipe")
        if entries is None:
            return None
        name = self.text(entries, "name")
        if "name" in entries and not RECIPE_NAME.fullmatch(name):
            self.problem(entries["name"], "a recipe's name has letters, digits, - and _ only")
        steps = self._steps(entries.get("steps"), 1)
        always = self._always(entries, len(steps) + 1)
        self._unique_names((*steps, *always))
        return Recipe(
            name=name,
            summary=" ".join(self.text(entries, "summary").split()),
            description=self.text(entries, "description").strip(),
            source=source,
            params=self._params(entries.get("params")),
            steps=steps,
            always=always,
            include=tuple(self.texts(entries, "include")),
            strategy=self._strategy(entries),
            where=self._where(entries),
            checks=tuple(self.each(entries, "checks", self._check)),
            next=tuple(self.each(entries, "next", self.words)),
            name_node=entries.get("name"),
        )

    # -- sections ---------------------------------------------------------------------------

    def _params(self, node: Node | None) -> tuple[Param, ...]:
        if node is None or node.value is None:
            return ()
        if not isinstance(node.value, dict):
            self.problem(node, f"params is a mapping by name, not {node.kind}")
            return ()
        if len(node.value) > language.MAX_PARAMS:
            self.problem(node, f"more than {language.MAX_PARAMS} parameters")
            return ()
        found = [self._param(name, entry) for name, entry in node.value.items()]
        return tuple(param for param in found if param is not None)

    def _param(self, name: str, entry: Entry) -> Param | None:
        if not IDENTIFIER.fullmatch(name):
            message = f"parameter name {shown(name)}: letters, digits and _, no digit first"
            self.problem(entry.key, message)
            return None
        node = entry.value
        if node.value is None:
            return Param(name, "str", entry.key)
        entries = self.entries(node, language.PARAM, f"parameter {name}", at=entry.key)
        if entries is None:
            return None
        kind = self.choice(entries, "type", language.PARAM_TYPES, "str")
        default = entries.get("default")
        choices = self.scalars(entries.get("choices"), "choices")
        param = Param(
            name=name,
            type=kind,
            node=entry.key,
            help=" ".join(self.text(entries, "help").split()),
            default=None,
            required=default is None,
            min=self.number(entries, "min", kind),
            max=self.number(entries, "max", kind),
            secret=self.flag(entries, "secret"),
            prompt=self.text(entries, "prompt") or None,
        )
        typed = [self._converted(param, item, "choice") for item in choices]
        flat = tuple(item for item in typed if not isinstance(item, list))
        return self._with_default(param, default, flat)

    def _with_default(
        self, param: Param, default: Node | None, choices: tuple[Scalar, ...]
    ) -> Param:
        param = replace(param, choices=choices)
        if param.min is not None and param.max is not None and param.min > param.max:
            self.problem(param.node, f"parameter {param.name}: min is more than max")
        if default is None:
            return param
        return replace(param, default=self._converted(param, default, "default"))

    def _converted(self, param: Param, node: Node, what: str) -> Value:
        if isinstance(node.value, dict):
            self.problem(node, f"a {what} is one value or a list, not a mapping")
            return None
        if what == "choice" and isinstance(node.value, tuple):
            self.problem(node, "a choice is one value, not a list")
            return None
        if what == "choice" and param.type == "list" and not isinstance(node.value, tuple):
            return node.value  # the choices of a list are those of its items
        try:
            return convert(param, node.plain())
        except ValueProblem as error:
            self.problem(node, f"{what} of {param.name}: {param.type} {error}")
            return None

    def _always(self, entries: Entries, first: int) -> tuple[Step, ...]:
        node = entries.get("always")
        if node is None or node.value is None:
            return ()
        return tuple(replace(step, always=True) for step in self._steps(node, first))

    def _steps(self, node: Node | None, first: int) -> tuple[Step, ...]:
        if node is None:
            return ()
        if not isinstance(node.value, tuple) or not node.value:
            self.problem(node, f"steps is a list of at least one step, not {node.kind}")
            return ()
        if len(node.value) > language.MAX_STEPS:
            self.problem(node, f"more than {language.MAX_STEPS} steps")
            return ()
        read = [self._step(number, item) for number, item in enumerate(node.value, first)]
        return tuple(step for step in read if step is not None)

    def _step(self, number: int, node: Node) -> Step | None:
        entries = self.entries(node, language.STEP, f"step {number}")
        if entries is None:
            return None
        run = entries.get("run")
        words = self.text(entries, "run").split()
        if run is not None and len(words) != 2:
            hint = "its parameters stand under with:" if len(words) > 2 else 'as in "sqs redrive"'
            self.problem(run, "run takes a noun and a verb", hint)
        noun, verb = words if len(words) == 2 else ("", "")
        return Step(
            number=number,
            id=self.identifier(entries, "id"),
            noun=noun,
            verb=verb,
            node=node,
            run_node=run or node,
            arguments=self._arguments(entries.get("with")),
            when=self.expression(entries, "when"),
            for_each=self.expression(entries, "for_each"),
            register=self.identifier(entries, "register") or None,
            show=self.flag(entries, "show"),
            confirm=self.words(entries["confirm"]) if "confirm" in entries else None,
            retry=self._retry(entries),
            timeout=self.duration(entries, "timeout"),
            # `choice` takes no other word than those of OnError.
            on_error=cast(OnError, self.choice(entries, "on_error", language.ON_ERROR, "stop")),
            strategy=self._strategy(entries),
            idempotent=self.flag(entries, "idempotent"),
        )

    def _retry(self, entries: Entries) -> Retry | None:
        node = entries.get("retry")
        if node is None:
            return None
        found = self.entries(node, language.RETRY, "retry")
        if found is None:
            return None
        times = self.whole_number(found, "times", 1, language.MOST_RETRIES)
        wait = self.duration(found, "wait")
        return Retry(times or 1, 10.0 if wait is None else wait)

    def _strategy(self, entries: Entries) -> Strategy | None:
        node = entries.get("strategy")
        found = self.entries(node, language.STRATEGY, "strategy") if node is not None else None
        if found is None:
            return None
        failures = self.whole_number(found, "max_failures", 0, 10_000)
        waves = self._waves(found["waves"]) if "waves" in found else ()
        return Strategy(waves or (None,), failures or 0)

    def _waves(self, node: Node) -> tuple[int | None, ...]:
        items = node.value if isinstance(node.value, tuple) else ()
        waves: list[int | None] = []
        for item in items:
            if item.value == language.REST:
                waves.append(None)
            elif isinstance(item.value, int) and item.value is not True and item.value > 0:
                waves.append(item.value)
            else:
                self.problem(item, "a wave is a number of targets from 1, or rest")
        if not items or None in waves[:-1]:
            self.problem(node, "waves is a list like [1, 5, rest], with rest only at its end")
        return tuple(waves)

    def _where(self, entries: Entries) -> Where | None:
        node = entries.get("targets")
        if node is None:
            return None
        found = self.entries(node, language.TARGETS, "targets")
        if found is None:
            return None
        return Where(
            profiles=tuple(text for text, _ in self.texts(found, "profiles")),
            regions=tuple(text for text, _ in self.texts(found, "regions")),
            role=self.text(found, "role") or None,
        )

    def _unique_names(self, steps: tuple[Step, ...]) -> None:
        ids: dict[str, Step] = {}
        for step in steps:
            if step.id and step.id in ids:
                first = ids[step.id].node.line
                self.problem(step.node, f"a second step {shown(step.id)}, first in line {first}")
            ids.setdefault(step.id, step)
        for step in steps:
            if step.register in ids and step.register is not None:
                self.problem(step.node, f"register {shown(step.register)} is a step's id")

    def _arguments(self, node: Node | None) -> dict[str, Bound]:
        if node is None or node.value is None:
            return {}
        if not isinstance(node.value, dict):
            self.problem(node, f"with is a mapping of parameters, not {node.kind}")
            return {}
        return {name: self._argument(name, entry) for name, entry in node.value.items()}

    def _argument(self, name: str, entry: Entry) -> Bound:
        node = entry.value
        before = len(self.problems)
        value: Argument = None
        if isinstance(node.value, dict):
            hint = 'quote a value that begins with {{ : "{{ params.name }}"'
            self.problem(node, f"{name} is one value or a list, not a mapping", hint)
        elif isinstance(node.value, tuple):
            value = tuple(self._piece(item) for item in node.value)
        else:
            value = self._piece(node)
        return Bound(entry.key, node, value, broken=len(self.problems) > before)

    def _piece(self, node: Node) -> Piece:
        if isinstance(node.value, tuple | dict):
            self.problem(node, f"a list of a step's parameter holds plain values, not {node.kind}")
            return None
        return self.template(node) if isinstance(node.value, str) else node.value

    def _check(self, node: Node) -> Check | None:
        entries = self.entries(node, language.CHECK, "a check")
        if entries is None:
            return None
        that = self.expression(entries, "that")
        message = self.words(entries["message"]) if "message" in entries else None
        hint = self.words(entries["hint"]) if "hint" in entries else None
        when = self.expression(entries, "when")
        each = self.choice(entries, "each", ("target", "run"), "target")
        if that is None:
            return None
        message = message or Text(Template("", ()), node)  # a problem by now
        name = " ".join(self.text(entries, "name").split())
        return Check(that, message, name, hint, when, "run" if each == "run" else "target")
