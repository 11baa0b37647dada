"""Starts `server.py` in a process of its own and asks it what it has seen."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode


class Loopback:
    """A running server: `with Loopback(delay=0.1) as server: server.url`."""

    def __init__(self, delay: float = 0.1) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("server.py")), f"--delay={delay}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def __enter__(self) -> Loopback:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate("")

    def counts(self) -> dict[str, dict[str, int]]:
        """Since the last reset: `calls` by action, `roles` by ARN, `signers` by key, `tokens`."""
        return self._control("/-/counts")

    def reset(self, **settings: float) -> None:
        """Count from zero; `delay` and `lifetime` (seconds) change what is answered from now on."""
        self._control(f"/-/set?{urlencode(settings)}")

    def _control(self, path: str) -> dict[str, Any]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + path, timeout=10) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found
