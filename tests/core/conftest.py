"""The loopback AWS of the tests about sessions and credentials."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bench.loopback import Loopback, loopback


@pytest.fixture(scope="module")
def running() -> Iterator[Loopback]:
    with loopback(0) as server:
        yield server


@pytest.fixture
def server(running: Loopback) -> Loopback:
    running.reset(delay=0, lifetime=3_600)
    return running
