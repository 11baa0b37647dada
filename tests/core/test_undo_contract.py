"""Every change that a shipped command plans or reports says how it is undone, or why it is not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
WAYS_BACK = {"undo", "why_no_undo"}


def changes() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(PLUGINS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Change":
                yield f"{path.relative_to(PLUGINS)}:{node.lineno}", node


FOUND = list(changes())


def test_there_are_changes_to_look_at() -> None:
    assert len(FOUND) > 4


@pytest.mark.parametrize(("place", "call"), FOUND, ids=[place for place, _ in FOUND])
def test_a_change_says_how_it_is_undone_or_why_it_cannot_be(place: str, call: ast.Call) -> None:
    given = {keyword.arg for keyword in call.keywords}
    assert given & WAYS_BACK or None in given, f"{place}: add undo= or why_no_undo="


@pytest.mark.parametrize(("place", "call"), FOUND, ids=[place for place, _ in FOUND])
def test_what_cannot_be_undone_says_why_in_a_sentence(place: str, call: ast.Call) -> None:
    for keyword in call.keywords:
        if keyword.arg == "irreversible" and getattr(keyword.value, "value", False) is True:
            assert "why_no_undo" in {other.arg for other in call.keywords}, place
        if keyword.arg == "why_no_undo" and isinstance(keyword.value, ast.Constant):
            assert keyword.value.value is None or len(str(keyword.value.value).split()) > 3, place
