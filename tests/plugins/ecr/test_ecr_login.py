"""`ecr login` with tools that are not installed here: strict stand-ins, which record how they are
called, and an AWS on loopback whose registries have the real host names of every partition.
"""

from __future__ import annotations

import base64
import json
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
PASSWORD = "EXAMPLE:password:of:1"  # with colons: the user ends at the first alone
HOST = "000000000001.dkr.ecr.eu-west-1.amazonaws.com"
# Keeps its words, its environment and its standard input, and takes nothing but the command line
# that its namesake documents.
STAND_IN = """#!/bin/sh
printf '%s\\n' "$@" >"$RECORD/{name}.argv"
env >"$RECORD/{name}.env"
/bin/cat >"$RECORD/{name}.stdin"
case "$*" in {accepts}) exit 0;; *) echo "unknown command line" >&2; exit 1;; esac
"""
# From each tool's own manual.
COMMAND_LINES = {
    "docker": f"login -u AWS --password-stdin {HOST}",
    "podman": f"login -u AWS --password-stdin {HOST}",
    "skopeo": f"login -u AWS --password-stdin {HOST}",
    "helm": f"registry login -u AWS --password-stdin {HOST}",
    "nerdctl": f"login -u AWS --password-stdin {HOST}",
    "crane": f"auth login -u AWS --password-stdin {HOST}",
    "oras": f"login -u AWS --password-stdin {HOST}",
}


@pytest.fixture
def environ(loopback: Any, tmp_path: Path) -> dict[str, str]:
    """Two accounts, and files of the tools' own for every tool."""

    def answer(call: Any) -> tuple[int, str]:
        if call.operation != "GetAuthorizationToken":
            return loopback.usual(call)
        token = base64.b64encode(f"AWS:{PASSWORD}".encode()).decode()
        suffix = "amazonaws.com.cn" if call.region.startswith("cn-") else "amazonaws.com"
        accounts = call.params.get("registryIds") or [call.account]
        data = [
            {
                "authorizationToken": token,
                "expiresAt": time.time() + 43_200,
                "proxyEndpoint": f"https://{account}.dkr.ecr.{call.region}.{suffix}",
            }
            for account in accounts
        ]
        return 200, json.dumps({"authorizationData": data})

    loopback.answer = answer
    record = tmp_path / "record"
    record.mkdir()
    return {
        **loopback.accounts(["one", "two"]),
        "PATH": str(tmp_path / "bin"),
        "RECORD": str(record),
        "DOCKER_CONFIG": str(tmp_path / "docker"),
        "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"),
        "HELM_CONFIG_HOME": str(tmp_path / "helm"),
    }


def install(folder: Path, name: str, accepts: str = "*") -> None:
    program = folder / "bin" / name
    program.parent.mkdir(exist_ok=True)
    pattern = accepts if accepts == "*" else f'"{accepts}"'
    program.write_text(STAND_IN.format(name=name, accepts=pattern))
    program.chmod(0o755)


def recorded(folder: Path, name: str, what: str) -> str:
    return (folder / "record" / f"{name}.{what}").read_text()


def login(cli: Run, environ: dict[str, str], *words: str) -> Any:
    return cli(["ecr", "login", "-p", "one", *words], environ=environ)


@pytest.mark.parametrize(("name", "line"), COMMAND_LINES.items())
def test_each_tool_gets_the_command_line_of_its_manual(
    cli: Run, environ: dict[str, str], tmp_path: Path, name: str, line: str
) -> None:
    install(tmp_path, name, line)
    result = login(cli, environ)
    found = [(r["tool"], r["registry"], r["status"]) for r in result.rows]
    assert found == [(name, HOST, "logged in")]


@pytest.mark.parametrize("name", COMMAND_LINES)
def test_the_password_comes_by_standard_input_alone(
    cli: Run, environ: dict[str, str], tmp_path: Path, name: str
) -> None:
    install(tmp_path, name)
    login(cli, environ)
    assert recorded(tmp_path, name, "stdin") == PASSWORD
    assert PASSWORD not in recorded(tmp_path, name, "argv") + recorded(tmp_path, name, "env")


def test_tools_that_share_a_file_share_one_login(
    cli: Run, environ: dict[str, str], tmp_path: Path
) -> None:
    for name in COMMAND_LINES:
        install(tmp_path, name)
    rows = login(cli, environ).rows
    assert {r["tool"]: r["status"] for r in rows} == {
        "docker": "logged in",
        "nerdctl": "shared",
        "crane": "shared",
        "oras": "shared",
        "podman": "logged in",
        "skopeo": "shared",
        "helm": "logged in",
    }


