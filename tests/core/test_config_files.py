"""Parsed config files: remembered by a run, and no run waits for another one of the process."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import botocore.configloader as loader
import pytest

from awsops.config_files import ConfigFiles
from awsops.testing import run


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "config"
    path.write_text("[profile one]\nregion = eu-west-1\n")
    return str(path)


def test_a_file_is_parsed_once_and_anew_when_it_changes(config: str) -> None:
    files = ConfigFiles()
    first = files.raw(config)
    assert files.raw(config) is first
    Path(config).write_text("[profile one]\nregion = eu-north-1\n")
    assert files.raw(config) == {"profile one": {"region": "eu-north-1"}}


def test_a_run_never_waits_for_what_another_run_reads(config: str) -> None:
    reading, release = threading.Event(), threading.Event()

    class SlowSession:
        @property
        def full_config(self) -> dict[str, Any]:
            reading.set()
            assert release.wait(30), "the other run has waited for this one"
            return dict(loader.load_config(config))

    first, second = ConfigFiles(), ConfigFiles()
    with ThreadPoolExecutor(1) as pool:
        session: Any = SlowSession()
        slow = pool.submit(first.full_config, session)
        assert reading.wait(30)
        assert second.raw(config) == {"profile one": {"region": "eu-west-1"}}
        release.set()
        assert slow.result()["profiles"] == {"one": {"region": "eu-west-1"}}


def test_botocores_parsers_are_its_own_again_in_whichever_order_runs_end() -> None:
    before = loader.raw_config_parse, loader.load_config
    first, second = ExitStack(), ExitStack()
    first.enter_context(ConfigFiles().parsed_once())
    assert loader.raw_config_parse is not before[0]
    with ThreadPoolExecutor(1) as pool:  # another thread, as runs have
        pool.submit(second.enter_context, ConfigFiles().parsed_once()).result()
        first.close()
        pool.submit(second.close).result()
    assert (loader.raw_config_parse, loader.load_config) == before


def test_other_code_of_the_process_is_not_answered_from_memory(config: str) -> None:
    with ConfigFiles().parsed_once(), ThreadPoolExecutor(1) as pool:
        known = loader.raw_config_parse(config)
        assert loader.raw_config_parse(config) is known
        assert pool.submit(loader.raw_config_parse, config).result() is not known


PLAIN = "[profile one]\nregion = eu-west-1\n"
UNREADABLE = {
    "latin-1": (b"# R\xe9gion\n" + PLAIN.encode(), "it is not UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf" + PLAIN.encode(), "it begins with a byte order mark"),
    "a profile twice": (2 * PLAIN.encode(), "line 3: [profile one] stands there a second time"),
    "a setting twice": (
        PLAIN.encode() + b"region = eu-north-1\n",
        "line 3: region stands there a second time",
    ),
    "no section": (b"not/a/secret/EXAMPLE = x\n", "line 1 comes before any [section]"),
    "a line that is none": (PLAIN.encode() + b"not/a/secret/EXAMPLE\n", "line 3"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_config_file_that_cannot_be_read_says_where_and_never_what_stands_there(
    tmp_path: Path, case: str
) -> None:
    content, said = UNREADABLE[case]
    (tmp_path / "config").write_bytes(content)
    environ = {"AWS_CONFIG_FILE": str(tmp_path / "config")}
    result = run(["creds", "whoami", "-p", "one"], environ=environ, home=tmp_path)
    assert result.exit_code == 2
    assert f"Unable to parse config file: {tmp_path}/config: {said}" in result.stderr
    assert "EXAMPLE" not in result.stderr + result.stdout
