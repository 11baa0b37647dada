"""`ecr push` where skopeo is not installed: a real docker engine and a real podman push images of
their own stores to a real docker-registry.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsops.sandbox import control
from awsops.testing import Result, Sandbox
from tests.peers.processes import program

pytestmark = pytest.mark.peers

START_SECONDS = 60.0
ENGINES = ("docker", "podman")


@pytest.fixture(scope="module")
def engine() -> Iterator[str]:
    """The address of a docker engine of these tests' own: no bridge, nothing but pushes."""
    dockerd = program("dockerd")
    if os.getuid() != 0:
        pytest.skip("dockerd needs root")
    # Short: a Unix socket's path has 108 bytes.
    with tempfile.TemporaryDirectory(prefix="dockerd-") as name:
        folder = Path(name)
        address = f"unix://{folder}/socket"
        argv = [dockerd, "-H", address, "--pidfile", f"{folder}/pid", "--storage-driver=vfs"]
        argv += ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"]
        argv += ["--iptables=false", "--ip6tables=false", "--bridge=none"]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(argv, stdout=log, stderr=log)
        try:
            until = time.monotonic() + START_SECONDS
            while not (folder / "socket").exists() or not answers(address):
                if process.poll() is not None or time.monotonic() > until:
                    pytest.skip(
                        f"no docker engine runs here: {(folder / 'log').read_text()[-300:]}"
                    )
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait()


def answers(address: str) -> bool:
    argv = [program("docker"), "-H", address, "version"]
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


@pytest.fixture
def host(awsops_sandbox: Sandbox) -> Iterator[str]:
    """A real docker-registry in the place of demo-dev's registry."""
    program("docker-registry")
    yield control.start_registry(awsops_sandbox.info, "111111111111", "eu-west-1")
    awsops_sandbox.renew()


@pytest.fixture
def at_hand(
    request: pytest.FixtureRequest, host: str, tmp_path: Path
) -> Iterator[tuple[str, dict[str, str]]]:
    """One tool and its environment, with the image app:1.0 in its store; skopeo is on no PATH."""
    name = str(request.param)
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / name).symlink_to(program(name))
    own = {"PATH": str(folder), "TMPDIR": str(tmp_path)}
    if name == "docker":
        own |= {"DOCKER_HOST": request.getfixturevalue("engine")}
        own |= {"DOCKER_CONFIG": str(tmp_path / "docker")}
    else:
        own |= podman_store(tmp_path)
        # What podman itself runs.
        own["PATH"] += os.pathsep + helpers_of_podman(tmp_path)
    archive = tmp_path / "root.tar"
    with tarfile.open(archive, "w") as tar:
        content = name.encode()
        member = tarfile.TarInfo("hello")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    tool(name, own, "import", str(archive), "app:1.0")
    yield name, own
    if name == "docker":
        found = tool(name, own, "image", "ls", "--quiet", "--no-trunc").split()
        tool(name, own, "rmi", "--force", *dict.fromkeys(found))


def podman_store(folder: Path) -> dict[str, str]:
    conf = folder / "storage.conf"
    lines = ["[storage]", 'driver = "vfs"', f'graphroot = "{folder}/graph"']
    conf.write_text("\n".join([*lines, f'runroot = "{folder}/run"', ""]))
    return {"CONTAINERS_STORAGE_CONF": str(conf), "XDG_RUNTIME_DIR": str(folder)}


def helpers_of_podman(folder: Path) -> str:
    beside = folder / "libexec"
    beside.mkdir()
    for name in ("runc", "crun", "conmon"):
        found = shutil.which(name)
        if found:
            (beside / name).symlink_to(found)
    return str(beside)


