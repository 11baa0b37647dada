"""Saved queries of an account: saved, replaced and removed, each with its way back."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest

from awsops.testing import Result, Sandbox

NAME = "triage/slow"
FIRST = "fields @message\n| filter ms > 500"
WHERE = ["-p", "demo-staging"]
SAVE = ["logs", "queries-save", NAME, FIRST, "-g", "/demo/orders-api", *WHERE, "-y"]


@pytest.fixture(autouse=True)
def seeded(awsops_sandbox: Sandbox) -> None:
    awsops_sandbox.renew()


def saved(awsops: Callable[..., Result]) -> list[tuple[str, list[str]]]:
    rows = awsops(["logs", "queries", *WHERE]).rows
    return [(row["name"], row["groups"]) for row in rows if row["origin"] == "account"]


def text(awsops: Callable[..., Result]) -> str:
    return awsops(["logs", "queries-show", NAME, *WHERE]).stdout.strip()


def undo_of(awsops: Callable[..., Result], *words: str) -> list[str]:
    (change,) = awsops([*words, *WHERE, "--dry-run"]).rows
    return shlex.split(change["undo"])[1:]


def test_a_saved_query_is_listed_with_its_groups(awsops: Callable[..., Result]) -> None:
    result = awsops(SAVE)
    assert result.exit_code == 0, result.stderr
    assert (NAME, ["/demo/orders-api"]) in saved(awsops)


def test_a_rehearsed_save_saves_nothing(awsops: Callable[..., Result]) -> None:
    before = saved(awsops)
    awsops([*SAVE, "--dry-run"])
    assert saved(awsops) == before


def test_undoing_a_replacement_brings_the_old_text_back(awsops: Callable[..., Result]) -> None:
    awsops(SAVE)
    undo = undo_of(awsops, "logs", "queries-save", NAME, "fields @message")
    awsops(["logs", "queries-save", NAME, "fields @message", *WHERE, "-y"])
    assert text(awsops) == "fields @message"
    awsops([*undo, "-y"])
    assert text(awsops) == FIRST


def test_undoing_a_removal_brings_text_and_groups_back(awsops: Callable[..., Result]) -> None:
    awsops(SAVE)
    before = saved(awsops)
    undo = undo_of(awsops, "logs", "queries-rm", NAME)
    awsops(["logs", "queries-rm", NAME, *WHERE, "-y"])
    assert NAME not in [name for name, _ in saved(awsops)]
    awsops([*undo, "-y"])
    assert saved(awsops) == before


def test_removing_what_is_not_there_names_the_nearest(awsops: Callable[..., Result]) -> None:
    awsops(SAVE)
    result = awsops(["logs", "queries-rm", "triage/slwo", *WHERE, "-y"])
    assert result.exit_code == 5
    assert f"did you mean {NAME}" in result.stderr
