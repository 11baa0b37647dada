"""A bad network and a bad service in front of an SQS that we did not write.

It speaks SQS's JSON protocol on both sides. Each call has the chance `share` (0 to 1) of the one
fault that it is for; the same seed gives the same day.
"""

from __future__ import annotations

import json
import random
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS = ("throttle", "error", "reset", "lost", "half", "expired", "credentials")
# URL, body and headers of a changed call to the headers that make it whole again.
Sign = Callable[[str, bytes, dict[str, str]], dict[str, str]]
_MOVING = ("ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch")


class Weather:
    """Which fault, how often, and how often it struck."""

    def __init__(self, fault: str, share: float, seed: int, most: int) -> None:
        assert fault in FAULTS
        self._most = most  # after so many it clears up
        self.fault = fault
        self.struck: Counter[str] = Counter()
        self._share = share
        self._dice = random.Random(seed)
        self._lock = threading.Lock()

    def strikes(self, operation: str) -> bool:
        """Whether this call is hit; planning's calls are left alone, or nothing would begin."""
        if operation not in _MOVING:
            return False
        if self.fault == "half" and operation == "ReceiveMessage":
            return False
        if self.fault == "expired" and operation != "DeleteMessageBatch":
            return False
        with self._lock:
            hit = self._dice.random() < self._share and self.struck.total() < self._most
            if self.fault == "credentials":  # they end once, in the middle, and stay ended
                hit = hit or bool(self.struck)
            self.struck[operation] += hit
        return hit


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    weather: Weather
    peer: str
    sign: tuple[Sign] | None  # in a tuple, or it would be a method

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        fault = self.weather.fault if self.weather.strikes(operation) else ""
        if fault == "reset":
            self.close_connection = True
        elif fault == "lost":
            self._forward(body)
            self.close_connection = True
        elif fault == "throttle":
            self._refuse(403, "RequestThrottled", "Rate exceeded")
        elif fault == "error":
            self._refuse(500, "InternalFailure", "bad day")
        elif fault == "credentials":
            self._refuse(403, "ExpiredToken", "The security token included has expired")
        elif fault:
            self._part(body, "InternalError" if fault == "half" else "ReceiptHandleIsInvalid")
        else:
            self._answer(*self._forward(body))

    def _part(self, body: bytes, code: str) -> None:
        """Carry out every other entry of the batch, and refuse the rest."""
        call = json.loads(body)
        kept, left = call["Entries"][::2], call["Entries"][1::2]
        status, answer = self._forward(json.dumps({**call, "Entries": kept}).encode())
        made = json.loads(answer)
        sender = code != "InternalError"
        made["Failed"] = [
            *made.get("Failed", []),
            *({"Id": e["Id"], "Code": code, "SenderFault": sender} for e in left),
        ]
        self._answer(status, json.dumps(made).encode())

    def _forward(self, body: bytes) -> tuple[int, bytes]:
        skipped = ("host", "content-length", "connection", "accept-encoding")
        headers = {n: v for n, v in self.headers.items() if n.lower() not in skipped}
        if self.sign is not None:
            headers = self.sign[0](self.peer + self.path, body, headers)
        request = urllib.request.Request(self.peer + self.path, body, headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return int(answer.status), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return int(error.code), error.read()

    def _refuse(self, status: int, code: str, message: str) -> None:
        refusal = {"__type": f"com.amazonaws.sqs#{code}", "message": message}
        self._answer(status, json.dumps(refusal).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def in_front_of(
    peer: str, fault: str, share: float, seed: int, most: int, sign: Sign | None = None
) -> Iterator[tuple[str, Weather]]:
    """The URL of a proxy for as long as the block runs, and what struck."""
    weather = Weather(fault, share, seed, most)
    parts = {"weather": weather, "peer": peer, "sign": (sign,) if sign else None}
    handler = type("Handler", (_Handler,), parts)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", weather
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
