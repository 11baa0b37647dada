"""Which folder becomes which package, and what a package index shows; the rest is pyproject.toml's.

`plugins/` is imported as `awsops_plugins`, and runbooks, completions and the manual travel inside
the `awsops` package, so that nothing called `plugins` or `recipes` lands in site-packages.
"""

import re
from html import unescape
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
PICTURE = re.compile(r"!\[[^\]]*\]\((?!https?:)([^)]+\.svg)\)")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)]+\)")


def description() -> str:
    """The README for a reader who has no folder beside it: what the pictures say, as text, and no
    links to files.
    """
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    with_words = PICTURE.sub(lambda found: _words(HERE / found[1]), readme)
    return LINK.sub(r"\1", with_words)


def _words(picture: Path) -> str:
    lines = re.findall(r"<text[^>]*>(.*?)</text>", picture.read_text(encoding="utf-8"))
    words = "\n".join(unescape(re.sub(r"<[^>]+>", "", line)) for line in lines)
    return f"```text\n{words}\n```"


setup(
    long_description=description(),
    long_description_content_type="text/markdown",
    include_package_data=False,  # what ships is package_data
    packages=[
        *find_packages(include=["awsops", "awsops.*"]),
        "awsops_plugins",
        *(f"awsops_plugins.{name}" for name in find_packages("plugins")),
        "awsops.data.recipes",
        "awsops.data.completions",
        "awsops.data.docs",
    ],
    package_dir={
        "awsops_plugins": "plugins",
        "awsops.data.recipes": "recipes",
        "awsops.data.completions": "completions",
        "awsops.data.docs": "docs",
    },
    package_data={
        "awsops": ["py.typed"],
        "awsops_plugins": ["py.typed"],
        "awsops.data.recipes": ["*.yaml", "queries/*.cwli"],
        "awsops.data.completions": ["*"],
        "awsops.data.docs": ["*.md"],
    },
)
