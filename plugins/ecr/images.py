"""The images of a repository: listed, and chosen to be removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

from awsops.api import NotFoundError

from .push import ACCEPTED

PAGE = 1000  # ECR API reference, DescribeImages: maxResults
BATCH = 100  # BatchGetImage, BatchDeleteImage: imageIds, 1 to 100


@dataclass(frozen=True, slots=True)
class Image:
    """A row of `ecr images`: kind is image, index or artifact; no tags means untagged."""

    tags: tuple[str, ...]
    kind: str
    size: int
    pushed_at: datetime
    pulled_at: datetime | None
    findings: str | None
    digest: str
    subject: str | None
    status: Literal["tagged", "untagged"]


@dataclass(frozen=True, slots=True)
class Kept:
    """Why an image stays."""

    image: Image
    reason: str


def list_images(ecr: Any, repository: str) -> list[Image]:
    """All images, the newest first."""
    params: dict[str, Any] = {"repositoryName": repository, "maxResults": PAGE}
    found: list[Image] = []
    while True:
        page = ecr.describe_images(**params)
        found += map(_image, page["imageDetails"])
        if not page.get("nextToken"):
            return sorted(found, key=lambda image: (image.pushed_at, image.digest), reverse=True)
        params["nextToken"] = page["nextToken"]


def children_of(ecr: Any, repository: str, images: Iterable[Image]) -> dict[str, list[str]]:
    """The digests that each index refers to, and of each image its signatures and the like."""
    import json

    images = list(images)
    known = {image.digest for image in images}
    indexes = [image.digest for image in images if image.kind == "index"]
    found: dict[str, list[str]] = {}
    for start in range(0, len(indexes), BATCH):
        ids = [{"imageDigest": digest} for digest in indexes[start : start + BATCH]]
        answer = ecr.batch_get_image(
            repositoryName=repository, imageIds=ids, acceptedMediaTypes=ACCEPTED
        )
        if answer.get("failures"):
            # What an index that cannot be read refers to is not known: nothing is safe then.
            failure = answer["failures"][0]
            raise NotFoundError(f"an index of {repository} cannot be read: {failure}")
        for image in answer["images"]:
            entries = json.loads(image["imageManifest"]).get("manifests", [])
            found[image["imageId"]["imageDigest"]] = [entry["digest"] for entry in entries]
    for image in images:
        if image.subject in known:
            found.setdefault(str(image.subject), []).append(image.digest)
    return found


def choose(
    images: Sequence[Image],
    children: dict[str, list[str]],
    in_use: dict[str, str],
    *,
    keep: int,
    older_than: float | None,
    protect: Sequence[str],
    now: float,
) -> tuple[list[Image], list[Kept]]:
    """What goes and what stays, and why. `images` newest first; `older_than` is seconds.

    `in_use` has a tag or digest, and who runs it. An image that belongs to an index goes with the
    index, and counts for nothing by itself.
    """
    parents: dict[str, list[str]] = {}
    for index, members in children.items():
        for member in members:
            parents.setdefault(member, []).append(index)
    kept: dict[str, Kept] = {}
    rank = 0
    for image in images:
        if image.digest in parents:
            continue
        reason = _reason(image, in_use, protect)
        rank += 1
        if reason is None and rank <= keep:
            reason = f"one of the newest {keep}"
        if (
            reason is None
            and older_than is not None
            and now - image.pushed_at.timestamp() < older_than
        ):
            reason = "not old enough"
        if reason is not None:
            kept[image.digest] = Kept(image, reason)
    _keep_members(images, children, parents, in_use, protect, kept)
    return [image for image in images if image.digest not in kept], list(kept.values())


def _keep_members(
    images: Sequence[Image],
    children: dict[str, list[str]],
    parents: dict[str, list[str]],
    in_use: dict[str, str],
    protect: Sequence[str],
    kept: dict[str, Kept],
) -> None:
    """A member keeps its index when it is used itself; a kept index keeps its members, at any
    depth: until nothing changes any more.
    """
    by_digest = {image.digest: image for image in images}
    for digest in parents:
        image = by_digest.get(digest)
        reason = _reason(image, in_use, protect) if image else None
        if image and reason:
            kept[digest] = Kept(image, reason)
            for index in parents[digest]:
                if index in by_digest and index not in kept:
                    kept[index] = Kept(by_digest[index], f"holds an image that is {reason}")
    waiting = [digest for digest in kept if digest in children]
    while waiting:
        for member in children.get(waiting.pop(), []):
            if member in by_digest and member not in kept:
                kept[member] = Kept(by_digest[member], "belonging to one that stays")
                waiting.append(member)


def delete_images(ecr: Any, repository: str, images: Sequence[Image]) -> Iterator[tuple[str, str]]:
    """Digest and what became of it: deleted, or why not. Indexes go before what they refer to."""
    ordered = sorted(images, key=lambda image: image.kind != "index")
    split = [i for i in ordered if i.kind == "index"], [i for i in ordered if i.kind != "index"]
    for group in split:
        for start in range(0, len(group), BATCH):
            batch = group[start : start + BATCH]
            ids = [{"imageDigest": image.digest} for image in batch]
            answer = ecr.batch_delete_image(repositoryName=repository, imageIds=ids)
            failures = {
                f["imageId"].get("imageDigest"): f.get("failureReason") or f["failureCode"]
                for f in answer.get("failures", [])
            }
            for image in batch:
                yield image.digest, failures.get(image.digest, "deleted")


def _reason(image: Image, in_use: dict[str, str], protect: Sequence[str]) -> str | None:
    for name in (image.digest, *image.tags):
        if name in in_use:
            return f"used by {in_use[name]}"
    for tag in image.tags:
        for pattern in protect:
            if fnmatchcase(tag, pattern):
                return f"protected: {tag} matches {pattern}"
    return None


def _signed_by_tag(tags: Sequence[str]) -> str | None:
    """What an artifact belongs to by cosign's tag scheme: `sha256-<hex>.sig`, `.att`, `.sbom`."""
    for tag in tags:
        name, dot, _ = tag.partition(".")
        if dot and name.startswith("sha256-") and len(name) == len("sha256-") + 64:
            return name.replace("-", ":", 1)
    return None


def _image(data: Any) -> Image:
    summary = (data.get("imageScanFindingsSummary") or {}).get("findingSeverityCounts") or {}
    counts = ", ".join(f"{number} {name.lower()}" for name, number in summary.items() if number)
    scanned = "imageScanFindingsSummary" in data
    kind = data.get("imageManifestMediaType", "")
    tags = tuple(sorted(data.get("imageTags", [])))
    return Image(
        tags=tags,
        kind="index" if "index" in kind or "manifest.list" in kind else "image",
        size=int(data.get("imageSizeInBytes", 0)),
        pushed_at=data["imagePushedAt"],
        pulled_at=data.get("lastRecordedPullTime"),
        findings=counts or ("none" if scanned else None),
        digest=data["imageDigest"],
        subject=data.get("subjectManifestDigest") or _signed_by_tag(tags),
        status="tagged" if tags else "untagged",
    )
