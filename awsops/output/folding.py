"""Sentences on a terminal: folded between words, never inside what somebody pastes.

A terminal that folds by itself breaks words; a line break of ours inside a command line would be
pasted with it. So prose is folded at spaces, a command line stays whole on a line of its own, and
what is longer than the screen is left to the terminal, which joins it again when it is copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from awsops.output.cells import cell_width

INDENT = "  "  # of the lines after the first

# In backquotes, or from the program's name to the end of what a sentence says of it.
_COMMAND = re.compile(
    r"[^\s`]*`[^`]+`\S*"
    r"|(?<!\S)(?:eval|export|awsops|aws|man) (?=\S)(?>'[^']*'|\"[^\"]*\"|(?! \()[^;`])*\S*"
)


def fold(text: str, width: int) -> list[str]:
    """One line of text as lines of at most `width` cells where its words allow it.

    A line that begins with spaces is set as it is: a caret below it points at something.
    """
    if cell_width(text) <= width or text.startswith(" "):
        return [text]
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        longer = f"{line} {piece}" if line.strip() else line + piece
        if line.strip() and cell_width(longer) > width:
            lines.append(line)
            longer = INDENT + piece if cell_width(INDENT + piece) <= width else piece
        line = longer
    return [*lines, line]


def _pieces(text: str) -> Iterator[str]:
    """Words and whole command lines."""
    at = 0
    for found in _COMMAND.finditer(text):
        yield from text[at : found.start()].split()
        yield found.group().rstrip()
        at = found.end()
    yield from text[at:].split()
