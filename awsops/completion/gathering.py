"""The grammar of every noun that this person has, the broken ones without verbs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from awsops.completion.grammar import Grammar, grammar_of

if TYPE_CHECKING:
    from awsops.plugin import CommandSpec
    from awsops.sources import Sources


def gather(sources: Sources) -> tuple[Grammar, list[str]]:
    """Every noun there is; why the verbs of some are missing."""
    nouns: list[tuple[str, str, Mapping[str, CommandSpec]]] = []
    broken = []
    for found in {f.noun: f for f in sources.all()}.values():
        specs: Mapping[str, CommandSpec] = {}
        try:
            specs = sources.commands(found.noun)
            grammar_of([(found.noun, found.help, specs)])
        except Exception as error:  # a plugin can break in any way: the others still complete
            broken.append(f"{found.noun}: {error}")
            specs = {}
        nouns.append((found.noun, found.help, specs))
    return grammar_of(nouns), broken
