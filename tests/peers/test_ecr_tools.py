"""ECR with real tools: docker, skopeo and podman log in to and push to a real docker-registry."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsops.errors import ExitCode
from awsops.sandbox import control
from awsops.testing import Result, Sandbox
from tests.peers.processes import program

pytestmark = pytest.mark.peers

OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
TOOLS = ("docker", "skopeo", "podman")


@pytest.fixture
def host(awsops_sandbox: Sandbox) -> Iterator[str]:
    """A real docker-registry in the place of demo-dev's registry."""
    program("docker-registry")
    yield control.start_registry(awsops_sandbox.info, "111111111111", "eu-west-1")
    awsops_sandbox.renew()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Every tool's files in a folder of the test's own."""
    return {
        "DOCKER_CONFIG": str(tmp_path / "docker"),
        "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"),
        "TMPDIR": str(tmp_path),
    }


def layout(path: Path, contents: list[str], tag: str = "v1", findings: str = "") -> str:
    """An OCI layout of one image, or of an index where there are several; its digest.

    `findings` (`HIGH=2,LOW=1`) is what the sandbox's scan finds in it.
    """
    blobs = path / "blobs/sha256"
    blobs.mkdir(parents=True)

    def put(data: bytes, kind: str) -> dict[str, Any]:
        name = hashlib.sha256(data).hexdigest()
        (blobs / name).write_bytes(data)
        return {"mediaType": kind, "digest": f"sha256:{name}", "size": len(data)}

    def image(number: int, content: str) -> dict[str, Any]:
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w") as archive:
            archive.addfile(member := tarfile.TarInfo("hello"), io.BytesIO(content.encode()))
            member.size = 0
        architecture = ("amd64", "arm64")[number]
        config = {
            "architecture": architecture,
            "os": "linux",
            "config": {"Labels": {"content": content, "awsops.sandbox.findings": findings}},
            "rootfs": {
                "type": "layers",
                "diff_ids": ["sha256:" + hashlib.sha256(raw.getvalue()).hexdigest()],
            },
        }
        layer = "application/vnd.oci.image.layer.v1.tar+gzip"
        body = {
            "schemaVersion": 2,
            "mediaType": OCI,
            "config": put(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"),
            "layers": [put(gzip.compress(raw.getvalue(), mtime=0), layer)],
        }
        platform = {"architecture": architecture, "os": "linux"}
        return {**put(json.dumps(body).encode(), OCI), "platform": platform}

    entries = [image(number, content) for number, content in enumerate(contents)]
    top = entries[0]
    if len(entries) > 1:
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        top = put(json.dumps(index).encode(), INDEX)
    named = {**top, "annotations": {"org.opencontainers.image.ref.name": tag}}
    (path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (path / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    return str(top["digest"])


class Watcher:
    """Reads the command line of every process of the machine, over and over."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    self.seen.add(Path(f"/proc/{pid}/cmdline").read_bytes())
                except OSError:
                    continue


def password_in(path: Path, host: str) -> str:
    import base64

    auth = json.loads(path.read_text())["auths"][host]["auth"]
    return base64.b64decode(auth).decode().partition(":")[2]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_real_tool_is_logged_in_to_a_real_registry(
    awsops: Callable[..., Result], host: str, environ: dict[str, str], tool: str
) -> None:
    program(tool)
    result = awsops(["ecr", "login", "--tool", tool], environ=environ)
    assert (result.exit_code, [row["status"] for row in result.rows]) == (0, ["logged in"])
    check = awsops(["ecr", "login", "--tool", tool, "--check"], environ=environ)
    assert check.rows == result.rows


def test_the_password_is_never_on_a_command_line_nor_in_a_log(
    awsops: Callable[..., Result], host: str, environ: dict[str, str], tmp_path: Path
) -> None:
    for tool in TOOLS:
        program(tool)
    with Watcher() as watcher:
        result = awsops(["ecr", "login", "-v"], environ=environ)
    password = password_in(tmp_path / "docker/config.json", host)
    assert any(b"--password-stdin" in line for line in watcher.seen)
    assert not [line for line in watcher.seen if password.encode() in line]
    assert password not in result.stdout + result.stderr
    state = (tmp_path / ".local/state/awsops").rglob("*")
    assert not [p for p in state if p.is_file() and password.encode() in p.read_bytes()]


