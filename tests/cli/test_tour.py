"""The README's five minutes, typed line by line into a shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_PROGRAM = """#!/bin/sh
exec "{python}" -c 'from awsops.cli import entry_point; entry_point()' "$@"
"""


def tour() -> list[str]:
    """The command lines under the heading."""
    text = (ROOT / "README.md").read_text()
    block = re.search(r"^## Five minutes\n+```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    return block[1].splitlines()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_line_of_the_tour_works(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "awsops"
    program.parent.mkdir()
    program.write_text(_PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    # There is no terminal here to say yes on.
    lines = [f"{line} --yes" if "recipe run" in line else line for line in tour()]
    assert lines[0] == "awsops sandbox start"
    assert lines[-1] == "awsops sandbox stop"
    path = f"{program.parent}:{os.environ['PATH']}"
    try:
        done = subprocess.run(
            ["sh", "-e", "-c", "\n".join(lines)],
            env={"HOME": str(tmp_path), "PATH": path},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )
    finally:  # a line that fails leaves the sandbox running
        subprocess.run(
            [program, "sandbox", "stop"],
            env={"HOME": str(tmp_path), "PATH": path},
            capture_output=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    assert '"account":"333333333333"' in done.stdout
