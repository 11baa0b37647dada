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


def show_markdown(text: str, env: Env, color: str) -> str:
    """The text set for the terminal on stdout, or the Markdown itself where there is none."""
    if not env.stdout_tty:
        return text
    from rich.console import Console
    from rich.markdown import Markdown

    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=min(env.width(), MOST_COLUMNS),
        force_terminal=env.color(color),
        no_color=not env.color(color),
        color_system="standard" if env.color(color) else None,
        highlight=False,
        legacy_windows=False,
    )
    # Links between pages lead to files that a reader of the terminal does not have.
    console.print(Markdown(_LINK.sub(r"\1", text), code_theme="ansi_dark", hyperlinks=False))
    return "\n".join(line.rstrip() for line in buffer.getvalue().split("\n")).strip("\n") + "\n"
