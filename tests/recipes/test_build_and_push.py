"""The runbook build-and-push, on the sandbox."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from awsops.testing import Result
from tests.peers.test_ecr_tools import layout

pytestmark = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")


def words(folder: Path, *more: str) -> list[str]:
    values = {"image": str(folder), "repository": "team/built", "tag": "1.0"}
    given = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    return [*given, "-p", "demo-dev", *more]


def test_what_a_build_made_is_pushed_and_proven(
    awsops: Callable[..., Result], tmp_path: Path
) -> None:
    digest = layout(tmp_path / "image", ["built"])
    argv = ["recipe", "run", "build-and-push", *words(tmp_path / "image", "--yes")]
    result = awsops(argv)
    assert result.exit_code == 0, result.stderr
    assert digest in result.stdout


def test_it_can_be_rehearsed(awsops: Callable[..., Result], tmp_path: Path) -> None:
    layout(tmp_path / "image", ["built"])
    result = awsops(["recipe", "rehearse", "build-and-push", *words(tmp_path / "image")])
    assert result.exit_code == 0, result.stderr
