"""What the tests share: the fixtures of plugin authors, drop-in plugins, and a loopback AWS."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from awsops.completion.names import Name
    from awsops.testing import Result, Sandbox

pytest_plugins = ["awsops.testing"]

# A busy machine is no failure: how long an example takes says nothing. A change is judged by the
# same examples each time; AWSOPS_TEST_SCALE looks for others.
settings.register_profile(
    "awsops",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="AWSOPS_TEST_SCALE" not in os.environ,
    database=None,
)
settings.load_profile("awsops")


_OURS = ("AWSOPS_PEERS", "AWSOPS_TEST_SCALE", "AWSOPS_WRITE_GOLDEN")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def pytest_configure() -> None:
    """Nothing of the person who runs the tests reaches them, and nothing of theirs is reached: no
    profile, no key, no endpoint, no proxy. Ctrl-C is what it is at a terminal, here and in what is
    started: a shell hands SIGINT on ignored to what it runs in the background."""
    for name in list(os.environ):
        theirs = name.startswith(("AWS_", "AWSOPS_")) or name.upper() in _PROXIES
        if theirs and name not in _OURS:
            del os.environ[name]
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        os.environ[name] = os.devnull
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """Half of the time a test waits, for a server, a terminal or a clock: four share two cores."""
    return max(4, os.cpu_count() or 1)


_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
_COMMAND_LINE = "from awsops.cli import entry_point; entry_point()"
# What every drop-in plugin of the tests begins with.
PREAMBLE = '''"""{help}"""
import threading, time
from dataclasses import dataclass
from awsops.api import *
from awsops.api import Annotated, Argument, Option

@dataclass(frozen=True, slots=True)
class Row:
    name: str

'''


@pytest.fixture(scope="session", autouse=True)
def _service_models_are_parsed_once() -> Iterator[None]:
    """A command line in this process loads botocore's models anew, as a process of its own does:
    half of what such a test costs. The files do not change, and botocore only reads what it parsed
    (the extras that it merges in are the same each time).
    """
    from botocore.loaders import JSONFileLoader

    plain, parsed = JSONFileLoader.load_file, {}

    def load_file(self: Any, file_path: str) -> Any:
        if "site-packages" not in file_path:  # a test's own models
            return plain(self, file_path)
        if file_path not in parsed:
            parsed[file_path] = plain(self, file_path)
        return parsed[file_path]

    JSONFileLoader.load_file = load_file  # type: ignore[method-assign]
    yield
    JSONFileLoader.load_file = plain  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def awsops_sandbox(awsops_sandbox: Sandbox) -> Sandbox:
    """The session's sandbox, in each module as it began: whatever tests before have made there, and
    however far they have put its clock forward."""
    awsops_sandbox.renew()
    return awsops_sandbox


@pytest.fixture
def write_plugin(tmp_path: Path) -> Callable[..., Path]:
    """`write_plugin("noun", source)` puts a drop-in file where `awsops` (home: tmp_path) looks."""

    def write(noun: str, source: str, help: str = "A plugin of the tests.") -> Path:
        folder = tmp_path / ".config" / "awsops" / "plugins"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{noun}.py"
        path.write_text(PREAMBLE.format(help=help) + textwrap.dedent(source))
        return path

    return write


@pytest.fixture
def cli(tmp_path: Path) -> Callable[..., Result]:
    """`cli([...], environ)` runs a command line in this process with that environment alone."""
    from awsops.testing import run  # not above: pytest rewrites the plugin it imports itself

    def on_environment(
        argv: Sequence[str], environ: Mapping[str, str] | None = None, **options: Any
    ) -> Result:
        return run(argv, environ=environ, home=tmp_path, **options)

    return on_environment


@pytest.fixture
def asked(
    awsops_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[Name]]:
    """What the process behind a press of Tab leaves in the cache."""
    from awsops.completion.names import NameCache
    from awsops.completion.question import Question
    from awsops.completion.refreshing import refresh_names
    from awsops.env import Env

    for name, value in {**awsops_sandbox.environ, "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)

    def ask(kind: str, *scope: tuple[str, str], profile: str = "demo-dev") -> list[Name]:
        env = Env.from_process()
        question = Question(kind, profile=(profile,), scope=scope)
        refresh_names(env, question)
        return NameCache(env.folders.cache, env.environ).read(question)

    return ask


@dataclass(frozen=True)
class Call:
    """One request as the loopback server saw it."""

    access_key: str
    region: str
    service: str
    operation: str
    params: Mapping[str, Any]
    agent: str = ""

    @property
    def account(self) -> str:
        """The digits at the end of the access key: who signed."""
        digits = re.search(r"\d*\Z", self.access_key)
        return (digits.group() if digits else "").zfill(12)[-12:]


# Status and body; None closes the connection without an answer.
Answer = tuple[int, str] | None


@dataclass
class Loopback:
    """An AWS on 127.0.0.1 that answers what a test wants and remembers who asked for what."""

    folder: Path
    calls: list[Call] = field(default_factory=list)
    url: str = ""
    answer: Callable[[Call], Answer] = lambda call: Loopback.usual(call)

    @staticmethod
    def usual(call: Call) -> Answer:
        """GetCallerIdentity tells the account in the access key; all else is answered {}."""
        if call.operation != "GetCallerIdentity":
            return 200, "{}"
        return 200, (
            '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            f"<GetCallerIdentityResult><Arn>arn:aws:iam::{call.account}:user/tester</Arn>"
            f"<UserId>AIDA{call.account}</UserId><Account>{call.account}</Account>"
            "</GetCallerIdentityResult><ResponseMetadata><RequestId>req-sts</RequestId>"
            "</ResponseMetadata></GetCallerIdentityResponse>"
        )

    @staticmethod
    def refusal(call: Call, code: str, message: str = "refused", status: int = 400) -> Answer:
        """A service's error in the protocol of the call."""
        if call.service != "sts":
            return status, json.dumps({"__type": f"com.amazonaws#{code}", "message": message})
        return status, (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
            f"<Message>{message}</Message></Error><RequestId>req-error</RequestId></ErrorResponse>"
        )

    def accounts(self, profiles: Sequence[str], extra: str = "") -> dict[str, str]:
        """An environment with these profiles, whose accounts are ...001, ...002 and so on.

        `extra` is appended to each profile's section of the config file.
        """
        config, keys = [], []
        for number, name in enumerate(profiles, 1):
            config.append(f"[profile {name}]\nregion = eu-west-1\n{extra}")
            keys.append(f"[{name}]\naws_access_key_id = AKIATEST{number:012d}")
            keys.append(f"aws_secret_access_key = {'not/a/secret/' + name:x<33}EXAMPLE")
        (self.folder / "config").write_text("\n".join(config) + "\n")
        (self.folder / "credentials").write_text("\n".join(keys) + "\n")
        return {
            "AWS_CONFIG_FILE": str(self.folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials"),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }

    def operations(self) -> list[str]:
        return [call.operation for call in self.calls]


@pytest.fixture
def loopback(tmp_path: Path) -> Iterator[Loopback]:
    """A loopback AWS of this test's own."""
    folder = tmp_path / "aws"
    folder.mkdir()
    state = Loopback(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # 40 ms an answer otherwise

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            call = _call(dict(self.headers), body)
            state.calls.append(call)
            answer = state.answer(call)
            if answer is None:
                self.close_connection = True
                return
            status, text = answer
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("x-amzn-RequestId", "req-loopback")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Nothing: pytest shows what matters."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, *_: Any) -> None:
            """A client that was killed in mid-request is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()


def _call(headers: Mapping[str, str], body: bytes) -> Call:
    lowered = {name.lower(): value for name, value in headers.items()}
    found = _CREDENTIAL.search(lowered.get("authorization", ""))
    key, region, service = found.groups() if found else ("", "", "")
    agent = lowered.get("user-agent", "")
    target = lowered.get("x-amz-target")
    if target:
        params = json.loads(body or b"{}")
        return Call(key, region, service, target.rpartition(".")[2], params, agent)
    form = dict(parse_qsl(body.decode()))
    return Call(key, region, service, form.get("Action", ""), form, agent)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `awsops` as a process of its own, in a home of its own; killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(
        argv: Sequence[str], environ: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        base = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONWARNINGS": "error"}
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        made = subprocess.Popen(
            [sys.executable, "-c", _COMMAND_LINE, *argv],
            env={**base, **(environ or {})},
            text=True,
            cwd=options.pop("cwd", tmp_path),
            **{**pipes, **options},
        )
        started.append(made)
        return made

    yield start
    for made in started:
        if made.poll() is None:
            made.kill()
        made.communicate()
