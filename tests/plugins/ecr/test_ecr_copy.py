"""`ecr copy` between accounts and regions: on the sandbox's accounts with the real skopeo, and with
the real host names of AWS on a loopback that records what it is asked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.sandbox import seed
from awsops.testing import Result, Sandbox

Run = Callable[..., Result]
needs_skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
ACROSS = ["ecr", "copy", "orders:multi-1.0", "payments:multi-1.0", "--to-profile", "demo-staging"]


@pytest.fixture
def seeded(awsops_sandbox: Sandbox) -> None:
    awsops_sandbox.renew()
    seed.seed(awsops_sandbox.info, messages=1)


def tags(awsops: Run, repository: str, *words: str) -> dict[str, str]:
    rows = awsops(["ecr", "images", repository, *words]).rows
    return {tag: row["digest"] for row in rows for tag in row["tags"]}


@needs_skopeo
@pytest.mark.usefixtures("seeded")
def test_an_index_comes_whole_and_with_its_digest_to_another_account(awsops: Run) -> None:
    [row] = awsops([*ACROSS, "--yes"]).rows
    assert row["status"] == "copied"
    there = awsops(["ecr", "images", "payments", "-p", "demo-staging"]).rows
    assert {r["kind"]: r["digest"] for r in there if "multi-1.0" in r["tags"]} == {
        "index": tags(awsops, "orders")["multi-1.0"]
    }
    assert sum(r["status"] == "untagged" for r in there) == 2  # an image for each platform


@needs_skopeo
@pytest.mark.usefixtures("seeded")
def test_what_is_there_already_is_success_and_nothing_travels(awsops: Run) -> None:
    awsops([*ACROSS, "--yes"])
    again = awsops([*ACROSS, "--yes"])
    assert [row["status"] for row in again.rows] == ["unchanged"]
    assert "nothing to do" in again.stderr


@needs_skopeo
@pytest.mark.usefixtures("seeded")
def test_the_change_stands_in_the_journal_under_the_other_account(awsops: Run) -> None:
    awsops([*ACROSS, "--yes"])
    [run] = awsops(["history", "ls"]).rows
    assert (run["changes"], run["accounts"]) == (1, ["222222222222"])


@pytest.mark.usefixtures("seeded")
def test_a_dry_run_shows_the_other_account_and_moves_nothing(awsops: Run) -> None:
    if shutil.which("skopeo") is None:
        pytest.skip("skopeo is not installed")
    [change] = awsops([*ACROSS, "--dry-run"]).rows
    assert (change["account"], change["resource"]) == ("222222222222", "payments:multi-1.0")
    assert "multi-1.0" not in tags(awsops, "payments", "-p", "demo-staging")


@pytest.mark.usefixtures("seeded")
def test_an_immutable_tag_of_another_account_is_refused_before_a_layer_travels(awsops: Run) -> None:
    words = ["ecr", "copy", "orders:1.1.0", "payments:2.1.0", "--to-profile", "demo-staging"]
    result = awsops([*words, "--yes"])
    assert result.exit_code == 1
    assert "nothing was sent" in result.stderr


@pytest.mark.usefixtures("seeded")
def test_a_host_and_a_profile_for_the_target_are_one_too_many(awsops: Run) -> None:
    host = "222222222222.dkr.ecr.eu-west-1.amazonaws.com"
    words = ["ecr", "copy", "orders:1.1.0", f"{host}/orders", "--to-profile", "demo-staging"]
    assert awsops([*words, "--yes"]).exit_code == 2


MANIFEST = json.dumps({"schemaVersion": 2, "config": {"digest": "sha256:0"}, "layers": []})
DIGEST = "sha256:" + hashlib.sha256(MANIFEST.encode()).hexdigest()
TARGET = "000000000002.dkr.ecr.us-west-2.amazonaws.com"


@pytest.fixture
def aws(loopback: Any, tmp_path: Path) -> Any:
    """Two accounts' registries in two regions; the image arrives when skopeo has run."""

    def answer(call: Any) -> tuple[int, str]:
        account = call.params.get("registryId", call.account)
        host = f"{account}.dkr.ecr.{call.region}.amazonaws.com"
        if call.operation == "GetAuthorizationToken":
            token = base64.b64encode(f"AWS:EXAMPLE-{call.region}".encode()).decode()
            data = {
                "authorizationToken": token,
                "expiresAt": time.time() + 43_200,
                "proxyEndpoint": f"https://{call.account}.dkr.ecr.{call.region}.amazonaws.com",
            }
            return 200, json.dumps({"authorizationData": [data]})
        if call.operation == "DescribeRepositories":
            [name] = call.params["repositoryNames"]
            found = {
                "repositoryName": name,
                "repositoryUri": f"{host}/{name}",
                "repositoryArn": f"arn:aws:ecr:{call.region}:{account}:repository/{name}",
                "registryId": account,
                "createdAt": 1,
            }
            return 200, json.dumps({"repositories": [found]})
        if call.operation == "BatchGetImage":
            arrived = (tmp_path / "skopeo.argv").exists()
            if account == "000000000002" and not arrived:
                return 200, json.dumps({"images": [], "failures": []})
            image = {"imageId": {"imageDigest": DIGEST}, "imageManifest": MANIFEST}
            return 200, json.dumps({"images": [image], "failures": []})
        return loopback.usual(call)

    loopback.answer = answer
    program = tmp_path / "bin/skopeo"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f"printf '%s\\n' \"$@\" >{tmp_path}/skopeo.argv\n"
        f'for word in "$@"; do case "$word" in --authfile=*) '
        f'/bin/cat "${{word#--authfile=}}" >{tmp_path}/auth;; esac; done\n'
    )
    program.chmod(0o755)
    return loopback


