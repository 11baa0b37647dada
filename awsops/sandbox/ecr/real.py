"""A real registry in place of the sandbox's own: `docker-registry`, where it is installed.

It listens on 127.0.0.1 behind basic auth, its password is that of the tokens, what was pushed to it
is read back before the API works with images, and what the API puts or deletes is so there.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from awsops.sandbox.ecr.manifests import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Manifest,
    read_manifest,
)
from awsops.sandbox.ecr.state import Image, Registries, Repository

PROGRAM = "docker-registry"  # Debian's name for the distribution project's `registry`
START_SECONDS = 10.0
_BYTES = "application/octet-stream"
_ACCEPT = ", ".join((DOCKER_MANIFEST, DOCKER_LIST, OCI_MANIFEST, OCI_INDEX))
# The server ends when its standard input does, and that with the sandbox's own process; what was
# pushed goes with it, even when that process was killed.
_KEEPER = (
    'folder=$1; shift; "$@" </dev/null & child=$!; read -r line; kill $child; wait $child; '
    'rm -rf -- "$folder"'
)


@dataclass
class RealRegistry:
    """One running `docker-registry`."""

    host: str
    password: str
    folder: Path
    process: subprocess.Popen[bytes]
    #: Tags that the API took from an image: this registry can delete images alone.
    _untagged: set[tuple[str, str, str]] = field(default_factory=set)

    def stop(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def read_into(self, registries: Registries, account: str, region: str) -> None:
        """Takes over the tags, manifests and configs of every repository that the API knows."""
        for repository in registries.of(account, region):
            listed = self._get(f"/v2/{repository.name}/tags/list")
            for tag in (json.loads(listed or b"{}").get("tags") or []) if listed else []:
                manifest = self._take(repository, tag, registries.clock())
                if manifest is None:
                    continue
                if (repository.name, tag, manifest.digest) not in self._untagged:
                    repository.image_tags[tag] = manifest.digest

    def offer(self, repository: Repository) -> None:
        """Uploads what the API holds of a repository: the images that it was seeded with."""
        for digest, data in repository.layers.items():
            path = f"/v2/{repository.name}/blobs/uploads/"
            place = urlsplit(self._send("POST", path)["location"])
            query = f"{place.query}&" if place.query else ""
            self._send("PUT", f"{place.path}?{query}digest={digest}", data)
        images = [image.manifest for image in repository.images.values()]
        for manifest in sorted(images, key=lambda manifest: manifest.is_index):
            self._put(repository, manifest, manifest.digest)
        for tag, digest in repository.image_tags.items():
            self._put(repository, repository.images[digest].manifest, tag)

    def write_back(self, repository: Repository, tags: Mapping[str, str], images: set[str]) -> None:
        """Does here what the API did to a repository that had these tags and images before."""
        for digest in images - set(repository.images):
            self._send("DELETE", f"/v2/{repository.name}/manifests/{digest}")
        for tag, digest in tags.items():
            if digest in repository.images and tag not in repository.image_tags:
                self._untagged.add((repository.name, tag, digest))
        for tag, digest in repository.image_tags.items():
            if tags.get(tag) != digest:
                self._untagged.discard((repository.name, tag, digest))
                self._put(repository, repository.images[digest].manifest, tag)

    def _put(self, repository: Repository, manifest: Manifest, reference: str) -> None:
        path = f"/v2/{repository.name}/manifests/{reference}"
        self._send("PUT", path, manifest.body, manifest.media_type)

    def _take(self, repository: Repository, reference: str, now: float) -> Manifest | None:
        body = self._get(f"/v2/{repository.name}/manifests/{reference}")
        if body is None:
            return None
        manifest = read_manifest(body)
        if manifest.digest not in repository.images:
            scan = now if repository.scan_on_push and not manifest.is_index else None
            repository.images[manifest.digest] = Image(manifest, now, scan_started=scan)
        for child in manifest.children:
            if child not in repository.images:
                self._take(repository, child, now)
        if manifest.config and repository.layer(manifest.config) is None:
            config = self._get(f"/v2/{repository.name}/blobs/{manifest.config}")
            if config is not None:
                repository.layers[manifest.config] = config
        for blob in manifest.blobs:
            # The registry took the manifest, so it has them: that is all the API needs to know.
            repository.layers.setdefault(blob, b"")
        return manifest

    def _get(self, path: str) -> bytes | None:
        import urllib.error  # 30 ms that only a real registry needs

        try:
            return self._exchange("GET", path)[1]
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def _send(
        self, method: str, path: str, body: bytes = b"", kind: str = _BYTES
    ) -> Mapping[str, str]:
        """The answer's headers, their names in lower case."""
        return self._exchange(method, path, body, kind)[0]

    def _exchange(
        self, method: str, path: str, body: bytes | None = None, kind: str = _BYTES
    ) -> tuple[Mapping[str, str], bytes]:
        import urllib.request

        basic = base64.b64encode(f"AWS:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Accept": _ACCEPT, "Content-Type": kind}
        url = f"http://{self.host}{path}"
        request = urllib.request.Request(url, body, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            found = {name.lower(): value for name, value in answer.headers.items()}
            return found, bytes(answer.read())


class RealRegistries:
    """The registries that are real, by account and region. Opt-in: `start`."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], RealRegistry] = {}

    def find(self, account: str, region: str) -> RealRegistry | None:
        return self._running.get((account, region))

    def start(self, account: str, region: str) -> str:
        """The host of an account's real registry; ValueError where it cannot be started."""
        if (account, region) not in self._running:
            self._running[(account, region)] = _start()
        return self._running[(account, region)].host

    def stop(self) -> None:
        for registry in self._running.values():
            registry.stop()
        self._running.clear()


def _start() -> RealRegistry:
    program = shutil.which(PROGRAM)
    if program is None:
        raise ValueError(f"{PROGRAM} is not installed (Debian: apt-get install {PROGRAM})")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    folder = Path(tempfile.mkdtemp(prefix="awsops-registry-"))
    password = "EXAMPLE" + secrets.token_urlsafe(48)
    (folder / "htpasswd").write_text(f"AWS:{_bcrypt(password)}\n")
    (folder / "config.yml").write_text(_CONFIG.format(folder=folder, port=port))
    argv = ["sh", "-c", _KEEPER, "sh", str(folder), program, "serve", f"{folder}/config.yml"]
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    )
    registry = RealRegistry(f"127.0.0.1:{port}", password, folder, process)
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return registry
        time.sleep(0.02)
    registry.stop()
    raise ValueError(f"{program} did not come up on port {port}")


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "OTEL_TRACES_EXPORTER": "none"}


_CONFIG = """\
version: 0.1
log: {{level: error}}
storage:
  filesystem: {{rootdirectory: {folder}/data}}
  delete: {{enabled: true}}
http: {{addr: 127.0.0.1:{port}}}
auth:
  htpasswd: {{realm: sandbox, path: {folder}/htpasswd}}
"""


def _bcrypt(password: str) -> str:
    """The hash that htpasswd files hold, by the C library's crypt(3); the standard library of
    Python has no bcrypt. ValueError where the C library has none either.
    """
    import ctypes
    import ctypes.util

    name = ctypes.util.find_library("crypt") or "libcrypt.so.1"
    salt = base64.b64encode(secrets.token_bytes(18), b"./").decode()[:21] + "u"
    try:
        crypt = ctypes.CDLL(name).crypt
    except (OSError, AttributeError) as error:
        raise ValueError(f"no crypt(3) on this machine: {error}") from None
    crypt.restype = ctypes.c_char_p
    # bcrypt reads 72 bytes at most: what lies beyond would not count.
    found: bytes | None = crypt(password.encode()[:72], f"$2b$05${salt}".encode())
    if not found or not found.startswith(b"$2b$"):
        raise ValueError("crypt(3) of this machine knows no bcrypt")
    return found.decode()
