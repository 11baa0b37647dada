"""Logging tools in, side by side; and saying who is logged in, and until when."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from awsops.api import AwsopsError, PartialError
from awsops.atomic_files import write_private

from .auth_files import digest_of_login, hash_of, helper_of, locked, read_auth_file
from .tokens import Login
from .tools import Tool

TOOL_SECONDS = 120.0  # a tool that has said nothing after this is ended

# What tools say, and what to do about it. The text is looked for in lower case.
_KNOWN = (
    ("not implemented", "a credential helper answers for this registry: no login is needed"),
    ("stub received bad data", "the Windows credential store holds 2,560 bytes, the token is "
     "longer: use awsops ecr login --helper"),
    ("permission denied", "the tool may not write its config: check the owner of {file}"),
    ("read-only file system", "{file} cannot be written: set DOCKER_CONFIG or REGISTRY_AUTH_FILE"),
    ("no space left", "the disk of {file} is full"),
    ("executable file not found", "the credsStore in {file} names a helper that is not installed"),
    ("x509", "the registry's certificate is not trusted: check the proxy's own"),
    ("403", "the registry refused the token: was it made for this partition?"),
    ("no such host", "the registry's name is not known: check the region and the network"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A row of `ecr login`: status is logged in, shared, helper, failed, expired, not logged in."""

    registry: str
    tool: str
    expires_at: datetime | None
    status: str
    detail: str | None = None


class Notebook:
    """When the logins that awsops made expire, by file and host; passwords are never in it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def expiry(self, file: Path, host: str, digest: str) -> float | None:
        entry = self._read().get(f"{file} {host}")
        if not isinstance(entry, dict) or (digest and entry.get("digest") != digest):
            return None
        return float(entry["expires_at"])

    def remember(self, file: Path, login: Login) -> None:
        with locked(self._path):
            held = self._read()
            held[f"{file} {login.registry.host}"] = {
                "digest": hash_of(login.password.reveal()),
                "expires_at": login.expires_at,
            }
            write_private(self._path, json.dumps(held))

    def _read(self) -> dict[str, object]:
        try:
            value = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Desk:
    """What logging in needs of the process around it."""

    environ: Mapping[str, str]
    notebook: Notebook
    stopping: Callable[[], bool]


def log_in_all(
    logins: Sequence[Login], tools: Sequence[Tool], desk: Desk, pool: Executor
) -> Iterator[LoggedIn]:
    """Logs every tool in to every registry; tools that share a file share one login.

    PartialError after the rows when some failed, AwsopsError when all did.
    """
    groups = _by_file(tools)
    jobs = [(login, group) for login in logins for group in groups]
    rows = [
        row for found in pool.map(lambda job: _log_in(job[0], job[1], desk), jobs) for row in found
    ]
    yield from rows
    failed = [row for row in rows if row.status == "failed"]
    if failed:
        names = ", ".join(f"{row.tool} at {row.registry}" for row in failed)
        message = f"{len(failed)} of {len(rows)} logins failed: {names}: {failed[0].detail}"
        raise (AwsopsError if len(failed) == len(rows) else PartialError)(message)


def check_all(logins: Sequence[Login], tools: Sequence[Tool], desk: Desk, now: float
              ) -> Iterator[LoggedIn]:  # fmt: skip
    """Who is logged in where; nothing is changed. `now` is epoch seconds."""
    for login in logins:
        for tool in tools:
            yield _check(login, tool, desk, now)


def _check(login: Login, tool: Tool, desk: Desk, now: float) -> LoggedIn:
    host = login.registry.host
    config = read_auth_file(tool.auth_file)
    helper = helper_of(config, host)
    if helper is not None:
        return LoggedIn(host, tool.name, None, "helper", f"docker-credential-{helper} answers")
    digest = digest_of_login(config, host)
    if digest is None:
        return LoggedIn(host, tool.name, None, "not logged in", None)
    until = desk.notebook.expiry(tool.auth_file, host, digest)
    if until is None:
        return LoggedIn(host, tool.name, None, "logged in", "not by awsops: its end is not known")
    status = "logged in" if until > now else "expired"
    return LoggedIn(host, tool.name, datetime.fromtimestamp(until, UTC), status)


def _by_file(tools: Sequence[Tool]) -> list[list[Tool]]:
    groups: dict[Path, list[Tool]] = {}
    for tool in tools:
        groups.setdefault(tool.auth_file, []).append(tool)
    return list(groups.values())


def _log_in(login: Login, group: list[Tool], desk: Desk) -> list[LoggedIn]:
    host, first = login.registry.host, group[0]
    until = datetime.fromtimestamp(login.expires_at, UTC)
    try:
        helper = helper_of(read_auth_file(first.auth_file), host)
        if helper is not None:
            word = f"docker-credential-{helper} answers: no login needed"
            return [LoggedIn(host, tool.name, None, "helper", word) for tool in group]
        with locked(first.auth_file):
            _run_login(first, login, desk)
        desk.notebook.remember(first.auth_file, login)
    except AwsopsError as error:
        return [LoggedIn(host, tool.name, None, "failed", error.message) for tool in group]
    others = [
        LoggedIn(host, tool.name, until, "shared", f"reads {first.name}'s file")
        for tool in group[1:]
    ]
    return [LoggedIn(host, first.name, until, "logged in"), *others]


def _run_login(tool: Tool, login: Login, desk: Desk) -> None:
    """The password goes through standard input alone; what the tool says is kept without it."""
    try:
        process = subprocess.Popen(
            tool.login_argv(login.registry),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(desk.environ),
        )
    except OSError as error:
        raise AwsopsError(f"{tool.program} cannot be run: {error.strerror}") from error
    data: bytes | None = login.password.reveal().encode()
    waited = 0.0
    while True:
        try:
            said, _ = process.communicate(data, timeout=0.25)
            break
        except subprocess.TimeoutExpired:
            data = None
            waited += 0.25
            if desk.stopping() or waited > TOOL_SECONDS:
                process.kill()
                process.communicate()
                why = "interrupted" if desk.stopping() else f"no answer in {TOOL_SECONDS:.0f} s"
                raise AwsopsError(f"{tool.name} login: {why}") from None
    if process.returncode != 0:
        text = said.decode(errors="replace").replace(login.password.reveal(), "****")
        raise AwsopsError(_explain(tool, text, process.returncode))


def _explain(tool: Tool, said: str, code: int) -> str:
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")
    for mark, meaning in _KNOWN:
        if mark in said.lower():
            return f"{meaning.format(file=tool.auth_file)} ({tool.name}: {last})"
    return f"{tool.name} login ended with code {code}: {last or 'it said nothing'}"
