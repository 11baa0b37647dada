"""`python -m release.screens docs/screens`: the README's pictures, of what the program says.

Each is a text on a terminal as an SVG, light or dark as the reader's screen is. A test compares the
words in them with what the program says today.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

COLUMNS = 88
_CELL, _LINE, _MARGIN = 8.4, 18, 16  # pixels of a character and a line at 14 px
_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_CLASSES = {"1": "b", "2": "d", "31": "r", "32": "g", "33": "y"}
_STYLE = """\
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre;fill:#1f2328}
rect{fill:#f6f8fa;stroke:#d1d9e0}.b{font-weight:bold}.d{opacity:.6}.p{fill:#59636e}
.r{fill:#c21a1a}.g{fill:#0f7b34}.y{fill:#8a6100}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#0d1117;stroke:#30363d}
.p{fill:#8b949e}.r{fill:#ff7b72}.g{fill:#56d364}.y{fill:#e3b341}}"""

# The name of each picture, and the command lines whose output stands in it.
SCREENS: Mapping[str, Sequence[str]] = {
    "look": (
        "awsops sqs ls -p 'demo-*' --dlq --fields profile,account,name,visible",
        "awsops sqs ls -p demo-prdo",
    ),
    "plan": ("awsops sqs redrive orders-dlq -p 'demo-*' --dry-run",),
}


def texts(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The name of each picture and what stands in it, colours and all, on this sandbox."""
    import shlex

    from awsops.testing import run

    for name, lines in SCREENS.items():
        parts = []
        for line in lines:
            shown = run(shlex.split(line)[1:], environ=environ, tty=True, width=COLUMNS)
            parts.append(f"$ {line}\n{shown.stderr}{shown.stdout}")
        yield name, "\n".join(parts)


def plain(text: str) -> str:
    """A text without its colours."""
    return _SGR.sub("", text)


def draw(text: str) -> str:
    """The text as an SVG."""
    lines = text.rstrip("\n").split("\n")
    columns = max(len(plain(line)) for line in lines)
    width = round(columns * _CELL + 2 * _MARGIN)
    height = len(lines) * _LINE + 2 * _MARGIN
    rows = [
        f'<text x="{_MARGIN}" y="{_MARGIN + _LINE * (number + 1) - 5}">{_spans(line)}</text>'
        for number, line in enumerate(lines)
        if line
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">',
            f"<style>{_STYLE}</style>",
            f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"/>',
            *rows,
            "</svg>\n",
        ]
    )


def words_of(svg: str) -> str:
    """The text that stands in a picture."""
    from html import unescape

    lines = re.findall(r"<text[^>]*>(.*?)</text>", svg)
    return "\n".join(unescape(re.sub(r"<[^>]+>", "", line)) for line in lines)


def _spans(line: str) -> str:
    if line.startswith("$ "):
        return f'<tspan class="p">$ </tspan>{escape(line[2:])}'
    parts: list[str] = []
    classes = ""
    for number, piece in enumerate(_SGR.split(line)):
        if number % 2:
            classes = " ".join(_CLASSES[code] for code in piece.split(";") if code in _CLASSES)
        elif piece:
            text = escape(piece)
            parts.append(f'<tspan class="{classes}">{text}</tspan>' if classes else text)
    return "".join(parts)


def main(folder: Path) -> None:
    """Draw every picture into the folder."""
    from awsops.sandbox import lifecycle

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        info = lifecycle.start(Path(name), "screens", parent_pid=os.getpid())
        try:
            for screen, text in texts(lifecycle.environment(info)):
                (folder / f"{screen}.svg").write_text(draw(text), encoding="utf-8")
        finally:
            lifecycle.stop(Path(name), "screens")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m release.screens FOLDER")
    main(Path(sys.argv[1]))