def tool(name: str, environ: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [program(name), *words], env={**os.environ, **environ}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def push(awsops: Callable[..., Result], own: dict[str, str], *words: str) -> Result:
    return awsops(["ecr", "push", *words, "--yes"], environ=own)


@pytest.mark.parametrize("at_hand", ENGINES, indirect=True)
def test_an_image_is_pushed_with_the_tool_at_hand_and_known_again(
    awsops: Callable[..., Result], host: str, at_hand: tuple[str, dict[str, str]]
) -> None:
    _, own = at_hand
    first = push(awsops, own, "app:1.0", "team/app:1.0", "--tag", "stable", "--create")
    assert first.exit_code == 0, first.stderr
    found = [(row["registry"], row["tag"], row["status"]) for row in first.rows]
    assert found == [(host, "1.0", "pushed"), (host, "stable", "tagged")], first.stderr
    again = push(awsops, own, "app:1.0", "team/app:1.0")
    assert [row["status"] for row in again.rows] == ["unchanged"], again.stderr


@pytest.mark.parametrize("at_hand", ENGINES, indirect=True)
def test_another_image_is_refused_under_an_immutable_tag(
    awsops: Callable[..., Result], at_hand: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    name, own = at_hand
    push(awsops, own, "app:1.0", "frozen:1.0", "--create")
    with tarfile.open(tmp_path / "other.tar", "w"):
        pass
    tool(name, own, "import", str(tmp_path / "other.tar"), "app:2.0")
    refused = push(awsops, own, "app:2.0", "frozen:1.0")
    assert refused.exit_code == 1
    assert "nothing was sent" in refused.stderr


@pytest.mark.parametrize("at_hand", ["docker"], indirect=True)
def test_the_engine_keeps_no_name_of_the_registry(
    awsops: Callable[..., Result], at_hand: tuple[str, dict[str, str]]
) -> None:
    name, own = at_hand
    push(awsops, own, "app:1.0", "team/app:1.0", "--create")
    listed = tool(name, own, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}")
    assert listed.split() == ["app:1.0"]


@pytest.mark.parametrize("at_hand", ["docker"], indirect=True)
def test_a_name_that_the_engine_had_before_is_given_back(
    awsops: Callable[..., Result], host: str, at_hand: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    name, own = at_hand
    with tarfile.open(tmp_path / "other.tar", "w"):
        pass
    taken = f"{host}/team/app:1.0"
    before = tool(name, own, "import", str(tmp_path / "other.tar"), taken).strip()
    push(awsops, own, "app:1.0", "team/app:1.0", "--create")
    assert tool(name, own, "image", "inspect", "--format", "{{.Id}}", taken).strip() == before


@pytest.mark.parametrize("at_hand", ENGINES, indirect=True)
def test_an_image_that_is_not_there_is_named_before_anything(
    awsops: Callable[..., Result], at_hand: tuple[str, dict[str, str]]
) -> None:
    name, own = at_hand
    result = push(awsops, own, "nowhere:1.0", "team/app:1.0", "--create")
    assert result.exit_code == 1
    assert f"{name} images" in result.stderr
    assert awsops(["ecr", "ls", "team/*"]).rows == []


@pytest.mark.parametrize("at_hand", ENGINES, indirect=True)
def test_the_password_is_on_no_command_line_of_an_engine(
    awsops: Callable[..., Result], at_hand: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    from tests.peers.test_ecr_tools import Watcher

    _, own = at_hand
    password = awsops(["ecr", "token"]).rows[0]["password"]
    with Watcher() as watcher:
        result: Any = push(awsops, own, "app:1.0", "team/app:1.0", "--create")
    assert result.exit_code == 0, result.stderr
    assert any(b"push" in line for line in watcher.seen)
    assert not [line for line in watcher.seen if password.encode() in line]


Process = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def kill_in_push(
    process: Process, awsops_sandbox: Sandbox, at_hand: tuple[str, dict[str, str]], tmp_path: Path
) -> Callable[[], None]:
    """Begins to push app:1.0 as team/app:1.0, and kills awsops while docker pushes."""
    _, own = at_hand

    def kill() -> None:
        folder, reached = tmp_path / "gate-bin", tmp_path / "reached"
        folder.mkdir()
        os.mkfifo(reached)
        (folder / "docker").write_text(
            f'#!/bin/sh\nif [ "$1" = push ]; then echo $$ >{reached}; exec sleep 60; fi\n'
            f'exec {tmp_path}/bin/docker "$@"\n'
        )
        (folder / "docker").chmod(0o755)
        environ = {**awsops_sandbox.environ, **own}
        (folder / "sleep").symlink_to(program("sleep"))
        environ["PATH"] = str(folder)
        words = ["ecr", "push", "app:1.0", "team/app:1.0", "--create", "--yes"]
        running = process(words, environ)
        pushing = int(reached.read_text())
        running.kill()
        running.wait()
        os.kill(pushing, 9)

    return kill


def names(own: dict[str, str]) -> list[str]:
    listed = tool("docker", own, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}")
    return sorted(listed.split())


@pytest.mark.parametrize("at_hand", ["docker"], indirect=True)
def test_a_name_that_a_killed_push_took_is_gone_with_the_next_command(
    awsops: Callable[..., Result],
    host: str,
    at_hand: tuple[str, dict[str, str]],
    kill_in_push: Callable[[], None],
) -> None:
    _, own = at_hand
    kill_in_push()
    assert names(own) == sorted([f"{host}/team/app:1.0", "app:1.0"])
    assert awsops(["ecr", "ls"], environ=own).exit_code == 0
    assert names(own) == ["app:1.0"]


@pytest.mark.parametrize("at_hand", ["docker"], indirect=True)
def test_a_name_that_a_killed_push_took_from_another_image_is_given_back(
    awsops: Callable[..., Result],
    host: str,
    at_hand: tuple[str, dict[str, str]],
    kill_in_push: Callable[[], None],
    tmp_path: Path,
) -> None:
    _, own = at_hand
    taken = f"{host}/team/app:1.0"
    with tarfile.open(tmp_path / "other.tar", "w"):
        pass
    before = tool("docker", own, "import", str(tmp_path / "other.tar"), taken).strip()
    kill_in_push()
    awsops(["ecr", "ls"], environ=own)
    assert tool("docker", own, "image", "inspect", "--format", "{{.Id}}", taken).strip() == before


@pytest.mark.parametrize("at_hand", ["docker"], indirect=True)
def test_while_the_engine_is_away_the_login_goes_and_the_name_is_given_back_later(
    awsops: Callable[..., Result],
    at_hand: tuple[str, dict[str, str]],
    kill_in_push: Callable[[], None],
    tmp_path: Path,
) -> None:
    _, own = at_hand
    kill_in_push()
    passing = tmp_path / ".local/state/awsops/passing"
    assert awsops(["ecr", "ls"], environ={**own, "PATH": str(tmp_path)}).exit_code == 0
    assert [path.name for path in passing.rglob("*.json")] == ["borrowed-name.json"]
    awsops(["ecr", "ls"], environ=own)
    assert names(own) == ["app:1.0"]
    assert list(passing.iterdir()) == []
