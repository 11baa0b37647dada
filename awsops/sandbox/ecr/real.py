"""A real registry in place of the sandbox's own: `docker-registry`, where it is installed.

It listens on 127.0.0.1 behind basic auth, its password is that of the tokens, and what was pushed
to it is read back before the API describes images.
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
from dataclasses import dataclass
from pathlib import Path

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
_ACCEPT = ", ".join((DOCKER_MANIFEST, DOCKER_LIST, OCI_MANIFEST, OCI_INDEX))
# The server ends when its standard input does, and that ends with the sandbox's own process.
_KEEPER = '"$@" </dev/null & child=$!; read -r line; kill $child'


@dataclass
class RealRegistry:
    """One running `docker-registry`."""

    host: str
    password: str
    folder: Path
    process: subprocess.Popen[bytes]

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
                if manifest is not None:
                    repository.image_tags[tag] = manifest.digest

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
        return manifest

    def _get(self, path: str) -> bytes | None:
        import urllib.error  # 30 ms that only a real registry needs
        import urllib.request

        basic = base64.b64encode(f"AWS:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Accept": _ACCEPT}
        request = urllib.request.Request(f"http://{self.host}{path}", headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise


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
    argv = ["sh", "-c", _KEEPER, "sh", program, "serve", str(folder / "config.yml")]
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
