"""Files that are replaced in one step: the old one or the new one, whoever reads, whatever dies."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from awsops_plugins.auth.sso_tokens import keep_token
from awsops_plugins.ecr.auth_files import install_helper
from awsops_plugins.logs.export_files import Piece, write_manifest, write_piece
from awsops_plugins.logs.query_files import Agreed, Query, write_file

from awsops.atomic_files import (
    ANYBODY,
    OWNER_ONLY,
    private_folder,
    replace_file,
    write_private,
    written_beside,
)
from awsops.completion.names import Name, NameCache
from awsops.completion.placing import MARK, write_script
from awsops.completion.question import Question
from awsops.config_writing import replace as write_config
from awsops.credentials.session_cache import Session, SessionCache
from awsops.credentials.shared_file import change_profile
from awsops.credentials.spent_codes import SpentCodes
from awsops.records import RunRecord
from awsops.sandbox.profiles import write_profiles

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes and folders of POSIX")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _usual_umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


@POSIX
def test_a_new_file_is_its_owners_alone_from_its_first_byte(tmp_path: Path) -> None:
    with written_beside(tmp_path / "kept" / "token", "EXAMPLE") as beside:
        assert mode(beside) == OWNER_ONLY
        assert mode(beside.parent) == 0o700


@POSIX
def test_a_private_file_that_anybody_could_read_is_private_again(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text(), mode(path)) == ("new", OWNER_ONLY)


@POSIX
@pytest.mark.parametrize("kept", [0o600, 0o640, 0o664])
def test_a_replaced_file_keeps_its_mode(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "config"
    path.write_text("old")
    path.chmod(kept)
    replace_file(path, "new", new_mode=ANYBODY)
    assert (path.read_text(), mode(path)) == ("new", kept)


@POSIX
@pytest.mark.skipif(os.name == "posix" and os.getuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("write", [write_private, lambda p, t: replace_file(p, t, new_mode=0o600)])
def test_under_sudo_a_file_stays_its_owners(
    tmp_path: Path, write: Callable[[Path, str], None]
) -> None:
    path = tmp_path / "credentials"
    path.write_text("old")
    os.chown(path, 12_345, 23_456)
    write(path, "new")
    assert (path.stat().st_uid, path.stat().st_gid) == (12_345, 23_456)
    assert path.read_text() == "new"


@POSIX
@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_private_folder_is_its_owners_alone_and_so_are_those_made_above_it(
    tmp_path: Path, umask: int
) -> None:
    os.umask(umask)
    private_folder(tmp_path / "state" / "awsops" / "sqs")
    found = [tmp_path / "state", tmp_path / "state/awsops", tmp_path / "state/awsops/sqs"]
    assert [mode(folder) for folder in found] == [0o700] * 3


@POSIX
def test_a_file_that_was_not_there_follows_the_umask(tmp_path: Path) -> None:
    os.umask(0o027)
    replace_file(tmp_path / "config", b"new", new_mode=ANYBODY)
    assert mode(tmp_path / "config") == 0o640


def test_what_the_check_refuses_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("old")

    def refuse(beside: Path) -> None:
        raise ValueError(beside.read_text())

    with pytest.raises(ValueError, match="new"):
        replace_file(path, "new", new_mode=ANYBODY, check=refuse)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["config"]


def test_a_file_that_cannot_take_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "token" / "full").mkdir(parents=True)
    with pytest.raises(OSError, match="token"):
        write_private(tmp_path / "token", "new")
    assert os.listdir(tmp_path) == ["token"]


def test_a_killed_writers_file_goes_once_it_cannot_be_one_that_is_being_written(
    tmp_path: Path,
) -> None:
    with written_beside(tmp_path / "token", "") as beside:
        name = beside.name
    dead, alive = tmp_path / f"{name}-dead", tmp_path / f"{name}-alive"
    for path in (dead, alive):
        path.write_text("half")
    os.utime(dead, (1, 1))
    write_private(tmp_path / "token", "new")
    assert sorted(os.listdir(tmp_path)) == sorted([alive.name, "token"])


_WRITER = """
import sys
from pathlib import Path
from awsops.atomic_files import replace_file
for turn in range(1_000_000):
    replace_file(Path(sys.argv[1]), f"{turn:>9}" * 10_000, new_mode=0o600)
    print("written", flush=True)
"""


@POSIX
def test_whoever_is_killed_while_writing_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for written in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for _ in range(written + 1):
                assert writer.stdout.readline() == "written\n"
            writer.kill()
        text = path.read_text()
        assert text == text[:9] * 10_000


def _keep_session(folder: Path) -> None:
    session = Session("mfa", "0" * 32, "p", "1" * 12, "arn", None, "key", "secret", "token", 9e9)
    SessionCache(folder).put(session)


def _write_piece(folder: Path) -> None:
    piece = Piece("group", "arn", 0, 9, "group/0.ndjson")
    write_piece(folder, piece, [[{"timestamp": 1, "message": "m"}]], gzip=False)


def _rewrite_record(folder: Path) -> None:
    record = RunRecord.begin(folder, "run", {}, keep_seconds=9.0)
    record.rewrite([{"done": 1}])
    record.close(finished=False)


WRITERS: dict[str, Callable[[Path], object]] = {
    "credentials file": lambda folder: change_profile(folder / "credentials", "p", {"a": "b"}),
    "config.toml": lambda folder: write_config(folder / "config.toml", b""),
    "session": _keep_session,
    "spent code": lambda folder: SpentCodes(folder, lambda: 0.0).remember("serial", "000000"),
    "SSO token": lambda folder: keep_token(folder / "token.json", {}),
    "docker's config": lambda folder: install_helper(folder / "config.json", ["host"], "ecr"),
    "completion script": lambda folder: write_script(folder / "awsops", f"# {MARK}"),
    "names for Tab": lambda folder: NameCache(folder, {}).write(Question("sqs:queue"), [Name("q")]),
    "query": lambda folder: write_file(folder, "q", Query("fields @message", "CWLI", ()), None),
    "what queries agree on": lambda folder: Agreed(folder, "1", "r").note(
        "q", Query("fields @message", "CWLI", ())
    ),
    "sandbox's profiles": lambda folder: write_profiles(folder, "http://127.0.0.1:1"),
    "piece of an export": _write_piece,
    "manifest of an export": lambda folder: write_manifest(folder, {}),
    "record of a run": _rewrite_record,
}


@POSIX
@pytest.mark.parametrize("name", WRITERS)
def test_a_power_cut_finds_the_old_file_or_the_new_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file has its name only once its bytes are on the disk, and the folder follows."""
    told: list[tuple[str, int]] = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        told.append(("synced", os.fstat(descriptor).st_ino))

    def replaced(source: Path, target: Path) -> None:
        told.append(("renamed", os.stat(source).st_ino))
        replace(source, target)
        told.append(("in", os.stat(os.path.dirname(target)).st_ino))

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    WRITERS[name](tmp_path)
    renames = [place for place, (what, _) in enumerate(told) if what == "renamed"]
    assert renames
    for place in renames:
        assert ("synced", told[place][1]) in told[:place]
        assert told[place + 2] == ("synced", told[place + 1][1])
