"""The manual: the pages of docs/ that ship with awsops, and what the commands say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import awsops

_COMMENT = re.compile(r"^<!--.*-->\n", re.M)


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `name` is its file's, `title` its first heading."""

    name: str
    title: str
    path: Path

    def text(self) -> str:
        """The page in Markdown, without what is for those who write it."""
        return _COMMENT.sub("", self.path.read_text(encoding="utf-8"))


def pages() -> Iterator[Page]:
    """Every page, by name."""
    for path in sorted(_folder().glob("*.md")):
        with path.open(encoding="utf-8") as file:
            title = file.readline().lstrip("# ").strip()
        yield Page(path.stem, title, path)


def find_page(name: str) -> Page | None:
    """The page of that name; a noun's may be called by a longer word (`recipe`: recipes)."""
    found = {page.name: page for page in pages()}
    return found.get(name) or found.get(f"{name}s") or found.get(f"{name}uration")


def _folder() -> Path:
    """Inside the package where it is installed, beside it in a checkout."""
    package = Path(awsops.__file__).parent
    installed = package / "data" / "docs"
    return installed if installed.is_dir() else package.parent / "docs"
