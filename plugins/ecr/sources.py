"""The image that is to be pushed: where it is, and what it is."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awsops.api import NotFoundError, UsageError

TRANSPORTS = ("oci", "oci-archive", "docker-archive", "dir", "docker-daemon", "containers-storage")
# From these skopeo makes a manifest of its own: its digest is known after the push alone.
_RECOMPRESSED = ("docker-archive", "docker-daemon", "containers-storage")


@dataclass(frozen=True, slots=True)
class LocalImage:
    """An image here. `digest` is None where pushing makes it; `config` then tells images apart."""

    source: str
    digest: str | None
    config: str | None
    platforms: int

    @property
    def exact(self) -> bool:
        return self.digest is not None

    def is_same(self, digest: str, config: str | None) -> bool:
        """Whether an image in a registry is this one."""
        if self.digest is not None:
            return digest == self.digest
        # An engine with containerd's image store calls an image by its manifest's digest.
        return self.config is not None and self.config in (config, digest)


def find_source(text: str, environ: Mapping[str, str]) -> str:
    """What skopeo calls an image: `oci:DIR`, `docker-archive:FILE`, ...

    An OCI layout or an archive is known by what is in it; a name is an image of docker's engine, or
    of podman's store where podman alone is installed. NotFoundError when a path leads nowhere.
    """
    transport, colon, _ = text.partition(":")
    if colon and transport in TRANSPORTS:
        return text
    path = Path(text)
    if path.is_dir():
        if (path / "oci-layout").is_file():
            return f"oci:{text}"
        raise UsageError(f"{text} is a folder without an OCI layout in it")
    if path.is_file():
        return f"{_archive_kind(path)}:{text}"
    if text.startswith((".", "/", "~")) or text.endswith((".tar", ".tgz", ".tar.gz")):
        raise NotFoundError(f"there is no {text}", hint="an OCI layout, an archive or an image")
    name = text if ":" in text.rpartition("/")[2] or "@" in text else f"{text}:latest"
    programs = environ.get("PATH", os.defpath)
    if shutil.which("podman", path=programs) and not shutil.which("docker", path=programs):
        return f"containers-storage:{name}"
    return f"docker-daemon:{name}"


def _archive_kind(path: Path) -> str:
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                if name == "oci-layout":
                    return "oci-archive"
                if name == "manifest.json":
                    return "docker-archive"
    except (tarfile.TarError, OSError) as error:
        raise UsageError(f"{path} is not an archive: {error}") from None
    raise UsageError(f"{path} is neither an OCI archive nor one of docker save")


def local_image(source: str, raw: bytes) -> LocalImage:
    """An image by its manifest, byte for byte; from an engine or `docker save` skopeo makes one."""
    _, config, platforms = read_manifest(raw)
    exact = source.partition(":")[0] not in _RECOMPRESSED
    digest = "sha256:" + hashlib.sha256(raw).hexdigest() if exact else None
    return LocalImage(source, digest, config, platforms)


def read_manifest(raw: bytes) -> tuple[str, str | None, int]:
    """Media type, the config's digest (of an index None), and the number of platforms."""
    value: Any = json.loads(raw)
    if "manifests" in value:
        kind = value.get("mediaType", "application/vnd.oci.image.index.v1+json")
        return str(kind), None, len(value["manifests"])
    kind = value.get("mediaType", "application/vnd.oci.image.manifest.v1+json")
    return str(kind), (value.get("config") or {}).get("digest"), 1
