"""Talks to a running sandbox's own endpoints, without any proxy and without AWS credentials."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

TIMEOUT_SECONDS = 10.0


class AdminError(Exception):
    """The sandbox answered that it will not; the message says why."""


def request(
    port: int,
    method: str,
    name: str,
    body: Mapping[str, Any] | None = None,
    *,
    instance: str = "",
    timeout: float = TIMEOUT_SECONDS,
) -> dict[str, Any]:
    """One request to `/_sandbox/<name>` of the server on `port` of this machine.

    Raises OSError when nothing answers there as a sandbox would, AdminError when it refuses.
    """
    import http.client  # 30 ms that only this function needs

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        headers = {"Content-Type": "application/json", "x-awsops-sandbox": instance}
        text = None if body is None else json.dumps(body)
        connection.request(method, f"/_sandbox/{name}", text, headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (http.client.HTTPException, ValueError) as error:
        raise ConnectionError(f"port {port} does not answer as a sandbox: {error}") from error
    finally:
        connection.close()
    if not isinstance(answer, dict):
        raise ConnectionError(f"port {port} does not answer as a sandbox")
    if response.status != 200:
        raise AdminError(str(answer.get("error", f"HTTP {response.status}")))
    return answer
