"""Deprecated runtimes: the table against botocore's, and what `ls` says of one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from awsops_plugins.lambda_.runtimes import DEPRECATED_AT, deprecation

from tests.plugins.lambda_.shop import Shop

# In botocore's enum, without a date in AWS's tables of October 2026: told as unknown.
WITHOUT_A_DATE = {
    "custom",
    "java8.al2023",
    "java11.al2023",
    "java17.al2023",
    "nodejs26.x",
    "python3.15",
}


def _known_to_botocore() -> set[str]:
    from botocore.loaders import Loader

    model: Any = Loader().load_service_model("lambda", "service-2")
    return set(model["shapes"]["Runtime"]["enum"])


def _at(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def test_every_runtime_of_lambda_has_a_date_or_is_known_to_have_none() -> None:
    assert _known_to_botocore() - set(DEPRECATED_AT) == WITHOUT_A_DATE


def test_the_table_names_no_runtime_that_lambda_does_not_have() -> None:
    assert set(DEPRECATED_AT) <= _known_to_botocore()


@pytest.mark.parametrize(
    ("runtime", "now", "expected"),
    [
        ("nodejs22.x", "2027-04-29", False),
        ("nodejs22.x", "2027-04-30", True),
        ("nodejs16.x", "2026-11-01", True),
        ("image", "2026-11-01", False),
        ("nodejs99.x", "2026-11-01", None),
    ],
)
def test_a_runtime_is_judged_by_the_day(runtime: str, now: str, expected: bool | None) -> None:
    assert deprecation(runtime, _at(now))[0] is expected


def test_a_runtime_that_nobody_knows_is_told_as_unknown_and_not_as_fine(shop: Shop) -> None:
    shop.lam.update_function_configuration(FunctionName=shop.name, Runtime="nodejs26.x")
    result = shop.run("ls", shop.name)
    assert (result.rows[0]["deprecated"], result.rows[0]["deprecated_at"]) == (None, None)
    assert "not known here whether these runtimes are deprecated: nodejs26.x" in result.stderr


def test_the_day_of_the_deprecation_is_shown_before_it_comes(shop: Shop) -> None:
    row = shop.run("ls", shop.name).rows[0]
    assert (row["runtime"], row["deprecated_at"]) == ("python3.12", "2028-10-31")
