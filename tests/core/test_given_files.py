"""A file that a person names and that cannot be read: which, why, and the one that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from awsops.errors import UsageError
from awsops.given_files import read_given


def refused(path: Path) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read_given(path, "--params")
    return caught.value


def test_the_text_comes_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("ä\r\nb".encode())
    assert read_given(tmp_path / "a") == "ä\r\nb"


def test_a_mistyped_file_gets_the_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").touch()
    error = refused(tmp_path / "parms.yaml")
    assert (
        error.message == f"--params {tmp_path}/parms.yaml cannot be read: No such file or directory"
    )
    assert error.hint == f"did you mean {tmp_path}/params.yaml?"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "no" / "file").hint == f"there is no folder {tmp_path}/no"


def test_a_file_like_no_other_is_said_to_be_missing(tmp_path: Path) -> None:
    assert refused(tmp_path / "xyz").hint == f"nothing in {tmp_path} is called so"


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    assert "Is a directory" in refused(tmp_path).message


def test_what_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff\xfe")
    assert "is not UTF-8" in refused(tmp_path / "a").message


def test_a_name_that_no_system_takes_is_an_error_of_its_own() -> None:
    assert "cannot be read" in refused(Path("a\0b")).message
