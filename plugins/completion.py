"""Let the shell complete nouns, verbs, options and profiles when Tab is pressed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from awsops.api import Annotated, Argument, Document, Host, Note, command
from awsops.completion import render
from awsops.completion.grammar import Grammar, grammar_of
from awsops.completion.placing import detect_shell, place_for, write_script
from awsops.plugin import CommandSpec

Shell = Literal["bash", "fish", "powershell", "zsh"]


@dataclass(frozen=True, slots=True)
class Installed:
    """One shell's script: `status` is written, or unchanged when it was up to date."""

    shell: str
    status: str
    path: Path


@command()
def show(
    host: Host,
    shell: Annotated[Shell, Argument(help="Which shell's script.")],
) -> Iterator[Document]:
    """Print the completion script of a shell, with the nouns of your own plugins."""
    grammar, _ = _grammar(host)
    yield Document(render(grammar, shell))


@command()
def install(
    host: Host,
    shell: Annotated[
        Shell | None, Argument(help="Which shell's; default: the one that $SHELL names.")
    ] = None,
) -> Iterator[Installed | Note]:
    """Write the completion script to where your shell looks for it; edits no file of yours."""
    environ = host.env.environ
    chosen = shell or detect_shell(environ)
    grammar, broken = _grammar(host)
    place = place_for(chosen, environ)
    written = write_script(place.path, render(grammar, chosen))
    yield Installed(chosen, "written" if written else "unchanged", place.path)
    for line in place.advice:
        yield Note(line)
    for reason in broken:
        yield Note(f"the verbs of a plugin are missing: {reason}", "warning")


def _grammar(host: Host) -> tuple[Grammar, list[str]]:
    """Every noun there is; why the verbs of some are missing."""
    nouns: list[tuple[str, str, Mapping[str, CommandSpec]]] = []
    broken = []
    for found in {f.noun: f for f in host.sources.all()}.values():
        specs: Mapping[str, CommandSpec] = {}
        try:
            specs = host.sources.commands(found.noun)
            grammar_of([(found.noun, found.help, specs)])
        except Exception as error:  # a plugin can break in any way: the others still complete
            broken.append(f"{found.noun}: {error}")
            specs = {}
        nouns.append((found.noun, found.help, specs))
    return grammar_of(nouns), broken
