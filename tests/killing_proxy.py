"""Something between awsops and AWS that kills awsops with -9 at a changing call of its choice."""

from __future__ import annotations

import http.client
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from awsops.gate import is_read_only

#: The call has not arrived, or was carried out and its answer is lost.
Moment = Literal["before", "after"]


class KillingProxy:
    """Kills the process that `start` started at its `number`th changing call."""

    def __init__(self, endpoint: str) -> None:
        self.seen: list[str] = []
        self._upstream = urlsplit(endpoint)
        self._lock = threading.Lock()
        self._number, self._moment = 0, "before"
        self._started = threading.Event()
        self._process: subprocess.Popen[str] | None = None

    def run(
        self, start: Callable[[], subprocess.Popen[str]], number: int, moment: Moment
    ) -> tuple[int, str]:
        """The exit code and stderr of a process that is killed at that call, if it comes to it."""
        self.seen = []
        self._number, self._moment = number, moment
        self._started.clear()
        self._process = start()
        self._started.set()
        said = self._process.communicate(timeout=60)[1]
        return self._process.returncode, said

    def count(self, operation: str) -> int:
        """Which changing call (1..) of the process this is; 0 for one that only reads."""
        if is_read_only(f"any:{operation}"):
            return 0
        with self._lock:
            self.seen.append(operation)
            return len(self.seen)

    def strikes(self, number: int, moment: Moment) -> bool:
        """Whether the process was killed here, at its changing call of that number."""
        if not number or (number, moment) != (self._number, self._moment):
            return False
        self._started.wait(10)
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        return True

    def forward(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, Any, bytes]:
        host, port = self._upstream.hostname or "", self._upstream.port
        connection = http.client.HTTPConnection(host, port, timeout=60)
        try:
            connection.request(request.command, request.path, body, dict(request.headers))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


@contextmanager
def killing_proxy(endpoint: str) -> Iterator[tuple[KillingProxy, str]]:
    """The proxy before `endpoint`, and the URL of its own."""
    proxy = KillingProxy(endpoint)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            number = proxy.count(_operation(self, body))
            if proxy.strikes(number, "before"):
                self.close_connection = True
                return
            status, headers, data = proxy.forward(self, body)
            if proxy.strikes(number, "after"):
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = _pass_on

        def log_message(self, *_: Any) -> None:
            """Nothing: pytest shows what matters."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that was killed in mid-request is what this is for."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield proxy, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _operation(request: BaseHTTPRequestHandler, body: bytes) -> str:
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2]
    form = dict(parse_qsl(body.decode(errors="replace")))
    if "Action" in form:
        return form["Action"]
    return f"{request.command.title()}Rest"  # GetRest reads, PutRest does not
