"""How `--help` reads: narrow columns, choices and ranges in words, and examples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

# The column of names, at most: a longer one has a line of its own above its text.
WIDEST_NAME, WIDEST_NAME_NARROW = 30, 24
NARROW = 80  # columns of a terminal

_CHOICES = re.compile(r"<([^<>|]+(?:\|[^<>|]+)+)>$")
_BRACKETS = re.compile(r"\[[^\[\]]+\]$")
_RANGES = (
    (re.compile(r"(-?[\d.]+)<=x<=(-?[\d.]+)"), r"\1 to \2"),
    (re.compile(r"x>=(-?[\d.]+)"), r"\1 or more"),
    (re.compile(r"x<=(-?[\d.]+)"), r"\1 or less"),
)
_GLUE = "\N{NO-BREAK SPACE}"
_GLUED = 30  # columns; what stands in longer brackets may be wrapped


def write_list(formatter: Any, records: Sequence[tuple[str, str]]) -> None:
    """Names and their texts in two columns."""
    records = [_legible(name, text) for name, text in records]
    most = WIDEST_NAME if formatter.width + 2 >= NARROW else WIDEST_NAME_NARROW
    widths = [len(name) for name, _ in records]
    column = max((width for width in widths if width <= most), default=most)
    written = len(formatter.buffer)
    formatter.write_dl(records, col_max=column)
    formatter.buffer[written:] = [text.replace(_GLUE, " ") for text in formatter.buffer[written:]]


def own_record(param: Any, record: tuple[str, str]) -> tuple[str, str]:
    """The record of an option with the choices that its placeholder does not name."""
    name, text = record
    kind = getattr(getattr(param, "type_descriptor", None), "annotation", None)  # Typer 0.29
    if get_origin(kind) is Literal and not _CHOICES.search(name):
        text = _with_choices(text, ", ".join(get_args(kind)))
    return name, text


def write_examples(formatter: Any, noun: str, verb: str) -> None:
    """Command lines of the manual, as they are pasted."""
    from awsops.manual.examples import examples_of

    lines = examples_of(noun, verb, formatter.width - len("  "))
    if lines:
        with formatter.section("Examples"):
            for line in lines:
                formatter.write(f"  {line}\n")


def _legible(name: str, text: str) -> tuple[str, str]:
    found = _CHOICES.search(name)
    if found and len(name) > WIDEST_NAME:
        flag = name[: found.start()].split("--")[-1].strip()
        name = name[: found.start()] + flag.rsplit("-", 1)[-1].upper()
        text = _with_choices(text, found[1].replace("|", ", "))
    for pattern, words in _RANGES:
        text = pattern.sub(words, text)
    brackets = _BRACKETS.search(text)
    if brackets and len(brackets.group()) <= _GLUED:
        text = text[: brackets.start()] + brackets.group().replace(" ", _GLUE)
    return name, text


def _with_choices(text: str, choices: str) -> str:
    """The choices stand first in the brackets at the end, which may hold a default."""
    brackets = _BRACKETS.search(text)
    if brackets is None:
        return f"{text}  [{choices}]"
    return f"{text[: brackets.start()]}[{choices}; {brackets.group()[1:]}"
