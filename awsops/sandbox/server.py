"""The sandbox's process: `python -m awsops.sandbox.server`.

It binds a free port of 127.0.0.1, says on its standard output in one line of JSON which one that
is, and serves until it is told to stop, its lifetime ends, or the process it serves has gone.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence

from awsops.sandbox import chaos
from awsops.sandbox.admin import PREFIX, Admin
from awsops.sandbox.chaos import Chaos
from awsops.sandbox.front import Front
from awsops.sandbox.seeding import seed_accounts
from awsops.sandbox.wire import BadRequestError, Response, read_request

HOST = "127.0.0.1"
BACKLOG = 1024  # connections that may wait: a fan-out opens hundreds at once
IDLE_SECONDS = 120.0  # an idle connection is closed after this
WATCH_SECONDS = 0.5  # how often the parent is looked for
_STOP_DELAY = 0.05  # seconds for the answer to "stop" to reach the caller


class SandboxServer(socketserver.ThreadingTCPServer):
    """One thread a connection, many requests a connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = BACKLOG
    allow_reuse_address = os.name != "nt"  # on Windows it would let two servers share a port

    def __init__(self, port: int, instance: str, name: str, day: Chaos | None = None) -> None:
        self.front = Front(day)
        self.admin = Admin(self.front, instance, name, self.stop_soon)
        super().__init__((HOST, port), _Connection)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def stop_soon(self) -> None:
        """Ends `serve_forever` once the answer under way has been sent."""
        timer = threading.Timer(_STOP_DELAY, self.shutdown)
        timer.daemon = True
        timer.start()


class _Connection(socketserver.StreamRequestHandler):
    """Reads requests and writes answers until either side has had enough."""

    server: SandboxServer
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    rbufsize = 65_536

    def handle(self) -> None:
        try:
            while self._one_request():
                pass
        except (BadRequestError, OSError):
            return  # the peer went away, or never spoke HTTP: nothing to tell it

    def _one_request(self) -> bool:
        request = read_request(self.rfile, self._send_continue)
        if request is None:
            return False
        request.client = str(self.client_address[0])
        if request.path.startswith(PREFIX):
            response = self.server.admin.answer(request)
        else:
            response = self.server.front.answer(request)
        if response.abort:
            self._drop()
            return False
        keep_alive = request.keep_alive and response.stream is None
        self._send(response, head=request.method == "HEAD", keep_alive=keep_alive)
        if response.stream is not None:
            for part in response.stream:
                self.connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))
            self.connection.sendall(b"0\r\n\r\n")
        return keep_alive

    def _send(self, response: Response, *, head: bool, keep_alive: bool) -> None:
        self.connection.sendall(response.encode(head=head, keep_alive=keep_alive))

    def _send_continue(self) -> None:
        self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _drop(self) -> None:
        # Linger on, for no time: the peer sees a reset, not an orderly end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a sandbox in this process until it is told to stop."""
    options = _parser().parse_args(argv)
    try:
        day = chaos.parse(options.chaos)
        server = SandboxServer(options.port, options.instance, options.name, day)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"awsops sandbox: {error}\n")
        return 2
    if options.seed is not None:
        seed_accounts(server.front.sqs.registry, options.seed)
        server.front.ecr.seed()
    if options.parent_pid is not None:
        _in_background(lambda: _watch(options.parent_pid, server.shutdown))
    if options.lifetime is not None:
        _in_background(lambda: _wait(options.lifetime, server.shutdown))
    _report(server.port)
    with server:
        server.serve_forever(poll_interval=0.05)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m awsops.sandbox.server", description=__doc__)
    parser.add_argument("--name", default="default")
    parser.add_argument("--instance", default=secrets.token_hex(16), help="an id to be known by")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--chaos", default=None, metavar="SPEC", help="throttle=0.1,latency=50ms")
    parser.add_argument("--seed", type=int, default=None, metavar="N", help="dead letters a queue")
    parser.add_argument("--parent-pid", type=int, default=None, help="end when this process ends")
    parser.add_argument("--lifetime", type=float, default=None, metavar="SECONDS")
    return parser


def _report(port: int) -> None:
    """Tells the parent, which may have closed its end by now."""
    try:
        sys.stdout.write(json.dumps({"port": port, "pid": os.getpid()}) + "\n")
        sys.stdout.flush()
        # From here on nobody reads: whatever a library prints goes to the log.
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    except OSError:
        return


def _watch(pid: int, end: Callable[[], None]) -> None:
    child = os.getppid() == pid
    while _runs(pid) and (not child or os.getppid() == pid):
        time.sleep(WATCH_SECONDS)
    end()


def _wait(seconds: float, end: Callable[[], None]) -> None:
    time.sleep(seconds)
    end()


def _runs(pid: int) -> bool:
    if os.name == "nt":
        return True  # os.kill(pid, 0) would end the process there; --lifetime is the way
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _in_background(work: Callable[[], object]) -> None:
    threading.Thread(target=work, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
