"""Putting, tagging and removing images, for the API and for `/v2/` alike."""

from __future__ import annotations

from awsops.sandbox.answers import AwsError
from awsops.sandbox.ecr.manifests import BadManifestError, Manifest, read_manifest
from awsops.sandbox.ecr.state import Image, Repository


def put_manifest(
    repository: Repository,
    body: bytes,
    *,
    media_type: str | None,
    tag: str | None,
    digest: str | None,
    now: float,
) -> tuple[Manifest, bool]:
    """Adds an image or a tag to it; the manifest, and whether anything changed.

    AwsError as PutImage says it (ECR API reference, PutImage).
    """
    try:
        manifest = read_manifest(body, media_type)
    except BadManifestError as error:
        raise AwsError(
            "InvalidParameterException",
            f"Invalid parameter at 'ImageManifest' failed to satisfy constraint: '{error}'",
        ) from None
    if digest is not None and digest != manifest.digest:
        raise AwsError(
            "ImageDigestDoesNotMatchException",
            f"The digest '{digest}' does not match the calculated digest '{manifest.digest}'",
        )
    held = repository.image_tags.get(tag) if tag else None
    if tag and held is not None and held != manifest.digest and repository.is_immutable(tag):
        raise AwsError(
            "ImageTagAlreadyExistsException",
            f"The image tag '{tag}' already exists in the '{repository.name}' repository and "
            "cannot be overwritten because the tag is immutable.",
        )
    _check_parts(repository, manifest)
    known = manifest.digest in repository.images
    if known and (tag is None or held == manifest.digest):
        return manifest, False
    if not known:
        started = now if repository.scan_on_push and not manifest.is_index else None
        repository.images[manifest.digest] = Image(manifest, now, scan_started=started)
    if tag:
        repository.image_tags[tag] = manifest.digest
    return manifest, True


def _check_parts(repository: Repository, manifest: Manifest) -> None:
    missing = [d for d in manifest.blobs if repository.layer(d) is None]
    if missing:
        raise AwsError(
            "LayersNotFoundException", f"Required layers are missing: {', '.join(missing)}"
        )
    missing = [d for d in manifest.children if d not in repository.images]
    if missing:
        raise AwsError(
            "ReferencedImagesNotFoundException",
            f"The image manifest list references images that do not exist: {', '.join(missing)}",
        )


def delete_one(repository: Repository, digest: str | None, tag: str | None) -> list[dict[str, str]]:
    """Removes a tag (and the image with its last tag), or an image with all tags.

    The ids that went; KeyError with the failure's code where it cannot be done.
    """
    if digest is None and tag is None:
        raise KeyError("MissingDigestAndTag")
    held = repository.image_tags.get(tag) if tag else digest
    if held is None or held not in repository.images:
        raise KeyError("ImageNotFound")
    if digest is not None and held != digest:
        raise KeyError("ImageTagDoesNotMatchDigest")
    tags = repository.tags_of(held)
    if tag is not None and len(tags) > 1:
        del repository.image_tags[tag]
        return [{"imageDigest": held, "imageTag": tag}]
    if repository.indexes_of(held):
        raise KeyError("ImageReferencedByManifestList")
    for name in tags:
        del repository.image_tags[name]
    del repository.images[held]
    return [{"imageDigest": held, "imageTag": name} for name in tags] or [{"imageDigest": held}]