def test_the_accounts_of_many_targets_are_known_from_their_tokens(
    cli: Run, environ: dict[str, str], tmp_path: Path, loopback: Any
) -> None:
    install(tmp_path, "docker")
    rows = cli(["ecr", "login", "-p", "one", "-p", "two"], environ=environ).rows
    assert sorted((r["profile"], r["account"]) for r in rows) == [
        ("one", "000000000001"),
        ("two", "000000000002"),
    ]
    assert loopback.operations() == ["GetAuthorizationToken"] * 2


def test_the_registry_of_another_account_does_not_say_whose_credentials_these_are(
    cli: Run, environ: dict[str, str], tmp_path: Path
) -> None:
    install(tmp_path, "docker")
    words = ["ecr", "login", "-p", "one", "-p", "two", "--registry-ids", "000000000009"]
    rows = cli(words, environ=environ).rows
    assert sorted(r["account"] for r in rows) == ["000000000001", "000000000002"]


@pytest.mark.parametrize(
    ("words", "host"),
    [
        (["-r", "cn-north-1"], "000000000001.dkr.ecr.cn-north-1.amazonaws.com.cn"),
        (["-r", "us-gov-west-1"], "000000000001.dkr.ecr.us-gov-west-1.amazonaws.com"),
        (["-r", "us-east-1", "--fips"], "000000000001.dkr.ecr-fips.us-east-1.amazonaws.com"),
        (["--dual-stack"], "000000000001.dkr-ecr.eu-west-1.on.aws"),
        (
            ["-r", "cn-north-1", "--dual-stack"],
            "000000000001.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
        ),
        (["000000000007.dkr.ecr.us-west-2.amazonaws.com"],
         "000000000007.dkr.ecr.us-west-2.amazonaws.com"),
    ],
)  # fmt: skip
def test_the_tool_is_given_the_host_of_the_partition(
    cli: Run, environ: dict[str, str], tmp_path: Path, words: list[str], host: str
) -> None:
    install(tmp_path, "docker")
    assert login(cli, environ, *words).exit_code == 0
    assert recorded(tmp_path, "docker", "argv").split()[-1] == host


def test_a_registry_of_another_region_is_asked_for_there(
    cli: Run, environ: dict[str, str], tmp_path: Path, loopback: Any
) -> None:
    install(tmp_path, "docker")
    login(cli, environ, "000000000007.dkr.ecr.us-west-2.amazonaws.com")
    assert [call.region for call in loopback.calls] == ["us-west-2"]


def test_wincreds_limit_is_explained_with_the_way_around_it(
    cli: Run, environ: dict[str, str], tmp_path: Path
) -> None:
    said = "Error saving credentials: error storing credentials - err: exit status 1, out: " \
        "`The stub received bad data.`"  # fmt: skip
    program = tmp_path / "bin/docker"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n/bin/cat >/dev/null\necho '{said}' >&2\nexit 1\n")
    program.chmod(0o755)
    row = login(cli, environ).rows[0]
    assert "2,560 bytes" in row["detail"]
    assert "awsops ecr login --helper" in row["detail"]


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """A file where docker's folder should be: not even root can write in it."""
    path = tmp_path / "docker"
    path.write_text("in the way")
    return path


def test_a_config_folder_that_cannot_be_written_is_named(
    cli: Run, environ: dict[str, str], tmp_path: Path, unwritable: Path
) -> None:
    install(tmp_path, "docker")
    result = login(cli, environ)
    assert (result.exit_code, result.rows[0]["status"]) == (1, "failed")
    assert str(unwritable) in result.rows[0]["detail"]
    assert not (tmp_path / "record/docker.argv").exists()  # the tool was not even begun


def test_the_helper_names_a_config_that_it_cannot_write(
    cli: Run, environ: dict[str, str], tmp_path: Path, unwritable: Path
) -> None:
    install(tmp_path, "docker-credential-awsops")
    result = login(cli, environ, "--helper")
    assert result.exit_code == 1
    assert str(unwritable) in " ".join(result.stderr.split())


def test_what_is_kept_of_a_login_is_no_password(
    cli: Run, environ: dict[str, str], tmp_path: Path
) -> None:
    install(tmp_path, "docker")
    login(cli, environ)
    held = tmp_path / ".local/state/awsops/ecr/logins.json"
    assert PASSWORD not in held.read_text()
    assert stat.S_IMODE(os.stat(held).st_mode) == 0o600
