"""The loopback AWS of the tests about sessions and credentials."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bench.loopback import Loopback


@pytest.fixture(scope="module")
def running() -> Iterator[Loopback]:
    with Loopback(0) as server:
        yield server


@pytest.fixture
def server(running: Loopback) -> Loopback:
    running.reset(delay=0, lifetime=3_600)
    return running
