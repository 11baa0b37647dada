"""Completion scripts for bash, zsh, fish and PowerShell, made from the commands' own declarations.

A script holds everything that a shell needs: a press of Tab starts no Python. What depends on the
person (profile names, regions in use) the shell reads from the AWS config files itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awsops.completion.grammar import Grammar

# The name of each shell's script: what packagers and the shells themselves look for.
FILE_NAMES = {
    "bash": "awsops.bash",
    "fish": "awsops.fish",
    "powershell": "awsops.ps1",
    "zsh": "_awsops",
}
SHELLS = tuple(FILE_NAMES)


def render(grammar: Grammar, shell: str) -> str:
    """The script for one of SHELLS; KeyError for another name."""
    from awsops.completion.bash import render as bash
    from awsops.completion.fish import render as fish
    from awsops.completion.powershell import render as powershell
    from awsops.completion.zsh import render as zsh

    return {"bash": bash, "fish": fish, "powershell": powershell, "zsh": zsh}[shell](grammar)
