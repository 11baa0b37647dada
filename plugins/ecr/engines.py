"""docker's engine and podman as the tool at hand, where skopeo is not installed.

They push images of their own stores; a layout or an archive only skopeo can read without loading it
into a store.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from .auth_files import read_auth_file
from .borrowed_names import BorrowedName, engine_variables, returned
from .skopeo import Around, keep_trying, run_tool
from .sources import LocalImage
from .tools import auth_file_of


class Docker:
    """`docker push`. The image gets the registry's name for as long as the push takes: docker
    pushes by names alone. What had that name before gets it back.
    """

    def __init__(self, program: str, around: Around, auth_file: Path | None) -> None:
        self._program = program
        self._around = around
        self._engine = engine_variables(around.environ)
        self._folder = auth_file.parent if auth_file is not None else None
        if auth_file is not None:
            folder = str(_docker_config(auth_file, around.environ))
            self._around = replace(around, environ={**around.environ, "DOCKER_CONFIG": folder})

    def read(self, source: str) -> LocalImage:
        """The image in the engine. Its id is the config's digest, or with containerd's image store
        the manifest's; AwsopsError when the engine is not there or has no such image.
        """
        return LocalImage(source, None, str(self._inspect(_name(source))["Id"]), 1)

    def send(self, image: LocalImage, target: str, *, plain_http: bool) -> None:
        """Push it as `HOST/REPOSITORY:TAG`; the engine itself tries each layer five times.

        docker speaks plain HTTP to registries of this machine without being told.
        """
        with self._named(_name(image.source), target):
            keep_trying(lambda: self._run("push", "--quiet", target), self._around)

    @contextmanager
    def _named(self, name: str, target: str) -> Iterator[None]:
        found = self._inspect(name)
        listed = self._run("image", "ls", "--no-trunc", "--quiet", target).decode().split()
        before = listed[0] if listed else None
        if self._folder is not None:
            BorrowedName(target, str(found["Id"]), before, self._engine).write(self._folder)
        self._run("tag", str(found["Id"]), target)
        try:
            yield
        finally:
            # After Ctrl-C too: nothing of ours stays behind.
            if before:
                self._run("tag", before, target, whatever=True)
            elif found.get("RepoTags"):  # without another name the image itself would go
                self._run("rmi", "--no-prune", target, whatever=True)
            if self._folder is not None:
                returned(self._folder)

    def _inspect(self, name: str) -> dict[str, object]:
        [found] = json.loads(self._run("image", "inspect", name))
        return dict(found)

    def _run(self, *words: str, whatever: bool = False) -> bytes:
        around = replace(self._around, stopping=_never) if whatever else self._around
        return run_tool("docker", [self._program, *words], around)


class Podman:
    """`podman push`, which needs no engine; containers/image tries again three times."""

    def __init__(self, program: str, around: Around, auth_file: Path | None) -> None:
        self._program = program
        self._around = around
        self._auth_file = auth_file

    def read(self, source: str) -> LocalImage:
        """The image in podman's store, whose id is its config's digest."""
        [found] = json.loads(self._run("image", "inspect", _name(source)))
        return LocalImage(source, None, f"sha256:{found['Id'].removeprefix('sha256:')}", 1)

    def send(self, image: LocalImage, target: str, *, plain_http: bool) -> None:
        """Push it as `HOST/REPOSITORY:TAG`."""
        options = [f"--authfile={self._auth_file}"] if self._auth_file else []
        if plain_http:
            options.append("--tls-verify=false")
        words = ["push", "--quiet", *options, _name(image.source), f"docker://{target}"]
        keep_trying(lambda: self._run(*words), self._around)

    def _run(self, *words: str) -> bytes:
        return run_tool("podman", [self._program, *words], self._around)


def _never() -> bool:
    return False


def _name(source: str) -> str:
    return source.partition(":")[2]


def _docker_config(auth_file: Path, environ: Mapping[str, str]) -> Path:
    """A folder of docker's with these logins alone, and the person's own contexts: they say where
    the engine is.
    """
    own = auth_file_of("docker", environ)
    folder = auth_file.parent / "docker"
    folder.mkdir(mode=0o700)
    config = json.loads(auth_file.read_text(encoding="utf-8"))
    chosen = read_auth_file(own).get("currentContext")
    if chosen:
        config["currentContext"] = chosen
    descriptor = os.open(folder / "config.json", os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(config, file)
    if (own.parent / "contexts").is_dir():
        (folder / "contexts").symlink_to(own.parent.resolve() / "contexts")
    return folder
