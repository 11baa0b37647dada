"""docs/architecture.md speaks of the modules that there are, and of all of them."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
_ROWS = re.findall(r"^\| (`[^|]+) \| [^|]+ \|$", PAGE, re.MULTILINE)
NAMED = [name for row in _ROWS for name in re.findall(r"`([^`]+)`", row)]
KERNEL = {
    path.stem if path.is_file() else f"{path.name}/"
    for path in (ROOT / "awsops").iterdir()
    if path.suffix == ".py" or (path / "__init__.py").is_file()
} - {"__init__"}


def test_every_module_of_the_table_is_in_the_kernel() -> None:
    assert [name for name in NAMED if not any(fnmatch(has, name) for has in KERNEL)] == []


def test_every_module_of_the_kernel_is_in_the_table_once() -> None:
    times = {has: sum(fnmatch(has, name) for name in NAMED) for has in sorted(KERNEL)}
    assert {has: number for has, number in times.items() if number != 1} == {}


def test_every_file_that_the_page_speaks_of_exists() -> None:
    files = set(re.findall(r"`([\w/]+\.py)`", PAGE))
    assert files
    assert [
        f for f in sorted(files) if not any((ROOT / at / f).is_file() for at in ("", "awsops"))
    ] == []


def test_every_folder_of_the_picture_exists() -> None:
    (picture,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    folders = [line.split()[0] for line in picture.splitlines() if not line.startswith(" ")]
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []
