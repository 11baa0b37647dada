"""`python -m tests.cli.shown_outputs [PAGE...]`: the manual shows what the program says today.

An output stands in a block of the page below its command line (`$ awsops ...`). It is made on a
fresh sandbox, on a terminal without colours or live lines, as wide as fits where a page is read.
What stands above a block changes how it is taken, and no reader sees it:

    <!-- not run: why -->         an output that no sandbox gives; it is left as it is
    <!-- figures vary: why -->    its numbers are others each time; they are not compared
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path

from awsops.testing import Sandbox, own_sandbox, run
from tests.cli.manual_stage import set_stage

ROOT = Path(__file__).parents[2]
COLUMNS = 78  # of 80, in a block of code
_BLOCK = re.compile(
    r"^(?:<!-- (?P<word>not run|figures vary): (?P<why>[^\n]+) -->\n)?"
    r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_TYPED = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
# A line that somebody types: the rest of a block is what is said.
_COMMAND = re.compile(r"(\$ |#|awsops |make |python |docker |pipx |source |eval )|$")

# What is another each time, and what stands for it when two outputs are compared.
_VARIES = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b"), "RUN"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\b127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
)
_FIGURE = re.compile(r"\d[\d.,]*")

Typed = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Shown:
    """An output of a page, with its place in the text."""

    command: str
    output: str
    start: int
    end: int
    figures_vary: bool

    def agrees(self, said: str) -> bool:
        """Whether the program says the same, but for what varies."""
        return self._compared(self.output) == self._compared(said)

    def _compared(self, text: str) -> str:
        for varying, stand_in in _VARIES:
            text = varying.sub(stand_in, text)
        if self.figures_vary:  # and with them the width of a column, and where its cells are folded
            text = " ".join(sorted(_FIGURE.sub("N", text).split()))
        return text.rstrip()


def shown_on(text: str) -> Iterator[Shown]:
    """Every output of a page that is to be run."""
    for block in _screens(text):
        for typed in _TYPED.finditer(block["text"]):
            if typed[2].strip():
                at = block.start("text")
                vary = block["word"] == "figures vary"
                yield Shown(typed[1], typed[2], at + typed.start(2), at + typed.end(2), vary)


def _screens(text: str) -> Iterator[re.Match[str]]:
    """The blocks that stand for a terminal, but for those that say why they are not run."""
    for block in _BLOCK.finditer(text):
        if block["kind"] in ("", "console") and block["word"] != "not run":
            yield block


def unexplained(text: str) -> list[str]:
    """First lines of outputs that nobody runs and that do not say why."""
    found = []
    for block in _screens(text):
        rest = _TYPED.sub("", block["text"])
        loose = [line for line in rest.splitlines() if not _COMMAND.match(line)]
        found += loose[:1]
    return found


@contextmanager
def typing_on(sandbox: Sandbox) -> Iterator[Typed]:
    """Gives a function that types a line in a home like the manual's and returns what is said.

    The home is new, and its path is short wherever the temporary files are: a long one is folded.
    """
    with tempfile.TemporaryDirectory(prefix="", dir="/tmp") as name:
        yield from _typing_in(Path(name), sandbox)


def _typing_in(home: Path, sandbox: Sandbox) -> Iterator[Typed]:
    environ = {**set_stage(home, sandbox), "TERM": "dumb", "AWSOPS_PAGER": ""}

    def typed(line: str) -> str:
        command, script, _ = line.partition(" < /dev/null")  # nobody is there to be asked
        words = [*shlex.split(command)[1:], *(["-o", "table"] if script else [])]
        result = run(words, environ=environ, tty=not script, width=COLUMNS, home=home)
        said = _as_elsewhere(result.screen, home)
        return re.sub(r"[ \t]+$", "", said, flags=re.MULTILINE)

    with chdir(home):
        try:
            yield typed
        finally:
            run(["sandbox", "stop", "--all"], environ=environ, home=home)


def _as_elsewhere(said: str, home: Path) -> str:
    """Without what is so on this machine alone; columns keep their places."""
    said = said.replace(str(home), "/srv")
    python = sys.executable
    if python in said:
        said = _padded(said, python, "~/.venv/bin/python")
    return _padded(said, f"dumb, {COLUMNS} columns", "xterm-256color, 80 columns")


def _padded(text: str, old: str, new: str) -> str:
    """The text with `new` for `old`, with spaces before a next column added or taken away."""
    return re.sub(
        re.escape(old) + r"( *)",
        lambda found: new + " " * max(0, len(found[1]) + len(old) - len(new)),
        text,
    )


def renewed(text: str, typed: Typed) -> tuple[str, list[str]]:
    """The page with today's outputs where they differ, and the commands whose were others."""
    stale = []
    parts, end = [], 0
    for shown in shown_on(text):
        said = typed(shown.command)
        if not shown.agrees(said):
            stale.append(f"$ {shown.command}\n{said}")
            parts += [text[end : shown.start], said]
            end = shown.end
    return "".join([*parts, text[end:]]), stale


def pages() -> list[Path]:
    """The pages that show outputs."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def _renew(page: Path, typed: Typed) -> None:
    after, stale = renewed(page.read_text(encoding="utf-8"), typed)
    page.write_text(after, encoding="utf-8")
    print(f"{page.name}: {len(stale)} renewed", *stale, sep="\n")


def main(names: list[str]) -> int:
    """Write today's outputs into the pages of these names, or into all of them."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
        with own_sandbox(Path(folder)) as sandbox:
            for page in pages():
                if not names or page.stem in names:
                    sandbox.renew()
                    with typing_on(sandbox) as typed:
                        _renew(page, typed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
