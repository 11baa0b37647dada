"""ECR as the sandbox plays it: true digests, immutable tags, tokens, indexes, scans."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import urllib.error
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError

OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


@pytest.fixture
def ecr(client):
    return client("ecr")


@pytest.fixture
def repo(ecr):
    name = f"tests/{uuid.uuid4().hex[:8]}"
    ecr.create_repository(repositoryName=name)
    return name


def upload(ecr, repo, data):
    part = ecr.initiate_layer_upload(repositoryName=repo)["uploadId"]
    ecr.upload_layer_part(
        repositoryName=repo,
        uploadId=part,
        partFirstByte=0,
        partLastByte=len(data) - 1,
        layerPartBlob=data,
    )
    ecr.complete_layer_upload(repositoryName=repo, uploadId=part, layerDigests=[digest(data)])


def manifest(ecr, repo, content, labels=""):
    config = json.dumps({"config": {"Labels": {"awsops.sandbox.findings": labels}}}).encode()
    layer = content.encode()
    for data in (config, layer):
        upload(ecr, repo, data)
    descriptors = [{"digest": digest(d), "size": len(d)} for d in (config, layer)]
    return json.dumps(
        {"schemaVersion": 2, "mediaType": OCI, "config": descriptors[0], "layers": descriptors[1:]}
    )


def put(ecr, repo, content, tag, labels=""):
    text = manifest(ecr, repo, content, labels)
    answer = ecr.put_image(repositoryName=repo, imageManifest=text, imageTag=tag)
    return answer["image"]["imageId"]["imageDigest"]


def refused(call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"]


def test_an_images_digest_is_the_hash_of_its_manifest(ecr, repo):
    text = manifest(ecr, repo, "a")
    put_id = ecr.put_image(repositoryName=repo, imageManifest=text, imageTag="v1")["image"]
    assert put_id["imageId"]["imageDigest"] == digest(text.encode())


def test_an_image_whose_layers_are_not_there_is_refused(ecr, repo):
    there = json.loads(manifest(ecr, repo, "a"))
    there["layers"].append({"digest": digest(b"never sent"), "size": 10})
    code = refused(ecr.put_image, repositoryName=repo, imageManifest=json.dumps(there))
    assert code == "LayersNotFoundException"


def test_the_same_image_under_the_same_tag_is_said_to_exist(ecr, repo):
    put(ecr, repo, "a", "v1")
    text = manifest(ecr, repo, "a")
    code = refused(ecr.put_image, repositoryName=repo, imageManifest=text, imageTag="v1")
    assert code == "ImageAlreadyExistsException"


@pytest.mark.parametrize(
    ("mutability", "filters", "tag", "moves"),
    [
        ("MUTABLE", [], "v1", True),
        ("IMMUTABLE", [], "v1", False),
        ("IMMUTABLE_WITH_EXCLUSION", ["dev-*"], "dev-1", True),
        ("IMMUTABLE_WITH_EXCLUSION", ["dev-*"], "v1", False),
        ("MUTABLE_WITH_EXCLUSION", ["v*"], "v1", False),
        ("MUTABLE_WITH_EXCLUSION", ["v*"], "dev-1", True),
    ],
)
def test_a_tag_moves_only_where_it_is_mutable(ecr, repo, mutability, filters, tag, moves):
    rules = [{"filterType": "WILDCARD", "filter": text} for text in filters]
    extra = {"imageTagMutabilityExclusionFilters": rules} if rules else {}
    ecr.put_image_tag_mutability(repositoryName=repo, imageTagMutability=mutability, **extra)
    put(ecr, repo, "a", tag)
    if moves:
        assert put(ecr, repo, "b", tag)
        return
    text = manifest(ecr, repo, "b")
    code = refused(ecr.put_image, repositoryName=repo, imageManifest=text, imageTag=tag)
    assert code == "ImageTagAlreadyExistsException"


def test_an_image_that_an_index_refers_to_is_not_deleted(ecr, repo):
    child = put(ecr, repo, "a", "amd64")
    entry = {"mediaType": OCI, "digest": child, "size": 1}
    text = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]})
    ecr.put_image(repositoryName=repo, imageManifest=text, imageTag="multi")
    ids = [{"imageDigest": child}]
    [failure] = ecr.batch_delete_image(repositoryName=repo, imageIds=ids)["failures"]
    assert failure["failureCode"] == "ImageReferencedByManifestList"


def test_with_its_last_tag_an_image_goes(ecr, repo):
    put(ecr, repo, "a", "v1")
    ecr.batch_delete_image(repositoryName=repo, imageIds=[{"imageTag": "v1"}])
    assert ecr.list_images(repositoryName=repo)["imageIds"] == []


def test_a_scan_finds_what_the_label_says(ecr, repo):
    put(ecr, repo, "a", "v1", labels="HIGH=2")
    wanted = {"repositoryName": repo, "imageId": {"imageTag": "v1"}}
    assert refused(ecr.describe_image_scan_findings, **wanted) == "ScanNotFoundException"
    ecr.start_image_scan(**wanted)
    until = time.monotonic() + 20
    while ecr.describe_image_scan_findings(**wanted)["imageScanStatus"]["status"] != "COMPLETE":
        assert time.monotonic() < until
        time.sleep(0.1)
    found = ecr.describe_image_scan_findings(**wanted)["imageScanFindings"]
    assert found["findingSeverityCounts"] == {"HIGH": 2}


def test_another_accounts_repository_needs_its_policy(client, ecr, repo):
    other = client("ecr", account=1)
    wanted = {"registryId": "111111111111", "repositoryName": repo}
    assert refused(other.list_images, **wanted) == "AccessDeniedException"
    allow = {"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "ecr:*"}
    ecr.set_repository_policy(repositoryName=repo, policyText=json.dumps({"Statement": [allow]}))
    assert other.list_images(**wanted)["imageIds"] == []


def _v2(endpoint, path, token=None, method="GET"):
    request = urllib.request.Request(f"{endpoint}{path}", method=method)
    if token:
        request.add_header("Authorization", f"Basic {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"{}")


def test_the_registry_asks_for_a_token_and_takes_a_valid_one_alone(ecr):
    [data] = ecr.get_authorization_token()["authorizationData"]
    endpoint, wrong = data["proxyEndpoint"], base64.b64encode(b"AWS:stale-EXAMPLE").decode()
    codes = [_v2(endpoint, "/v2/", t)[0] for t in (None, wrong, data["authorizationToken"])]
    assert codes == [401, 403, 200]


def test_a_push_to_a_repository_that_is_not_there_is_refused(ecr):
    [data] = ecr.get_authorization_token()["authorizationData"]
    path = f"/v2/nothing-{uuid.uuid4().hex[:6]}/blobs/uploads/"
    status, body = _v2(data["proxyEndpoint"], path, data["authorizationToken"], "POST")
    assert (status, body["errors"][0]["code"]) == (404, "NAME_UNKNOWN")


def test_a_creation_template_makes_the_repository_on_push(ecr):
    prefix = f"team{uuid.uuid4().hex[:6]}"
    ecr.create_repository_creation_template(
        prefix=prefix, appliedFor=["CREATE_ON_PUSH"], imageTagMutability="IMMUTABLE"
    )
    [data] = ecr.get_authorization_token()["authorizationData"]
    path = f"/v2/{prefix}/api/blobs/uploads/"
    assert _v2(data["proxyEndpoint"], path, data["authorizationToken"], "POST")[0] == 202
    [made] = ecr.describe_repositories(repositoryNames=[f"{prefix}/api"])["repositories"]
    assert made["imageTagMutability"] == "IMMUTABLE"


def test_public_tokens_come_from_virginia_alone(client):
    data = client("ecr-public", region="us-east-1").get_authorization_token()["authorizationData"]
    assert base64.b64decode(data["authorizationToken"]).startswith(b"AWS:")
    elsewhere = client("ecr-public", region="eu-west-1")
    assert refused(elsewhere.get_authorization_token) == "UnsupportedCommandException"
