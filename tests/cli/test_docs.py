"""What the manual shows is true: commands parse, plugins run, links lead somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.command_line.binding import build_noun, build_verb
from awsops.command_line.words import normalize
from awsops.env import Env
from awsops.plugin import CommandSpec
from awsops.sources import Sources
from awsops.testing import Result
from tests.core.test_sources import TEN_LINES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"")
# What a shell would take for its own, as it stands in quotes meanwhile.
_SHOWN = {0xE000 + n: ord(sign) for n, sign in enumerate("#|<>")}
_NOUNS = "|".join(f.noun for f in Sources(Env.from_process(), lambda: None).all() if f.load)
_COMMAND = re.compile(rf"awsops (-\S+ )*({_NOUNS})\b")


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in _FENCE.findall(page.read_text()) if kind == language]


def without_shell(line: str) -> str:
    """The command itself: no comment, no pipe, no redirection, unless they stand in quotes."""
    return re.split(r" (?:#|\||<|>>?) ?", _QUOTED.sub(_hidden, line))[0].translate(_SHOWN).strip()


def _hidden(quoted: re.Match[str]) -> str:
    return quoted.group().translate({shown: hidden for hidden, shown in _SHOWN.items()})


def command_lines(page: Path) -> list[str]:
    """Lines of code that begin with awsops, without what a shell does around them."""
    found = []
    for kind in ("", "sh", "bash", "console"):
        for text in blocks(page, kind):
            for line in text.splitlines():
                line = without_shell(line.removeprefix("$ "))
                line = re.sub(r'^eval "\$\((.*)\)"$', r"\1", line)
                if _COMMAND.match(line):
                    found.append(line)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_of_the_manual_parses(page: Path, host_sources: Sources) -> None:
    for line in command_lines(page):
        words = normalize(shlex.split(line)[1:])
        assert words.noun is not None, line
        specs: dict[str, CommandSpec] = host_sources.commands(words.noun)
        group: Any = build_noun(words.noun, "", specs)
        args = words.rest
        if list(specs) == [words.noun]:  # `awsops doctor`
            group, args = build_verb(words.noun, specs[words.noun]), words.raw
        parsed = group.main(args=args, prog_name="awsops", standalone_mode=False)
        assert parsed.spec.name in specs, line


@pytest.fixture
def host_sources(tmp_path: Path) -> Sources:
    from awsops.env import Env, Folders

    env = Env.from_process()
    env.folders = Folders(tmp_path, tmp_path, tmp_path)
    return Sources(env, lambda: None)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("awsops logs query 'filter ms > 5 | limit 2 # x' > out", "'filter ms > 5 | limit 2 # x'"),
        ('awsops logs query "a > \\"b\\" | c" | jq .', '"a > \\"b\\" | c"'),
        ("awsops logs query x >> out # comment", "x"),
        ("awsops logs query 'ms < 5' < /dev/null", "'ms < 5'"),
    ],
)
def test_a_shells_own_signs_end_a_command_but_not_in_quotes(line: str, command: str) -> None:
    assert without_shell(line) == f"awsops logs query {command}"


def test_the_manual_shows_command_lines_at_all() -> None:
    assert sum(len(command_lines(page)) for page in PAGES) > 15


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", page.read_text()):
        if not target.startswith("http"):
            there = page.parent / target if target else page
            assert there.exists(), f"{page.name}: {target}"
            assert not anchor or anchor in _anchors(there), f"{page.name}: {target}#{anchor}"


def _anchors(page: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}


def test_the_plugin_of_the_readme_is_the_one_that_is_tested() -> None:
    (shown,) = blocks(ROOT / "README.md", "python")
    assert shown.strip() == TEN_LINES.strip()


def test_the_plugins_of_the_guide_work(awsops: Callable[..., Result], tmp_path: Path) -> None:
    reading, changing, _ = blocks(ROOT / "docs/plugins.md", "python")
    folder = tmp_path / ".config/awsops/plugins"
    folder.mkdir(parents=True)
    (folder / "paint.py").write_text(reading)
    (folder / "owner.py").write_text(changing)
    listed = awsops(["paint", "ls", "orders", "-n", "1", "-p", "demo-dev"])
    assert (listed.exit_code, len(listed.rows)) == (0, 1), listed.stderr
    own = ["owner", "own", "orders", "payments", "-p", "demo-dev"]
    planned = awsops([*own, "--dry-run"])
    assert [row["after"] for row in planned.rows] == ["payments"], planned.stderr
    done = awsops([*own, "--yes"])
    assert done.rows == [{"queue": "orders", "owner": "payments"}], done.stderr
    again = awsops(own)
    assert (again.exit_code, again.rows) == (0, []), again.stderr


def test_the_test_of_the_guide_passes(pytester_run: Callable[[str], int]) -> None:
    *_, test = blocks(ROOT / "docs/plugins.md", "python")
    assert pytester_run(test) == 0


@pytest.fixture
def pytester_run(tmp_path: Path) -> Callable[[str], int]:
    """Runs a test file in a process of its own, as an author would, and returns its exit code."""
    import subprocess
    import sys

    def run_file(text: str) -> int:
        (tmp_path / "test_guide.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_guide.py"]
        return subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode

    return run_file
