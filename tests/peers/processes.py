"""Starting the servers and programs that this project did not write.

They are looked for in $AWSOPS_PEERS, else in `.peers` beside the Makefile, where `.ci/run` puts
them: npm packages in `node_modules`, `ministack` in a virtual environment of its own (it pins
botocore). What is not installed is skipped, with the reason.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

START_SECONDS = 40.0
_ROOT = Path(__file__).parents[2]


def peers_folder() -> Path:
    """Where `.ci/run` installs what is not a package of the system."""
    return Path(os.environ.get("AWSOPS_PEERS") or _ROOT / ".peers")


def node_package(name: str) -> tuple[str, Path]:
    """`node` and the folder of an npm package; skips where one of them is not installed."""
    node = program("node")
    folder = peers_folder() / "node_modules" / name
    if not folder.is_dir():
        pytest.skip(f"the npm package {name} is not installed: npm install --prefix .peers {name}")
    return node, folder


@contextmanager
def ministack(**environ: str) -> Iterator[str]:
    """The URL of a running `ministack`; `environ` is added to its environment. Skips where it is
    not installed."""
    found = peers_folder() / "ministack" / "bin" / "ministack"
    if not found.exists():
        pytest.skip(f"ministack is not installed in {found.parents[1].name} of the peers' folder")
    port = free_port()
    here = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
    }
    with running([str(found)], port, {**here, **environ}) as url:
        yield url


def program(name: str) -> str:
    """The path of a program of this machine; skips where there is none."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    argv: Sequence[str], port: int, environ: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The URL of a server started with `argv`, once it listens on `port`; ended on the way out.

    `environ` is added to this process's environment.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            argv, stdout=log, stderr=log, env={**os.environ, **(environ or {})}
        )
        try:
            _await_port(process, port)
            yield f"http://127.0.0.1:{port}"
        except _NotUpError:
            log.seek(0)
            said = log.read().decode(errors="replace")[-2000:]
            pytest.fail(f"{Path(argv[0]).name} did not come up: {said}")
        finally:
            process.kill()
            process.wait()


class _NotUpError(Exception):
    pass


def _await_port(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise _NotUpError
