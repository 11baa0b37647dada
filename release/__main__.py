"""`make release`: sdist, wheel, a single file to run, a bill of materials, and their checksums.

Everything is built from the last commit, not from the folder, in `dist/`.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

from release.distributions import build_distributions

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
Words = list[str | Path]


def main() -> int:
    """Build a release of the last commit; 1 when there is none."""
    out = ROOT / "dist"
    try:
        epoch = int(_git("log", "-1", "--format=%ct"))
    except subprocess.CalledProcessError as error:
        print(f"a release is built from a git commit: {error.stderr.strip()}", file=sys.stderr)
        return 1
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        _export(tree)
        _, wheel = build_distributions(tree, out, epoch)
        version = wheel.name.split("-")[1]
        _single_file(wheel, out / f"awsops-{version}.pex")
        _bill_of_materials(wheel, out / f"awsops-{version}.cdx.json", Path(scratch) / "env")
    _checksums(out)
    for path in sorted(out.iterdir()):
        print(f"{path.stat().st_size:>12,} {path.relative_to(ROOT)}")
    return 0


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _export(tree: Path) -> None:
    archive = subprocess.run(
        ["git", "archive", "--format=tar", "HEAD"], cwd=ROOT, check=True, capture_output=True
    )
    tree.mkdir()
    packed = tree.with_suffix(".tar")
    packed.write_bytes(archive.stdout)
    with tarfile.open(packed) as files:
        files.extractall(tree, filter="data")


def _single_file(wheel: Path, out: Path) -> None:
    """A file that runs where there is a Python; it unpacks itself on its first run."""
    options: Words = ["--constraints", CONSTRAINTS, "--venv", "--sh-boot", "--script", "awsops"]
    _run("-m", "pex", wheel, *options, "--output-file", out)


def _bill_of_materials(wheel: Path, out: Path, environment: Path) -> None:
    """What `pip install` of the wheel brings along, in CycloneDX's format."""
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    pip: Words = ["-m", "pip", "--disable-pip-version-check", "--python", python]
    _run(*pip, "install", "-q", "-c", CONSTRAINTS, wheel)
    options: Words = ["--output-reproducible", "--of", "JSON", "-o", out]
    _run("-m", "cyclonedx_py", "environment", *options, python)


def _run(*words: str | Path) -> None:
    subprocess.run([sys.executable, *words], check=True, cwd=ROOT, stdin=subprocess.DEVNULL)


def _checksums(out: Path) -> None:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(out.iterdir())
    ]
    (out / "SHA256SUMS").write_text("".join(lines))


if __name__ == "__main__":
    raise SystemExit(main())