def test_a_credential_helper_is_left_alone(
    awsops: Callable[..., Result], host: str, environ: dict[str, str], tmp_path: Path
) -> None:
    program("docker")
    config = tmp_path / "docker/config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"credHelpers": {host: "ecr-login"}}))
    [row] = awsops(["ecr", "login", "--tool", "docker"], environ=environ).rows
    assert (row["status"], json.loads(config.read_text())) == (
        "helper",
        {"credHelpers": {host: "ecr-login"}},
    )


def test_docker_gets_its_login_from_our_helper(
    awsops: Callable[..., Result],
    awsops_sandbox: Sandbox,
    host: str,
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    """skopeo asks docker's own helper protocol: what `credHelpers` names is run."""
    import sys

    skopeo = program("skopeo")
    script = tmp_path / "bin/docker-credential-awsops"
    script.parent.mkdir()
    code = "from awsops_plugins._docker_credential import entry_point; entry_point()"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{code}" "$@"\n')
    script.chmod(0o755)
    path = f"{script.parent}:{os.environ['PATH']}"
    config = tmp_path / "docker/config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"HttpHeaders": {"x": "y"}, "auths": {"other": {}}}))
    done = awsops(["ecr", "login", "--helper"], environ={**environ, "PATH": path})
    assert done.exit_code == 0, done.stderr
    held = json.loads(config.read_text())
    assert held["credHelpers"] == {host: "awsops"}
    assert (held["HttpHeaders"], held["auths"]) == ({"x": "y"}, {"other": {}})
    digest = layout(tmp_path / "image", ["a"])
    own = {**os.environ, **awsops_sandbox.environ, **environ, "PATH": path}
    own |= {"HOME": str(tmp_path), "REGISTRY_AUTH_FILE": str(config)}
    target = f"docker://{host}/by-helper:v1"
    words = ["copy", "--dest-tls-verify=false", f"oci:{tmp_path / 'image'}", target]
    copied = subprocess.run([skopeo, *words], env=own, capture_output=True, text=True)
    assert copied.returncode == 0, copied.stderr
    assert digest.startswith("sha256:")


def push(awsops: Callable[..., Result], image: Path, *words: str, **options: Any) -> Result:
    return awsops(["ecr", "push", str(image), *words, "--yes"], **options)


def test_a_layout_is_pushed_once_under_all_its_tags(
    awsops: Callable[..., Result], host: str, environ: dict[str, str], tmp_path: Path
) -> None:
    program("skopeo")
    digest = layout(tmp_path / "image", ["a"])
    result = push(awsops, tmp_path / "image", "app:1.0", "--create", environ=environ)
    assert result.exit_code == 0, result.stderr
    [row] = result.rows
    assert (row["registry"], row["digest"], row["status"]) == (host, digest, "pushed")
    again = push(awsops, tmp_path / "image", "app:1.0", environ=environ)
    assert [row["status"] for row in again.rows] == ["unchanged"]


def test_another_image_under_an_immutable_tag_is_refused_before_a_layer_travels(
    awsops: Callable[..., Result], environ: dict[str, str], tmp_path: Path
) -> None:
    program("skopeo")
    layout(tmp_path / "one", ["a"])
    layout(tmp_path / "two", ["b"])
    push(awsops, tmp_path / "one", "frozen:1.0", "--create", environ=environ)
    refused = push(awsops, tmp_path / "two", "frozen:1.0", environ=environ)
    assert refused.exit_code == 1
    assert "nothing was sent" in refused.stderr


def test_an_index_arrives_whole_and_with_every_tag(
    awsops: Callable[..., Result], environ: dict[str, str], tmp_path: Path
) -> None:
    program("skopeo")
    digest = layout(tmp_path / "image", ["a", "b"])
    words = ("multi:1.0", "--tag", "stable", "--create")
    result = push(awsops, tmp_path / "image", *words, environ=environ)
    found = [(row["tag"], row["digest"], row["status"]) for row in result.rows]
    assert found == [("1.0", digest, "pushed"), ("stable", digest, "tagged")], result.stderr
    images = awsops(["ecr", "images", "multi"], environ=environ).rows
    assert sorted(row["kind"] for row in images) == ["image", "image", "index"]


def test_an_archive_of_docker_save_is_known_again(
    awsops: Callable[..., Result], environ: dict[str, str], tmp_path: Path
) -> None:
    skopeo = program("skopeo")
    layout(tmp_path / "image", ["a"])
    archive = tmp_path / "image.tar"
    words = [skopeo, "copy", f"oci:{tmp_path / 'image'}", f"docker-archive:{archive}:app:1.0"]
    subprocess.run(words, check=True, capture_output=True)
    first = push(awsops, archive, "saved:1.0", "--create", environ=environ)
    again = push(awsops, archive, "saved:1.0", environ=environ)
    assert [r["status"] for r in first.rows + again.rows] == ["pushed", "unchanged"], again.stderr


def test_a_creation_template_is_respected_and_shown(
    awsops: Callable[..., Result], awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    program("skopeo")
    awsops_sandbox.renew()
    import botocore.session

    session = botocore.session.Session()
    for name, file in (("config_file", "config"), ("credentials_file", "credentials")):
        session.set_config_variable(name, str(awsops_sandbox.info.folder / file))
    session.set_config_variable("profile", "demo-dev")
    ecr = session.create_client("ecr", region_name="eu-west-1")
    ecr.create_repository_creation_template(
        prefix="team", appliedFor=["CREATE_ON_PUSH"], imageTagMutability="IMMUTABLE"
    )
    layout(tmp_path / "image", ["a"])
    result = push(awsops, tmp_path / "image", "team/api:1.0")
    assert "creation template team" in result.stderr
    [made] = awsops(["ecr", "ls", "team/*"]).rows
    assert made["mutability"] == "IMMUTABLE"


def test_several_accounts_get_the_image_at_once(
    awsops: Callable[..., Result], environ: dict[str, str], tmp_path: Path
) -> None:
    program("skopeo")
    digest = layout(tmp_path / "image", ["a"])
    words = ("everywhere:1.0", "--create", "-p", "demo-*")
    rows = push(awsops, tmp_path / "image", *words, environ=environ).rows
    assert {(row["profile"], row["digest"]) for row in rows} == {
        (profile, digest) for profile in ("demo-dev", "demo-staging", "demo-prod")
    }


@pytest.mark.parametrize(
    ("findings", "limit", "code"),
    [
        ("HIGH=2,LOW=1", "high", 1),
        ("HIGH=2,LOW=1", "critical", 0),
        ("", "undefined", 0),
    ],
)
def test_a_push_waits_for_the_scan_and_fails_by_what_it_finds(
    awsops: Callable[..., Result],
    environ: dict[str, str],
    tmp_path: Path,
    findings: str,
    limit: str,
    code: int,
) -> None:
    program("skopeo")
    layout(tmp_path / "image", ["a"], findings=findings)
    name = f"scanned-{limit}-{len(findings)}"
    words = (f"{name}:1.0", "--create", "--wait-scan", "--fail-on", limit)
    result = push(awsops, tmp_path / "image", *words, environ=environ)
    assert result.exit_code == code, result.stderr
    pushed, *counts = [row for row in result.rows if "error" not in row]
    wanted = dict(part.lower().split("=") for part in findings.split(",") if part)
    assert pushed["status"] == "pushed"  # what is over the limit is there all the same
    assert {row["severity"]: str(row["findings"]) for row in counts} == (wanted or {"none": "0"})


def test_a_scan_that_takes_longer_than_told_is_pending_with_the_command_that_goes_on(
    awsops: Callable[..., Result], environ: dict[str, str], tmp_path: Path
) -> None:
    program("skopeo")
    layout(tmp_path / "image", ["a"])
    words = ("slow:1.0", "--create", "--wait-scan", "--scan-timeout", "0s")
    result = push(awsops, tmp_path / "image", *words, environ=environ)
    assert result.exit_code == ExitCode.PENDING
    assert "awsops ecr findings slow 1.0 --wait" in " ".join(result.stderr.split())
