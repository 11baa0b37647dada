"""Starting, finding and stopping sandboxes. Each has a folder of its own, mode 0700:

    <folder>/<name>/state.json    where it runs; removed when it stops
    <folder>/<name>/config        AWS profiles that reach it, with `credentials` beside
    <folder>/<name>/server.log    what its process wrote

A process is never trusted for its pid: the server must answer with the id it was started with.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from awsops.atomic_files import private_folder, write_private
from awsops.file_locks import lock
from awsops.sandbox import client
from awsops.sandbox.accounts import ACCOUNTS, REGION
from awsops.sandbox.chaos import parse
from awsops.sandbox.profiles import CONFIG, CREDENTIALS, write_profiles

STATE = "state.json"
LOG = "server.log"
START_SECONDS = 30.0  # a server that has said nothing after this is given up
STOP_SECONDS = 5.0
HEALTH_SECONDS = 10.0  # a sandbox under load answers late; a dead one refuses at once
SEEDED_MESSAGES = 500
_LOG_LINES = 12
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
# All that the server process needs of its parent's environment: nothing of AWS among it.
_KEPT = re.compile(
    r"PATH|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|VIRTUAL_ENV|LD_LIBRARY_PATH|PYTHON\w+|COV\w+"
)


class SandboxError(Exception):
    """A sandbox could not do what was asked. `hint` says what to do about it, if anything."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class SandboxUnavailableError(SandboxError):
    """The libraries of the sandbox are not installed."""


class SandboxStartError(SandboxError):
    """The server ended before it could answer; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """One seeded account and the profile that reaches it."""

    profile: str
    account: str
    region: str
    mfa_serial: str


@dataclass(frozen=True, slots=True)
class SandboxInfo:
    """One running sandbox.

    endpoint: the URL of every service. started_at: epoch seconds. folder: where its files are.
    chaos: the specification it was started with, empty for none. instance: its random id.
    """

    name: str
    pid: int
    port: int
    endpoint: str
    started_at: float
    folder: Path
    chaos: str
    accounts: tuple[SandboxAccount, ...]
    instance: str

    @property
    def config_file(self) -> Path:
        return self.folder / CONFIG

    @property
    def credentials_file(self) -> Path:
        return self.folder / CREDENTIALS


def start(
    folder: Path,
    name: str = "default",
    *,
    chaos: str | None = None,
    seed: bool = True,
    port: int = 0,
    parent_pid: int | None = None,
    lifetime: float | None = None,
) -> SandboxInfo:
    """Starts a sandbox, or returns the one of that name that runs already, as it is.

    folder: holds all sandboxes; made when missing. port: 0 for a free one. parent_pid: the server
    ends when that process has ended. lifetime: seconds after which it ends by itself. Both None:
    it runs until it is stopped.

    Raises ValueError for a bad name or chaos, SandboxUnavailableError without moto, and
    SandboxStartError when the server does not come up.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"sandbox name {name!r}: expected letters, digits, '.', '_' and '-'")
    spec = parse(chaos).spec()
    _require_moto()
    home = folder.expanduser().absolute() / name
    private_folder(home)
    home.chmod(0o700)
    with _locked(home / "lock"):
        running = _read(home)
        if running is not None:
            return running
        options = [
            *("--port", str(port)),
            *(("--chaos", spec) if spec else ()),
            *(("--seed", str(SEEDED_MESSAGES)) if seed else ()),
            *(("--parent-pid", str(parent_pid)) if parent_pid is not None else ()),
            *(("--lifetime", str(lifetime)) if lifetime is not None else ()),
        ]
        return _launch(home, name, spec, options)


def _launch(home: Path, name: str, spec: str, options: list[str]) -> SandboxInfo:
    """Starts the server and writes down, last of all, that it runs."""
    instance = secrets.token_hex(16)
    report = _spawn(home, ["--name", name, "--instance", instance, *options])
    info = SandboxInfo(
        name=name,
        pid=report["pid"],
        port=report["port"],
        endpoint=f"http://127.0.0.1:{report['port']}",
        started_at=time.time(),
        folder=home,
        chaos=spec,
        accounts=tuple(
            SandboxAccount(account.profile, account.account_id, account.region, account.mfa_serial)
            for account in ACCOUNTS
        ),
        instance=instance,
    )
    write_profiles(home, info.endpoint)
    write_private(home / STATE, json.dumps(_to_json(info), indent=2) + "\n")
    return info


def status(folder: Path) -> list[SandboxInfo]:
    """The sandboxes that run, by name. Leftovers of dead ones are cleaned up on the way."""
    folder = folder.expanduser().absolute()
    homes = sorted(path.parent for path in folder.glob(f"*/{STATE}"))
    return [info for home in homes if (info := _read(home)) is not None]


def find(folder: Path, name: str) -> SandboxInfo | None:
    """The sandbox of that name, if it runs."""
    return _read(folder.expanduser().absolute() / name) if _NAME.fullmatch(name) else None


def stop(folder: Path, name: str) -> bool:
    """Stops a sandbox; False when none of that name ran.

    The server is asked to end. If it does not, its process is ended as long as it answers with
    its id; one that does not answer either is left alone, and SandboxError names its pid.
    """
    info = find(folder, name)
    if info is None:
        return False
    with contextlib.suppress(OSError, client.AdminError):
        client.request(info.port, "POST", "stop", {}, instance=info.instance)
    deadline = time.monotonic() + STOP_SECONDS
    while _listens(info.port):
        if time.monotonic() > deadline:
            if not _answers(info):
                raise SandboxError(
                    f"sandbox {name!r} does not answer any more",
                    f"if process {info.pid} is its server, end it by hand",
                )
            _terminate(info.pid)
            break
        time.sleep(0.02)
    _reap(info.pid)
    (info.folder / STATE).unlink(missing_ok=True)
    return True


