"""Whose price a query is reckoned with."""

from __future__ import annotations

from pathlib import Path

import pytest
from awsops_plugins.logs.prices import price_per_gb

from awsops.api import UsageError
from awsops.env import Env, Folders


@pytest.fixture
def env(tmp_path: Path) -> Env:
    env = Env.from_process()
    env.environ = {}
    env.folders = Folders(tmp_path, tmp_path, tmp_path)
    return env


def test_a_region_of_the_table_has_its_own_list_price(env: Env) -> None:
    regions = ("us-east-1", "eu-central-1", "mars-north-1", None)
    assert [price_per_gb(env, None, region) for region in regions] == [
        0.005,
        0.0063,
        0.005,
        0.005,
    ]


def test_the_persons_own_price_holds_in_every_region(env: Env, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[prices]\nlogs_insights_gb = 0.004\n")
    assert price_per_gb(env, None, "eu-central-1") == 0.004


def test_the_price_of_the_command_line_comes_first(env: Env, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[prices]\nlogs_insights_gb = 0.004\n")
    assert price_per_gb(env, "0.001", "eu-central-1") == 0.001


def test_a_price_that_is_no_amount_is_refused(env: Env) -> None:
    with pytest.raises(UsageError, match="--price"):
        price_per_gb(env, "free", "eu-central-1")
