"""skopeo, which reads and moves images without a daemon."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from awsops.api import AwsopsError, CancelledError, NotFoundError
from awsops.retry import retry_remainder

from .sources import LocalImage, local_image

Stopping = Callable[[], bool]
RETRIES = 3  # of skopeo's own: connections that break, but not a 503
# What a registry or the way to it may not do the next time; refusals are none of these.
_PASSING = re.compile(
    r"http status:? (code )?(429|5\d\d)|toomanyrequests|too many requests|connection reset|"
    r"unexpected eof|i/o timeout|tls handshake timeout|connection refused|broken pipe|"
    r"service unavailable|bad gateway|gateway time-?out"
)


@dataclass(frozen=True, slots=True)
class Around:
    """What moving images needs of the process around it. `sleep` takes seconds."""

    environ: Mapping[str, str]
    stopping: Stopping
    sleep: Callable[[float], None]


class Skopeo:
    """The program; `logins` are all that it may use, never what the person is logged in to."""

    def __init__(self, around: Around, auth_file: Path | None) -> None:
        found = shutil.which("skopeo", path=around.environ.get("PATH", os.defpath))
        if found is None:
            raise NotFoundError(
                "skopeo is not on PATH", hint="it moves images without a daemon: install skopeo"
            )
        self._program = found
        self._around = around
        self._auth_file = auth_file

    def read(self, source: str) -> LocalImage:
        """The image's digest, config and number of platforms."""
        return local_image(source, self._run("inspect", ["--raw", source]))

    def send(self, image: LocalImage, target: str, *, plain_http: bool) -> None:
        """Push all of it as `HOST/REPOSITORY:TAG`, with its digest where it has one already."""
        options = ["--preserve-digests"] if image.exact else []
        if plain_http:
            options.append("--dest-tls-verify=false")
        self.copy(image.source, f"docker://{target}", options)

    def copy(self, source: str, target: str, options: Sequence[str]) -> None:
        """All of an image, every architecture of an index."""
        words = ["--all", "--quiet", f"--retry-times={RETRIES}", *options, source, target]
        keep_trying(lambda: self._run("copy", words), self._around)

    def _run(self, verb: str, words: Sequence[str]) -> bytes:
        login = [f"--authfile={self._auth_file}"] if self._auth_file else []
        argv = [self._program, verb, *login, *words]
        return run_tool("skopeo", argv, self._around)


def keep_trying(move: Callable[[], object], around: Around) -> None:
    """Moves an image, again where the registry or the way to it failed for a moment: what has
    arrived does not travel twice. Raises what the last try raised.
    """
    failures: list[AwsopsError] = []

    def attempt() -> bool:
        try:
            move()
        except AwsopsError as error:
            if not _PASSING.search(error.message.lower()):
                raise
            failures.append(error)
            return True
        return False

    if attempt() and not retry_remainder(attempt, sleep=around.sleep, stopping=around.stopping):
        if around.stopping():
            raise _interrupted()
        raise failures[-1]


def run_tool(name: str, argv: Sequence[str], around: Around) -> bytes:
    """What a tool prints; AwsopsError with its last line, CancelledError on Ctrl-C."""
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(around.environ),
        )
    except OSError as error:
        raise AwsopsError(f"{argv[0]} cannot be run: {error.strerror}") from error
    while True:
        try:
            out, err = process.communicate(timeout=0.2)
            break
        except subprocess.TimeoutExpired:
            if around.stopping():
                process.terminate()
                process.communicate()
                raise _interrupted() from None
    if process.returncode != 0:
        raise _error(name, err.decode(errors="replace"), argv[1])
    return out


def _interrupted() -> CancelledError:
    return CancelledError(
        "interrupted: no tag was written by this copy",
        hint="the same command goes on: layers that have arrived are not sent again",
    )


def _error(name: str, said: str, verb: str) -> AwsopsError:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    text = last.partition('msg="')[2].rstrip('"').replace('\\"', '"') or last
    hint = None
    if "no space left" in text:
        hint = "skopeo works in TMPDIR: give it more room"
    elif "docker daemon" in text.lower():
        hint = "a folder or archive needs a path that exists; podman's: containers-storage:NAME"
    elif "no such image" in text.lower() or "image not known" in text.lower():
        hint = f"{name} images shows what is there"
    elif "denied" in text.lower() or "403" in text:
        hint = "may the caller push: ecr:PutImage, ecr:InitiateLayerUpload and the like?"
    return AwsopsError(f"{name} {verb}: {text}", hint=hint, code=name.capitalize())
