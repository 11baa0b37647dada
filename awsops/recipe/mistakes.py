"""Conditions that JMESPath takes and that cannot mean what they say: found without evaluating.

A number is true whatever it is, texts and numbers are never equal, and `!` binds tighter than `==`
and even the dot: each makes a `when` that is always or never true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from awsops.recipe.problems import shown

Mistake = tuple[str, str]  # message, hint

# What JMESPath's and our own functions give, where it is always the same.
_NUMBERS = frozenset({"length", "sum", "add", "sub", "mul", "div", "abs", "ceil", "floor"})
_BOOLEANS = frozenset({"contains", "starts_with", "ends_with"})
_TEXTS = frozenset({"join", "to_string", "type"})
_RESULT_FIELDS = {
    "status": "text",
    **dict.fromkeys(("count", "seconds", "exit_code", "changes", "targets"), "number"),
}
_SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_QUOTED = re.compile(r"'(?:\\.|[^'])*'|\"(?:\\.|[^\"])*\"|`(?:\\.|[^`])*`")


def mistakes(ast: Any, params: Mapping[str, str | None], *, condition: bool) -> Iterator[Mistake]:
    """What is wrong with a parsed expression.

    `params` are the kinds of parameters that are never null: text, number, boolean, list, or None
    for one that is not known. `condition`: it decides, and is no value.
    """
    yield from _Judge(params).judge(ast, condition)


class _Judge:
    def __init__(self, params: Mapping[str, str | None]) -> None:
        self._params = params

    def judge(self, node: Any, decides: bool) -> Iterator[Mistake]:
        """The mistakes in a node; `decides`: only whether its value is true matters."""
        kind = node["type"]
        children = [child for child in node.get("children", ()) if isinstance(child, Mapping)]
        if kind == "comparator":
            yield from self._comparison(node["value"], *children)
        if kind == "subexpression" and children[0]["type"] == "not_expression":
            text = "! binds tighter than the dot: this negates what stands before it, and is null"
            yield text, "put it into brackets: !(params.name)"
            return
        if decides and kind != "literal" and self._kind(node) == "number":
            name = _name(node)
            yield f"{name} is a number, and a number is always true: 0 too", f"write {name} > `0`"
        for number, child in enumerate(children):
            left_of = kind in ("and_expression", "or_expression") and (number == 0 or decides)
            condition = kind == "filter_projection" and number == 2
            yield from self.judge(child, left_of or condition or kind == "not_expression")

    def _comparison(self, sign: str, left: Any, right: Any) -> Iterator[Mistake]:
        kinds = self._kind(left), self._kind(right)
        if sign in ("eq", "ne"):
            if None not in kinds and kinds[0] != kinds[1]:
                always = "never" if sign == "eq" else "always"
                text = f"{kinds[0]} {_SIGNS[sign]} {kinds[1]} is {always} true"
                yield text, _way_out(sign, left, right, kinds)
            return
        for node, kind in zip((left, right), kinds, strict=True):
            if kind in ("boolean", "list"):
                yield (
                    f"{_SIGNS[sign]} compares numbers, and {_name(node)} is {kind}: never true",
                    "",
                )
                return
        if None not in kinds and kinds[0] != kinds[1]:
            hint = "to_number() makes a number of a text"
            yield f"{kinds[0]} {_SIGNS[sign]} {kinds[1]} is never true", hint

    def _kind(self, node: Any) -> str | None:
        match node["type"]:
            case "literal":
                return _kind_of(node["value"])
            case "comparator" | "not_expression":
                return "boolean"
            case "function_expression":
                return _kind_of_function(str(node["value"]))
            case "subexpression":
                return self._kind_of_names(_names(node))
        return None

    def _kind_of_names(self, names: list[str]) -> str | None:
        if len(names) == 2 and names[0] == "params":
            return self._params.get(names[1])
        if len(names) == 3 and names[0] == "steps":
            return _RESULT_FIELDS.get(names[2])
        return None


def _kind_of(value: object) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else None


def _kind_of_function(name: str) -> str | None:
    if name in _NUMBERS:
        return "number"
    if name in _BOOLEANS:
        return "boolean"
    return "text" if name in _TEXTS else None


def _names(node: Any) -> list[str]:
    """`params.x` as its parts; empty when it is more than names."""
    children = node["children"]
    if any(child["type"] != "field" for child in children):
        return []
    return [str(child["value"]) for child in children]


def _name(node: Any) -> str:
    if node["type"] == "function_expression":
        return f"{node['value']}()"
    if node["type"] == "literal":
        return shown(str(node["value"]))
    names = _names(node) if node["type"] == "subexpression" else []
    return ".".join(names) or "it"


def _way_out(sign: str, left: Any, right: Any, kinds: tuple[str | None, str | None]) -> str:
    if "not_expression" in (left["type"], right["type"]):
        other = "!=" if sign == "eq" else "=="
        return f"! stands for what is beside it alone: write a {other} b"
    if set(kinds) == {"number", "text"}:
        for node, kind in zip((left, right), kinds, strict=True):
            if node["type"] == "literal" and kind == "number":
                return f"a text stands in single quotes: '{node['value']}'"
        return "a number is written between backquotes: `5`"
    return "true and false are written between backquotes: `true`" if "boolean" in kinds else ""


def syntax_advice(text: str) -> str:
    """What somebody who wrote an expression that cannot be parsed has probably meant."""
    plain = _QUOTED.sub(" ", text)
    if re.search(r"(?<![=!<>])=(?!=)", plain):
        return "== compares"
    if re.search(r"\b(and|or|not)\b", plain):
        return "&& is and, || is or, ! is not"
    if re.search(r"[=<>]\s*-?\d|\d\s*[=!<>]", plain):
        return "a number is written between backquotes: `5`"
    if re.search(r"\w\[\s*\]?$|\w\[ ", plain) and re.search(r"\w\['", text):
        return "write steps.name.rows, without brackets and quotes"
    if re.search(r"[-+*/]", plain):
        return "add(), sub(), mul() and div() reckon; a name with a dash stands in double quotes"
    return ""


def name_advice(name: str, text: str) -> str:
    """What a name that does not exist was probably meant to be, in the expression `text`."""
    if name.lower() in ("true", "false", "null", "none"):
        meant = "null" if name.lower() == "none" else name.lower()
        return f"write `{meant}`, between backquotes"
    return f"a text stands in single quotes: '{name}'" if f'"{name}"' in text else ""
