"""`awsops doctor`: each thing that can be wrong is said, with what to do about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.testing import FakeClock, Result

Cli = Callable[..., Result]


def said(result: Result, area: str) -> tuple[str, str, str]:
    """Status, finding and next step of the first line about an area that is not ok, or of any."""
    rows = [row for row in result.rows if row.get("area") == area]
    row = next((row for row in rows if row["status"] != "ok"), rows[0])
    return row["status"], row["finding"], row["next"]


def test_on_the_sandbox_nothing_is_wrong(awsops: Cli) -> None:
    result = awsops(["doctor"])
    assert result.exit_code == 0, result.stderr
    assert {row["status"] for row in result.rows} <= {"ok", "warning"}
    assert said(result, "profile demo-prod")[1] == "333333333333 user/demo, eu-west-1"


def test_every_line_that_is_not_ok_says_what_to_do(cli: Cli, loopback: Any) -> None:
    environ = {**loopback.accounts(["one"]), "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    Path(environ["AWS_SHARED_CREDENTIALS_FILE"]).chmod(0o644)
    wrong = [row for row in cli(["doctor"], environ).rows if row.get("status", "ok") != "ok"]
    assert {"aws credentials", "network"} <= {row["area"] for row in wrong}
    assert [row["area"] for row in wrong if not row["next"]] == []


def test_nobody_is_asked_for_a_code(awsops: Cli) -> None:
    result = awsops(["doctor", "mfa-*"], tty=True)
    assert result.exit_code == 0
    assert "asks for an MFA code" in result.stdout


def test_only_the_profiles_that_are_named_are_tried(cli: Cli, loopback: Any) -> None:
    cli(["doctor", "tw*"], loopback.accounts(["one", "two"]))
    assert [call.account for call in loopback.calls] == ["000000000002"]


def test_offline_asks_nothing(cli: Cli, loopback: Any) -> None:
    result = cli(["doctor", "--offline"], loopback.accounts(["one"]))
    assert (result.exit_code, loopback.calls) == (0, [])


def test_a_name_that_no_profile_has_is_an_error(cli: Cli, loopback: Any) -> None:
    assert cli(["doctor", "three"], loopback.accounts(["one"])).exit_code == 5


def test_a_refused_profile_is_an_error_of_its_own(cli: Cli, loopback: Any) -> None:
    loopback.answer = lambda call: (
        loopback.refusal(call, "InvalidClientTokenId", "unknown key", 403)
        if call.account.endswith("2")
        else loopback.usual(call)
    )
    result = cli(["doctor"], loopback.accounts(["one", "two"]))
    assert result.exit_code == 1
    assert said(result, "profile one")[0] == "ok"
    status, finding, step = said(result, "profile two")
    assert (status, finding) == ("error", "unknown key")
    assert "the key is unknown, inactive or mistyped" in step


def test_an_aws_that_is_not_reached_is_said_once_for_all(cli: Cli, loopback: Any) -> None:
    environ = {**loopback.accounts(["one"]), "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    result = cli(["doctor"], environ)
    status, _, step = said(result, "network")
    assert (result.exit_code, status) == (1, "error")
    assert "HTTPS_PROXY" in step


@pytest.mark.parametrize(
    ("ahead", "status"), [(2, "ok"), (-100, "warning"), (100, "warning"), (4000, "error")]
)
def test_a_clock_that_is_wrong_is_noticed(cli: Cli, loopback: Any, ahead: int, status: str) -> None:
    clock = FakeClock(time.time() + ahead)
    result = cli(["doctor"], loopback.accounts(["one"]), clock=clock)
    assert said(result, "clock")[0] == status


def test_a_profile_without_a_region_is_warned_of(cli: Cli, loopback: Any) -> None:
    environ = loopback.accounts(["one"])
    config = Path(environ["AWS_CONFIG_FILE"])
    config.write_text("[profile one]\n")
    assert "no region" in said(cli(["doctor"], environ), "profile one")[1]


def test_credentials_that_others_may_read_are_warned_of(cli: Cli, loopback: Any) -> None:
    environ = loopback.accounts(["one"])
    path = Path(environ["AWS_SHARED_CREDENTIALS_FILE"])
    path.chmod(0o644)
    status, _, step = said(cli(["doctor", "--offline"], environ), "aws credentials")
    assert (status, step) == ("warning", f"chmod 600 {path}")


def test_no_profile_at_all_is_a_beginning(cli: Cli) -> None:
    assert "awsops sandbox start" in said(cli(["doctor"]), "profiles")[2]


def test_a_broken_aws_file_is_an_error_and_the_rest_is_looked_at(cli: Cli, loopback: Any) -> None:
    environ = loopback.accounts(["one"])
    Path(environ["AWS_CONFIG_FILE"]).write_text("[profile one\nregion")
    result = cli(["doctor"], environ)
    assert (result.exit_code, said(result, "profiles")[0]) == (1, "error")
    assert said(result, "plugins")[0] == "ok"


def test_a_broken_config_is_warned_of(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / ".config/awsops/config.toml"
    path.parent.mkdir(parents=True)
    path.write_text("[defaults]\njobs = 0\n")
    assert said(cli(["doctor"]), "config")[2] == "awsops config edit"


def test_a_broken_plugin_is_an_error_that_names_it(
    cli: Cli, write_plugin: Callable[..., Path]
) -> None:
    path = write_plugin("torn", "raise RuntimeError('no')\n")
    result = cli(["doctor"])
    status, finding, step = said(result, "plugins")
    assert (result.exit_code, status) == (1, "error")
    assert "torn" in finding
    assert str(path) in step


def test_completion_is_missing_then_right_then_stale(cli: Cli, tmp_path: Path) -> None:
    environ = {"SHELL": "/bin/fish"}
    assert said(cli(["doctor"], environ), "completion")[2] == "awsops completion install"
    cli(["completion", "install"], environ)
    assert said(cli(["doctor"], environ), "completion")[0] == "ok"
    script = tmp_path / ".config/fish/completions/awsops.fish"
    script.write_text(script.read_text() + "# older\n")
    assert "older" in said(cli(["doctor"], environ), "completion")[1]


def test_crashes_of_late_are_counted(cli: Cli, tmp_path: Path) -> None:
    state = tmp_path / ".local/state/awsops"
    state.mkdir(parents=True)
    (state / "crash-1.log").touch()
    assert said(cli(["doctor"]), "crashes")[0] == "warning"


def test_a_run_that_never_ended_is_found(cli: Cli, tmp_path: Path) -> None:
    from awsops.events import Change
    from awsops.journal import Journal

    journal = Journal(tmp_path / ".local/state/awsops/journal.sqlite3", time.time)
    journal.begin_run("20260101-000000-abcd", "sqs redrive", [], time.time())
    journal.record_change("20260101-000000-abcd", "1", "r", "p", Change("redrive", "orders"))
    journal.close()
    status, _, step = said(cli(["doctor"]), "journal")
    assert (status, step) == ("warning", "awsops history show 20260101-000000-abcd")


def test_a_state_folder_that_cannot_be_made_is_an_error(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / ".local").touch()
    result = cli(["doctor"])
    assert (result.exit_code, said(result, "state")[0]) == (1, "error")
