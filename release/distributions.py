"""The sdist and the wheel of a tree, byte for byte the same whenever and by whomever built."""

from __future__ import annotations

import gzip
import importlib.util
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

# The zip format knows no time before it; a wheel's files carry a time (PKWARE APPNOTE 4.4.6).
ZIP_EPOCH = 315_532_800  # 1980-01-01T00:00:00Z


def build_distributions(tree: Path, out: Path, epoch: int) -> tuple[Path, Path]:
    """Build `tree` into `out`; returns the sdist and the wheel, which is built from the sdist.

    `epoch` (seconds since 1970, not before 1980) is the time of every file in them.
    CalledProcessError when the build fails.
    """
    epoch = max(epoch, ZIP_EPOCH)
    # An isolated build downloads setuptools: only where the environment has none.
    isolation = ["--no-isolation"] if importlib.util.find_spec("setuptools") else []
    subprocess.run(
        [sys.executable, "-m", "build", *isolation, "--outdir", out, tree],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    _normalize_sdist(sdist, epoch)
    _normalize_wheel(wheel)
    return sdist, wheel


def _normalize_sdist(path: Path, epoch: int) -> None:
    """setuptools keeps the times, owners and modes of the machine it ran on."""
    with tarfile.open(path) as archive:
        members = sorted(archive.getmembers(), key=lambda member: member.name)
        contents = {m.name: archive.extractfile(m) for m in members if m.isfile()}
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as anew:
            for member in members:
                member.mtime, member.uid, member.gid = epoch, 0, 0
                member.uname = member.gname = ""
                member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
                member.pax_headers = {}
                anew.addfile(member, contents.get(member.name))
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=epoch) as packed:
        packed.write(plain.getvalue())


def _normalize_wheel(path: Path) -> None:
    """The times are right already; the modes depend on the umask and the order on the disk."""
    with zipfile.ZipFile(path) as archive:
        entries = [(info, archive.read(info)) for info in archive.infolist()]
    # RECORD comes last by convention (binary distribution format, "recommended archiver features").
    entries.sort(key=lambda entry: (".dist-info/" in entry[0].filename, entry[0].filename))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as anew:
        for info, content in entries:
            plain = zipfile.ZipInfo(info.filename, info.date_time)
            plain.external_attr = (0o100644) << 16
            plain.compress_type = zipfile.ZIP_DEFLATED
            plain.create_system = 3  # Unix, wherever it is built
            anew.writestr(plain, content)
