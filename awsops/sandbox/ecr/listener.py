"""A port of its own for each registry: what its host name is in AWS."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable

from awsops.sandbox.wire import BadRequestError, Request, Response, read_request

Answer = Callable[[Request, tuple[str, str]], Response]


class Listeners:
    """Opens a registry's port on 127.0.0.1 when its host is first asked for."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self._ports: dict[tuple[str, str], int] = {}

    def host(self, account: str, region: str) -> str:
        """`127.0.0.1:PORT` of an account's registry in a region."""
        place = (account, region)
        with self._lock:
            if place not in self._ports:
                server = _Server(lambda request: self._answer(request, place))
                threading.Thread(target=server.serve_forever, daemon=True).start()
                self._ports[place] = int(server.server_address[1])
            return f"127.0.0.1:{self._ports[place]}"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        self.answer = answer
        super().__init__(("127.0.0.1", 0), _Connection)


class _Connection(socketserver.StreamRequestHandler):
    server: _Server
    timeout = 120.0
    disable_nagle_algorithm = True

    def handle(self) -> None:
        try:
            while True:
                request = read_request(self.rfile, self._go_on)
                if request is None:
                    return
                response = self.server.answer(request)
                head = request.method == "HEAD"
                self.connection.sendall(response.encode(head=head, keep_alive=request.keep_alive))
                if not request.keep_alive:
                    return
        except (BadRequestError, OSError):
            return  # the peer went away, or never spoke HTTP

    def _go_on(self) -> None:
        self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
