"""A command line while it is typed: whose account it leads to, and what was given so far.

Read while somebody waits at Tab: it imports next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from awsops.completion.question import STEM, Question

# The common options that take a value, and which part of a question each is. A test compares
# them with the options themselves, whose module takes too long to import.
_PARTS = {
    "-p": "profile",
    "--profile": "profile",
    "-r": "region",
    "--region": "region",
    "--role": "role",
    "--endpoint-url": "endpoint_url",
}
VALUED = frozenset(_PARTS) | {
    *("--targets", "--output", "-o", "--query", "--fields", "--color"),
    *("--jobs", "-j", "--timeout", "--yes-i-mean", "--max-targets"),
}
# Targets that these name are too many, or cost calls to find: no names for them.
_TOO_WIDE = ("--org", "--targets")
_STEM_ENDS = ":=,"


class Place(NamedTuple):
    """Where a parameter stands: `number` counts arguments from 1, `flags` are an option's."""

    name: str
    required: bool
    number: int = 0
    many: bool = False
    flags: tuple[str, ...] = ()


class Kind(NamedTuple):
    """What a completion script asks for: `name` is NOUN:COMPLETER.

    Where the completer wants to know what else stands on the line, `verb` is the command, `places`
    are its parameters and `valued` the command's own options that take a value.
    """

    name: str
    verb: str = ""
    places: tuple[Place, ...] = ()
    valued: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Kind:
        """`lambda:complete_versions`, or with a scope
        `lambda:complete_versions:shift:aliases=1*,stem?:--to,-n`; what `str` makes of it.
        """
        noun, name, *more = text.split(":")
        verb, places, valued = [*more, "", "", ""][:3]
        return cls(
            f"{noun}:{name}",
            verb,
            tuple(_read_place(place) for place in places.split(",") if place),
            frozenset(flag for flag in valued.split(",") if flag),
        )

    def __str__(self) -> str:
        if not self.places:
            return self.name
        places = ",".join(_write_place(place) for place in self.places)
        # Only who counts words has to know which of them belong to an option.
        counts = any(place.number or place.flags for place in self.places)
        valued = sorted(self.valued) if counts else ()
        return ":".join((self.name, self.verb, places, ",".join(valued))).rstrip(":")


class _Words(NamedTuple):
    """A line taken apart; among `plain`, None is the word that the cursor stands in."""

    given: list[tuple[str, str]]
    plain: list[str | None]


def stem_of(word: str) -> str:
    """What of a half-typed word stands for sure: `orders:` of `orders:li`."""
    return word[: max(word.rfind(end) for end in _STEM_ENDS) + 1]


def read_question(
    kind: Kind, words: Sequence[str], at: int | None = None, prefix: str = ""
) -> Question | None:
    """The question that a half-typed command line asks.

    `words` are all but the one that is being typed, which begins with `prefix` and stands before
    word `at` (None: at the end). None when the targets are too many, or when what the names depend
    on was not given yet.
    """
    line: list[str | None] = list(words)
    line.insert(len(line) if at is None else at, None)
    read = _take_apart(line, VALUED | kind.valued)
    if read is None:
        return None
    found: dict[str, list[str]] = {"profile": [], "region": [], "role": [], "endpoint_url": []}
    for flag, value in read.given:
        if flag in _PARTS and value:
            found[_PARTS[flag]].append(value)
    scope = _scope(kind, read, prefix)
    if scope is None or "all" in found["region"]:
        return None
    return Question(
        kind.name,
        tuple(found["profile"]),
        tuple(found["region"]),
        next(iter(reversed(found["role"])), None),
        next(iter(reversed(found["endpoint_url"])), None),
        scope,
    )


def _take_apart(line: list[str | None], valued: frozenset[str]) -> _Words | None:
    """Options with their values, and the other words, as Typer reads them; None: too wide."""
    given: list[tuple[str, str]] = []
    plain: list[str | None] = []
    left = iter(line)
    for word in left:
        if word == "--":
            plain.extend(left)
        elif word is None or word[:1] != "-" or word == "-":
            plain.append(word)
        else:
            flag, equals, value = word.partition("=")
            if flag in _TOO_WIDE:
                return None
            if word[:2] != "--":
                flag, value, equals = _short(word, valued)
            if flag in valued:
                given.append((flag, value if equals else next(left, None) or ""))
    return _Words(given, plain)


def _short(word: str, valued: frozenset[str]) -> tuple[str, str, str]:
    """The option of `-n3`, `-n` or `-vn3` that takes a value, with what follows it in the word."""
    for place in range(1, len(word)):
        if "-" + word[place] in valued:
            return "-" + word[place], word[place + 1 :], word[place + 1 :]
    return word, "", ""


def _scope(kind: Kind, read: _Words, prefix: str) -> tuple[tuple[str, str], ...] | None:
    """What the completer asks to know, in its own order; None where that is missing."""
    arguments = _arguments(kind, read.plain)
    found: list[tuple[str, str]] = []
    for place in kind.places:
        values: list[str] = []
        if place.name == STEM and not place.number and not place.flags:
            values = [stem_of(prefix)]
        elif place.flags:
            values = [value for flag, value in read.given if flag in place.flags]
            values = values if place.many else values[-1:]
        else:
            end = None if place.many else place.number
            values = [word for word in arguments[place.number - 1 : end] if word]
        values = [value for value in values if value]
        if place.required and not values:
            return None
        found += [(place.name, value) for value in values]
    return tuple(found)


def _arguments(kind: Kind, plain: list[str | None]) -> list[str | None]:
    """The words after noun and verb; `queries show` is the verb queries-show."""
    noun = kind.name.partition(":")[0]
    if kind.verb == noun:
        return plain[1:]
    both = "-".join(word or "" for word in plain[1:3])
    return plain[3:] if both == kind.verb else plain[2:]


def _read_place(text: str) -> Place:
    name, _, where = text.partition("=")
    required = not name.endswith("?")
    name = name.rstrip("?")
    many = where.endswith("*")
    where = where.rstrip("*")
    if where.startswith("-"):
        return Place(name, required, flags=tuple(where.split("/")), many=many)
    return Place(name, required, int(where) if where else 0, many=many)


def _write_place(place: Place) -> str:
    name = place.name if place.required else f"{place.name}?"
    where = "/".join(place.flags) or (str(place.number) if place.number else "")
    return f"{name}={where}{'*' if place.many else ''}" if where else name
