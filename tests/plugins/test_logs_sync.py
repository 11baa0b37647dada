"""Saved queries as files: both sides follow each other, and neither loses what it had."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from awsops_plugins.logs.query_files import Query, decide, may_be_a_file
from hypothesis import given
from hypothesis import strategies as st

from awsops.testing import Result, Sandbox

Run = Callable[..., Result]
WHERE = ["-p", "demo-staging"]
TEXT = "fields @message\n| filter ms > 500"


@pytest.fixture(autouse=True)
def seeded(awsops_sandbox: Sandbox) -> None:
    awsops_sandbox.renew()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "queries"
    (found / "triage").mkdir(parents=True)
    return found


def sync(awsops: Run, folder: Path, *words: str) -> Result:
    return awsops(["logs", "queries-sync", str(folder), *WHERE, "-y", *words])


def save(awsops: Run, text: str, name: str = "triage/slow") -> None:
    assert awsops(["logs", "queries-save", name, text, *WHERE, "-y"]).exit_code == 0


def text(awsops: Run, name: str = "triage/slow") -> str:
    return awsops(["logs", "queries-show", name, *WHERE]).stdout.strip()


def test_a_new_file_is_saved_in_the_account_with_its_groups(awsops: Run, folder: Path) -> None:
    (folder / "triage/slow.cwli").write_text(f"# group: /demo/orders-api\n{TEXT}\n")
    result = sync(awsops, folder)
    assert {"name": "triage/slow", "change": "saved"} in result.rows, result.stderr
    listed = awsops(["logs", "queries", *WHERE]).rows
    assert [row["groups"] for row in listed if row["name"] == "triage/slow"] == [
        ["/demo/orders-api"]
    ]
    assert text(awsops) == TEXT


def test_a_new_query_of_the_account_becomes_a_file(awsops: Run, folder: Path) -> None:
    words = ["logs", "queries-save", "triage/slow", TEXT, "-g", "/demo/orders-api"]
    awsops([*words, *WHERE, "-y"])
    sync(awsops, folder)
    written = (folder / "triage/slow.cwli").read_text()
    assert written == f"# group: /demo/orders-api\n{TEXT}\n"


def test_the_second_sync_has_nothing_to_do(awsops: Run, folder: Path) -> None:
    save(awsops, TEXT)
    sync(awsops, folder)
    assert sync(awsops, folder).rows == []


def test_each_side_follows_the_one_that_changed(awsops: Run, folder: Path) -> None:
    save(awsops, TEXT)
    sync(awsops, folder)
    path = folder / "triage/slow.cwli"
    path.write_text("fields @timestamp\n")
    sync(awsops, folder)
    assert text(awsops) == "fields @timestamp"
    save(awsops, "fields path")
    sync(awsops, folder)
    assert path.read_text() == "fields path\n"


def test_a_change_on_both_sides_is_refused_and_nothing_changes(awsops: Run, folder: Path) -> None:
    save(awsops, TEXT)
    sync(awsops, folder)
    (folder / "triage/slow.cwli").write_text("fields a\n")
    (folder / "other.cwli").write_text("fields c\n")
    save(awsops, "fields b")
    result = sync(awsops, folder)
    assert (result.exit_code, "triage/slow" in result.stderr) == (2, True)
    assert (text(awsops), (folder / "triage/slow.cwli").read_text()) == ("fields b", "fields a\n")
    assert awsops(["logs", "queries-show", "other", *WHERE]).exit_code == 5


@pytest.mark.parametrize(("side", "left"), [("folder", "fields a"), ("account", "fields b")])
def test_a_conflict_goes_the_way_that_is_asked_for(
    awsops: Run, folder: Path, side: str, left: str
) -> None:
    (folder / "triage/slow.cwli").write_text("fields a\n")
    save(awsops, "fields b")
    sync(awsops, folder, "--prefer", side)
    assert text(awsops) == (folder / "triage/slow.cwli").read_text().strip() == left


def test_what_is_gone_goes_from_the_other_side_only_when_asked(awsops: Run, folder: Path) -> None:
    save(awsops, TEXT)
    sync(awsops, folder)
    (folder / "triage/slow.cwli").unlink()
    kept = sync(awsops, folder)
    assert "--delete" in kept.stderr
    assert text(awsops) == TEXT
    assert {"name": "triage/slow", "change": "removed"} in sync(awsops, folder, "--delete").rows


def test_undoing_a_sync_brings_the_accounts_text_back(awsops: Run, folder: Path) -> None:
    save(awsops, TEXT)
    sync(awsops, folder)
    (folder / "triage/slow.cwli").write_text("fields a\n")
    words = ["logs", "queries-sync", str(folder), *WHERE]
    (change,) = awsops([*words, "--dry-run"]).rows
    sync(awsops, folder)
    awsops([*shlex.split(change["undo"])[1:], *WHERE, "-y"])
    assert text(awsops) == TEXT


def test_a_rehearsal_changes_neither_side(awsops: Run, folder: Path) -> None:
    save(awsops, TEXT)
    awsops(["logs", "queries-sync", str(folder), *WHERE, "--dry-run"])
    assert list(folder.rglob("*.*")) == []


def test_a_side_that_is_not_to_change_stays(awsops: Run, folder: Path) -> None:
    save(awsops, TEXT)
    (folder / "mine.cwli").write_text("fields a\n")
    rows = sync(awsops, folder, "--to", "account").rows
    assert {"name": "mine", "change": "saved"} in rows
    assert not (folder / "triage/slow.cwli").exists()


def test_a_folder_that_is_not_there_is_refused(awsops: Run, folder: Path) -> None:
    assert sync(awsops, folder / "nowhere").exit_code == 2


@pytest.mark.parametrize("name", ["../up", "/etc", "a/../b", ".hidden", "a//b", "a\\b", "c:d"])
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    assert not may_be_a_file(name)


_SIDE = st.none() | st.builds(Query, st.sampled_from("abc"))


@given(file=_SIDE, there=_SIDE, agreed=_SIDE)
def test_only_an_unchanged_side_ever_gives_way(
    file: Query | None, there: Query | None, agreed: Query | None
) -> None:
    step = decide(file, there, agreed.digest if agreed else None)
    if step in ("save", "remove"):
        assert there == agreed
    elif step in ("write", "delete"):
        assert file == agreed
    else:
        assert step == ("agreed" if file == there else "conflict")
