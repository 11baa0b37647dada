"""The registry's name that an image of docker's engine has for the time of a push.

What it takes to give the name back is written beside the push's login before the name is taken, so
that the next command of ecr does for a push that was killed what it could not do itself.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from awsops.secret_folders import sweep as sweep_folders

if TYPE_CHECKING:
    from awsops.env import Env

_NOTE = "borrowed-name.json"
ENGINE_SECONDS = 10.0  # for an engine that hangs; the next command tries again


@dataclass(frozen=True, slots=True)
class BorrowedName:
    """`image` is the id that `name` stands for meanwhile, `before` the one that it stood for, if
    any; `engine` are the variables that lead docker to its engine."""

    name: str
    image: str
    before: str | None
    engine: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Before the name is taken."""
        (folder / _NOTE).write_text(json.dumps(asdict(self)), encoding="utf-8")


def engine_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Which engine docker speaks to."""
    return {name: value for name, value in environ.items() if name.startswith("DOCKER_")}


def returned(folder: Path) -> None:
    """The name has been given back: there is nothing to do for it any more."""
    (folder / _NOTE).unlink(missing_ok=True)


def sweep(env: Env) -> None:
    """Remove what pushes and copies have left that were killed: their logins, and the names that
    they had borrowed."""
    sweep_folders(env.folders.state, lambda folder: _give_back(folder, env.environ))


def _give_back(folder: Path, environ: Mapping[str, str]) -> Collection[str]:
    """The files that must stay since docker's engine could not be asked."""
    try:
        note = BorrowedName(**json.loads((folder / _NOTE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return ()  # there was none, or it was killed while it wrote: before it took the name
    docker = shutil.which("docker", path=environ.get("PATH", os.defpath))
    if docker is None:
        return (_NOTE,)
    others = {k: v for k, v in environ.items() if not k.startswith("DOCKER_")}
    try:
        return () if _ask_back(docker, note, {**others, **note.engine}) else (_NOTE,)
    except (OSError, subprocess.TimeoutExpired):
        return (_NOTE,)


def _ask_back(docker: str, note: BorrowedName, environ: Mapping[str, str]) -> bool:
    """Whether the name is no longer ours: given back, or somebody else's since."""
    code, out, err = _run([docker, "image", "inspect", note.name], environ)
    if code != 0:
        return "no such image" in err.lower()
    [found] = json.loads(out)
    if found["Id"] != note.image:
        return True
    if note.before is not None:
        return _run([docker, "tag", note.before, note.name], environ)[0] == 0
    if [tag for tag in found.get("RepoTags") or () if tag != note.name]:
        return _run([docker, "rmi", "--no-prune", note.name], environ)[0] == 0
    return True  # its only name: without it the image itself would go


def _run(argv: list[str], environ: Mapping[str, str]) -> tuple[int, str, str]:
    done = subprocess.run(
        argv,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=ENGINE_SECONDS,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr
