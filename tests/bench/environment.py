"""What users run: the wheel, built from this tree and installed in an environment of its own.

An editable install compiles every module at each start where bytecode may not be written, and has
import hooks that a wheel has not. The environment is kept under `build/bench` and only what has
changed since the last run is installed again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "bench"
_SOURCES = ("awsops", "plugins", "recipes", "completions", "docs")
_FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "constraints.txt")


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the wheel, and awscli unless it could not be installed."""

    folder: Path
    missing: dict[str, str]

    @property
    def bin(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> str:
        return str(self.bin / "python")

    def program(self, name: str) -> str | None:
        """The path of an installed program, or None."""
        return shutil.which(name, path=str(self.bin))


def prepare(folder: Path = FOLDER) -> Environment:
    """Build and install what has changed; CalledProcessError when pip cannot."""
    found = Environment(folder / "venv", {})
    wanted = _digest([ROOT / "constraints.txt", ROOT / "pyproject.toml"]) + sys.version
    stamp = folder / "requirements.stamp"
    if not stamp.is_file() or stamp.read_text() != wanted:
        venv.create(found.folder, with_pip=True, clear=True)
        (folder / "wheel.stamp").unlink(missing_ok=True)
    _install_wheel(found, folder)
    if found.program("aws") is None:
        try:
            _pip(found, "install", "-q", "-c", str(ROOT / "constraints.txt"), "awscli")
        except subprocess.CalledProcessError as error:
            found.missing["aws"] = (error.stderr or "pip could not install awscli").strip()[-200:]
    stamp.write_text(wanted)
    return found


def _install_wheel(environment: Environment, folder: Path) -> None:
    stamp = folder / "wheel.stamp"
    wanted = _digest(list(_tree()))
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    source = _copy(folder / "source")
    wheels = folder / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    _pip(environment, "wheel", "-q", "--no-deps", "-w", str(wheels), str(source))
    (wheel,) = wheels.glob("awsops-*.whl")
    constraints = str(ROOT / "constraints.txt")
    _pip(environment, "install", "-q", "-c", constraints, str(wheel))
    _pip(environment, "install", "-q", "--no-deps", "--force-reinstall", str(wheel))
    stamp.write_text(wanted)


def _copy(target: Path) -> Path:
    """The sources alone, beside the tree: setuptools leaves its build folder where it builds."""
    shutil.rmtree(target, ignore_errors=True)
    for path in _tree():
        copy = target / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    for name in _SOURCES:
        (target / name).mkdir(exist_ok=True)
    return target


def _tree() -> Iterator[Path]:
    for name in _FILES:
        if (ROOT / name).is_file():
            yield ROOT / name
    for name in _SOURCES:
        for path in sorted((ROOT / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _pip(environment: Environment, *words: str) -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    subprocess.run(
        [environment.python, "-m", "pip", "--disable-pip-version-check", *words],
        check=True,
        env=environ,
        cwd=FOLDER.parent if FOLDER.parent.is_dir() else ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
