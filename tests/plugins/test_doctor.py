"""`awsops doctor`: each thing that can be wrong is said, with what to do about it."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
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


def config_of(home: Path, text: str = "") -> Path:
    path = home / ".config/awsops/config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_a_config_that_stops_every_command_is_an_error(cli: Cli, tmp_path: Path) -> None:
    config_of(tmp_path, "[defaults]\njobs = 0\n")
    result = cli(["doctor"])
    status, finding, step = said(result, "config")
    assert (result.exit_code, status) == (1, "error")
    assert "defaults.jobs must be" in finding
    assert step == "awsops config edit"


def test_an_unknown_key_is_warned_of(cli: Cli, tmp_path: Path) -> None:
    config_of(tmp_path, "[defaults]\njob = 1\n")
    result = cli(["doctor"])
    status, finding, step = said(result, "config")
    assert (status, step) == ("warning", "awsops config edit")
    assert "did you mean defaults.jobs?" in finding
    assert "did you mean" not in result.stderr  # told once


def test_a_config_that_others_may_write_protects_nothing(cli: Cli, tmp_path: Path) -> None:
    path = config_of(tmp_path)
    path.chmod(0o666)
    assert said(cli(["doctor"]), "config")[::2] == ("warning", f"chmod go-w {path}")


def test_a_config_that_is_a_link_to_nothing_is_not_taken_for_none(cli: Cli, tmp_path: Path) -> None:
    path = config_of(tmp_path)
    path.unlink()
    path.symlink_to(tmp_path / "gone")
    assert "gone, which is not there" in said(cli(["doctor"]), "config")[1]


def test_a_plugin_that_others_may_write_is_warned_of(
    cli: Cli, write_plugin: Callable[..., Path]
) -> None:
    path = write_plugin("mine", "def x(): pass\n")
    path.chmod(0o646)
    assert said(cli(["doctor"]), "plugins")[::2] == ("warning", f"chmod go-w {path}")


def test_a_journal_that_was_edited_is_an_error(cli: Cli, tmp_path: Path) -> None:
    import sqlite3

    path = journal_with_a_change(tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE entries SET body = '{}' WHERE seq = 1")
    result = cli(["doctor"])
    status, finding, step = said(result, "journal")
    assert (result.exit_code, status, step) == (1, "error", "awsops history verify")
    assert "entry 1 is not what was written" in finding


def test_a_journal_that_is_no_journal_is_an_error_with_a_way_out(cli: Cli, tmp_path: Path) -> None:
    path = journal_with_a_change(tmp_path)
    path.write_text("not a database, but long enough to be taken for one" * 100)
    status, _, step = said(cli(["doctor"]), "journal")
    assert status == "error"
    assert "move it away" in step


def test_a_cache_that_is_a_file_is_an_error(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache/awsops").touch()
    assert said(cli(["doctor"]), "cache")[1].endswith(".cache/awsops is no folder")


def test_sessions_that_others_may_read_or_nobody_can_are_warned_of(
    cli: Cli, tmp_path: Path
) -> None:
    from awsops.credentials.session_cache import SUFFIX

    folder = tmp_path / ".cache/awsops/sessions"
    folder.mkdir(parents=True, mode=0o755)
    folder.chmod(0o755)
    (folder / f"cut{SUFFIX}").write_text("{")
    rows = [row for row in cli(["doctor"]).rows if row.get("area") == "sessions"]
    assert [row["next"] for row in rows] == [f"chmod 700 {folder}", f"rm {folder}/cut{SUFFIX}"]


AWS_FILES = {
    "a loop of sources": (
        "[profile one]\nrole_arn = {role}\nsource_profile = two\n"
        "[profile two]\nrole_arn = {role}\nsource_profile = one\n",
        "error",
        "break the loop",
    ),
    "a source that is not there": (
        "[profile one]\nrole_arn = {role}\nsource_profile = gone\n",
        "error",
        "mend the profile",
    ),
    "a program that fails": (
        "[profile one]\ncredential_process = /bin/false\n",
        "error",
        "run the profile's credential_process by hand",
    ),
    "no keys": ("[profile one]\nregion = eu-west-1\n", "error", "awsops creds chain -p one"),
    "not signed in": (
        "[profile one]\nsso_session = corp\nsso_account_id = 111111111111\n"
        "sso_role_name = ReadOnly\nregion = eu-west-1\n"
        "[sso-session corp]\nsso_start_url = https://corp.example.com/start\n"
        "sso_region = eu-west-1\n",
        "warning",
        "awsops auth login -p one",
    ),
}


@pytest.mark.parametrize(("text", "status", "step"), AWS_FILES.values(), ids=AWS_FILES)
def test_a_profile_that_cannot_sign_says_what_to_do_and_blames_no_network(
    cli: Cli, loopback: Any, tmp_path: Path, text: str, status: str, step: str
) -> None:
    config = tmp_path / "aws-config"
    config.write_text(text.format(role="arn:aws:iam::111111111111:role/ops"))
    environ = {"AWS_CONFIG_FILE": str(config), "AWS_ENDPOINT_URL": loopback.url}
    result = cli(["doctor"], environ)
    told = said(result, "profile one")
    assert told[0] == status, told
    assert step in told[2]
    assert "network" not in {row.get("area") for row in result.rows}


def test_an_expired_session_is_to_be_renewed_and_nothing_is_wrong(cli: Cli, loopback: Any) -> None:
    loopback.answer = lambda call: loopback.refusal(call, "ExpiredToken", "it has expired", 403)
    result = cli(["doctor"], loopback.accounts(["one"]))
    assert said(result, "profile one")[::2] == (
        "warning",
        "the session has expired: renew it: awsops auth login -p one",
    )
    assert said(result, "network")[0] == "ok"


@pytest.fixture
def nobody_home() -> Iterator[str]:
    """The URL of a host whose connections are never taken: its queue is full."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_profiles_whose_host_does_not_answer_hold_up_nobody(
    cli: Cli, loopback: Any, nobody_home: str
) -> None:
    environ = loopback.accounts(["one", "two", "six"])
    url = environ.pop("AWS_ENDPOINT_URL")
    Path(environ["AWS_CONFIG_FILE"]).write_text(
        f"[profile one]\nregion = eu-west-1\nendpoint_url = {url}\n"
        f"[profile two]\nregion = eu-west-1\nendpoint_url = {nobody_home}\n"
        f"[profile six]\nregion = eu-west-1\nendpoint_url = {nobody_home}\n"
    )
    result = cli(["doctor"], environ)
    assert said(result, "profile one")[0] == "ok"
    assert "did not answer within 0.9 s" in said(result, "profile two")[1]
    assert "did not answer within 0.9 s" in said(result, "profile six")[1]
    assert said(result, "network")[1] == "AWS answered 1 of 3 profiles"


