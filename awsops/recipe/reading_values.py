"""One value of a recipe's section at a time, each mistake kept with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from awsops.recipe.document import Node
from awsops.recipe.expressions import (
    ExpressionError,
    Template,
    parse_expression,
    parse_template,
)
from awsops.recipe.language import IDENTIFIER, Key
from awsops.recipe.model import Placed, Text
from awsops.recipe.problems import Problem, nearest, shown

T = TypeVar("T")
Entries = Mapping[str, Node]


class ValueReader:
    """Collects problems and goes on with what is left, so that one run shows them all."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, node: Node, message: str, hint: str = "") -> None:
        self.problems.append(node.problem(message, hint))

    def entries(
        self, node: Node, keys: tuple[Key, ...], what: str, at: Node | None = None
    ) -> Entries | None:
        """A section's values by key; None when it is not a mapping at all."""
        if not isinstance(node.value, dict):
            names = ", ".join(key.name for key in keys)
            self.problem(node, f"{what} is a mapping, not {node.kind}", f"with {names}")
            return None
        known = {key.name: key for key in keys}
        for name, entry in node.value.items():
            if name not in known:
                self.problem(
                    entry.key, f"unknown key {shown(name)} in {what}", nearest(name, known)
                )
        for key in keys:
            if key.required and key.name not in node.value:
                self.problem(at or node, f"{what} needs {key.name}:", _lower(key.help))
        return {name: entry.value for name, entry in node.value.items() if name in known}

    def text(self, entries: Entries, key: str) -> str:
        node = entries.get(key)
        if node is None:
            return ""
        if not isinstance(node.value, str) or not node.value.strip():
            self.problem(node, f"{key} is text, not {node.kind if node.value != '' else 'empty'}")
            return ""
        return node.value

    def identifier(self, entries: Entries, key: str) -> str:
        text = self.text(entries, key)
        if text and not IDENTIFIER.fullmatch(text):
            hint = "letters, digits and _, no digit first: expressions name it"
            self.problem(entries[key], f"{key} {shown(text)} is not a name", hint)
        return text

    def flag(self, entries: Entries, key: str) -> bool:
        node = entries.get(key)
        if node is not None and not isinstance(node.value, bool):
            self.problem(node, f"{key} is true or false, not {node.kind}")
        return node is not None and node.value is True

    def number(self, entries: Entries, key: str, kind: str) -> float | None:
        node = entries.get(key)
        if node is None:
            return None
        if kind not in ("int", "float"):
            self.problem(node, f"{key} is for int and float, not for {kind}")
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            self.problem(node, f"{key} is a number, not {node.kind}")
            return None
        return node.value

    def choice(self, entries: Entries, key: str, choices: tuple[str, ...], default: str) -> str:
        text = self.text(entries, key)
        if text and text not in choices:
            self.problem(
                entries[key], f"{key} is one of {', '.join(choices)}", nearest(text, choices)
            )
        return text if text in choices else default

    def scalars(self, node: Node | None, key: str) -> list[Node]:
        if node is None:
            return []
        if not isinstance(node.value, tuple) or not node.value:
            self.problem(node, f"{key} is a list of values, not {node.kind}")
            return []
        return list(node.value)

    def expression(self, entries: Entries, key: str) -> Placed | None:
        node = entries.get(key)
        if node is None:
            return None
        if isinstance(node.value, bool):  # `when: false` switches a step off
            return Placed(parse_expression(f"`{str(node.value).lower()}`"), node)
        if not isinstance(node.value, str):
            hint = "quote it" if isinstance(node.value, dict) else ""
            self.problem(node, f"{key} is an expression, not {node.kind}", hint)
            return None
        try:
            return Placed(parse_expression(node.value), node)
        except ExpressionError as error:
            self.problem(node, f"{key}: {error}")
            return None

    def template(self, node: Node) -> Template:
        try:
            return parse_template(str(node.value))
        except ExpressionError as error:
            self.problem(node, str(error))
            return Template("", ())

    def words(self, node: Node) -> Text | None:
        if not isinstance(node.value, str) or not node.value.strip():
            self.problem(node, f"text is expected here, not {node.kind}")
            return None
        return Text(self.template(node), node)

    def each(self, entries: Entries, key: str, read: Callable[[Node], T | None]) -> list[T]:
        node = entries.get(key)
        if node is None or node.value is None:
            return []
        if not isinstance(node.value, tuple):
            self.problem(node, f"{key} is a list, not {node.kind}")
            return []
        found = [read(item) for item in node.value]
        return [item for item in found if item is not None]

    def duration(self, entries: Entries, key: str) -> float | None:
        """Seconds; None when it is not given or wrong."""
        from awsops.units import DURATION_FORMS, UnitError, parse_duration

        node = entries.get(key)
        if node is None:
            return None
        try:
            seconds = float(parse_duration(str(node.value)))
        except UnitError:
            self.problem(node, f"{key} is a duration, not {node.kind}", DURATION_FORMS)
            return None
        if seconds <= 0:
            self.problem(node, f"{key} must be longer than nothing")
        return seconds

    def whole_number(self, entries: Entries, key: str, least: int, most: int) -> int | None:
        """A number in a range; None when it is not given or wrong."""
        node = entries.get(key)
        if node is None:
            return None
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.problem(node, f"{key} is a whole number from {least} to {most}")
            return None
        return value

    def texts(self, entries: Entries, key: str) -> list[tuple[str, Node]]:
        """A list of plain texts, each with its place; one text stands for a list of it."""
        node = entries.get(key)
        if node is None or node.value is None:
            return []
        items = node.value if isinstance(node.value, tuple) else (node,)
        found = []
        for item in items:
            if isinstance(item.value, str) and item.value.strip():
                found.append((item.value.strip(), item))
            else:
                self.problem(item, f"{key} is a list of texts, not {item.kind}")
        return found


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")
