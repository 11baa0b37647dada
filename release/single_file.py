"""One file that runs wherever a Python is: pex, with what each supported Python needs of its own.

pydantic and PyYAML have parts in C, one wheel for each version of Python: the file carries all of
them, for the system and processor that it is built on.
"""

from __future__ import annotations

import json
import re
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.markers import default_environment
from packaging.tags import compatible_tags, cpython_tags, platform_tags

MINORS = (11, 12, 13, 14)  # of Python 3: those of pyproject.toml, and the newest with wheels
# glibc of RHEL 8 and Debian 10, the oldest that our dependencies' newest wheels run on.
GLIBC = (2, 28)


def file_name(version: str) -> str:
    """It runs on the system and processor that stand in it."""
    where = re.sub(r"\W", "_", sysconfig.get_platform())
    return f"awsops-{version}-{where}.pex"


def pex_options(wheel: Path, constraints: Path, scratch: Path) -> list[str | Path]:
    """The words after `python -m pex` but the output; what they name is written to `scratch`."""
    words: list[str | Path] = [wheel, "--constraints", constraints]
    words += ["--venv", "--sh-boot", "--script", "awsops"]
    for minor in MINORS:
        described = scratch / f"python3.{minor}.json"
        described.write_text(json.dumps(describe_python(minor)))
        words += ["--complete-platform", described]
    return words


def describe_python(minor: int) -> dict[str, object]:
    """Python 3.`minor` on this system, as pex wants it: its markers and the wheels it takes."""
    abi, version = f"cp3{minor}", (3, minor)
    platforms = list(old_enough(platform_tags()))
    tags = [
        *cpython_tags(version, [abi], platforms),
        *compatible_tags(version, abi, platforms),
    ]
    markers = {
        **default_environment(),
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.0",
        "implementation_version": f"3.{minor}.0",
        # Of the machine that builds, and of no meaning on another.
        "platform_release": "",
        "platform_version": "",
    }
    return {"marker_environment": markers, "compatible_tags": [str(tag) for tag in tags]}


def old_enough(platforms: Iterable[str]) -> Iterator[str]:
    """Without those of a newer glibc: the file shall also run where the builder's is not."""
    for platform in platforms:
        asked = re.match(r"manylinux_(\d+)_(\d+)_", platform)
        if asked is None or (int(asked[1]), int(asked[2])) <= GLIBC:
            yield platform
