"""Whether anybody listens where a profile's calls go, told within a second.

botocore waits a minute for a connection and tries again: half of the profiles behind a network
that is down would hold up the doctor for the others.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from awsops.api import AwsopsError
from awsops.once import Once

# A connection takes one round trip, which is below 0.4 s between any two places.
CONNECT_SECONDS = 0.9
_PORTS = {"https": 443, "http": 80}
_PROXIES = ("https_proxy", "http_proxy", "all_proxy")

Address = tuple[socket.AddressFamily, tuple[object, ...]]


class Doors:
    """The hosts of a run, each knocked at once. Safe to use from many threads."""

    def __init__(self, environ: Mapping[str, str], monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._found: Once[AwsopsError | None] = Once()
        # When a host took a connection last (None: none has), and the longest that it
        # took one: a round trip.
        self.opened_at: float | None = None
        self.round_trip = 0.0
        # Behind a proxy only the proxy is reached from here.
        self._proxied = any(environ.get(name) or environ.get(name.upper()) for name in _PROXIES)

    def knock(self, url: str) -> None:
        """Return where somebody listens at the URL's host; else AwsopsError `Unreached`."""
        parts = urlsplit(url)
        if self._proxied or parts.hostname is None:
            return
        place = (parts.hostname, parts.port or _PORTS.get(parts.scheme, 443))
        began = self._monotonic()
        problem = self._found.get(place, lambda: _knocked(*place))
        if problem is not None:
            raise AwsopsError(problem.message, hint=problem.hint, code=problem.code)
        self.opened_at = self._monotonic()
        self.round_trip = max(self.round_trip, self.opened_at - began)


def _knocked(host: str, port: int) -> AwsopsError | None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return _unreached(f"{host} is not known here: {error.strerror}", "check the region and DNS")
    problem = _first_connection([(family, address) for family, _, _, _, address in found])
    if problem is None:
        return None
    return _unreached(f"{host}:{port} {problem}", "check the network, a VPN and the endpoint")


def _unreached(message: str, hint: str) -> AwsopsError:
    return AwsopsError(message, hint=hint, code="Unreached")


def _first_connection(addresses: Sequence[Address]) -> str | None:
    """None as soon as one of the addresses is connected to, all at once; else what went wrong."""
    deadline = time.monotonic() + CONNECT_SECONDS
    problem = f"did not answer within {CONNECT_SECONDS:.1f} s"
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as waiting:
        for family, address in addresses:
            with contextlib.suppress(OSError):  # a family that this machine does not have
                knocking = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
                knocking.setblocking(False)
                knocking.connect_ex(address)
                waiting.register(knocking, selectors.EVENT_WRITE, knocking)
        while waiting.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in waiting.select(left):
                answered: socket.socket = key.data
                code = answered.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code == 0:
                    return None
                waiting.unregister(key.fileobj)
                problem = "refuses the connection"
    return problem
