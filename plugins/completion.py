"""Let the shell complete nouns, verbs, options and profiles when Tab is pressed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from awsops.api import Annotated, Argument, Document, Host, Note, command
from awsops.completion import render
from awsops.completion.gathering import gather
from awsops.completion.placing import detect_shell, place_for, write_script

Shell = Literal["bash", "fish", "powershell", "zsh"]


@dataclass(frozen=True, slots=True)
class Installed:
    """One shell's script: `status` is written, or unchanged when it was up to date."""

    shell: str
    status: str
    path: Path


@command(document=True)
def show(
    host: Host,
    shell: Annotated[Shell, Argument(help="Which shell's script.")],
) -> Iterator[Document]:
    """Print the completion script of a shell, with the nouns of your own plugins."""
    grammar, _ = gather(host.sources)
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
    grammar, broken = gather(host.sources)
    place = place_for(chosen, environ)
    written = write_script(place.path, render(grammar, chosen))
    yield Installed(chosen, "written" if written else "unchanged", place.path)
    for line in place.advice:
        yield Note(line)
    for reason in broken:
        yield Note(f"the verbs of a plugin are missing: {reason}", "warning")
