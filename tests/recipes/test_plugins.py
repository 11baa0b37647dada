"""Recipes that plugins bring: found without importing them, never in the place of another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.testing import Result

Cli = Callable[..., Result]
TEXT = "name: %s\nsummary: %s\nsteps: [{id: a, run: sqs ls, with: {pattern: 'o*'}, show: true}]\n"


@pytest.fixture
def drop_in(tmp_path: Path, write_plugin: Callable[..., Path]) -> Path:
    """The folder of recipes beside a drop-in plugin `paint`, with `repaint` in it."""
    plugin = write_plugin("paint", "@command()\ndef ls(aws: Aws):\n    yield Row('red')\n")
    folder = plugin.parent / "recipes"
    folder.mkdir()
    (folder / "repaint.yaml").write_text(TEXT % ("repaint", "Paint it again."))
    return folder


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """`install("brush")` is the folder of recipes of an installed package that breaks when it is
    imported, whose entry point is the noun `brush`.
    """

    def make(noun: str) -> Path:
        site = tmp_path / f"site-{noun}"
        package, info = site / f"acme_{noun}", site / f"acme_{noun}-1.0.dist-info"
        (package / "nouns" / "recipes").mkdir(parents=True)
        info.mkdir()
        for folder in (package, package / "nouns"):
            (folder / "__init__.py").write_text('"""Brushes."""\nraise ImportError("broken")\n')
        (package / "nouns" / "plugin.py").write_text('"""Look after brushes."""\n')
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{noun}\nVersion: 1.0\n")
        entry = f"[awsops.plugins.v1]\n{noun} = acme_{noun}.nouns.plugin\n"
        (info / "entry_points.txt").write_text(entry)
        monkeypatch.syspath_prepend(site)
        return package / "nouns" / "recipes"

    return make


def listed(cli: Cli, name: str) -> list[dict[str, Any]]:
    return [row for row in cli(["recipe", "ls"], {}).rows if row["name"] == name]


def test_a_drop_ins_recipes_are_listed_with_their_source(cli: Cli, drop_in: Path) -> None:
    (row,) = listed(cli, "repaint")
    assert (row["origin"], row["status"]) == ("plugin paint", "ok")
    assert row["path"] == str(drop_in / "repaint.yaml")


def test_a_packages_recipes_are_found_without_importing_it(
    cli: Cli, install: Callable[[str], Path]
) -> None:
    folder = install("brush")
    (folder / "wash.yaml").write_text(TEXT % ("wash", "Wash them."))
    (row,) = listed(cli, "wash")
    assert (row["origin"], row["summary"]) == ("plugin brush", "Wash them.")


def test_a_plugins_recipe_is_shown_before_its_first_run(
    awsops: Callable[..., Result], drop_in: Path
) -> None:
    words = ["recipe", "run", "repaint", "-p", "demo-dev"]
    first, second = awsops(words), awsops(words)
    assert (first.exit_code, second.exit_code) == (0, 0)
    shown = f"{drop_in}/repaint.yaml of plugin paint: run here for the first time; its steps are:"
    assert shown in first.stderr
    assert "1. a: sqs ls (pattern=o*)" in first.stderr
    assert "first time" not in second.stderr
    (drop_in / "repaint.yaml").write_text(TEXT % ("repaint", "Paint it blue."))
    assert shown in awsops(words).stderr


@pytest.mark.parametrize("folder", ["config", "shipped"])
def test_a_plugins_recipe_takes_no_others_place(
    folder: str, cli: Cli, drop_in: Path, tmp_path: Path
) -> None:
    (drop_in / "redrive-dlq.yaml").write_text(TEXT % ("redrive-dlq", "Not what you think."))
    if folder == "config":
        own = tmp_path / ".config/awsops/recipes"
        own.mkdir()
        (own / "redrive-dlq.yaml").write_text(TEXT % ("redrive-dlq", "mine"))
    rows = {row["origin"]: row["status"] for row in listed(cli, "redrive-dlq")}
    assert rows["plugin paint"] == "hidden"
    assert rows[folder] == "ok"
    assert "Not what you think" not in cli(["recipe", "show", "redrive-dlq"], {}).stderr


def test_a_name_that_two_plugins_have_is_refused_with_both(
    cli: Cli, drop_in: Path, install: Callable[[str], Path]
) -> None:
    theirs = install("brush") / "repaint.yaml"
    theirs.write_text(TEXT % ("repaint", "Another one."))
    refused = cli(["recipe", "show", "repaint"], {})
    assert refused.exit_code == 2
    assert str(theirs) in refused.stderr
    assert str(drop_in / "repaint.yaml") in refused.stderr
    assert {row["status"] for row in listed(cli, "repaint")} == {"broken"}
    assert cli(["recipe", "show", str(theirs)], {}).exit_code == 0
