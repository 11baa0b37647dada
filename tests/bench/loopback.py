"""Starts the servers beside this file, each in a process of its own, and asks what they saw."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode


@contextmanager
def running(script: str, **options: float) -> Iterator[str]:
    """The URL of a server for as long as the block runs; `options` are its `--options`."""
    words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name(script)), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.communicate("")


def ask(url: str) -> dict[str, Any]:
    """What a server tells about itself."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return found


@contextmanager
def loopback(delay: float = 0.1) -> Iterator[Loopback]:
    """A running `server.py`: `with loopback(delay=0.1) as server: server.url`."""
    with running("server.py", delay=delay) as url:
        yield Loopback(url)


@dataclass(frozen=True)
class Loopback:
    """What `server.py` is asked about itself."""

    url: str

    def counts(self) -> dict[str, dict[str, int]]:
        """Since the last reset: `calls` by action, `roles` by ARN, `signers` by key, `tokens`."""
        return ask(f"{self.url}/-/counts")

    def reset(self, **settings: float) -> None:
        """Count from zero; `delay` and `lifetime` (seconds) change what is answered from now on."""
        ask(f"{self.url}/-/set?{urlencode(settings)}")
