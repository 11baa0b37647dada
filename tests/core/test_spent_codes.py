"""Which codes AWS has taken: told for a minute, from a hash, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from awsops.credentials.session_cache import SessionCache
from awsops.credentials.spent_codes import SECONDS, SpentCodes
from awsops.testing import FakeClock

SERIAL = "arn:aws:iam::111111111111:mfa/me"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1_800_000_000.0)


@pytest.fixture
def codes(tmp_path: Path, clock: FakeClock) -> SpentCodes:
    return SpentCodes(tmp_path / "sessions", clock)


def test_a_code_is_known_for_as_long_as_a_device_may_show_it(
    codes: SpentCodes, clock: FakeClock
) -> None:
    codes.remember(SERIAL, "123456")
    clock.sleep(SECONDS)
    assert codes.seconds_since(SERIAL, "123456") == SECONDS
    clock.sleep(1)
    assert codes.seconds_since(SERIAL, "123456") is None


def test_another_code_and_another_device_are_not_known(codes: SpentCodes) -> None:
    codes.remember(SERIAL, "123456")
    assert codes.seconds_since(SERIAL, "123457") is None
    assert codes.seconds_since(f"{SERIAL}2", "123456") is None


def test_only_the_owner_may_read_it_and_the_code_is_not_in_it(
    codes: SpentCodes, tmp_path: Path
) -> None:
    codes.remember(SERIAL, "123456")
    [file] = (tmp_path / "sessions").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "123456" not in file.read_text()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"salt": 1, "digest": 2, "at": "x"}', "\0"])
def test_a_file_that_makes_no_sense_says_nothing(
    codes: SpentCodes, tmp_path: Path, text: str
) -> None:
    codes.remember(SERIAL, "123456")
    [file] = (tmp_path / "sessions").iterdir()
    file.write_text(text)
    assert codes.seconds_since(SERIAL, "123456") is None


def test_a_folder_that_cannot_be_made_is_no_trouble(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "file").write_text("")
    codes = SpentCodes(tmp_path / "file" / "sessions", clock)
    codes.remember(SERIAL, "123456")
    assert codes.seconds_since(SERIAL, "123456") is None


def test_what_is_old_is_cleared_away(codes: SpentCodes, tmp_path: Path) -> None:
    import os

    codes.remember(SERIAL, "123456")
    [file] = (tmp_path / "sessions").iterdir()
    os.utime(file, (0, 0))
    SessionCache(tmp_path / "sessions").prune()
    assert not file.exists()
