"""The shipped error-spike-triage, on the log groups of the sandbox's demo accounts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from awsops.testing import Result, Sandbox

RUN = ["recipe", "run", "error-spike-triage", "-p", "demo-staging"]


@pytest.fixture(autouse=True)
def seeded(awsops_sandbox: Sandbox) -> None:
    awsops_sandbox.renew()


def test_it_shows_when_where_and_what(awsops: Callable[..., Result]) -> None:
    result = awsops([*RUN, "-y"])
    assert result.exit_code == 0, result.stderr
    columns = list(dict.fromkeys(tuple(row) for row in result.rows))
    assert columns == [("time", "errors"), ("path", "status", "errors"), ("message", "errors")]


def test_each_query_says_what_it_scanned(awsops: Callable[..., Result]) -> None:
    result = awsops([*RUN, "-y"])
    assert result.stderr.count(" scanned, USD ") == 3


def test_a_group_without_errors_fails_the_check_and_is_named(
    awsops: Callable[..., Result],
) -> None:
    result = awsops([*RUN, "--set", "group=/demo/vpc-flow", "-y"])
    assert result.exit_code == 1
    assert "no line of /demo/vpc-flow has level ERROR in the last 3h" in result.stderr


def test_a_group_that_is_not_there_ends_it_with_the_nearest(awsops: Callable[..., Result]) -> None:
    result = awsops([*RUN, "--set", "group=/demo/orders-apj", "-y"])
    assert result.exit_code == 5
    assert "did you mean /demo/orders-api" in result.stderr


def test_a_query_that_scans_too_much_ends_it_before_the_next_one(
    awsops: Callable[..., Result],
) -> None:
    result = awsops([*RUN, "--set", "max_scan=1B", "-y"])
    assert result.exit_code == 1
    assert "not run: where, what" in result.stderr
