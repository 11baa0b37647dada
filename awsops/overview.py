"""`awsops` and `awsops --help`: every noun with its help line, without importing a plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsops.errors import ExitCode, UsageError
from awsops.options import COMMON_OPTIONS

if TYPE_CHECKING:
    from awsops.kernel import Kernel
    from awsops.words import Words

_HELP = ("--help", "-h")


def show_overview(kernel: Kernel, words: Words) -> int:
    """Print what there is; UsageError for options without a command to apply to."""
    if words.rest and words.rest[0] not in _HELP:
        from awsops.binding import unknown_word

        known = ["--help", "--version", *(o.flags[0] for o in COMMON_OPTIONS)]
        raise unknown_word("option", words.rest[0].partition("=")[0], known, "awsops")
    if words.before and not words.rest:
        raise UsageError(
            f"{words.before[0]} needs a command to apply to",
            hint="awsops --help lists the commands",
        )
    kernel.env.stdout.write(overview(kernel))
    return int(ExitCode.OK)


def overview(kernel: Kernel) -> str:
    """The text, set at the terminal's width."""
    import textwrap

    from awsops import __doc__ as summary

    found = {f.noun: f for f in reversed(kernel.sources.all())}  # the first of a name stays
    width = min(kernel.env.width(), 100)
    column = max((len(noun) for noun in found), default=0) + 4
    lines = ["Usage: awsops COMMAND VERB [OPTIONS]", "", f"  {(summary or '').strip()}", ""]
    lines.append("Commands:")
    for noun, plugin in sorted(found.items()):
        help_text = plugin.help or plugin.origin
        wrapped = textwrap.wrap(help_text, max(width - column - 2, 20)) or [""]
        lines.append(f"  {noun:<{column - 2}}{wrapped[0]}")
        lines.extend(" " * column + more for more in wrapped[1:])
    lines += [
        "",
        "Every command takes:",
        "  -p NAME|GLOB|@GROUP   profiles, many at once      -r REGION|all   regions",
        "  -o FORMAT             table, json, ndjson, yaml, csv, text",
        "  --dry-run, -y         before anything changes     --help          more",
        "",
        "Start with:",
        "  awsops creds whoami        which account am I in?",
        "  awsops sqs ls --dlq        where are dead letters?",
        "  awsops recipe ls           runbooks that ship with awsops",
        "",
    ]
    return "\n".join(lines)
