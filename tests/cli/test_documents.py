"""What a shell evaluates is never an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_an_error_of_sandbox_env_is_on_stderr_alone(cli: Callable[..., Any]) -> None:
    result = cli(["sandbox", "env"])
    assert result.exit_code == 5
    assert "no sandbox" in result.stderr
    assert result.stdout == ""
