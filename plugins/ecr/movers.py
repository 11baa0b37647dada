"""Which program reads an image that is here and sends it to a registry."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Protocol

from awsops.api import NotFoundError

from .engines import Docker, Podman
from .skopeo import Around, Skopeo
from .sources import LocalImage


class Mover(Protocol):
    """A tool at hand. `send` pushes as `HOST/REPOSITORY:TAG`."""

    def read(self, source: str) -> LocalImage: ...
    def send(self, image: LocalImage, target: str, *, plain_http: bool) -> None: ...


def mover_for(source: str, around: Around, auth_file: Path | None = None) -> Mover:
    """skopeo, which can move everything; else whose store the image is in.

    `source` is in skopeo's words (`oci:DIR`, `docker-daemon:NAME`). `auth_file` has all logins that
    may be used. NotFoundError when no program here can.
    """
    path = around.environ.get("PATH", os.defpath)
    if shutil.which("skopeo", path=path) is not None:
        return Skopeo(around, auth_file)
    transport = source.partition(":")[0]
    docker, podman = shutil.which("docker", path=path), shutil.which("podman", path=path)
    if transport == "docker-daemon" and docker is not None:
        return Docker(docker, around, auth_file)
    if transport == "containers-storage" and podman is not None:
        return Podman(podman, around, auth_file)
    if transport in ("docker-daemon", "containers-storage"):
        raise NotFoundError(
            f"no program that could push {source} is on PATH",
            hint="install skopeo, docker or podman; from a layout or an archive skopeo pushes "
            "without an engine",
        )
    raise NotFoundError(
        f"skopeo is not on PATH: without it {source.partition(':')[2]} cannot be read",
        hint="install skopeo, or load the archive (docker load, podman load) and give the name",
    )
