"""What `ecr prune` never removes besides what is in use: signatures and other artifacts of images
that stay; and what it says when it cannot know.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from awsops.sandbox import control, seed
from awsops.testing import Result, Sandbox

Run = Callable[..., Result]
PRUNE = ["ecr", "prune", "orders", "--keep", "1", "--yes"]


@pytest.fixture(autouse=True)
def _seeded(awsops_sandbox: Sandbox) -> None:
    awsops_sandbox.renew()
    seed.seed(awsops_sandbox.info, messages=1)


@pytest.fixture
def ecr(awsops_sandbox: Sandbox) -> Any:
    import botocore.session

    session = botocore.session.Session()
    for name, file in (("config_file", "config"), ("credentials_file", "credentials")):
        session.set_config_variable(name, str(awsops_sandbox.info.folder / file))
    session.set_config_variable("profile", "demo-dev")
    return session.create_client("ecr", region_name="eu-west-1")


def digest_of(awsops: Run, tag: str) -> str:
    rows = awsops(["ecr", "images", "orders"]).rows
    return next(str(row["digest"]) for row in rows if tag in row["tags"])


def put(ecr: Any, tag: str, **fields: Any) -> str:
    """Another manifest with the layers of orders:1.1.0, older than every other by its tag's rank;
    its digest."""
    wanted = [{"imageTag": "1.1.0"}]
    [image] = ecr.batch_get_image(repositoryName="orders", imageIds=wanted)["images"]
    manifest = json.dumps({**json.loads(image["imageManifest"]), **fields})
    made = ecr.put_image(repositoryName="orders", imageManifest=manifest, imageTag=tag)
    return str(made["image"]["imageId"]["imageDigest"])


def artifact(subject: str) -> dict[str, Any]:
    kind = "application/vnd.oci.image.manifest.v1+json"
    return {
        "artifactType": "application/vnd.example.signature",
        "subject": {"mediaType": kind, "digest": subject, "size": 1},
    }


def left(awsops: Run) -> set[str]:
    rows = awsops(["ecr", "images", "orders"]).rows
    return {tag for row in rows for tag in row["tags"]}


def test_cosigns_signature_of_an_image_that_stays_is_kept(awsops: Run, ecr: Any) -> None:
    signature = digest_of(awsops, "1.12.0").replace(":", "-") + ".sig"
    put(ecr, signature, annotations={"of": "1.12.0"})
    assert awsops(PRUNE).exit_code == 0
    assert left(awsops) == {"1.12.0", "latest", signature}


def test_cosigns_signature_of_an_image_that_goes_goes_too(awsops: Run, ecr: Any) -> None:
    signature = digest_of(awsops, "1.2.0").replace(":", "-") + ".sig"
    put(ecr, signature, annotations={"of": "1.2.0"})
    assert awsops(PRUNE).exit_code == 0
    assert left(awsops) == {"1.12.0", "latest"}


def test_what_refers_to_an_image_that_stays_is_kept(awsops: Run, ecr: Any) -> None:
    put(ecr, "sbom", **artifact(digest_of(awsops, "1.12.0")))
    assert awsops(PRUNE).exit_code == 0
    assert left(awsops) == {"1.12.0", "latest", "sbom"}


def test_what_refers_to_an_image_that_goes_goes_too(awsops: Run, ecr: Any) -> None:
    put(ecr, "sbom", **artifact(digest_of(awsops, "1.2.0")))
    assert awsops(PRUNE).exit_code == 0
    assert left(awsops) == {"1.12.0", "latest"}


def test_a_signature_of_a_signature_is_kept_with_its_image(awsops: Run, ecr: Any) -> None:
    first = put(ecr, "sbom", **artifact(digest_of(awsops, "1.12.0")))
    put(ecr, "sbom-signed", **artifact(first))
    assert awsops(PRUNE).exit_code == 0
    assert left(awsops) == {"1.12.0", "latest", "sbom", "sbom-signed"}


def test_a_protected_signature_keeps_its_image(awsops: Run, ecr: Any) -> None:
    put(ecr, "keep-me", **artifact(digest_of(awsops, "1.3.0")))
    assert awsops([*PRUNE, "--protect", "keep-*"]).exit_code == 0
    assert left(awsops) == {"1.12.0", "latest", "1.3.0", "keep-me"}


def test_an_index_by_its_protected_tag_keeps_its_images(awsops: Run) -> None:
    awsops([*PRUNE, "--protect", "multi-*"])
    kinds = [row["kind"] for row in awsops(["ecr", "images", "orders"]).rows]
    assert sorted(kinds) == ["image", "image", "image", "index"]


def test_the_plan_says_what_could_not_be_read(awsops: Run, awsops_sandbox: Sandbox) -> None:
    control.set_chaos(awsops_sandbox.info, "error=1,only=ecs")
    words = ["ecr", "prune", "orders", "--keep", "1", "--dry-run"]
    result = awsops(words, environ={"AWS_MAX_ATTEMPTS": "1"})
    control.set_chaos(awsops_sandbox.info, "")
    said = " ".join(result.stderr.split())
    assert "ECS could not be read" in said
    assert "its images are not protected" in said
