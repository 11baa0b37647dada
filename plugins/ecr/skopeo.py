"""skopeo, which reads and moves images without a daemon; its logins in a file of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from awsops.api import AwsopsError, CancelledError, NotFoundError

from .tokens import Login

RETRIES = 3  # of skopeo's own: connections that break and 5xx, not refusals


class Skopeo:
    """The program; `logins` are all that it may use, never what the person is logged in to."""

    def __init__(
        self, environ: Mapping[str, str], stopping: Callable[[], bool], auth_file: Path | None
    ) -> None:
        found = shutil.which("skopeo", path=environ.get("PATH", os.defpath))
        if found is None:
            raise NotFoundError(
                "skopeo is not on PATH", hint="it moves images without a daemon: install skopeo"
            )
        self._program = found
        self._environ = dict(environ)
        self._stopping = stopping
        self._auth_file = auth_file

    def raw_manifest(self, source: str) -> bytes:
        """The manifest of an image, byte for byte."""
        return self.run(["inspect", "--raw", source])

    def copy(self, source: str, target: str, options: Sequence[str]) -> None:
        """All of an image, every architecture of an index."""
        words = ["copy", "--all", "--quiet", f"--retry-times={RETRIES}"]
        self.run([*words, *options, source, target])

    def run(self, words: Sequence[str]) -> bytes:
        """What it prints; AwsopsError with its last line, CancelledError on Ctrl-C."""
        login = [f"--authfile={self._auth_file}"] if self._auth_file else []
        argv = [self._program, words[0], *login, *words[1:]]
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environ,
        )
        while True:
            try:
                out, err = process.communicate(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                if self._stopping():
                    process.terminate()
                    process.communicate()
                    raise CancelledError("interrupted: no tag was written by this copy") from None
        if process.returncode != 0:
            raise _error(err.decode(errors="replace"), words[0])
        return out


def _error(said: str, verb: str) -> AwsopsError:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    text = last.partition('msg="')[2].rstrip('"').replace('\\"', '"') or last
    hint = None
    if "no space left" in text:
        hint = "skopeo works in TMPDIR: give it more room"
    elif "docker daemon" in text.lower():
        hint = "a folder or archive needs a path that exists; podman's: containers-storage:NAME"
    elif "denied" in text.lower() or "403" in text:
        hint = "may the caller push: ecr:PutImage, ecr:InitiateLayerUpload and the like?"
    return AwsopsError(f"skopeo {verb}: {text}", hint=hint, code="Skopeo")


@contextmanager
def auth_file(logins: Sequence[Login]) -> Iterator[Path]:
    """A file of mode 0600 with these logins alone, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="awsops-ecr-") as folder:
        path = Path(folder) / "auth.json"
        auths = {}
        for login in logins:
            pair = f"AWS:{login.password.reveal()}".encode()
            auths[login.registry.host] = {"auth": b64encode(pair).decode()}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"auths": auths}, file)
        yield path
