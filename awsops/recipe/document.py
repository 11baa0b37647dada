"""YAML text to plain values that know their line and column.

Built from the parser's events by a loop, not by PyYAML's composer: depth, size and aliases are
bounded before anything is built, so a hostile file costs no more than a long one. Plain scalars
follow YAML 1.2: `no`, `on`, `1:30` and `0123` are text here, as an engineer who typed them meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from awsops.recipe.problems import Problem, RecipeError, shown

# A recipe of 200 steps is 30 KB. The parser takes 0.1 s for this many bytes at worst.
MAX_BYTES = 128 * 1024
MAX_DEPTH = 32
MAX_NODES = 20_000

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})?\.[0-9]{1,18}(?:[eE][-+]?[0-9]{1,2})?")
_UNQUOTED = re.compile(r"[:\[,-]\s*\{\{")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands. `value` is a scalar, a list of Nodes, or Entries by key."""

    value: Scalar | tuple[Node, ...] | dict[str, Entry]
    line: int
    column: int

    @property
    def kind(self) -> str:
        """What a message calls it: text, a whole number, a list ..."""
        value = self.value
        if value is None:
            return "nothing"
        if isinstance(value, bool):
            return "true or false"
        if isinstance(value, int):
            return "a whole number"
        if isinstance(value, float):
            return "a number"
        if isinstance(value, str):
            return "text"
        return "a list" if isinstance(value, tuple) else "a mapping"

    def problem(self, message: str, hint: str = "") -> Problem:
        """A problem at this place."""
        return Problem(self.line, self.column, message, hint)

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, tuple):
            return [node.plain() for node in self.value]
        if isinstance(self.value, dict):
            return {key: entry.value.plain() for key, entry in self.value.items()}
        return self.value


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and a value of a mapping, each with its place."""

    key: Node
    value: Node


def parse_document(content: bytes, source: str) -> Node:
    """The one document of a YAML file.

    `source` names it in messages. RecipeError, with the place: not UTF-8, not YAML, more than
    128 KB, 20,000 values or 32 levels, an alias, a key given twice or not text, several documents.
    """
    if len(content) > MAX_BYTES:
        raise _error(source, 1, 1, f"more than {MAX_BYTES // 1024} KB: no recipe is that long")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise _error(source, line, column, "not UTF-8 text") from None
    return _build(_events(text, source), source)


def _error(source: str, line: int, column: int, message: str, hint: str = "") -> RecipeError:
    return RecipeError(source, [Problem(line, column, message, hint)])


def _events(text: str, source: str) -> Iterator[Any]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        reason = error.problem or error.context or "not YAML"
        raise _error(source, *where, f"not YAML: {reason}", _advice(text, where[0])) from None
    except yaml.reader.ReaderError as error:
        at = min(max(int(error.position), 0), len(text))
        line = text.count("\n", 0, at) + 1
        column = at - text.rfind("\n", 0, at)
        raise _error(source, line, column, "a character that YAML does not allow") from None
    except yaml.YAMLError:
        raise _error(source, 1, 1, "not YAML") from None


def _advice(text: str, line: int) -> str:
    lines = text.split("\n")
    written = lines[line - 1] if line <= len(lines) else ""
    if _UNQUOTED.search(written):
        return 'quote a value that begins with {{ : "{{ params.name }}"'
    return "indent with spaces, not tabs" if "\t" in written else ""


class _Open:
    """A list or mapping whose end has not come yet."""

    def __init__(self, line: int, column: int, mapping: bool) -> None:
        self.line = line
        self.column = column
        self.mapping = mapping
        self.items: list[Node] = []
        self.entries: dict[str, Entry] = {}
        self.key: Node | None = None

    def node(self) -> Node:
        value = self.entries if self.mapping else tuple(self.items)
        return Node(value, self.line, self.column)


def _build(events: Iterator[Any], source: str) -> Node:
    from yaml import events as kinds

    stack: list[_Open] = []
    root: Node | None = None
    count = 0
    for event in events:
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        done: Node | None = None
        if isinstance(event, kinds.AliasEvent):
            message = "anchors and aliases (&name, *name) are not part of a recipe"
            raise _error(source, line, column, message, "quote a text that begins with *")
        if isinstance(event, kinds.DocumentStartEvent) and root is not None:
            raise _error(source, line, column, "a second document: a file holds one recipe")
        if isinstance(event, kinds.ScalarEvent):
            done = Node(_scalar(event, source), line, column)
        elif isinstance(event, kinds.CollectionStartEvent):
            mapping = isinstance(event, kinds.MappingStartEvent)
            stack.append(_Open(line, column, mapping))
            if len(stack) > MAX_DEPTH:
                raise _error(source, line, column, f"nested deeper than {MAX_DEPTH} levels")
        elif isinstance(event, kinds.CollectionEndEvent):
            done = stack.pop().node()
        if done is None:
            continue
        count += 1
        if count > MAX_NODES:
            raise _error(source, line, column, f"more than {MAX_NODES} values")
        if stack:
            _add(stack[-1], done, source)
        else:
            root = done
    if root is None:
        raise _error(source, 1, 1, "empty: a recipe begins with name: and steps:")
    return root


def _add(parent: _Open, node: Node, source: str) -> None:
    if not parent.mapping:
        parent.items.append(node)
        return
    if parent.key is None:
        if isinstance(node.value, tuple | dict):
            hint = 'quote a value that begins with {{ : "{{ params.name }}"'
            raise _error(source, node.line, node.column, "a key must be text", hint)
        parent.key = node
        return
    key = parent.key
    name = key.value if isinstance(key.value, str) else str(key.plain())
    if name in parent.entries:
        first = parent.entries[name].key.line
        message = f"{shown(name)} stands twice, first in line {first}"
        raise _error(source, key.line, key.column, message)
    parent.entries[name] = Entry(key, node)
    parent.key = None


def _scalar(event: Any, source: str) -> Scalar:
    tag = event.tag
    if tag not in (None, "!", "tag:yaml.org,2002:str"):
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        raise _error(source, line, column, f"tags such as {shown(tag)} are not part of a recipe")
    text = str(event.value)
    if tag is not None or not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
