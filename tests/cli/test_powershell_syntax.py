"""The PowerShell script is not run by the tests: a parser of the language at least reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsops.testing import run

from .test_completion_in_shells import HOSTILE

ROOT = Path(__file__).parents[2]
_WHY = "no parser of PowerShell here: pip install tree-sitter tree-sitter-powershell"


@pytest.fixture(scope="module")
def misread() -> Callable[[str], list[str]]:
    """The places of a script that are no PowerShell, as their line and text."""
    tree_sitter = pytest.importorskip("tree_sitter", reason=_WHY)
    powershell = pytest.importorskip("tree_sitter_powershell", reason=_WHY)
    parser = tree_sitter.Parser(tree_sitter.Language(powershell.language()))

    def read(script: str) -> list[str]:
        return list(_errors(parser.parse(script.encode()).root_node))

    return read


def _errors(node: Any) -> Iterator[str]:
    if node.type == "ERROR" or node.is_missing:
        yield f"line {node.start_point[0] + 1}: {node.text.decode()[:80]!r}"
    for child in node.children:
        if child.has_error or child.is_missing:
            yield from _errors(child)


def test_the_script_of_todays_commands_is_powershell(misread: Callable[[str], list[str]]) -> None:
    assert misread((ROOT / "completions" / "awsops.ps1").read_text()) == []


def test_what_a_plugin_says_cannot_end_a_string(
    misread: Callable[[str], list[str]], tmp_path: Path
) -> None:
    plugins = tmp_path / ".config" / "awsops" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "hostile.py").write_text(HOSTILE)
    shown = run(["completion", "show", "powershell"], home=tmp_path)
    assert "touch pwned" in shown.stdout
    assert misread(shown.stdout) == []


def test_the_parser_notices_what_is_no_powershell(misread: Callable[[str], list[str]]) -> None:
    assert misread("if ($a { 'b' }")