def environment(info: SandboxInfo) -> dict[str, str]:
    """The variables with which a shell's AWS tools reach this sandbox and nothing else.

    They beat what a profile or ~/.aws says, but not keys already in the environment: unset what
    `environment_to_unset` names as well.
    """
    bypass = {"127.0.0.1", "localhost", *filter(None, os.environ.get("NO_PROXY", "").split(","))}
    no_proxy = ",".join(sorted(bypass))
    return {
        "AWS_CONFIG_FILE": str(info.config_file),
        "AWS_SHARED_CREDENTIALS_FILE": str(info.credentials_file),
        "AWS_PROFILE": info.accounts[0].profile,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": info.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }


def environment_to_unset(environ: Mapping[str, str]) -> list[str]:
    """The variables of `environ` that would lead AWS tools away from the sandbox."""
    kept = {
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_PAGER",
    }
    return sorted(name for name in environ if name.startswith("AWS_") and name not in kept)


def _require_moto() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("moto", "flask") if find_spec(name) is None]
    if missing:
        raise SandboxUnavailableError(
            f"the sandbox needs {' and '.join(missing)}, not installed here",
            "pip install 'awsops[sandbox]'",
        )


def _spawn(home: Path, options: list[str]) -> dict[str, Any]:
    """Starts the server process and waits for its port and pid."""
    import site
    import subprocess
    import threading

    package_root = str(Path(__file__).resolve().parents[2])
    environ = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
    environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [package_root, environ.get("PYTHONPATH", "")])
    )
    # With this home there is no ~/.aws to read, whatever a library below may try; but packages
    # that were installed for the user alone are found from the real one.
    environ.setdefault("PYTHONUSERBASE", site.getuserbase())
    environ |= {"HOME": str(home), "USERPROFILE": str(home), "AWS_EC2_METADATA_DISABLED": "true"}
    with open(home / LOG, "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "awsops.sandbox.server", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=home,
            env=environ,
            start_new_session=True,  # Ctrl-C in the terminal is not for the sandbox
        )
    guard = threading.Timer(START_SECONDS, process.kill)
    guard.daemon = True
    guard.start()
    try:
        assert process.stdout is not None
        with process.stdout as pipe:
            line = pipe.readline()
    finally:
        guard.cancel()
    try:
        report: dict[str, Any] = json.loads(line)
    except ValueError:
        code = process.wait()
        raise SandboxStartError(_death(home, code), f"the whole log: {home / LOG}") from None
    # The server outlives this object by design; without a return code it would warn when dropped.
    process.returncode = 0
    return report


def _death(home: Path, code: int) -> str:
    lines = (home / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    tail = "\n".join(lines[-_LOG_LINES:]) or "(it wrote nothing)"
    return f"the sandbox's server ended at its start with code {code}:\n{tail}"


def _read(home: Path) -> SandboxInfo | None:
    """The sandbox whose state is in `home`, if it still runs; else its state is removed."""
    path = home / STATE
    try:
        info = _from_json(json.loads(path.read_text(encoding="utf-8")), home)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        info = None
    if info is not None and _answers(info):
        return info
    if info is not None and _is_slow(info):
        return info
    path.unlink(missing_ok=True)
    return None


def _answers(info: SandboxInfo) -> bool:
    """Whether the server on that port is this sandbox: its id is proof, a pid is none."""
    try:
        health = client.request(info.port, "GET", "health", timeout=HEALTH_SECONDS)
    except (OSError, client.AdminError):
        return False
    return health.get("instance") == info.instance


def _is_slow(info: SandboxInfo) -> bool:
    """Whether a server that did not answer in time still runs: its own command line says so.

    On a busy machine an answer can be late; without its state nobody could stop that server.
    """
    try:
        command = Path(f"/proc/{info.pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False  # gone, or a system without /proc: then only an answer is proof
    return info.instance.encode() in command


def _listens(port: int) -> bool:
    import socket

    try:
        socket.create_connection(("127.0.0.1", port), timeout=HEALTH_SECONDS).close()
    except TimeoutError:
        return True
    except OSError:
        return False
    return True


def _terminate(pid: int) -> None:
    import signal

    with contextlib.suppress(OSError):
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def _reap(pid: int) -> None:
    """Takes the exit code of a server that this process started; others leave none."""
    if not hasattr(os, "waitpid") or os.name == "nt":
        return
    deadline = time.monotonic() + STOP_SECONDS
    with contextlib.suppress(OSError):
        while os.waitpid(pid, os.WNOHANG) == (0, 0) and time.monotonic() < deadline:
            time.sleep(0.01)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[IO[str]]:
    """Lets one process at a time start a sandbox of this name."""
    with open(path, "w", encoding="utf-8") as file:
        lock(file.fileno())
        yield file


def _to_json(info: SandboxInfo) -> dict[str, Any]:
    return {**asdict(info), "folder": str(info.folder)}


def _from_json(value: dict[str, Any], home: Path) -> SandboxInfo:
    accounts = tuple(SandboxAccount(**account) for account in value["accounts"])
    return SandboxInfo(**{**value, "accounts": accounts, "folder": home})
