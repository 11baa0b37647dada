import json
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from awsops import sandbox
from awsops.sandbox import client, lifecycle
from awsops.sandbox.lifecycle import SandboxInfo


@pytest.fixture
def start(tmp_path):
    """`sandbox.start` in a folder of its own; what it starts ends with the test."""
    started = []

    def run(name="default", **options):
        options = {"seed": False, "parent_pid": os.getpid(), **options}
        info = sandbox.start(tmp_path, name, **options)
        started.append(name)
        return info

    yield run
    for name in started:
        sandbox.stop(tmp_path, name)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def eventually(condition) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_importing_the_package_loads_no_server_library():
    code = (
        "import sys, awsops.sandbox;"
        "print([m for m in ('moto', 'werkzeug', 'flask', 'botocore', 'boto3', 'http.client')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_started_sandbox_answers_and_is_listed(start, tmp_path):
    info = start()
    assert client.request(info.port, "GET", "health")["instance"] == info.instance
    assert sandbox.status(tmp_path) == [info]
    assert sandbox.find(tmp_path, "default") == info
    assert [account.profile for account in info.accounts] == [
        "demo-dev",
        "demo-staging",
        "demo-prod",
    ]


def test_several_run_at_once_on_ports_of_their_own(start, tmp_path):
    first, second = start("one"), start("two")
    assert first.port != second.port
    assert [info.name for info in sandbox.status(tmp_path)] == ["one", "two"]
    assert sandbox.stop(tmp_path, "one") is True
    assert sandbox.status(tmp_path) == [second]


def test_starting_a_running_name_returns_it(start):
    assert start() == start()


def test_stopping_ends_the_process_and_twice_is_no_error(start, tmp_path):
    info = start()
    assert sandbox.stop(tmp_path, "default") is True
    assert gone(info.pid)
    assert sandbox.stop(tmp_path, "default") is False
    assert sandbox.status(tmp_path) == []


def test_a_name_that_never_ran_is_not_found(tmp_path):
    assert sandbox.find(tmp_path, "ghost") is None
    assert sandbox.find(tmp_path, "../ghost") is None
    assert sandbox.stop(tmp_path, "ghost") is False


def test_a_name_that_is_a_path_is_refused(start):
    with pytest.raises(ValueError, match="sandbox name"):
        start("../outside")


def write_state(folder: Path, **changes) -> Path:
    home = folder / "default"
    home.mkdir()
    state = {
        "name": "default",
        "pid": os.getpid(),
        "port": 1,
        "endpoint": "http://127.0.0.1:1",
        "started_at": 0.0,
        "folder": str(home),
        "chaos": "",
        "accounts": [],
        "instance": "another",
    }
    path = home / "state.json"
    path.write_text(json.dumps({**state, **changes}))
    return path


def test_the_state_of_a_dead_server_is_cleaned_up(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = write_state(tmp_path, port=port)
    assert sandbox.status(tmp_path) == []
    assert not path.exists()


def test_a_pid_and_port_taken_over_by_another_process_are_left_alone(start, tmp_path):
    stranger = start("stranger")
    write_state(tmp_path, pid=stranger.pid, port=stranger.port)
    assert sandbox.stop(tmp_path, "default") is False
    assert sandbox.find(tmp_path, "stranger") == stranger


def test_a_port_that_speaks_something_else_is_no_sandbox(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        write_state(tmp_path, port=other.getsockname()[1])
        other.close()
        assert sandbox.find(tmp_path, "default") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "default"}'])
def test_a_damaged_state_file_counts_as_none(start, tmp_path, text):
    home = tmp_path / "default"
    home.mkdir()
    (home / "state.json").write_text(text)
    assert sandbox.status(tmp_path) == []
    assert start().name == "default"


def test_a_server_killed_from_outside_can_be_started_again(start):
    first = start()
    os.kill(first.pid, 9)
    assert eventually(lambda: not lifecycle._answers(first))
    second = start()
    assert second.instance != first.instance


def test_a_server_that_dies_at_start_says_why(start):
    taken = start("one")
    with pytest.raises(sandbox.SandboxStartError, match="in use") as failure:
        start("two", port=taken.port)
    assert "server.log" in failure.value.hint


def test_bad_chaos_is_refused_before_anything_starts(start, tmp_path):
    with pytest.raises(ValueError, match="unknown key 'thortle'"):
        start(chaos="thortle=1")
    assert not list(tmp_path.iterdir())


def test_without_moto_the_hint_is_the_extra(start, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(sandbox.SandboxUnavailableError, match="moto") as failure:
        start()
    assert failure.value.hint == "pip install 'awsops[sandbox]'"


def test_it_ends_with_the_process_it_was_started_for(start, tmp_path):
    code = (
        "import os, pathlib, sys; from awsops import sandbox;"
        "print(sandbox.start(pathlib.Path(sys.argv[1]), seed=False, parent_pid=os.getpid()).pid)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert eventually(lambda: gone(int(done.stdout)))


def test_it_outlives_the_process_that_started_it_otherwise(tmp_path):
    code = (
        "import pathlib, sys; from awsops import sandbox;"
        "sandbox.start(pathlib.Path(sys.argv[1]), seed=False, lifetime=60)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert sandbox.find(tmp_path, "default") is not None
    assert sandbox.stop(tmp_path, "default") is True


def test_it_ends_when_its_lifetime_is_over(start):
    info = start(lifetime=0.2)
    assert eventually(lambda: not lifecycle._answers(info))


def test_starts_at_the_same_moment_share_one_server(tmp_path):
    code = (
        "import pathlib, sys; from awsops import sandbox;"
        "print(sandbox.start(pathlib.Path(sys.argv[1]), seed=False, lifetime=60).instance)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    instances = {process.communicate()[0] for process in running}
    sandbox.stop(tmp_path, "default")
    assert len(instances) == 1


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_its_files_are_for_their_owner_alone(start):
    info = start()
    assert mode(info.folder) == 0o700
    assert mode(info.config_file) == 0o600
    assert mode(info.credentials_file) == 0o600
    assert mode(info.folder / "state.json") == 0o600


def test_its_environment_is_all_that_the_aws_libraries_need(start, tmp_path, monkeypatch):
    info = start()
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    poison = "[default]\nendpoint_url = http://192.0.2.1\n[profile demo-dev]\nregion = nowhere-1\n"
    (home / ".aws" / "config").write_text(poison)
    monkeypatch.setenv("HOME", str(home))
    for name in sandbox.environment_to_unset(os.environ):
        monkeypatch.delenv(name)
    for name, value in sandbox.environment(info).items():
        monkeypatch.setenv(name, value)
    import botocore.session

    for account in info.accounts:
        session = botocore.session.Session(profile=account.profile)
        sts = session.create_client("sts")
        assert sts.get_caller_identity()["Account"] == account.account
        assert sts.meta.region_name == "eu-west-1"
    assert (home / ".aws" / "config").read_text() == poison
    assert [path.name for path in home.rglob("*")] == [".aws", "config"]


def test_the_environment_names_what_would_lead_elsewhere():
    environ = {"AWS_ACCESS_KEY_ID": "x", "AWS_ENDPOINT_URL_SQS": "x", "AWS_REGION": "x", "PATH": ""}
    assert sandbox.environment_to_unset(environ) == ["AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL_SQS"]


def test_a_role_profile_acts_in_the_other_account(start, monkeypatch):
    info = start()
    for name, value in sandbox.environment(info).items():
        monkeypatch.setenv(name, value)
    import botocore.session

    session = botocore.session.Session(profile="ops-prod")
    arn = session.create_client("sts").get_caller_identity()["Arn"]
    assert arn.startswith("arn:aws:sts::333333333333:assumed-role/ops/")


def test_changing_something_needs_the_instance_id(start):
    info = start()
    for name in ("chaos", "reset", "seed", "stop"):
        with pytest.raises(client.AdminError, match="instance"):
            client.request(info.port, "POST", name, {"messages": 1}, instance="guess")


def test_info_is_a_value():
    assert SandboxInfo.__dataclass_params__.frozen  # type: ignore[attr-defined]
