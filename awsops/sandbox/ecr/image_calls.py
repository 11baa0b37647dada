"""Images: put, read, described, deleted, scanned; and layers by the API."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.ecr import scanning
from awsops.sandbox.ecr.images import delete_one, put_manifest
from awsops.sandbox.ecr.manifests import digest_of
from awsops.sandbox.ecr.operations import Operation, Params, Scene, paged
from awsops.sandbox.ecr.state import SCAN_SECONDS, Image, Repository

_REASONS = {
    "ImageNotFound": "Requested image not found",
    "MissingDigestAndTag": "Invalid request parameters: both tag and digest cannot be null",
    "ImageTagDoesNotMatchDigest": "Requested image tag and digest do not match",
    "ImageReferencedByManifestList": "Requested image referenced by manifest list",
}


def put_image(scene: Scene, params: Params) -> Params:
    repository = scene.repository(params)
    tag = params.get("imageTag")
    manifest, changed = put_manifest(
        repository,
        params["imageManifest"].encode(),
        media_type=params.get("imageManifestMediaType"),
        tag=tag,
        digest=params.get("imageDigest"),
        now=scene.now,
    )
    if not changed:
        raise AwsError(
            "ImageAlreadyExistsException",
            f"Image with digest '{manifest.digest}' and tag '{tag}' already exists in the "
            f"repository with name '{repository.name}' in registry with id '{repository.account}'",
        )
    return {"image": _image(repository, repository.images[manifest.digest], tag)}


def batch_get_image(scene: Scene, params: Params) -> Params:
    repository = scene.repository(params)
    found, failures = [], []
    for wanted in params["imageIds"]:
        try:
            image = _find(repository, wanted)
        except KeyError as error:
            failures.append(_failure(wanted, error))
            continue
        image.pulled_at = scene.now
        found.append(_image(repository, image, wanted.get("imageTag")))
    return {"images": found, "failures": failures}


def batch_delete_image(scene: Scene, params: Params) -> Params:
    repository = scene.repository(params)
    gone: list[dict[str, str]] = []
    failures = []
    for wanted in params["imageIds"]:
        try:
            gone += delete_one(repository, wanted.get("imageDigest"), wanted.get("imageTag"))
        except KeyError as error:
            failures.append(_failure(wanted, error))
    return {"imageIds": gone, "failures": failures}


def list_images(scene: Scene, params: Params) -> Params:
    repository = scene.repository(params)
    status = (params.get("filter") or {}).get("tagStatus", "ANY")
    ids: list[dict[str, str]] = []
    for digest in repository.images:
        tags = repository.tags_of(digest)
        if tags and status != "UNTAGGED":
            ids += [{"imageDigest": digest, "imageTag": tag} for tag in tags]
        elif not tags and status != "TAGGED":
            ids.append({"imageDigest": digest})
    return paged(ids, params, "imageIds")


def describe_images(scene: Scene, params: Params) -> Params:
    repository = scene.repository(params)
    wanted = params.get("imageIds")
    if wanted and (params.get("maxResults") or params.get("nextToken")):
        raise AwsError("InvalidParameterException", "imageIds exclude maxResults and nextToken")
    if wanted:
        images = [_find_or_refuse(repository, one) for one in wanted]
        images = list({image.manifest.digest: image for image in images}.values())
    else:
        status = (params.get("filter") or {}).get("tagStatus", "ANY")
        images = [
            image
            for digest, image in repository.images.items()
            if status == "ANY" or bool(repository.tags_of(digest)) is (status == "TAGGED")
        ]
    details = [_detail(repository, image, scene.now) for image in images]
    return paged(details, params, "imageDetails")


def describe_findings(scene: Scene, params: Params) -> Params:
    repository = scene.repository(params)
    image = _find_or_refuse(repository, params["imageId"])
    answer = scanning.describe_findings(repository, image, scene.now)
    ids = {"imageDigest": image.manifest.digest}
    if params["imageId"].get("imageTag"):
        ids["imageTag"] = params["imageId"]["imageTag"]
    findings = answer.get("imageScanFindings")
    if findings:
        page = paged(findings["findings"], params, "findings")
        answer["imageScanFindings"] = {**findings, "findings": page.pop("findings")}
        answer |= page
    return _named(repository) | {"imageId": ids} | answer


def start_scan(scene: Scene, params: Params) -> Params:
    repository = scene.repository(params)
    image = _find_or_refuse(repository, params["imageId"])
    scanning.start_scan(image, scene.now)
    status = {"imageScanStatus": {"status": "IN_PROGRESS"}}
    return _named(repository) | {"imageId": params["imageId"]} | status


def check_layers(scene: Scene, params: Params) -> Params:
    repository = scene.repository(params)
    layers = []
    for digest in params["layerDigests"]:
        held = repository.layer(digest)
        entry: dict[str, Any] = {
            "layerDigest": digest,
            "layerAvailability": "UNAVAILABLE" if held is None else "AVAILABLE",
        }
        if held is not None:
            entry["layerSize"] = len(held)
        layers.append(entry)
    return {"layers": layers, "failures": []}


def initiate_upload(scene: Scene, params: Params) -> Params:
    upload = str(uuid.uuid4())
    scene.repository(params).uploads[upload] = bytearray()
    return {"uploadId": upload, "partSize": 20_971_520}


def upload_part(scene: Scene, params: Params) -> Params:
    repository = scene.repository(params)
    held = _upload(repository, params)
    data = base64.b64decode(params["layerPartBlob"])
    first, last = int(params["partFirstByte"]), int(params["partLastByte"])
    if first != len(held) or last - first + 1 != len(data):
        raise AwsError(
            "InvalidLayerPartException",
            f"The layer part is not valid: expected the first byte to be {len(held)}",
        )
    held += data
    return _named(repository) | {"uploadId": params["uploadId"], "lastByteReceived": len(held) - 1}


def complete_upload(scene: Scene, params: Params) -> Params:
    repository = scene.repository(params)
    data = bytes(_upload(repository, params))
    if not data:
        raise AwsError("EmptyUploadException", "The layer upload does not contain any layer parts")
    digest = digest_of(data)
    if digest not in params["layerDigests"]:
        raise AwsError(
            "InvalidLayerException",
            f"The layer digest '{digest}' does not match the one that was given",
        )
    del repository.uploads[params["uploadId"]]
    repository.layers[digest] = data
    return _named(repository) | {"uploadId": params["uploadId"], "layerDigest": digest}


def _upload(repository: Repository, params: Params) -> bytearray:
    held = repository.uploads.get(params["uploadId"])
    if held is None:
        raise AwsError("UploadNotFoundException", f"The upload {params['uploadId']} does not exist")
    return held


def _find(repository: Repository, wanted: dict[str, str]) -> Image:
    digest, tag = wanted.get("imageDigest"), wanted.get("imageTag")
    if digest is None and tag is None:
        raise KeyError("MissingDigestAndTag")
    held = repository.image_tags.get(tag) if tag else digest
    if held is None or held not in repository.images:
        raise KeyError("ImageNotFound")
    if digest is not None and digest != held:
        raise KeyError("ImageTagDoesNotMatchDigest")
    return repository.images[held]


def _find_or_refuse(repository: Repository, wanted: dict[str, str]) -> Image:
    try:
        return _find(repository, wanted)
    except KeyError:
        digest, tag = wanted.get("imageDigest"), wanted.get("imageTag")
        raise AwsError(
            "ImageNotFoundException",
            f"The image with imageId {{imageDigest:'{digest or 'null'}', imageTag:'{tag or 'null'}'"
            f"}} does not exist within the repository with name '{repository.name}' in the "
            f"registry with id '{repository.account}'",
        ) from None


def _failure(wanted: dict[str, str], error: KeyError) -> dict[str, Any]:
    code = str(error.args[0])
    return {"imageId": wanted, "failureCode": code, "failureReason": _REASONS[code]}


def _image(repository: Repository, image: Image, tag: str | None) -> dict[str, Any]:
    ids = {"imageDigest": image.manifest.digest}
    if tag:
        ids["imageTag"] = tag
    return _named(repository) | {
        "imageId": ids,
        "imageManifest": image.manifest.body.decode(),
        "imageManifestMediaType": image.manifest.media_type,
    }


def _detail(repository: Repository, image: Image, now: float) -> dict[str, Any]:
    manifest = image.manifest
    detail = _named(repository) | {
        "imageDigest": manifest.digest,
        "imageSizeInBytes": repository.size_of(image),
        "imagePushedAt": image.pushed_at,
        "imageManifestMediaType": manifest.media_type,
        "artifactMediaType": manifest.artifact_type,
        "subjectManifestDigest": manifest.subject,
        "lastRecordedPullTime": image.pulled_at,
        "imageTags": repository.tags_of(manifest.digest) or None,
        "imageStatus": "ACTIVE",
    }
    status = scanning.status_of(image, now)
    if status:
        detail["imageScanStatus"] = {"status": status}
    if status == "COMPLETE":
        detail["imageScanFindingsSummary"] = {
            "imageScanCompletedAt": (image.scan_started or now) + SCAN_SECONDS,
            "findingSeverityCounts": scanning.counts_of(repository, image),
        }
    return {name: value for name, value in detail.items() if value is not None}


def _named(repository: Repository) -> dict[str, Any]:
    return {"registryId": repository.account, "repositoryName": repository.name}


OPERATIONS: dict[str, Operation] = {
    "PutImage": put_image,
    "BatchGetImage": batch_get_image,
    "BatchDeleteImage": batch_delete_image,
    "ListImages": list_images,
    "DescribeImages": describe_images,
    "DescribeImageScanFindings": describe_findings,
    "StartImageScan": start_scan,
    "BatchCheckLayerAvailability": check_layers,
    "InitiateLayerUpload": initiate_upload,
    "UploadLayerPart": upload_part,
    "CompleteLayerUpload": complete_upload,
}
READS = frozenset({"BatchGetImage", "ListImages", "DescribeImages", "DescribeImageScanFindings"})
WRITES = frozenset({"PutImage", "BatchDeleteImage"})
