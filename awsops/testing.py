"""Fixtures for plugin authors; the project's own tests use the same ones.

    pytest_plugins = ["awsops.testing"]

    def test_my_noun_lists_things(awsops):
        result = awsops(["my-noun", "ls", "-p", "demo-dev"])
        assert result.exit_code == 0
        assert result.rows[0]["name"] == "orders"

Everything goes through the front door, `main(argv, env)`, with captured streams, a clock that does
not wait and scripted answers, against the embedded sandbox.

PYTEST_DONT_REWRITE: authors import from it before pytest loads it, and it asserts nothing.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from awsops.cli import main
from awsops.env import Env, Folders, reads_yes

if TYPE_CHECKING:
    from awsops.events import Handover
    from awsops.sandbox.lifecycle import SandboxInfo


@dataclass(frozen=True)
class Result:
    """What a command line came to."""

    exit_code: int
    stdout: str
    stderr: str
    screen: str = ""  # both, in the order in which they were written

    @property
    def rows(self) -> list[dict[str, Any]]:
        """stdout as rows: ndjson (the default off a terminal) or one json array."""
        text = self.stdout.strip()
        if text.startswith("["):
            return list(json.loads(text))
        return [json.loads(line) for line in text.splitlines() if line]


@dataclass
class ScriptedPrompter:
    """Answers prompts from a list; a question without an answer fails the test. An empty answer to
    a question with a time limit is a person who says nothing."""

    answers: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def _next(self, question: str) -> str:
        self.questions.append(question)
        if not self.answers:
            raise AssertionError(f"nobody scripted an answer to: {question}")
        return self.answers.pop(0)

    def confirm(self, question: str, *, within: float | None = None, silence: bool = False) -> bool:
        return reads_yes(self._next(question), silence)

    def text(self, question: str, *, secret: bool = False) -> str:
        return self._next(question)

    def select(self, question: str, choices: Sequence[str], details: Sequence[str] = ()) -> str:
        answer = self._next(question)
        if answer not in choices:
            raise AssertionError(f"{answer!r} is not one of {list(choices)}")
        return answer


class FakeClock:
    """Seconds that pass only when somebody sleeps. `naps` are the seconds of each sleep."""

    def __init__(self, start: float) -> None:
        self.now = start
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


class _Stream(io.StringIO):
    def __init__(self, text: str = "", *, tty: bool = False, screen: io.StringIO) -> None:
        super().__init__(text)
        self._tty = tty
        self._screen = screen

    def isatty(self) -> bool:
        return self._tty

    def write(self, text: str) -> int:
        self._screen.write(text)
        return super().write(text)


def run(
    argv: Sequence[str],
    *,
    environ: Mapping[str, str] | None = None,
    stdin: str = "",
    tty: bool = False,
    answers: Sequence[str] = (),
    prompter: ScriptedPrompter | None = None,
    width: int = 80,
    clock: FakeClock | None = None,
    home: Path | None = None,
) -> Result:
    """Run one command line in this process and return its exit code and output.

    `environ` is the whole environment (PATH and a home of its own are added); `tty` makes all
    three streams terminals of `width` columns; `answers` are given to prompts in turn; without a
    `clock` time is real. Nothing of the person's home folder is read or written.
    """
    with _home(home) as folder:
        environment = {
            "HOME": str(folder),
            "PATH": os.environ.get("PATH", ""),
            "AWS_EC2_METADATA_DISABLED": "true",
            **(environ or {}),
        }
        screen = io.StringIO()
        stdout, stderr = _Stream(tty=tty, screen=screen), _Stream(tty=tty, screen=screen)
        source = _Stream(stdin, tty=tty, screen=screen)
        env = Env(
            stdin=source,
            stdout=stdout,
            stderr=stderr,
            environ=environment,
            stdin_tty=tty,
            stdout_tty=tty,
            stderr_tty=tty,
            folders=Folders.from_environ(environment),
            prompter=prompter or ScriptedPrompter(list(answers)),
            fixed_width=width,
            become=lambda program: _taken_over(program, stdout, stderr),
        )
        if clock is not None:
            env.clock, env.monotonic, env.sleep, env.real_time = clock, clock, clock.sleep, False
        with _environment(environment):
            code = main(list(argv), env)
            _await_questions()
        return Result(code, stdout.getvalue(), stderr.getvalue(), screen.getvalue())


def _await_questions() -> None:
    """A command that ended before its plan leaves the question for the account's alias open; the
    answer would come in the next test, and with its environment."""
    from awsops.running.protection import ALIAS_THREAD

    for thread in threading.enumerate():
        if thread.name == ALIAS_THREAD:
            thread.join(1.0)


def _taken_over(program: Handover, stdout: _Stream, stderr: _Stream) -> int:
    """The program that would take this process over, run beside it."""
    done = subprocess.run(
        program.argv,
        executable=program.path,
        env=dict(program.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    stdout.write(done.stdout)
    stderr.write(done.stderr)
    return done.returncode


@contextmanager
def _home(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="awsops-test-") as name:
        yield Path(name)


@contextmanager
def _environment(environ: Mapping[str, str]) -> Iterator[None]:
    """botocore reads os.environ itself, so for the time of the run it is this one."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox and the environment that leads to it and nowhere else."""

    info: SandboxInfo
    environ: dict[str, str]

    @property
    def endpoint(self) -> str:
        """Its URL on the loopback interface."""
        return self.info.endpoint

    def renew(self) -> None:
        """Back to how it was when it started: nothing but the seeded queues."""
        from awsops.sandbox import control, seed

        control.reset(self.info)
        seed.seed(self.info)


@contextmanager
def own_sandbox(folder: Path) -> Iterator[Sandbox]:
    """A sandbox beside the session's, for as long as the block runs; its files are in `folder`."""
    from awsops.sandbox import lifecycle

    info = lifecycle.start(folder, "pytest", parent_pid=os.getpid())
    try:
        yield Sandbox(info, dict(lifecycle.environment(info)))
    finally:
        lifecycle.stop(folder, "pytest")


@pytest.fixture(scope="session")
def awsops_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for the session, with the accounts demo-dev, demo-staging and demo-prod."""
    with own_sandbox(tmp_path_factory.mktemp("awsops-sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def awsops(awsops_sandbox: Sandbox, tmp_path: Path) -> Callable[..., Result]:
    """`awsops([...])` runs a command line on the sandbox; keyword arguments as for `run`."""

    def on_sandbox(argv: Sequence[str], **options: Any) -> Result:
        environ = {**awsops_sandbox.environ, **options.pop("environ", {})}
        return run(argv, environ=environ, home=options.pop("home", tmp_path), **options)

    return on_sandbox
