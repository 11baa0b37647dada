"""The tools that talk to registries: how each logs in, and which file its logins stand in."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from awsops.api import Choice, Host, NotFoundError, UsageError

from .hosts import Registry

# Those that keep their logins in docker's own file.
_DOCKER_FILE = ("docker", "nerdctl", "crane", "oras")
_CONTAINERS_FILE = ("podman", "skopeo")
TOOLS = ("docker", "podman", "skopeo", "helm", "nerdctl", "crane", "oras")
# What lets a tool speak plain HTTP, which it is told for registries of this machine alone.
_PLAIN_HTTP = {
    "podman": ["--tls-verify=false"],
    "skopeo": ["--tls-verify=false"],
    "helm": ["--plain-http"],
    "crane": ["--insecure"],
    "oras": ["--plain-http"],
    "nerdctl": ["--insecure-registry"],
}
_LOGIN = {"helm": ["registry", "login"], "crane": ["auth", "login"]}


@dataclass(frozen=True, slots=True)
class Tool:
    """One program found on PATH, and the file that it keeps its logins in."""

    name: str
    program: str
    auth_file: Path

    def login_argv(self, registry: Registry) -> list[str]:
        """The command line that reads the password from its standard input."""
        plain = _PLAIN_HTTP.get(self.name, []) if registry.loopback else []
        words = _LOGIN.get(self.name, ["login"])
        if self.name == "nerdctl":  # a global option there
            words, plain = [*plain, *words], []
        return [self.program, *words, *plain, "-u", "AWS", "--password-stdin", registry.host]


def complete_tools(host: Host) -> Iterator[Choice]:
    """The tools that are known, with where they are."""
    for name in TOOLS:
        found = shutil.which(name, path=host.env.environ.get("PATH", os.defpath))
        yield Choice(name, found or "not on PATH")


def find_tools(wanted: Sequence[str], environ: Mapping[str, str]) -> list[Tool]:
    """The tools on PATH, all known ones or those named.

    UsageError for an unknown name, NotFoundError when one that was named, or every one, is missing.
    """
    for name in wanted:
        if name not in TOOLS:
            raise UsageError(f"unknown tool {name!r}", hint=f"tools: {', '.join(TOOLS)}")
    found = []
    for name in wanted or TOOLS:
        program = shutil.which(name, path=environ.get("PATH", os.defpath))
        if program is not None:
            found.append(Tool(name, program, auth_file_of(name, environ)))
        elif wanted:
            raise NotFoundError(f"{name} is not on PATH", hint="install it, or leave out --tool")
    if not found:
        raise NotFoundError(
            "no tool that could log in is on PATH", hint=f"awsops knows {', '.join(TOOLS)}"
        )
    return found


def auth_file_of(name: str, environ: Mapping[str, str]) -> Path:
    """Where a tool keeps its logins, as its own manual says."""
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    if name in _DOCKER_FILE:
        return Path(environ.get("DOCKER_CONFIG") or home / ".docker") / "config.json"
    if name in _CONTAINERS_FILE:  # containers-auth.json(5)
        if environ.get("REGISTRY_AUTH_FILE"):
            return Path(environ["REGISTRY_AUTH_FILE"])
        runtime = environ.get("XDG_RUNTIME_DIR")
        if runtime:
            return Path(runtime) / "containers/auth.json"
        if os.name == "posix" and os.path.isdir("/run"):
            return Path(f"/run/containers/{os.getuid()}/auth.json")
        return home / ".config/containers/auth.json"
    if environ.get("HELM_REGISTRY_CONFIG"):
        return Path(environ["HELM_REGISTRY_CONFIG"])
    return _helm_config(environ, home) / "registry/config.json"


def _helm_config(environ: Mapping[str, str], home: Path) -> Path:
    """`helm help` says: "Helm stores ... based on the following: HELM_CONFIG_HOME, the XDG
    environment variable, the operating system's default".
    """
    if environ.get("HELM_CONFIG_HOME"):
        return Path(environ["HELM_CONFIG_HOME"])
    if environ.get("XDG_CONFIG_HOME"):
        return Path(environ["XDG_CONFIG_HOME"]) / "helm"
    by_system = {"darwin": home / "Library/Preferences", "win32": home / "AppData/Roaming"}
    return by_system.get(sys.platform, home / ".config") / "helm"
