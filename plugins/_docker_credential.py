"""`docker-credential-awsops`: docker, podman and skopeo ask it for a registry's login.

Docker's protocol: the verb is the only argument, one line comes in on standard input, JSON goes out
on standard output; a refusal is a line on standard output and exit code 1. Docker runs it on every
pull, so with a token in the cache nothing is imported but what is needed to read it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import IO, Any

NOT_FOUND = "credentials not found in native keychain"  # docker then goes on without a login
MOST_BYTES = 65_536
# How long AWS may take to answer: docker waits meanwhile.
OLD_AT_HAND = "10s"
NOTHING_AT_HAND = "60s"
VERBS = ("get", "store", "erase", "list", "version")


class HelperError(Exception):
    """What docker is told, on standard output."""


def entry_point() -> None:
    """The console script."""
    code = run(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer, os.environ)
    sys.stdout.flush()
    os._exit(code)  # what a process does on its way out takes longer than the answer


def run(argv: list[str], stdin: IO[bytes], stdout: IO[bytes], environ: Mapping[str, str]) -> int:
    """One exchange; the exit code. Never raises, never writes to standard error."""
    try:
        answer = _answer(argv, stdin, environ)
        code = 0
    except HelperError as error:
        answer, code = str(error), 1
    except Exception as error:
        answer, code = f"awsops: {type(error).__name__}: {error}", 1
    try:
        stdout.write(answer.encode() + b"\n" if answer else b"")
        stdout.flush()
    except OSError:
        return 1
    return code


def _answer(argv: list[str], stdin: IO[bytes], environ: Mapping[str, str]) -> str:
    if len(argv) != 1 or argv[0] not in VERBS:
        raise HelperError(f"usage: docker-credential-awsops {'|'.join(VERBS)}")
    verb = argv[0]
    if verb == "version":
        from awsops import __version__

        return f"docker-credential-awsops {__version__}"
    cache = _Cache(environ)
    if verb == "list":
        return json.dumps(dict.fromkeys(cache.hosts(), "AWS"))
    given = stdin.read(MOST_BYTES + 1)
    if verb == "store":
        return ""  # what docker login was given is not kept: tokens come from AWS
    host = _host(given)
    if verb == "erase":
        cache.forget(host)
        return ""
    password = cache.get(host)
    return json.dumps({"ServerURL": host, "Username": "AWS", "Secret": password})


def _host(given: bytes) -> str:
    """The registry's host name; HelperError for one that is not ECR's."""
    try:
        text = given.decode().strip()
    except ValueError:
        raise HelperError(NOT_FOUND) from None
    host = text.rpartition("://")[2].partition("/")[0].lower()
    if len(given) > MOST_BYTES or not host or not host.isprintable() or not _is_ecr(host):
        raise HelperError(NOT_FOUND)
    return host


def _is_ecr(host: str) -> bool:
    if host == "public.ecr.aws" or host.startswith(("127.0.0.1:", "localhost:")):
        return True
    account, _, rest = host.partition(".")
    return account.isdigit() and len(account) == 12 and rest.startswith(("dkr.ecr", "dkr-ecr"))


class _Cache:
    """Tokens in files of mode 0600, one for each host, profile and set of settings."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        home = environ.get("HOME") or os.path.expanduser("~")
        # The same folders as awsops.env.Folders, which costs more to import than all of this.
        cache = environ.get("AWSOPS_CACHE_DIR") or os.path.join(
            environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache"), "awsops"
        )
        config = environ.get("AWSOPS_CONFIG_DIR") or os.path.join(
            environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "awsops"
        )
        self.folder = os.path.join(cache, "ecr")
        self.settings = os.path.join(config, "ecr.toml")

    def get(self, host: str) -> str:
        """The password for a host: cached up to half its life, then a new one; an old one that is
        still valid when AWS cannot be reached.
        """
        now = time.time()
        held = self._read(host)
        if held and now < held["refresh_at"]:
            return str(held["password"])
        with _Lock(self._path(host) + ".lock"):
            held = self._read(host)  # another process may have been here
            if held and now < held["refresh_at"]:
                return str(held["password"])
            try:
                fresh = self._ask(host, OLD_AT_HAND if held else NOTHING_AT_HAND)
            except HelperError:
                if held and time.time() < held["expires_at"]:
                    return str(held["password"])
                raise
            self._write(host, fresh)
            return str(fresh["password"])

    def forget(self, host: str) -> None:
        try:
            os.unlink(self._path(host))
        except FileNotFoundError:
            return

    def hosts(self) -> list[str]:
        """The registries that ecr.toml names, and those with a token here."""
        found = {name for name in _registries(_settings(self.settings)) if _is_ecr(name)}
        try:
            names = os.listdir(self.folder)
        except OSError:
            names = []
        for name in names:
            held = _load(os.path.join(self.folder, name)) if name.endswith(".json") else None
            if held and held["expires_at"] > time.time():
                found.add(str(held["host"]))
        return sorted(found)

    def _ask(self, host: str, patience: str) -> dict[str, Any]:
        profile, region = _who(_settings(self.settings), host)
        row = _ask_awsops(host, profile, region, patience, self._environ)
        now, end = time.time(), float(row["expires_at"])
        return {
            "host": host,
            "mark": self._mark(),
            "password": row["password"],
            "expires_at": end,
            "refresh_at": now + (end - now) / 2,
        }

    def _mark(self) -> str:
        """What a token depends on besides the host: another mark is another token."""
        try:
            changed = os.stat(self.settings).st_mtime_ns
        except OSError:
            changed = 0
        names = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL")
        return "|".join([str(changed), *(self._environ.get(name, "") for name in names)])

    def _path(self, host: str) -> str:
        safe = "".join(c if c.isalnum() or c in "-." else "_" for c in host)
        return os.path.join(self.folder, safe + ".json")

    def _read(self, host: str) -> dict[str, Any] | None:
        held = _load(self._path(host))
        usable = held and held["host"] == host and held.get("mark") == self._mark()
        return held if usable else None

    def _write(self, host: str, value: dict[str, Any]) -> None:
        # Not `awsops.atomic_files`: importing it takes longer than all of this, and a token that a
        # power cut takes is asked for again.
        path = self._path(host)
        beside = f"{path}.{os.getpid()}"
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(value, file)
            os.replace(beside, path)
        except OSError:
            return  # a full or read-only disk costs a call the next time, not this login


