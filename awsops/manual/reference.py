"""What `--help` says of a noun and its verbs: the part of the manual that nobody writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from awsops.plugin import CommandSpec


def noun_help(noun: str, about: str, specs: Mapping[str, CommandSpec], width: int) -> str:
    """The help of a noun, as `awsops NOUN --help` shows it."""
    from awsops.command_line.binding import build_noun

    if list(specs) == [noun]:
        return verb_help(noun, specs[noun], width)
    return _help(build_noun(noun, about, specs), f"awsops {noun}", width)


def verb_help(noun: str, spec: CommandSpec, width: int) -> str:
    """The help of one command, as `awsops NOUN VERB --help` shows it."""
    from awsops.command_line.binding import build_verb

    words = ["awsops", noun, *([spec.name] if spec.name != noun else [])]
    return _help(build_verb(noun, spec), " ".join(words), width)


def verbs_help(
    noun: str, specs: Mapping[str, CommandSpec], width: int
) -> Iterator[tuple[str, str]]:
    """Every verb with its help."""
    for name, spec in specs.items():
        yield name, verb_help(noun, spec, width)


def _help(command: Any, title: str, width: int) -> str:
    context = command.make_context(title, [], resilient_parsing=True, terminal_width=width)
    return str(command.get_help(context)).rstrip() + "\n"
