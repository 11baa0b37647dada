"""What `pip install awsops` puts on a machine: built, looked into, installed and run.

The wheel is built from the sdist, so that the sdist is known to be enough. It is installed into an
environment of its own that reads the dependencies from the one the tests run in, through a .pth
file: nothing is downloaded, and the copy under test is still the installed one, because a folder
named in a .pth file comes after the environment's own and has its own .pth files (this tree's
editable install) ignored.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

from awsops.completion import FILE_NAMES
from release.distributions import build_distributions

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel"), pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
EPOCH = 1_700_000_000  # when the sources are said to be made
_LEFT_OUT = (".*", "build", "dist", "*.egg-info", "__pycache__", "node_modules")


@dataclass(frozen=True)
class Built:
    """The two distributions and the names of what is in them."""

    wheel: Path
    sdist: Path

    @property
    def files(self) -> set[str]:
        with zipfile.ZipFile(self.wheel) as archive:
            return set(archive.namelist())

    @property
    def sources(self) -> set[str]:
        """The sdist's files, without its one folder."""
        with tarfile.open(self.sdist) as archive:
            return {m.name.partition("/")[2] for m in archive.getmembers() if m.isfile()}

    def metadata(self) -> str:
        with zipfile.ZipFile(self.wheel) as archive:
            (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
            return archive.read(name).decode()


def _call(argv: Sequence[str | Path], cwd: Path, **environ: str) -> str:
    done = subprocess.run(
        [str(word) for word in argv],
        cwd=cwd,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _build(folder: Path) -> Built:
    """Built in a copy of the tree: `build/` of an earlier build would leak into the wheel."""
    tree, out = folder / "tree", folder / "out"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    sdist, wheel = build_distributions(tree, out, EPOCH)
    return Built(wheel, sdist)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return _build(tmp_path_factory.mktemp("built"))


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, a home and a current folder that know nothing of this tree."""

    bin: Path
    site: Path
    folder: Path

    def run(self, program: str, *argv: str) -> str:
        done = subprocess.run(
            [str(self.bin / program), *argv],
            cwd=self.folder / "elsewhere",
            env={"HOME": str(self.folder / "home"), "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    for name in ("home", "elsewhere"):
        (folder / name).mkdir()
    environment = folder / "env"
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    _call([*pip, "install", "-q", "--no-deps", "--no-index", built.wheel], folder)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(_call([python, "-c", where], folder).strip())
    here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "tests-dependencies.pth").write_text("\n".join(sorted(here)) + "\n")
    return Installed(environment / "bin", site, folder)


def _tree(folder: str) -> set[str]:
    """A folder's files, as paths inside it."""
    paths = (ROOT / folder).rglob("*")
    return {
        str(path.relative_to(ROOT / folder))
        for path in paths
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def test_another_machine_builds_the_same_bytes(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    before = os.umask(0o077)
    try:
        again = _build(tmp_path)
    finally:
        os.umask(before)
    assert again.wheel.read_bytes() == built.wheel.read_bytes()
    assert again.sdist.read_bytes() == built.sdist.read_bytes()


def test_nothing_but_awsops_lands_at_the_top_of_site_packages(built: Built) -> None:
    tops = {name.split("/")[0] for name in built.files}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"awsops", "awsops_plugins"}
    assert len(tops) == 3


@pytest.mark.parametrize(
    ("folder", "package"),
    [
        ("awsops", "awsops"),
        ("plugins", "awsops_plugins"),
        ("recipes", "awsops/data/recipes"),
        ("completions", "awsops/data/completions"),
    ],
)
def test_every_file_of_a_shipped_folder_is_in_the_wheel(
    built: Built, folder: str, package: str
) -> None:
    inside = {
        name.removeprefix(f"{package}/") for name in built.files if name.startswith(f"{package}/")
    }
    if folder == "awsops":
        inside = {name for name in inside if not name.startswith("data/")}
    assert inside == _tree(folder)


def test_the_manual_is_in_the_wheel(built: Built, installed: Installed) -> None:
    shipped = {name for name in built.files if name.startswith("awsops/data/docs/")}
    assert {name.rpartition("/")[2] for name in shipped} == {
        path.name for path in (ROOT / "docs").glob("*.md")
    }
    assert installed.run("awsops", "help", "output").startswith("# Output")


def test_the_wheel_is_typed_and_carries_its_licence(built: Built) -> None:
    assert {"awsops/py.typed", "awsops_plugins/py.typed"} <= built.files
    licences = [name for name in built.files if name.endswith(".dist-info/licenses/LICENSE")]
    assert len(licences) == 1
    assert "License-Expression: Apache-2.0" in built.metadata()


def test_a_package_index_shows_the_pictures_as_text_and_no_link_that_leads_nowhere(
    built: Built,
) -> None:
    _, _, shown = built.metadata().partition("\n\n")
    assert "$ awsops sqs ls -p 'demo-*' --dlq" in shown
    assert "Plan: 3 changes in 3 accounts" in shown
    assert re.findall(r"\]\((?!https?://)[^)]*\)", shown) == []


def test_the_sdist_has_what_a_build_needs(built: Built) -> None:
    needed = {"LICENSE", "README.md", "pyproject.toml", "setup.py"}
    needed |= {f"{name}/{path}" for name in ("recipes", "completions") for path in _tree(name)}
    assert needed - built.sources == set()


def test_an_image_is_built_from_all_that_a_wheel_needs_and_nothing_more(built: Built) -> None:
    """Dockerfile copies what .dockerignore lets through: it names folders and files to keep."""
    written = (ROOT / ".dockerignore").read_text().splitlines()
    kept = [line.removeprefix("!") for line in written if line.startswith("!")]
    assert [line for line in written if not line.startswith("!")] == ["**", "**/__pycache__"]
    made = ("PKG-INFO", "setup.cfg", "awsops.egg-info/")
    shipped = {path for path in built.sources if not path.startswith(made)}
    let_through = {path for path in shipped if any(fnmatch(path, line) for line in kept)}
    assert shipped - let_through == set()
    assert {line for line in kept if not any(fnmatch(path, line) for path in shipped)} == {
        "constraints.txt"
    }


def test_the_installed_copy_is_the_one_that_runs(installed: Installed) -> None:
    code = "import awsops, awsops_plugins; print(awsops.__path__[0], awsops_plugins.__path__[0])"
    imported = installed.run("python", "-c", code).split()
    assert imported == [str(installed.site / "awsops"), str(installed.site / "awsops_plugins")]


def test_the_installed_program_lists_its_nouns(installed: Installed) -> None:
    shown = installed.run("awsops", "--help")
    for noun in ("completion", "creds", "plugin", "recipe", "sandbox", "sqs"):
        assert f"\n  {noun} " in shown


def test_the_installed_program_shows_the_help_of_a_noun(installed: Installed) -> None:
    assert "redrive" in installed.run("awsops", "sqs", "--help")


def test_the_installed_program_finds_the_recipes_that_ship_with_it(installed: Installed) -> None:
    rows = [json.loads(line) for line in installed.run("awsops", "recipe", "ls").splitlines()]
    shipped = {path for path in _tree("recipes") if path.endswith(".yaml")}
    assert {f"{row['name']}.yaml" for row in rows} == shipped
    assert {row["status"] for row in rows} == {"ok"}


def test_the_installed_program_prints_the_completion_that_is_committed(
    installed: Installed,
) -> None:
    shown = installed.run("awsops", "completion", "show", "bash")
    assert shown == (ROOT / "completions" / FILE_NAMES["bash"]).read_text()


def test_every_plugin_of_the_installed_program_works(installed: Installed) -> None:
    rows = [json.loads(line) for line in installed.run("awsops", "plugin", "ls").splitlines()]
    assert {row["kind"] for row in rows} == {"built-in"}
    assert {row["status"] for row in rows} == {"ok"}
