"""What Typer refuses of a command line, in the words of all other errors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from awsops.command_line.options import COMMON_OPTIONS
from awsops.errors import UsageError

_NOT_ONE_OF = re.compile(r"^(?P<given>'.*?') is not one of (?P<known>'.*')\.$", re.DOTALL)
_TOO_MANY = re.compile(r"^Got unexpected extra argument\S* \((?P<words>.*)\)$", re.DOTALL)
_NEEDS_A_VALUE = re.compile(r"^Option '(?P<flag>[^']*)' requires (?:an argument|\d+ arguments)\.$")
_TAKES_NONE = re.compile(r"^Option '(?P<flag>[^']*)' does not take a value\.$")


def refused(error: Any, title: str = "") -> UsageError:
    """The error for one of Typer's; `title` (`sqs redrive`) is whose help the hint names, none
    where there is no command line (a recipe's step).
    """
    where = f"awsops {title}" if title else ""
    hint = f"{where} --help" if where else None
    kind = type(error).__name__
    text = str(error.format_message())
    if kind == "NoSuchOption":
        return _unknown_option(error, where)
    if kind == "MissingParameter" and error.param is not None:
        return UsageError(f"the argument {named(error.param)} is missing", hint=hint)
    if kind == "BadParameter" and error.param is not None:
        return _bad_value(error.param, str(error.message), hint)
    if found := _TOO_MANY.match(text):
        return UsageError(f"unexpected argument {found['words']!r}", hint=hint)
    if found := _NEEDS_A_VALUE.match(text):
        return UsageError(f"{found['flag']} needs a value", hint=hint)
    if found := _TAKES_NONE.match(text):
        return UsageError(f"{found['flag']} takes no value", hint=hint)
    return UsageError(text, hint=hint)


def named(param: Any) -> str:
    """How a person knows a parameter: `QUEUE`, `--count`."""
    if param.param_type_name == "argument":
        return str(param.metavar or param.name.upper())
    return next((flag for flag in param.opts if flag.startswith("--")), str(param.opts[0]))


def unknown_word(kind: str, word: str, known: Iterable[str], where: str) -> UsageError:
    """UsageError for a word that is not one of the known ones, with the nearest."""
    names = list(known)
    near = nearest(word, names)
    if near:
        hint = f"did you mean {near}?"
    elif where:
        hint = f"{where} --help lists them"
    else:
        hint = f"known: {', '.join(names)}"
    return UsageError(f"unknown {kind} {word!r}", hint=hint)


def nearest(word: str, names: Iterable[str]) -> str:
    """`redrive`, or `ls or lss`: the names most like a word; empty when none is like it."""
    import difflib

    # Options are told apart by what follows their dashes.
    bare = {name.lstrip("-"): name for name in names}
    given = word.lstrip("-")
    # Of a short word half the letters are by chance those of another.
    loose = 0.5 if len(given) > SHORT_WORD else 0.6
    near = difflib.get_close_matches(given, bare, n=1, cutoff=0.8)
    near = near or difflib.get_close_matches(given, bare, n=3, cutoff=loose)
    return " or ".join(bare[name] for name in near)


SHORT_WORD = 4


def _unknown_option(error: Any, where: str) -> UsageError:
    context = error.ctx
    params = context.command.get_params(context) if context is not None else ()
    known = {flag for param in params for flag in (*param.opts, *param.secondary_opts)}
    if context is not None and hasattr(context.command, "list_commands"):
        known |= {flag for option in COMMON_OPTIONS for flag in option.flags}  # before the verb
    # `-p` is near everything that is short: only long names are worth a guess.
    long = sorted(flag for flag in known if flag.startswith("--"))
    return unknown_word("option", error.option_name, long, where)


def _bad_value(param: Any, message: str, hint: str | None) -> UsageError:
    name, message = named(param), message.removeprefix("Value error, ")
    if found := _NOT_ONE_OF.match(message):
        known = [word.strip("' ") for word in found["known"].split(",")]
        near = nearest(found["given"].strip("'"), known)
        text = f"{name}: {found['given']} is none of {', '.join(known)}"
        return UsageError(text, hint=f"did you mean {near}?" if near else hint)
    if expected := _expected_number(param):
        return UsageError(f"{name} takes a whole number{expected}", hint=hint)
    return UsageError(f"{name}: {message}", hint=hint)


def _expected_number(param: Any) -> str | None:
    """`, 1 to 10`; empty for a number without bounds, None for what is no number."""
    descriptor = getattr(param, "type_descriptor", None)
    if descriptor is None or not _is_number(descriptor.annotation):
        return None
    low, high = getattr(param, "min", None), getattr(param, "max", None)
    if low is not None and high is not None:
        return f", {low} to {high}"
    if low is not None:
        return f", {low} or more"
    return f", {high} at most" if high is not None else ""


def _is_number(annotation: Any) -> bool:
    if get_origin(annotation) is Literal:
        return False
    inner = [kind for kind in get_args(annotation) if kind is not type(None)]
    return _is_number(inner[0]) if inner else annotation is int
