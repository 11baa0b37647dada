"""The nouns speak one language: an option, a column and a command named in a text mean the same
wherever they stand.
"""

from __future__ import annotations

import ast
import dataclasses
import re
import shlex
import typing
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import awsops
from awsops.command_line.binding import build_noun, build_verb
from awsops.command_line.options import COMMON_OPTIONS
from awsops.command_line.words import normalize
from awsops.completion.grammar import grammar_of
from awsops.env import Env
from awsops.errors import AwsopsError
from awsops.plugin import CommandSpec
from awsops.sources import Sources

ROOT = Path(awsops.__file__).parents[1]
SOURCES = Sources(Env.from_process(), before_load=lambda: None)
BUILT_IN = {found.noun: found for found in SOURCES.all() if found.kind == "built-in"}
SPECS = {noun: SOURCES.load(found) for noun, found in BUILT_IN.items()}

# One word for two things, where each is what AWS or the field calls it.
HOMONYMS = {
    "--from": "a step of a recipe, or a time",
    "--set": "name=value, or a file that is set",
    "--steps": "weights of a shift, or a recipe's",
    "--tag": "of an image, or of a session",
    "--to": "where it goes, or until when: a queue, a version, a number of shards, a time",
}


GRAMMAR = grammar_of((noun, BUILT_IN[noun].help, specs) for noun, specs in SPECS.items())
FLAGS = [
    (f"{noun.name} {verb.name}", flag) for noun, verb in GRAMMAR.verbs() for flag in verb.flags
]


# -- options ------------------------------------------------------------------------------


def test_an_option_that_takes_text_says_what_kind_of_text() -> None:
    silent = [
        f"{where} {flag.names[0]}"
        for where, flag in FLAGS
        if flag.value and flag.value.label == "TEXT"
    ]
    assert silent == [], 'give them metavar="TIME", "DURATION", "NAME" or what it is'


def test_an_option_takes_the_same_kind_of_value_under_every_verb() -> None:
    kinds: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for where, flag in FLAGS:
        if flag.names[0] not in HOMONYMS:
            label = flag.value.label if flag.value else "nothing"
            kinds[flag.names[0]][label].append(where)
    assert {name: dict(found) for name, found in kinds.items() if len(found) > 1} == {}


def test_no_option_of_a_verb_has_the_name_of_a_common_one() -> None:
    common = {flag for option in COMMON_OPTIONS for flag in option.flags}
    hidden = {(where, name) for where, flag in FLAGS for name in flag.names if name in common}
    # What it removes is on this machine alone: it has no plan.
    assert hidden == {("history prune", "--yes"), ("history prune", "-y")}


def test_a_short_option_means_one_thing() -> None:
    meant: dict[str, set[str]] = defaultdict(set)
    for _, flag in FLAGS:
        for short in flag.names[1:]:
            meant[short].add(flag.value.label if short == "-n" and flag.value else flag.names[0])
    follow_and_file = meant.pop("-f")  # as in `tail -f` and `psql -f FILE`
    assert follow_and_file == {"--follow", "--file"}
    assert {short: names for short, names in meant.items() if len(names) > 1} == {}
    assert meant["-n"] == {"N"}


def test_what_may_be_repeated_is_said_in_the_same_words() -> None:
    assert [where for where, flag in FLAGS if "repeatable" in flag.help] == [], "may be repeated"


# -- columns ------------------------------------------------------------------------------


def _rows() -> Iterator[tuple[str, type]]:
    for noun, specs in SPECS.items():
        for spec in specs.values():
            yield from ((f"{noun} {spec.name}", kind) for kind in _kinds(spec))


def _kinds(spec: CommandSpec) -> Iterator[type]:
    [inner] = get_args(typing.get_type_hints(spec.function)["return"])
    for kind in get_args(inner) or (inner,):
        if dataclasses.is_dataclass(kind) and kind.__module__.startswith("awsops_plugins"):
            yield typing.cast("type", kind)


# Names that say what they are without a unit or an `_at`.
TIMES = {"at", "time", "newest", "oldest", "before", "after", "last_event"}
OLD_NAMES = {"memory", "timeout", "lag", "duration", "age", "created", "began"}


def test_a_column_of_times_ends_in_at() -> None:
    named = []
    for where, kind in _rows():
        for name, hint in typing.get_type_hints(kind).items():
            if "datetime" in str(hint) and not name.endswith("_at") and name not in TIMES:
                named.append(f"{where}: {name}")
    assert named == []