def copied(cli: Run, aws: Any, tmp_path: Path) -> Result:
    environ = {**aws.accounts(["one"]), "PATH": str(tmp_path / "bin")}
    words = ["ecr", "copy", "app:1.0", f"{TARGET}/team/app", "-p", "one", "--yes"]
    result = cli(words, environ=environ)
    assert result.exit_code == 0, result.stderr
    return result


def test_skopeo_is_given_the_digest_and_both_hosts_of_aws(
    cli: Run, aws: Any, tmp_path: Path
) -> None:
    copied(cli, aws, tmp_path)
    *options, origin, goal = (tmp_path / "skopeo.argv").read_text().split()
    assert origin == f"docker://000000000001.dkr.ecr.eu-west-1.amazonaws.com/app@{DIGEST}"
    assert goal == f"docker://{TARGET}/team/app:1.0"
    assert {"--all", "--preserve-digests"} <= set(options)
    assert not [word for word in options if "tls-verify" in word]


def test_each_registry_gets_a_token_of_its_own_region(cli: Run, aws: Any, tmp_path: Path) -> None:
    copied(cli, aws, tmp_path)
    auths = json.loads((tmp_path / "auth").read_text())["auths"]
    found = {host: base64.b64decode(entry["auth"]).decode() for host, entry in auths.items()}
    assert found == {
        "000000000001.dkr.ecr.eu-west-1.amazonaws.com": "AWS:EXAMPLE-eu-west-1",
        TARGET: "AWS:EXAMPLE-us-west-2",
    }


def test_the_other_accounts_registry_is_asked_in_its_own_region(
    cli: Run, aws: Any, tmp_path: Path
) -> None:
    copied(cli, aws, tmp_path)
    asked = {
        (call.operation, call.region, call.params.get("registryId"))
        for call in aws.calls
        if call.service == "ecr" and call.region != "eu-west-1"
    }
    assert asked == {
        ("DescribeRepositories", "us-west-2", "000000000002"),
        ("BatchGetImage", "us-west-2", "000000000002"),
        ("GetAuthorizationToken", "us-west-2", None),
    }


def test_ctrl_c_ends_the_tool_and_says_how_to_go_on(process: Any, aws: Any, tmp_path: Path) -> None:
    import signal

    # It says that it has begun, and would take a minute.
    (tmp_path / "bin/skopeo").write_text(
        f"#!/bin/sh\n/bin/echo $$ >{tmp_path}/begun\nexec /bin/sleep 60\n"
    )
    environ = {**aws.accounts(["one"]), "PATH": str(tmp_path / "bin")}
    words = ["ecr", "copy", "app:1.0", f"{TARGET}/team/app", "-p", "one", "--yes"]
    running = process(words, environ)
    while not (tmp_path / "begun").exists() or not (tmp_path / "begun").read_text().strip():
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate()
    assert running.returncode == 130
    assert "the same command goes on" in " ".join(said.split())
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "begun").read_text()), 0)
