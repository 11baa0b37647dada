"""Markdown on a terminal: headings, code and tables as they read best; elsewhere as it is."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awsops.env import Env

# Longer lines are hard to read.
MOST_COLUMNS = 100
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]+\)")

# The language of a block of code: its highlighting suits either a light or a dark terminal.
_FENCE = re.compile(r"^(```)\w+$", re.M)
_END = re.compile(r"(?:\x1b\[[0-9;]*m| )+$")
_BLANK = re.compile(r"\n{3,}")
# Rich's own have a black ground behind code, and colours that white paper swallows.
_STYLES = {
    "markdown.code": "bold",
    "markdown.code_block": "none",
    "markdown.block_quote": "italic",
    "markdown.list": "none",
    "markdown.item.number": "bold",
    "markdown.h2": "bold underline",
    "markdown.h3": "bold",
    "markdown.h4": "italic",
    "markdown.link": "underline",
    "markdown.link_url": "underline",
    "markdown.table.border": "dim",
    "markdown.table.header": "bold",
}


def show_markdown(text: str, env: Env, color: str) -> str:
    """The text set for the terminal on stdout, or the Markdown itself where there is none."""
    if not env.stdout_tty:
        return text
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    from awsops.manual.links import numbered

    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=min(env.width(), MOST_COLUMNS),
        force_terminal=env.color(color),
        no_color=not env.color(color),
        color_system="standard" if env.color(color) else None,
        highlight=False,
        theme=Theme(_STYLES),
        legacy_windows=False,
    )
    # Links between pages lead to files that a reader of the terminal does not have.
    plain, addresses = numbered(_FENCE.sub(r"\1", _LINK.sub(r"\1", text)))
    console.print(Markdown(plain, code_theme="ansi_light", hyperlinks=False))
    lines = map(_trimmed, buffer.getvalue().split("\n"))
    shown = _BLANK.sub("\n\n", "\n".join(lines)).strip("\n") + "\n"
    told = (f"[{place}] {address}\n" for place, address in enumerate(addresses, 1))
    return "\n".join([shown, "".join(told)]) if addresses else shown


def _trimmed(line: str) -> str:
    """Without spaces at its end, whatever colours they have."""
    text = _END.sub("", line)
    return f"{text}\x1b[0m" if "\x1b" in text else text
