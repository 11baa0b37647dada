"""An error before anything ran: a noun, an option or a value that does not exist.

There is no parsed command line that says how to show it, so its words are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from awsops.command_line.words import Words, join_verb, normalize
from awsops.errors import AwsopsError

if TYPE_CHECKING:
    from awsops.kernel import Kernel

# The formats in which an error has a place among the rows.
_WITH_ERRORS = ("json", "ndjson", "yaml")


def report_early(kernel: Kernel, argv: Sequence[str], error: AwsopsError) -> None:
    """The error on stderr as all others, and as a record where a format for programs was named.

    By default nothing goes to stdout: what reads it may be a shell. OSError when nobody reads.
    """
    from awsops.output.console import Console

    words = normalize(argv)
    Console(kernel.env).error(words.title, None, error)
    format = named_format(argv)
    if format not in _WITH_ERRORS or _is_document(kernel, words):
        return
    from awsops.output import open_renderer

    renderer = open_renderer(format, kernel.env, color="never")
    renderer.error(error.as_record())
    renderer.close()


def named_format(argv: Sequence[str]) -> str | None:
    """The value of the last `-o` or `--output`; None without one."""
    found = None
    left = iter(argv)
    for word in left:
        if word == "--":
            break
        if word in ("-o", "--output"):
            found = next(left, None)
        elif word.startswith("--output="):
            found = word.removeprefix("--output=")
        elif word.startswith("-o") and len(word) > 2:
            found = word[2:].removeprefix("=")
    return found


def _is_document(kernel: Kernel, words: Words) -> bool:
    """Whether stdout is for a program that reads no format of ours, as far as the words tell."""
    try:
        found = kernel.sources.find(words.noun or "")
        if found is not None and found.kind == "executable":
            return True
        specs = kernel.sources.commands(words.noun or "")
    except AwsopsError:
        return False
    verb = join_verb(words.rest, specs)[:1]
    spec = specs.get(verb[0]) if verb else None
    return spec is not None and (spec.document or bool(spec.document_with))