def test_a_host_that_nobody_knows_is_named(
    cli: Cli, loopback: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(host: str, *_: Any, **__: Any) -> Any:  # as a resolver says it, and without one
        raise socket.gaierror(socket.EAI_NONAME, f"Name or service not known: {host}")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    environ = {**loopback.accounts(["one"]), "AWS_ENDPOINT_URL": "http://awsops.invalid:80"}
    assert "awsops.invalid is not known here" in said(cli(["doctor"], environ), "profile one")[1]


def test_a_proxy_that_refuses_is_told_from_aws(cli: Cli, loopback: Any) -> None:
    environ = loopback.accounts(["one"])
    environ |= {"AWS_ENDPOINT_URL": "http://aws.example.com", "HTTP_PROXY": "http://127.0.0.1:9"}
    status, finding, step = said(cli(["doctor"], environ), "profile one")
    assert status == "error"
    assert "proxy" in finding
    assert "HTTPS_PROXY" in step


@pytest.mark.parametrize(
    ("version", "status"), [((3, 10, 9), "error"), ((3, 11, 7), "warning"), ((3, 14, 0), "ok")]
)
def test_a_python_that_is_too_old_or_gets_no_fixes_is_named(
    version: tuple[int, int, int], status: str
) -> None:
    from awsops_plugins.doctor.machine import judge_python

    assert judge_python(version, now=datetime(2028, 1, 1, tzinfo=UTC).timestamp()).status == status


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


def journal_with_a_change(home: Path) -> Path:
    """A journal with a run that never ended."""
    from awsops.events import Change
    from awsops.journal import Journal

    path = home / ".local/state/awsops/journal.sqlite3"
    journal = Journal(path, time.time)
    journal.begin_run("20260101-000000-abcd", "sqs redrive", [], time.time())
    journal.record_change("20260101-000000-abcd", "1", "r", "p", Change("redrive", "orders"))
    journal.close()
    return path


def test_a_run_that_never_ended_is_found(cli: Cli, tmp_path: Path) -> None:
    journal_with_a_change(tmp_path)
    status, _, step = said(cli(["doctor"]), "journal")
    assert (status, step) == ("warning", "awsops history show 20260101-000000-abcd")


def test_a_state_folder_that_cannot_be_made_is_an_error(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / ".local").touch()
    result = cli(["doctor"])
    assert (result.exit_code, said(result, "state")[0]) == (1, "error")


def test_a_host_that_takes_the_call_and_says_nothing_is_not_waited_for_on_and_on(
    cli: Cli, loopback: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environ = loopback.accounts(["one", "two"])
        environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        result = cli(["doctor"], environ)
    status, finding, step = said(result, "profile two")
    assert (status, step) == ("warning", "awsops creds whoami -p two -v")
    assert re.fullmatch(r"no answer within [2-7] s", finding)
