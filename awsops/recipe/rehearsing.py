"""A recipe run whole in a sandbox of its own: by a process that knows no other AWS."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awsops.errors import AwsopsError, UsageError
from awsops.interrupts import ended_by_sigterm
from awsops.recipe.rehearsed import FOLDER, NAME

if TYPE_CHECKING:
    from awsops.env import Env
    from awsops.sandbox.control import Calls
    from awsops.sandbox.lifecycle import SandboxInfo

# What of the person's environment a rehearsal needs; nothing of AWS among it.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
_OURS = ("AWSOPS_PLUGIN_PATH", "AWSOPS_RECIPE_PATH", "AWSOPS_CONFIG_DIR", "XDG_CONFIG_HOME")
_DESK = "desk"
CALLS_FILE = "AWSOPS_CALLS_FILE"
_START = "from awsops.recipe.rehearsed import start; start()"


@dataclass(frozen=True, slots=True)
class Ran:
    """One command line in the sandbox: its exit code, rows, and what it said on stderr."""

    exit_code: int
    rows: list[dict[str, Any]]
    said: list[str]


@dataclass(eq=False)
class Rehearsal:
    """A fresh sandbox and the means to run command lines in it."""

    info: SandboxInfo
    folder: Path
    environ: dict[str, str]
    calls: list[dict[str, Any]] = field(default_factory=list)

    def run(self, words: Sequence[str], *, stdin: str | None = None) -> Ran:
        """Run one command line (without `awsops`) and keep the calls that it made."""
        made = subprocess.run(
            [sys.executable, "-c", _START, *words],
            env=self.environ,
            cwd=self.folder / _DESK,
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(made.returncode, _rows(made.stdout), made.stderr.splitlines())

    def follow(self, words: Sequence[str]) -> Generator[str, None, Ran]:
        """As `run`, with each line of stderr as it comes."""
        said: list[str] = []
        output = self.folder / "rows"
        with (
            output.open("w+", encoding="utf-8") as rows,
            subprocess.Popen(
                [sys.executable, "-c", _START, *words],
                env=self.environ,
                cwd=self.folder / _DESK,
                stdin=subprocess.DEVNULL,
                stdout=rows,
                stderr=subprocess.PIPE,
                text=True,
            ) as made,
        ):
            assert made.stderr is not None
            try:
                for line in made.stderr:
                    said.append(line.rstrip("\n"))
                    yield said[-1]
            except BaseException:
                made.terminate()  # nothing of it is to go on in a sandbox that goes
                raise
        return Ran(made.returncode, _rows(output.read_text(encoding="utf-8")), said)

    def traced(self) -> list[dict[str, Any]]:
        """Every call since the last time this was asked, with its redacted parameters."""
        path = Path(self.environ[CALLS_FILE])
        if not path.exists():
            return []
        text = path.read_text(encoding="utf-8")
        path.unlink()
        return [json.loads(line) for line in text.splitlines()]

    def renew(self) -> None:
        """Make it as fresh as it was: nothing but the seeded queues."""
        from awsops.sandbox import control
        from awsops.sandbox.seed import seed

        control.reset(self.info)
        seed(self.info)

    def seen(self) -> Calls:
        """What the sandbox has been asked since it was seeded."""
        from awsops.sandbox import control

        return control.calls(self.info)


def _rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@contextmanager
def rehearsal(env: Env) -> Iterator[Rehearsal]:
    """A sandbox that is there for as long as the block; UsageError without the sandbox extra."""
    from awsops.sandbox import lifecycle

    folder = Path(tempfile.mkdtemp(prefix="awsops-rehearsal-"))
    try:
        _lay_out(folder / _DESK)
        with ended_by_sigterm():
            info = lifecycle.start(folder, NAME, parent_pid=os.getpid())
            try:
                yield Rehearsal(info, folder, _environ(env, info, folder))
            finally:
                lifecycle.stop(folder, NAME)
    except lifecycle.SandboxError as error:
        raise UsageError(str(error), hint=error.hint or None) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lay_out(desk: Path) -> None:
    """A folder in which the files of the current one can be read, and new ones leave with it: a
    file of a rehearsal's messages must not be taken for one of real ones.
    """
    desk.mkdir()
    with contextlib.suppress(OSError):  # a current folder that has gone, or cannot be listed
        for entry in Path.cwd().iterdir():
            (desk / entry.name).symlink_to(entry)


def seed_from(stage: Rehearsal, file: Path) -> int:
    """Run the command lines of a file, one a line; how many there were.

    UsageError names the file's line when one is no command line or fails.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--seed-from {file} cannot be read: {error}") from None
    count = 0
    for number, line in enumerate(lines, 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise UsageError(f"{file}:{number}: {error}") from None
        if not words:
            continue
        if words[0] != "awsops":
            raise UsageError(
                f"{file}:{number}: {words[0]!r} is no command line of awsops",
                hint="one on each line: awsops sqs send orders-dlq hello -p demo-dev -y",
            )
        made = stage.run(words[1:])
        if made.exit_code != 0:
            said = made.said[0] if made.said else f"exit code {made.exit_code}"
            raise AwsopsError(f"{file}:{number}: {said}", code="Seeding")
        count += 1
    return count


def _environ(env: Env, info: SandboxInfo, folder: Path) -> dict[str, str]:
    from awsops.sandbox import lifecycle

    kept = {
        name: value
        for name, value in env.environ.items()
        if name in (*_KEPT, *_OURS) or name.startswith("AWSOPS_PARAM_")
    }
    return {
        **kept,
        "AWSOPS_CONFIG_DIR": str(env.folders.config),
        "AWSOPS_CONFIG_FILE": str(folder / "no-config.toml"),  # the sandbox has no protected ones
        "AWSOPS_STATE_DIR": str(folder / "state"),
        "AWSOPS_CACHE_DIR": str(folder / "cache"),
        CALLS_FILE: str(folder / "calls.ndjson"),
        FOLDER: str(folder),
        **lifecycle.environment(info),
    }
