"""The commands of ecr, through the front door, on the sandbox."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from awsops.sandbox import seed
from awsops.testing import Result, Sandbox

Run = Callable[..., Result]
needs_skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")


@pytest.fixture(autouse=True)
def _seeded(awsops_sandbox: Sandbox) -> None:
    awsops_sandbox.renew()
    seed.seed(awsops_sandbox.info, messages=1)


def tool(folder: Path, name: str, script: str) -> dict[str, str]:
    """A PATH with one tool on it, which does what the script says."""
    program = folder / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": str(program.parent), "DOCKER_CONFIG": str(folder / "docker")}


def tags_of(awsops: Run, repository: str) -> set[str]:
    rows = awsops(["ecr", "images", repository]).rows
    return {tag for row in rows for tag in row["tags"]}


def test_repositories_are_listed_with_their_mutability(awsops: Run) -> None:
    rows = awsops(["ecr", "ls"]).rows
    assert [(row["repository"], row["mutability"]) for row in rows] == [
        ("orders", "MUTABLE"),
        ("payments", "IMMUTABLE"),
    ]


def test_a_mistyped_repository_is_suggested(awsops: Run) -> None:
    result = awsops(["ecr", "images", "oders"])
    assert result.exit_code == 5
    assert "did you mean orders" in result.stderr


def test_untagged_images_are_marked(awsops: Run) -> None:
    rows = awsops(["ecr", "images", "orders", "--untagged"]).rows
    assert len(rows) == 3
    assert {row["status"] for row in rows} == {"untagged"}


def test_findings_are_shown_worst_first(awsops: Run) -> None:
    rows = awsops(["ecr", "findings", "orders", "1.11.0", "--wait"]).rows
    assert [row["severity"] for row in rows] == ["critical", "high", "high", "low", "low", "low"]


@pytest.mark.parametrize(("limit", "code"), [("critical", 1), ("low", 1)])
def test_findings_over_the_limit_are_a_failure(awsops: Run, limit: str, code: int) -> None:
    result = awsops(["ecr", "findings", "orders", "1.11.0", "--wait", "--fail-on", limit])
    assert (result.exit_code, len(result.rows)) == (code, 7)
    assert "1 critical" in result.stderr


def test_findings_under_the_limit_are_none(awsops: Run) -> None:
    words = ["ecr", "findings", "orders", "1.12.0", "--wait", "--fail-on", "high"]
    assert awsops(words).exit_code == 0


def test_prune_needs_to_be_told_what_goes(awsops: Run) -> None:
    assert awsops(["ecr", "prune", "orders"]).exit_code == 2


def test_a_dry_run_removes_nothing(awsops: Run) -> None:
    before = tags_of(awsops, "orders")
    result = awsops(["ecr", "prune", "orders", "--keep", "1", "--dry-run"])
    assert (result.exit_code, len(result.rows)) == (0, 14)
    assert tags_of(awsops, "orders") == before


def test_prune_keeps_the_newest_the_protected_and_whole_indexes(awsops: Run) -> None:
    words = ["--keep", "1", "--protect", "1.4.*", "--protect", "multi-*", "--yes"]
    assert awsops(["ecr", "prune", "orders", *words]).exit_code == 0
    assert tags_of(awsops, "orders") == {"1.12.0", "latest", "1.4.0", "multi-1.0"}
    kinds = [row["kind"] for row in awsops(["ecr", "images", "orders"]).rows]
    assert sorted(kinds) == ["image"] * 4 + ["index"]


def test_an_index_goes_with_its_images(awsops: Run) -> None:
    result = awsops(["ecr", "prune", "orders", "--keep", "1", "--yes"])
    assert {row["status"] for row in result.rows} == {"deleted"}
    assert len(awsops(["ecr", "images", "orders"]).rows) == 1


def test_an_image_that_a_service_of_ecs_runs_is_kept(awsops: Run, awsops_sandbox: Sandbox) -> None:
    import botocore.session

    session = botocore.session.Session()
    for name, file in (("config_file", "config"), ("credentials_file", "credentials")):
        session.set_config_variable(name, str(awsops_sandbox.info.folder / file))
    session.set_config_variable("profile", "demo-dev")
    ecs = session.create_client("ecs", region_name="eu-west-1")
    [uri] = [r["uri"] for r in awsops(["ecr", "ls", "orders"]).rows]
    cluster = ecs.create_cluster(clusterName="prod")["cluster"]["clusterName"]
    container = {"name": "app", "image": f"{uri}:1.2.0", "memory": 128}
    ecs.register_task_definition(family="app", containerDefinitions=[container])
    ecs.create_service(cluster=cluster, serviceName="shop", taskDefinition="app", desiredCount=0)
    result = awsops(["ecr", "prune", "orders", "--keep", "0", "--yes"])
    assert "used by ECS service shop" in result.stderr
    assert tags_of(awsops, "orders") == {"1.2.0"}


def test_a_copy_within_a_repository_is_a_tag(awsops: Run) -> None:
    [row] = awsops(["ecr", "copy", "orders:1.11.0", "orders:rollback", "--yes"]).rows
    assert row["status"] == "tagged"
    assert "rollback" in tags_of(awsops, "orders")


def test_moving_a_tag_shows_the_command_that_moves_it_back(awsops: Run) -> None:
    words = ["ecr", "copy", "orders:1.11.0", "orders:latest"]
    [change] = awsops([*words, "--dry-run"]).rows
    back = change["undo"].split()[1:]
    awsops([*words, "--yes"])
    assert awsops([*back, "--yes"]).exit_code == 0
    [newest] = [r for r in awsops(["ecr", "images", "orders"]).rows if "latest" in r["tags"]]
    assert newest["tags"] == ["1.12.0", "latest"]


def test_an_immutable_tag_is_not_copied_over(awsops: Run) -> None:
    result = awsops(["ecr", "copy", "orders:1.11.0", "payments:2.1.0", "--yes"])
    assert result.exit_code == 1
    assert "nothing was sent" in result.stderr


@needs_skopeo
def test_a_copy_to_another_repository_keeps_the_digest_of_an_index(awsops: Run) -> None:
    [row] = awsops(["ecr", "copy", "orders:multi-1.0", "payments:multi-1.0", "--yes"]).rows
    rows = awsops(["ecr", "images", "payments"]).rows
    assert [r["digest"] for r in rows if r["kind"] == "index"] == [row["digest"]]


def test_a_lifecycle_policy_is_written_shown_and_removed(awsops: Run, tmp_path: Path) -> None:
    chosen = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30}
    policy = {"rules": [{"rulePriority": 1, "selection": chosen, "action": {"type": "expire"}}]}
    (tmp_path / "policy.json").write_text(json.dumps(policy))
    words = ["ecr", "lifecycle", "orders"]
    assert awsops([*words, "--set", str(tmp_path / "policy.json"), "--yes"]).exit_code == 0
    assert json.loads(awsops(words).stdout) == policy
    assert awsops([*words, "--remove", "--yes"]).exit_code == 0
    assert awsops(words).stdout == ""


@pytest.mark.parametrize("kind", ["lifecycle", "policy"])
def test_a_repository_without_a_policy_is_said_to_have_none(awsops: Run, kind: str) -> None:
    result = awsops(["ecr", kind, "payments"])
    assert (result.exit_code, result.stdout) == (0, "")
    assert "payments has no" in result.stderr
    assert "Plan" not in result.stderr


def test_a_policy_that_is_no_json_is_refused(awsops: Run, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text("{")
    words = ["ecr", "policy", "orders", "--set", str(tmp_path / "policy.json"), "--yes"]
    assert awsops(words).exit_code == 2


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("error storing credentials - err: exit status 1, out: `not implemented`", "no login"),
        ("error storing credentials: The stub received bad data.", "login --helper"),
        ("Error saving credentials: open config.json: permission denied", "check the owner"),
        ("something else", "docker login ended with code 1: something else"),
    ],
)
def test_a_tool_that_fails_is_explained(
    awsops: Run, tmp_path: Path, said: str, meaning: str
) -> None:
    environ = tool(tmp_path, "docker", f"read x; echo '{said}' >&2; exit 1")
    result = awsops(["ecr", "login"], environ=environ)
    assert (result.exit_code, result.rows[0]["status"]) == (1, "failed")
    assert meaning in result.rows[0]["detail"]


def test_a_tool_that_prints_its_password_does_not_get_it_on_the_screen(
    awsops: Run, tmp_path: Path
) -> None:
    environ = tool(tmp_path, "docker", 'read -r x; echo "$x"; echo "$x" >&2; exit 1')
    result = awsops(["ecr", "login"], environ=environ)
    assert "EXAMPLE" not in result.stdout + result.stderr
    assert result.rows[0]["status"] == "failed"


def test_where_no_tool_is_installed_the_known_ones_are_named(awsops: Run, tmp_path: Path) -> None:
    result = awsops(["ecr", "login"], environ={"PATH": str(tmp_path)})
    assert result.exit_code == 5
    assert "podman" in result.stderr


def test_an_unknown_tool_is_a_usage_error(awsops: Run) -> None:
    assert awsops(["ecr", "login", "--tool", "dokcer"]).exit_code == 2


def test_a_config_that_is_no_json_is_not_touched(awsops: Run, tmp_path: Path) -> None:
    environ = tool(tmp_path, "docker", "cat >/dev/null; exit 0")
    config = tmp_path / "docker/config.json"
    config.parent.mkdir()
    config.write_text("{ not json")
    result = awsops(["ecr", "login"], environ=environ)
    assert (result.exit_code, config.read_text()) == (1, "{ not json")
    assert "not valid JSON" in result.rows[0]["detail"]


def test_all_accounts_are_logged_in_at_once(awsops: Run, tmp_path: Path) -> None:
    environ = tool(tmp_path, "docker", "/bin/cat >/dev/null; exit 0")
    rows = awsops(["ecr", "login", "-p", "demo-*"], environ=environ).rows
    assert len({row["registry"] for row in rows}) == 3


def test_the_public_registry_is_asked_in_virginia(awsops: Run, tmp_path: Path) -> None:
    environ = tool(tmp_path, "docker", "/bin/cat >/dev/null; exit 0")
    rows = awsops(["ecr", "login", "--public"], environ=environ).rows
    assert [row["status"] for row in rows] == ["logged in"]


def test_the_registries_of_other_accounts_are_named_by_id(awsops: Run, tmp_path: Path) -> None:
    environ = tool(tmp_path, "docker", "/bin/cat >/dev/null; exit 0")
    words = ["ecr", "login", "--registry-ids", "111111111111,222222222222"]
    rows = awsops(words, environ=environ).rows
    assert len({row["registry"] for row in rows}) == 2


def test_helper_merges_dockers_config_without_losing_a_key(awsops: Run, tmp_path: Path) -> None:
    environ = tool(tmp_path, "docker-credential-awsops", "exit 0")
    config = tmp_path / "docker/config.json"
    config.parent.mkdir()
    real = tmp_path / "dotfiles.json"
    kept = {"auths": {"x.example": {"auth": "eDp5"}}, "proxies": {"default": {}}, "credsStore": "p"}
    real.write_text(json.dumps({**kept, "credHelpers": {"gcr.example": "gcloud"}}))
    real.chmod(0o640)
    config.symlink_to(real)
    [row] = awsops(["ecr", "login", "--helper"], environ=environ).rows
    held = json.loads(real.read_text())
    assert held == {**kept, "credHelpers": {"gcr.example": "gcloud", row["registry"]: "awsops"}}
    assert (config.is_symlink(), os.stat(real).st_mode & 0o777) == (True, 0o640)


def test_a_token_is_printed_for_tools_that_awsops_does_not_know(awsops: Run) -> None:
    [row] = awsops(["ecr", "token"]).rows
    assert (row["user"], len(row["password"]) > 50) == ("AWS", True)


@needs_skopeo
def test_a_folder_without_an_image_in_it_is_refused(awsops: Run, tmp_path: Path) -> None:
    result = awsops(["ecr", "push", str(tmp_path), "orders:1", "--yes"])
    assert result.exit_code == 2
    assert "without an OCI layout" in result.stderr


@pytest.mark.parametrize(
    ("image", "meaning"),
    [
        ("oci", "skopeo is not on PATH"),
        ("app:1.0", "no program that could push docker-daemon:app:1.0"),
        ("containers-storage:app:1.0", "no program that could push containers-storage:app:1.0"),
    ],
)
def test_without_a_tool_that_fits_nothing_is_begun(
    awsops: Run, tmp_path: Path, image: str, meaning: str
) -> None:
    if image == "oci":
        image = str(tmp_path / "oci")
        Path(image).mkdir()
        (tmp_path / "oci/oci-layout").write_text("{}")
    words = ["ecr", "push", image, "new:1.0", "--create", "--yes"]
    result = awsops(words, environ={"PATH": str(tmp_path)})
    assert (result.exit_code, "Plan" in result.stderr) == (5, False)
    assert meaning in " ".join(result.stderr.split())


def test_without_skopeo_a_copy_is_refused_before_its_plan(awsops: Run, tmp_path: Path) -> None:
    words = ["ecr", "copy", "orders:1.11.0", "payments:9", "--yes"]
    result = awsops(words, environ={"PATH": str(tmp_path)})
    assert (result.exit_code, "Plan" in result.stderr) == (5, False)
    assert "skopeo is not on PATH" in result.stderr


def test_an_engine_that_does_not_run_is_said_before_the_plan(awsops: Run, tmp_path: Path) -> None:
    said = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."
    environ = tool(tmp_path, "docker", f'echo "{said}" >&2; exit 1')
    result = awsops(["ecr", "push", "app:1.0", "new:1.0", "--yes"], environ=environ)
    assert (result.exit_code, "Plan" in result.stderr) == (1, False)
    assert "Cannot connect to the Docker daemon" in " ".join(result.stderr.split())
