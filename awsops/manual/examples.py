"""Command lines of the manual's pages as the examples of `--help`: they are run by a test there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from awsops.manual import find_page

MOST = 4

_BLOCK = re.compile(r"^```(\S*)\n(.*?)^```", re.M | re.S)
_WITH_OUTPUT = re.compile(r"^\$ .+\n(?:(?!\$ ).+\n)+", re.M)
_SHELLS = frozenset(("", "sh", "bash", "console"))


def examples_of(noun: str, verb: str, width: int) -> list[str]:
    """Up to `MOST` command lines of a verb (`noun` itself for one without verbs), as its page has
    them: those of at most `width` columns, or else the shortest alone.
    """
    page = find_page(noun)
    if page is None:
        return []
    start = f"awsops {noun}" if verb == noun else f"awsops {noun} {verb}"
    found = list(dict.fromkeys(_lines(page.text(), start)))
    return [line for line in found if len(line) <= width][:MOST] or sorted(found, key=len)[:1]


def _lines(text: str, start: str) -> Iterator[str]:
    for language, block in _BLOCK.findall(text):
        # One that is shown with its output stands there for that, a refusal maybe: no example.
        plain = _WITH_OUTPUT.sub("", block)
        for line in plain.splitlines() if language in _SHELLS else ():
            words = re.split(r"\s+#\s", line.removeprefix("$ "))[0].rstrip()
            command = words.removeprefix('eval "$(').removesuffix(')"')
            if f"{command} ".startswith(f"{start} "):
                yield words
