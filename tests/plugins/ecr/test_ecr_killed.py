"""What a push leaves behind that is killed: a registry's login, until the next command of ecr."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from awsops_plugins import ecr

from awsops.plugin import commands_of
from awsops.sandbox import seed
from awsops.testing import Result, Sandbox
from tests.peers.test_ecr_tools import layout

Run = Callable[..., Result]
Process = Callable[..., subprocess.Popen[str]]
skopeo = shutil.which("skopeo")
pytestmark = pytest.mark.skipif(skopeo is None, reason="skopeo is not installed")


@pytest.fixture(autouse=True)
def _seeded(awsops_sandbox: Sandbox) -> None:
    awsops_sandbox.renew()
    seed.seed(awsops_sandbox.info, messages=1)


class Gate:
    """The real skopeo behind a gate: a copy says which login it has, and waits to be let go."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "gate-bin"
        self.path.mkdir()
        self._reached, self._go = folder / "reached", folder / "go"
        os.mkfifo(self._reached)
        (self.path / "skopeo").write_text(
            f'#!/bin/sh\nif [ "$1" = copy ]; then\n'
            f'  echo "${{2#--authfile=}}" >{self._reached}\n'
            f"  while [ ! -e {self._go} ]; do sleep 0.05; done\nfi\n"
            f'exec {skopeo} "$@"\n'
        )
        (self.path / "skopeo").chmod(0o755)

    def wait(self) -> Path:
        """The login's file of the copy that has begun."""
        return Path(self._reached.read_text().strip())

    def open(self) -> None:
        self._go.touch()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


@pytest.fixture
def push(
    process: Process, gate: Gate, awsops_sandbox: Sandbox, tmp_path: Path
) -> Callable[[str], subprocess.Popen[str]]:
    """Starts a push of an image of its own, which waits at the gate."""

    def start(name: str) -> subprocess.Popen[str]:
        layout(tmp_path / name, [name])
        environ = {**awsops_sandbox.environ, "PATH": f"{gate.path}{os.pathsep}{os.environ['PATH']}"}
        words = ["ecr", "push", str(tmp_path / name), f"{name}:1.0", "--create", "--yes"]
        return process(words, environ)

    return start


def test_a_killed_push_leaves_no_login_beyond_the_next_command(
    awsops: Run, push: Callable[[str], subprocess.Popen[str]], gate: Gate, tmp_path: Path
) -> None:
    killed = push("killed")
    login = gate.wait()
    assert stat.S_IMODE(login.stat().st_mode) == 0o600
    assert stat.S_IMODE(login.parent.stat().st_mode) == 0o700
    killed.kill()
    killed.wait()
    gate.open()
    assert login.exists()
    said = [r for r in awsops(["doctor", "--offline"]).rows if r.get("area") == "secrets"]
    assert [(row["status"], row["next"]) for row in said] == [("warning", "awsops ecr ls")]
    assert awsops(["ecr", "ls"]).exit_code == 0
    assert list(login.parent.parent.iterdir()) == []
    assert not [r for r in awsops(["doctor", "--offline"]).rows if r.get("area") == "secrets"]


def test_a_push_keeps_its_login_while_others_begin_and_end(
    awsops: Run, push: Callable[[str], subprocess.Popen[str]], gate: Gate
) -> None:
    first = push("first")
    login = gate.wait()
    second = push("second")
    other = gate.wait()
    awsops(["ecr", "ls"])
    assert (login.exists(), other.exists()) == (True, True)
    gate.open()
    assert [p.communicate()[1][-500:] for p in (first, second) if p.wait()] == []
    assert (login.exists(), other.exists()) == (False, False)


@pytest.mark.parametrize("verb", commands_of(ecr))
def test_every_command_of_ecr_removes_what_was_left(
    verb: str, awsops: Run, awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    abandoned = state / "passing" / "0123456789abcdef"
    abandoned.mkdir(parents=True)
    abandoned.with_suffix(".lock").touch()
    words = {"copy": ["orders:1.12.0", "orders:new"], "push": [str(tmp_path), "orders:1"]}
    words |= {name: ["--check"] if name == "login" else [] for name in ("ls", "login", "token")}
    awsops(
        ["ecr", verb, *words.get(verb, ["orders"])],
        environ={"AWSOPS_STATE_DIR": str(state)},
    )
    assert list(abandoned.parent.iterdir()) == []
