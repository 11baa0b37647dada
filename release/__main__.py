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
from pathlib import Path

from release.bill import write_bill
from release.distributions import build_distributions
from release.single_file import file_name, pex_options

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ROOT / "constraints.txt"


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
        options = pex_options(wheel, CONSTRAINTS, Path(scratch))
        _run("-m", "pex", *options, "--output-file", out / file_name(version))
        write_bill(wheel, tree, out / f"awsops-{version}.cdx.json", epoch, CONSTRAINTS)
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
