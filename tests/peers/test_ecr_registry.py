"""A sandbox with a real docker-registry behind its ECR API: both tell the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsops.sandbox import control, seed
from awsops.sandbox.accounts import ACCOUNTS
from awsops.sandbox.lifecycle import environment, find, stop
from awsops.testing import Result, Sandbox
from tests.peers.processes import program

pytestmark = pytest.mark.peers


@pytest.fixture
def host(awsops_sandbox: Sandbox) -> Iterator[str]:
    """A real docker-registry for demo-dev, which has the images of the seeded repositories."""
    program("docker-registry")
    awsops_sandbox.renew()
    seed.seed(awsops_sandbox.info, messages=1)
    yield control.start_registry(awsops_sandbox.info, "111111111111", "eu-west-1")
    awsops_sandbox.renew()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"), "TMPDIR": str(tmp_path)}


@pytest.fixture
def inspect(
    awsops: Callable[..., Result], host: str, environ: dict[str, str]
) -> Callable[[str], str | None]:
    """The digest of `REPOSITORY:TAG` as skopeo finds it in the registry, after `ecr login`."""
    skopeo = program("skopeo")
    assert awsops(["ecr", "login", "--tool", "skopeo"], environ=environ).exit_code == 0

    def digest(name: str) -> str | None:
        words = [skopeo, "inspect", "--raw", "--tls-verify=false", f"docker://{host}/{name}"]
        done = subprocess.run(words, env={**os.environ, **environ}, capture_output=True)
        if done.returncode != 0:
            assert b"manifest unknown" in done.stderr, done.stderr
            return None
        import hashlib

        return "sha256:" + hashlib.sha256(done.stdout).hexdigest()

    return digest


def images(awsops: Callable[..., Result], repository: str) -> dict[str, str]:
    rows = awsops(["ecr", "images", repository]).rows
    return {tag: row["digest"] for row in rows for tag in row["tags"]}


def test_what_the_sandbox_was_seeded_with_is_in_the_registry(
    awsops: Callable[..., Result], inspect: Callable[[str], str | None]
) -> None:
    held = images(awsops, "orders")
    assert len(held) == 13
    assert {tag: inspect(f"orders:{tag}") for tag in ("1.12.0", "multi-1.0")} == {
        tag: held[tag] for tag in ("1.12.0", "multi-1.0")
    }


def test_a_tag_that_the_api_puts_is_in_the_registry(
    awsops: Callable[..., Result], inspect: Callable[[str], str | None]
) -> None:
    awsops(["ecr", "copy", "orders:1.11.0", "orders:latest", "--yes"])
    assert inspect("orders:latest") == images(awsops, "orders")["1.11.0"]


def test_what_prune_removes_is_gone_from_the_registry(
    awsops: Callable[..., Result], inspect: Callable[[str], str | None]
) -> None:
    words = ["ecr", "prune", "orders", "--keep", "1", "--protect", "1.4.0", "--yes"]
    assert awsops(words).exit_code == 0
    assert set(images(awsops, "orders")) == {"1.12.0", "latest", "1.4.0"}
    assert inspect("orders:1.11.0") is None
    assert inspect("orders:1.4.0") is not None


@pytest.fixture
def started(cli: Callable[..., Result], tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a sandbox of this test's own, started with --registry."""
    program("docker-registry")
    result = cli(["sandbox", "start", "--registry"], environ={"PATH": os.environ["PATH"]})
    assert result.exit_code == 0, result.stderr
    assert "docker-registry at 127.0.0.1:" in " ".join(result.stderr.split())
    folder = tmp_path / ".local/state/awsops/sandbox"
    info = find(folder, "default")
    assert info is not None
    yield {**environment(info), "PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    stop(folder, "default")


def test_a_newcomer_rehearses_login_and_push_on_a_real_registry(
    cli: Callable[..., Result], started: dict[str, str], environ: dict[str, str], tmp_path: Path
) -> None:
    program("skopeo")
    from tests.peers.test_ecr_tools import layout

    own = {**started, **environ, "DOCKER_CONFIG": str(tmp_path / "docker")}
    digest = layout(tmp_path / "image", ["a"])
    assert cli(["ecr", "login", "--tool", "skopeo"], environ=own).exit_code == 0
    words = ["ecr", "push", str(tmp_path / "image"), "team/app:1.0", "--create", "--yes"]
    [row] = cli(words, environ=own).rows
    assert (row["digest"], row["status"]) == (digest, "pushed")
    found = asked(row["registry"], own, "team/app")
    assert found == {"name": "team/app", "tags": ["1.0"]}


def asked(host: str, environ: dict[str, str], repository: str) -> Any:
    """The tags as the program itself lists them, not the API of the sandbox."""
    words = [program("skopeo"), "list-tags", "--tls-verify=false", f"docker://{host}/{repository}"]
    done = subprocess.run(words, env={**os.environ, **environ}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {"name": repository, "tags": json.loads(done.stdout)["Tags"]}


def is_of(folder: Path, hosts: list[str]) -> bool:
    try:
        return any(host in (folder / "config.yml").read_text() for host in hosts)
    except OSError:  # another test's, on its way out
        return False


@pytest.mark.usefixtures("started")
def test_a_sandbox_that_was_killed_leaves_no_registry_behind(tmp_path: Path) -> None:
    info = find(tmp_path / ".local/state/awsops/sandbox", "default")
    assert info is not None
    hosts = [control.start_registry(info, a.account_id, a.region) for a in ACCOUNTS]  # as they are
    folders = Path(tempfile.gettempdir()).glob("awsops-registry-*")
    mine = [folder for folder in folders if is_of(folder, hosts)]
    assert len(mine) == 3
    os.kill(info.pid, signal.SIGKILL)
    until = time.monotonic() + 60
    while any(folder.exists() for folder in mine):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_without_the_program_nothing_is_started(cli: Callable[..., Result], tmp_path: Path) -> None:
    result = cli(["sandbox", "start", "--registry"], environ={"PATH": str(tmp_path)})
    assert result.exit_code == 5
    assert "apt-get install docker-registry" in " ".join(result.stderr.split())
    assert cli(["sandbox", "status"]).rows == []
