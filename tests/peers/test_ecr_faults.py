"""A registry that answers 503 for a moment: the real skopeo tries again, and no refusal twice."""

from __future__ import annotations

import http.client
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from awsops_plugins.ecr.skopeo import Around, Skopeo

from awsops.errors import AwsopsError
from tests.peers.processes import free_port, program, running
from tests.peers.test_ecr_tools import layout

pytestmark = pytest.mark.peers


@dataclass
class Gateway:
    """In front of a real registry; the first `failures` uploads of a manifest get `status`."""

    registry: str
    status: int = 503
    failures: int = 0
    host: str = ""
    uploads: list[int] = field(default_factory=list)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    port = free_port()
    config = tmp_path / "registry.yml"
    config.write_text(
        "version: 0.1\nlog: {level: error}\n"
        f"storage: {{filesystem: {{rootdirectory: {tmp_path}/data}}}}\n"
        f"http: {{addr: 127.0.0.1:{port}}}\n"
    )
    argv = [program("docker-registry"), "serve", str(config)]
    with running(argv, port, {"OTEL_TRACES_EXPORTER": "none"}):
        state = Gateway(f"127.0.0.1:{port}")
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
        server.daemon_threads = True
        state.host = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
        thread.start()
        yield state
        server.shutdown()
        server.server_close()


def _handler(state: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def relay(self) -> None:
            body = self._body()
            is_upload = self.command == "PUT" and "/manifests/" in self.path
            if is_upload and len(state.uploads) < state.failures:
                state.uploads.append(state.status)
                self._answer(state.status, {}, b"")
                return
            headers = {k: v for k, v in self.headers.items() if k.lower() != "transfer-encoding"}
            headers["Content-Length"] = str(len(body))
            with closing(http.client.HTTPConnection(state.registry)) as upstream:
                upstream.request(self.command, self.path, body, headers)
                answer = upstream.getresponse()
                data = answer.read()
            if is_upload:
                state.uploads.append(answer.status)
            kept = {k: v for k, v in answer.getheaders() if k.lower() != "transfer-encoding"}
            self._answer(answer.status, kept, data)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _answer(self, status: int, headers: dict[str, str], data: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if self.command == "HEAD" or name.lower() != "content-length":
                    self.send_header(name, value)
            if self.command != "HEAD" and status != 204:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = relay

        def log_message(self, *_: object) -> None:
            """Nothing: pytest shows what matters."""

    return Handler


def send(gateway: Gateway, tmp_path: Path) -> str:
    """Pushes an image of the test's own; its digest."""
    auth = tmp_path / "auth.json"
    auth.write_text("{}")
    digest = layout(tmp_path / "image", ["a"])
    skopeo = Skopeo(Around(os.environ, lambda: False, time.sleep), auth)
    image = skopeo.read(f"oci:{tmp_path / 'image'}")
    skopeo.send(image, f"{gateway.host}/app:1.0", plain_http=True)
    return digest


def held(gateway: Gateway) -> str | None:
    accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    with closing(http.client.HTTPConnection(gateway.registry)) as connection:
        connection.request("HEAD", "/v2/app/manifests/1.0", headers=accept)
        return connection.getresponse().headers.get("Docker-Content-Digest")


def test_a_registry_that_is_unavailable_for_a_moment_is_tried_again(
    gateway: Gateway, tmp_path: Path
) -> None:
    program("skopeo")
    gateway.failures = 2
    digest = send(gateway, tmp_path)
    assert (gateway.uploads, held(gateway)) == ([503, 503, 201], digest)


def test_a_registry_that_stays_unavailable_ends_with_what_it_said(
    gateway: Gateway, tmp_path: Path
) -> None:
    program("skopeo")
    gateway.failures = 99
    with pytest.raises(AwsopsError, match="503"):
        send(gateway, tmp_path)
    assert (gateway.uploads, held(gateway)) == ([503] * 5, None)


def test_a_refusal_is_not_tried_again(gateway: Gateway, tmp_path: Path) -> None:
    program("skopeo")
    gateway.status, gateway.failures = 403, 9
    with pytest.raises(AwsopsError, match="skopeo copy") as caught:
        send(gateway, tmp_path)
    assert caught.value.hint is not None
    assert "ecr:PutImage" in caught.value.hint
    assert (set(gateway.uploads), held(gateway)) == ({403}, None)