def _load(path: str) -> dict[str, Any] | None:
    try:
        with open(path, "rb") as file:
            value = json.loads(file.read())
        float(value["expires_at"]), float(value["refresh_at"])
        return value if isinstance(value["password"], str) and value["host"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


class _Lock:
    """One process at a time; where no lock can be had, none waits."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        try:
            import fcntl

            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            self._file = open(self._path, "w")
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except (ImportError, OSError):
            return

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


def _settings(path: str) -> dict[str, Any]:
    """The table [helper] of ecr.toml; HelperError, naming the file, when it cannot be read."""
    import tomllib

    try:
        with open(path, "rb") as file:
            table = tomllib.load(file).get("helper", {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise HelperError(f"awsops: {path}: {error}") from None
    if not isinstance(table, dict):
        raise HelperError(f"awsops: {path}: [helper] must be a table")
    return table


def _registries(settings: dict[str, Any]) -> dict[str, Any]:
    table = settings.get("registries", {})
    return table if isinstance(table, dict) else {}


def _who(settings: dict[str, Any], host: str) -> tuple[str | None, str | None]:
    """Profile and region for a host: its own entry, its account's, or the default."""
    named = _registries(settings)
    found = named.get(host) or named.get(host.partition(".")[0]) or settings.get("profile")
    if isinstance(found, dict):
        return found.get("profile"), found.get("region")
    if found is not None and not isinstance(found, str):
        raise HelperError(f"awsops: ecr.toml: the profile for {host} must be a string")
    return found, None


def _ask_awsops(
    host: str, profile: str | None, region: str | None, patience: str, environ: Mapping[str, str]
) -> dict[str, Any]:
    """A new token, by the command `ecr token` in a process of its own: its answer comes by a pipe,
    its password stands on no command line.
    """
    import subprocess
    from datetime import datetime

    options = [*(["-p", profile] if profile else []), *(["-r", region] if region else [])]
    # -P: docker runs the helper in any folder, and none of them is one to import from.
    program = [sys.executable, "-P", "-c", "from awsops.cli import entry_point; entry_point()"]
    argv = [*program, "ecr", "token", host, *options]
    done = subprocess.run(
        [*argv, "-o", "ndjson", "--timeout", patience],
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip() or f"awsops ecr token ended with code {done.returncode}"
        raise HelperError(said.replace("\n", "; "))
    row = json.loads(done.stdout)
    return {**row, "expires_at": datetime.fromisoformat(row["expires_at"]).timestamp()}
