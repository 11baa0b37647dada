"""The credentials file: one profile changed, the rest byte for byte the same, never half a file."""

from __future__ import annotations

import configparser
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsops.credentials.shared_file import change_profile, changed
from awsops.errors import AwsopsError, UsageError

KEYS = {
    "aws_access_key_id": "ASIATEST",
    "aws_secret_access_key": "EXAMPLE",
    "aws_session_token": "token",
}
MINE = """# my keys, do not touch
[default]
aws_access_key_id = AKIATEST
aws_secret_access_key = EXAMPLE
; a comment
[work]
aws_access_key_id=OLD
  continued
aws_security_token = old
unknown_key = stays
# the end of work

[last]
region = eu-west-1
"""


def test_a_profile_is_changed_in_its_place_and_keeps_what_is_not_a_key(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text(MINE)
    change_profile(path, "work", KEYS)
    assert path.read_text() == (
        "# my keys, do not touch\n[default]\naws_access_key_id = AKIATEST\n"
        "aws_secret_access_key = EXAMPLE\n; a comment\n[work]\naws_access_key_id = ASIATEST\n"
        "aws_secret_access_key = EXAMPLE\naws_session_token = token\nunknown_key = stays\n"
        "# the end of work\n\n[last]\nregion = eu-west-1\n"
    )


def test_a_new_profile_is_added_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text(MINE)
    change_profile(path, "new", KEYS)
    after = path.read_text()
    assert after.startswith(MINE)
    assert after[len(MINE) :].startswith("\n[new]\naws_access_key_id = ASIATEST\n")


def test_a_missing_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / ".aws" / "credentials"
    change_profile(path, "new", KEYS)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_symlink_and_the_mode_stay(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "credentials"
    real.parent.mkdir()
    real.write_text(MINE)
    real.chmod(0o640)
    link = tmp_path / "credentials"
    link.symlink_to(real)
    change_profile(link, "new", KEYS)
    assert link.is_symlink()
    assert "[new]" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


def test_windows_line_ends_stay(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_bytes(MINE.replace("\n", "\r\n").encode())
    change_profile(path, "work", KEYS)
    content = path.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")


@pytest.mark.parametrize("name", ["", " ", "a]b", "a\nb", " padded", "a[b", "nul\0", "DEFAULT"])
def test_a_name_that_the_file_cannot_hold_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "credentials"
    path.write_text(MINE)
    with pytest.raises(UsageError):
        change_profile(path, name, KEYS)
    assert path.read_text() == MINE


def test_a_value_with_a_line_break_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text(MINE)
    with pytest.raises(UsageError, match="line break"):
        change_profile(path, "new", {"aws_session_token": "a\n[default]\nx = y"})
    assert path.read_text() == MINE


def test_a_folder_that_cannot_be_written_leaves_everything(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AwsopsError, match="cannot be written"):
        change_profile(tmp_path / "file" / "credentials", "new", KEYS)


_NAMES = st.text(st.sampled_from("abcXYZ-_. @:/"), min_size=1, max_size=8).filter(
    lambda name: name == name.strip()
)
_TEXT = st.text(st.sampled_from("ab =:#;'\"%$\\/+"), max_size=12)


@given(
    sections=st.dictionaries(
        _NAMES, st.dictionaries(st.sampled_from("abcd"), _TEXT, max_size=3), max_size=4
    ),
    name=_NAMES,
    comments=st.lists(st.sampled_from(["# c\n", "\n", "; d = e\n"]), max_size=3),
)
def test_every_other_profile_stays_byte_for_byte(
    sections: dict[str, dict[str, str]], name: str, comments: list[str]
) -> None:
    parts = {
        section: f"[{section}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items())
        for section, keys in sections.items()
    }
    before = "".join(comments) + "".join(parts.values())
    after = changed(before.encode(), name, KEYS).decode()
    assert after.startswith("".join(comments))
    for section, text in parts.items():
        if section != name:
            assert text in after
    parser = configparser.RawConfigParser(default_section="\0", strict=False)
    parser.read_string(after)
    assert dict(parser[name]).items() >= KEYS.items()
    assert changed(after.encode(), name, KEYS).decode() == after


_WRITER = (
    "import sys\nfrom pathlib import Path\n"
    "from awsops.credentials.shared_file import change_profile\n"
    "for turn in range(int(sys.argv[3])):\n"
    "    change_profile(Path(sys.argv[1]), sys.argv[2], {'aws_access_key_id': 'K' * 2000,\n"
    "        'aws_secret_access_key': 'EXAMPLE' + str(turn)})\n"
)


def _writer(path: Path, name: str, turns: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _WRITER, str(path), name, str(turns)])


def _whole(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(default_section="\0")
    parser.read_string(path.read_text())
    for section in parser.sections():
        if section.startswith("writer"):
            assert parser[section]["aws_access_key_id"] == "K" * 2000
            assert parser[section]["aws_secret_access_key"].startswith("EXAMPLE")
    assert parser["default"]["aws_secret_access_key"] == "EXAMPLE"
    return parser


def test_many_writers_at_once_lose_nobodys_profile(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text(MINE)
    count = int(os.environ.get("AWSOPS_TEST_SCALE", "12"))
    writers = [_writer(path, f"writer-{number}", 3) for number in range(count)]
    assert [writer.wait(120) for writer in writers] == [0] * count
    assert len([s for s in _whole(path).sections() if s.startswith("writer")]) == count
    assert sorted(p.name for p in tmp_path.iterdir()) == ["credentials", "credentials.lock"]


def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text(MINE)
    for number in range(int(os.environ.get("AWSOPS_TEST_SCALE", "8"))):
        before = path.read_text()
        writer = _writer(path, "writer", 100_000)
        while path.read_text() == before:  # killed while it writes, not before
            assert writer.poll() is None
            time.sleep(0.003)
        time.sleep(0.003 * number)  # at another moment each time
        writer.send_signal(signal.SIGKILL)
        assert writer.wait() == -signal.SIGKILL
        assert "writer" in _whole(path).sections()
    change_profile(path, "after", KEYS)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["credentials", "credentials.lock"]


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text(MINE)
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "sys.dont_write_bytecode = True\n"  # it would be cut short as well
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))\n"
        "from pathlib import Path\nfrom awsops.errors import AwsopsError\n"
        "from awsops.credentials.shared_file import change_profile\n"
        "try:\n    change_profile(Path(sys.argv[1]), 'new', {'aws_session_token': 't' * 900})\n"
        "except AwsopsError:\n    sys.exit(7)\n"
    )
    # -B: bytecode that is cut off is kept by Python 3.11, and no process could import it any more.
    done = subprocess.run([sys.executable, "-B", "-c", script, str(path)], check=False)
    assert done.returncode == 7
    assert path.read_text() == MINE
    assert sorted(p.name for p in tmp_path.iterdir()) == ["credentials", "credentials.lock"]


def test_long_term_keys_are_not_overwritten_by_a_session(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text(MINE)
    with pytest.raises(UsageError, match="long-term keys"):
        change_profile(path, "default", KEYS, spare_long_term=True)
    assert path.read_text() == MINE
    change_profile(path, "new", KEYS, spare_long_term=True)
    change_profile(path, "new", KEYS, spare_long_term=True)  # a session takes a session's place
    assert path.read_text().count("[new]") == 1
