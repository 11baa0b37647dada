"""A console on a terminal, and what a person sees on it."""

from __future__ import annotations

import re
from typing import Any

from awsops.events import Progress
from awsops.output import Console


class Terminal:
    """Enough of a terminal to see what a person sees: text, new lines, cursor up, two erasures."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows: list[str] = [""]
        self.row = self.column = 0

    def feed(self, text: str) -> None:
        for part in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|.|\n", text):
            if part.startswith("\x1b["):
                self._command(part[-1], int(part[2:-1] or 1))
            elif part == "\n":
                self._move(self.row + 1, 0)
            elif part == "\r":
                self.column = 0
            else:
                if self.column == self.width:
                    self._move(self.row + 1, 0)
                line = self.rows[self.row].ljust(self.column)
                self.rows[self.row] = line[: self.column] + part + line[self.column + 1 :]
                self.column += 1

    def _move(self, row: int, column: int) -> None:
        self.rows += [""] * (row + 1 - len(self.rows))
        self.row, self.column = row, column

    def _command(self, name: str, number: int) -> None:
        if name == "A":
            assert self.row >= number, "the cursor left the screen"
            self.row -= number
        elif name == "K":
            self.rows[self.row] = self.rows[self.row][: self.column]
        elif name == "J":
            self.rows[self.row :] = [self.rows[self.row][: self.column]]
        else:
            raise AssertionError(f"unknown command {name}")

    @property
    def lines(self) -> list[str]:
        shown = [row.rstrip() for row in self.rows]
        while shown and not shown[-1]:
            shown.pop()
        return shown


class Watched:
    """A console on a terminal, and what stands there after everything written so far."""

    def __init__(self, env: Any) -> None:
        self.env = env
        self.env.environ = {"NO_COLOR": "1"}
        self.console = Console(env)
        self.terminal = Terminal(env.fixed_width)

    def progress(self, label: str, done: int, total: int | None = 100, message: str = "") -> None:
        self.env.monotonic.now += 1
        self.console.progress(label, Progress(done, total, "messages", message))

    @property
    def lines(self) -> list[str]:
        self.terminal.feed(self.env.stderr.getvalue())
        self.env.stderr.seek(0)
        self.env.stderr.truncate()
        return self.terminal.lines