def test_a_column_of_amounts_names_its_unit() -> None:
    named = [
        f"{where}: {field.name}"
        for where, kind in _rows()
        for field in dataclasses.fields(kind)
        if field.name in OLD_NAMES
    ]
    assert named == [], "timeout_seconds, scanned_bytes, memory_mb, age_days, created_at"


# -- commands named in texts --------------------------------------------------------------

_NAMED = re.compile(rf"awsops (?=(?:{'|'.join(SPECS)})(?:\s|$))((?:[^;,`\n]|,(?! ))*)")
# What a text puts in the place of a value.
HOLE = "7"


def _texts() -> Iterator[tuple[str, str]]:
    """Every string of the source but docstrings, f-strings with a value in each hole."""
    for path in sorted([*(ROOT / "awsops").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inner = _docstrings(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                inner |= {id(value) for value in node.values}
                text = _filled(node)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = "" if id(node) in inner else node.value
            else:
                continue
            yield f"{path.relative_to(ROOT)}:{node.lineno}", text


def _filled(string: ast.JoinedStr) -> str:
    """With a value in each hole; what is joined to a word (`env{which}`) may be nothing."""
    text = ""
    for part in string.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        elif not text[-1:].isalpha():
            text += HOLE
    return text


def _docstrings(tree: ast.Module) -> set[int]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, kinds)]
    first = [body[0] for body in bodies if body and isinstance(body[0], ast.Expr)]
    return {id(statement.value) for statement in first}


NAMED = [(place, found) for place, text in _texts() for found in _NAMED.findall(text)]


def _parses(line: str) -> bool:
    """Whether the text begins with a command line; words of the sentence may follow it, and
    arguments that the sentence leaves open may be missing.
    """
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    words = [word.rstrip(".,)'\"") for word in words]
    flags = [word.partition("=")[0] for word in words if word.startswith("-") and word != "-"]
    if len(words) == 1:
        return words[0] in SPECS  # the noun alone shows its help
    if words[1] == HOLE:
        return any(_parses(" ".join([words[0], verb, *words[2:]])) for verb in SPECS[words[0]])
    for end in range(len(words), 1, -1):
        given = words[:end]
        if any(_is_command([*given, *open_]) for open_ in _open(given)):
            return flags == [word.partition("=")[0] for word in given if word[:1] == "-" != word]
    return _is_command(words[:1])  # `awsops doctor says more`


def _open(given: list[str]) -> list[list[str]]:
    """What a sentence may leave open: no argument, one, two, ..."""
    verbs = {(noun.name, verb.name): verb for noun, verb in GRAMMAR.verbs()}
    verb = verbs.get((given[0], given[1]))
    places = verb.positionals if verb is not None else ()
    values = [next(iter(place.value.choices or (HOLE,))) for place in places]
    values = [
        HOLE if place.value.kind == "names" else v for place, v in zip(places, values, strict=True)
    ]
    return [values[:count] for count in range(len(values) + 1)]


def _is_command(argv: list[str]) -> bool:
    words = normalize(argv)
    specs = SPECS[words.noun or ""]
    alone = list(specs) == [words.noun]
    if not alone and not words.rest:
        return False
    try:
        if alone:
            build_verb(words.noun or "", specs[words.noun or ""]).main(
                args=words.raw, prog_name="awsops", standalone_mode=False
            )
        else:
            build_noun(words.noun or "", "", specs).main(
                args=words.rest, prog_name="awsops", standalone_mode=False
            )
    except (AwsopsError, SystemExit):
        return False
    except Exception as error:
        if type(error).__module__.startswith("typer"):
            return False
        raise
    return True


def test_there_are_command_lines_in_the_texts() -> None:
    assert len(NAMED) > 60


@pytest.mark.parametrize(("place", "line"), NAMED, ids=[place for place, _ in NAMED])
def test_a_command_line_that_a_text_names_exists(place: str, line: str) -> None:
    assert _parses(line), f"{place}: awsops {line}"


@pytest.mark.parametrize(
    "line", ["sqs ls", "sqs ls x shows them", "sqs peek -n 2", "doctor says it"]
)
def test_a_command_in_a_sentence_is_known(line: str) -> None:
    assert _parses(line)


@pytest.mark.parametrize("line", ["sqs peak orders", "sqs peek orders --deep", "sqs shows them"])
def test_what_does_not_exist_is_found_out(line: str) -> None:
    assert not _parses(line)
