"""`awsops` and `awsops --help`: every noun with its help line, without importing a plugin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from awsops.command_line.options import COMMON_OPTIONS
from awsops.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from awsops.command_line.words import Words
    from awsops.kernel import Kernel
    from awsops.sources import Sources

_HELP = ("--help", "-h")


def show_overview(kernel: Kernel, words: Words) -> int:
    """Print what there is; UsageError for options without a command to apply to."""
    if words.rest and words.rest[0] not in _HELP:
        from awsops.command_line.refused_words import unknown_word

        known = ["--help", "--version", *(o.flags[0] for o in COMMON_OPTIONS)]
        raise unknown_word("option", words.rest[0].partition("=")[0], known, "awsops")
    if words.before and not words.rest:
        raise UsageError(
            f"{words.before[0]} needs a command to apply to",
            hint="awsops --help lists the commands",
        )
    kernel.env.stdout.write(overview(kernel))
    return int(ExitCode.OK)


_EVERY_COMMAND = (
    ("-p NAME|GLOB|@GROUP", "profiles, many at once"),
    ("-r REGION|all", "regions"),
    ("-o FORMAT", "table, json, ndjson, yaml, csv, text"),
    ("--dry-run, -y", "before anything changes"),
    ("--help", "more"),
)
_START_WITH = (
    ("awsops creds whoami", "which account am I in?"),
    ("awsops sqs ls --dlq", "where are dead letters?"),
    ("awsops recipe ls", "runbooks that ship with awsops"),
    ("awsops doctor", "is everything in order here?"),
    ("awsops help", "the manual"),
)


def overview(kernel: Kernel) -> str:
    """The text, set at the terminal's width."""
    return overview_of(kernel.sources, min(kernel.env.width(), 100))


def overview_of(sources: Sources, width: int) -> str:
    """The text, `width` columns wide."""
    from awsops import __doc__ as summary

    found = {f.noun: f for f in reversed(sources.all())}  # the first of a name stays
    commands = [(noun, f.help or f.origin) for noun, f in sorted(found.items())]
    lines = [
        *("Usage: awsops COMMAND VERB [OPTIONS]", ""),
        *_wrapped((summary or "").strip(), 2, width),
        *("", "Commands:", *_listed(commands, width)),
        *("", "Every command takes:", *_listed(_EVERY_COMMAND, width)),
        *("", "Start with:", *_listed(_START_WITH, width)),
    ]
    return "\n".join(lines) + "\n"


def _listed(rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Two columns, the second wrapped."""
    column = max(len(name) for name, _ in rows) + 4
    for name, text in rows:
        first, *more = _wrapped(text, column, width)
        yield f"  {name}".ljust(column) + first.lstrip()
        yield from more


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    import textwrap

    lines = textwrap.wrap(text, max(width - indent, 16)) or [""]
    return [" " * indent + line for line in lines]
