"""Commands from Python: rows, plans and errors, and a journal that knows of them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from awsops.api import ExitCode, Said, UsageError, run_command
from awsops.testing import Sandbox, run

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def on_sandbox(awsops_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**awsops_sandbox.environ, "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)


def test_rows_come_back_as_the_json_format_has_them(
    awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    line = ["sqs", "ls", "orders*", "-p", "demo-*", "-o", "json"]
    shown = run(line, environ=awsops_sandbox.environ, home=tmp_path)
    outcome = run_command("sqs", "ls", {"pattern": "orders*"}, profile="demo-*")
    assert list(outcome.rows) == shown.rows
    assert outcome.exit_code is ExitCode.OK


def test_nothing_is_written_to_the_streams(capfd: pytest.CaptureFixture[str]) -> None:
    run_command("sqs", "ls", profile=["demo-dev", "demo-prod"])
    assert capfd.readouterr() == ("", "")


def test_a_dry_run_gives_its_plan_and_changes_nothing() -> None:
    letter = {"queue": "orders.fifo", "body": "x", "group_id": "g", "dedup_id": "d"}
    outcome = run_command("sqs", "send", letter, profile="demo-dev", dry_run=True)
    assert [change.action for change in outcome.plans[0].changes] == ["send"]
    assert outcome.rows == ()


def test_a_change_without_yes_is_refused() -> None:
    with pytest.raises(UsageError, match="needs a confirmation"):
        run_command("sqs", "send", {"queue": "orders", "body": "x"}, profile="demo-dev")


def test_a_change_stands_in_the_journal(awsops_sandbox: Sandbox, tmp_path: Path) -> None:
    letter = {"queue": "orders", "body": "hello"}
    assert run_command("sqs", "send", letter, profile="demo-dev", yes=True).rows[0]["message_id"]
    listed = run(["history", "ls"], environ=awsops_sandbox.environ, home=tmp_path)
    assert [row["command"] for row in listed.rows] == ["sqs send"]


def test_an_error_of_one_target_is_told_and_the_others_go_on() -> None:
    said: list[Said] = []
    outcome = run_command(
        "sqs", "peek", {"queue": "nothing-like-it"}, profile="demo-dev", on_said=said.append
    )
    assert outcome.exit_code is ExitCode.NOT_FOUND
    assert [error.code for error in outcome.errors] != []
    assert [(each.target, each.level) for each in said] == [("demo-dev/eu-west-1", "error")]


@pytest.mark.parametrize(
    ("noun", "verb", "params", "said"),
    [
        ("sqz", "ls", {}, "unknown command 'sqz'"),
        ("sqs", "sl", {}, "unknown sqs command 'sl'"),
        ("sqs", "ls", {"patern": "x"}, "unknown sqs ls parameter 'patern'"),
        ("sqs", "peek", {"queue": "x", "count": 0}, "count"),
    ],
)
def test_what_is_mistyped_is_raised(
    noun: str, verb: str, params: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        run_command(noun, verb, params, profile="demo-dev")


def test_an_unknown_profile_is_raised() -> None:
    with pytest.raises(UsageError, match="does not exist"):
        run_command("creds", "whoami", profile="nobody")


def _depth(profile: str) -> object:
    rows = run_command("sqs", "ls", {"pattern": "orders-dlq"}, profile=profile).rows
    return [row["url"] for row in rows]


def test_many_runs_at_once_in_threads_each_answer_for_their_own_profile() -> None:
    profiles = ["demo-dev", "demo-staging", "demo-prod", "ops-staging", "ops-prod"] * 3
    one_by_one = {profile: _depth(profile) for profile in set(profiles)}
    with ThreadPoolExecutor(5) as pool:
        together = list(pool.map(_depth, profiles))
    assert together == [one_by_one[profile] for profile in profiles]


def test_runs_go_well_with_asyncio() -> None:
    async def everywhere() -> list[object]:
        profiles = ("demo-dev", "demo-prod")
        return await asyncio.gather(*(asyncio.to_thread(_depth, name) for name in profiles))

    assert asyncio.run(everywhere()) == [_depth("demo-dev"), _depth("demo-prod")]


def test_a_command_about_awsops_itself_runs_too() -> None:
    nouns = {row["noun"] for row in run_command("plugin", "ls").rows}
    assert "sqs" in nouns


def test_the_code_of_the_page_works() -> None:
    page = (ROOT / "docs/library.md").read_text()
    reading, changing = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(reading, "docs/library.md", "exec"), {})
    assert "111111111111 orders-dlq" in out.getvalue()
    exec(compile(changing, "docs/library.md", "exec"), {})
