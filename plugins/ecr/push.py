"""Pushing an image: what is here and there compared first, then moved once, and verified."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from awsops.api import AwsopsError, Change, Plan, Progress, UsageError

from .creating import NewRepository, template_for
from .movers import Mover
from .repositories import RepositoryFacts, find_repository, missing
from .sources import LocalImage, read_manifest
from .tokens import Login

ACCEPTED = [  # what BatchGetImage may answer with: image manifests and indexes of both kinds
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
]
_TAG = r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}"  # OCI distribution specification, tags


@dataclass(frozen=True, slots=True)
class Pushed:
    """A row of `ecr push`: status is pushed, tagged (no layer travelled) or unchanged."""

    registry: str
    repository: str
    tag: str
    digest: str
    size: int
    pushed: bool
    status: str


@dataclass(frozen=True, slots=True)
class RemoteTag:
    """What a tag is in the registry; `digest` None when it is not there."""

    tag: str
    digest: str | None
    config: str | None
    same: bool


@dataclass(frozen=True, slots=True)
class PushPlan:
    """What a push will do to one repository."""

    image: LocalImage
    repository: str
    facts: RepositoryFacts | None
    create: NewRepository | None
    template: str | None
    tags: tuple[RemoteTag, ...]
    undo_options: tuple[str, ...]
    scan: bool

    def describe(self) -> Plan:
        changes = []
        if self.create is not None:
            changes.append(self.create.change(self.repository))
        changes += [self._change(tag) for tag in self.tags if not tag.same]
        if self.starts_scan:
            resource = f"{self.repository}:{self.tags[0].tag}"
            changes.append(Change("start scan", resource, why_no_undo="a scan changes nothing"))
        warnings: tuple[str, ...] = ()
        if self.template is not None:
            warnings = (f"ECR makes the repository by its creation template {self.template}",)
        here = self.image.digest or f"config {self.image.config}"
        kinds = f", {self.image.platforms} platforms" if self.image.platforms > 1 else ""
        return Plan(tuple(changes), f"{self.image.source} ({here}{kinds})", warnings)

    @property
    def starts_scan(self) -> bool:
        """Whether findings are wanted of a repository that does not scan what is pushed."""
        by_itself = self.facts.scan_on_push if self.facts else bool(self.create)
        if self.create is not None:
            by_itself = self.create.scan_on_push
        return self.scan and not by_itself and any(not tag.same for tag in self.tags)

    def _change(self, tag: RemoteTag) -> Change:
        undo = None
        if tag.digest is not None:
            old, new = f"{self.repository}@{tag.digest}", f"{self.repository}:{tag.tag}"
            undo = shlex.join(["awsops", "ecr", "copy", old, new, *self.undo_options])
        return Change(
            "push" if tag.digest is None else "move tag",
            f"{self.repository}:{tag.tag}",
            before=tag.digest,
            after=self.image.digest or "the digest is made by the push",
            undo=undo,
            why_no_undo=None if undo else "an image may have been pulled; ecr prune removes it",
        )


def split_name(text: str) -> tuple[str, str | None]:
    """Repository and tag of `REPOSITORY[:TAG]`; UsageError for a host in front or a bad tag."""
    import re

    name, colon, tag = text.rpartition(":")
    if not colon or "/" in tag:
        name, tag = text, ""
    if "." in name.partition("/")[0] and "/" in name:
        raise UsageError(
            f"{text} names a registry", hint="-p and -r choose it: give REPOSITORY[:TAG] alone"
        )
    if tag and not re.fullmatch(_TAG, tag):
        raise UsageError(f"{tag!r} is not a tag")
    if not name:
        raise UsageError("the repository's name is missing")
    return name, tag or None


def plan_push(
    ecr: Any,
    image: LocalImage,
    repository: str,
    tags: Sequence[str],
    *,
    create: NewRepository | None,
    undo_options: Sequence[str] = (),
    scan: bool = False,
) -> PushPlan:
    """Reads what is there. NotFoundError without the repository (unless it will be made),
    AwsopsError when a tag is immutable and another image: nothing was sent then.
    """
    facts = find_repository(ecr, repository)
    template = None
    if facts is None:
        template = template_for(ecr, repository)
        if template is None and create is None:
            raise missing(ecr, repository, "--create makes the repository")
        found = tuple(RemoteTag(tag, None, None, False) for tag in tags)
    else:
        found = tuple(_read_tags(ecr, image, repository, tags))
        _refuse_immutable(facts, found, image)
    made = create if facts is None and template is None else None
    return PushPlan(image, repository, facts, made, template, found, tuple(undo_options), scan)


def _refuse_immutable(facts: RepositoryFacts, tags: Sequence[RemoteTag], image: LocalImage) -> None:
    for tag in tags:
        if tag.digest is not None and not tag.same and facts.is_immutable(tag.tag):
            raise AwsopsError(
                f"{facts.name}:{tag.tag} is immutable and is another image: {tag.digest} there, "
                f"{image.digest or image.config} here",
                hint="nothing was sent; push under a new tag",
                code="ImageTagAlreadyExists",
            )


def _read_tags(
    ecr: Any, image: LocalImage, repository: str, tags: Sequence[str]
) -> Iterator[RemoteTag]:
    answer = ecr.batch_get_image(
        repositoryName=repository,
        imageIds=[{"imageTag": tag} for tag in tags],
        acceptedMediaTypes=ACCEPTED,
    )
    held = {found["imageId"]["imageTag"]: found for found in answer["images"]}
    for tag in tags:
        there = held.get(tag)
        if there is None:
            yield RemoteTag(tag, None, None, False)
            continue
        digest = there["imageId"]["imageDigest"]
        config = read_manifest(there["imageManifest"].encode())[1]
        yield RemoteTag(tag, digest, config, image.is_same(digest, config))


def apply_push(
    ecr: Any, plan: PushPlan, login: Login, mover: Callable[[], Mover]
) -> Iterator[Progress | Pushed]:
    """Makes the repository, moves the image once, tags the rest, and reads the tags back."""
    if plan.create is not None:
        plan.create.create(ecr, plan.repository)
    to_write = [tag for tag in plan.tags if not tag.same]
    moved: str | None = None
    if to_write:
        yield Progress(0, len(plan.tags), "tags", f"{plan.image.source} to {plan.repository}")
        moved = to_write[0].tag
        target = f"{login.registry.host}/{plan.repository}:{moved}"
        mover().send(plan.image, target, plain_http=login.registry.loopback)
        _tag_others(ecr, plan, moved, [tag.tag for tag in to_write[1:]])
    wanted = {"imageIds": [{"imageTag": tag.tag} for tag in plan.tags]}
    details = ecr.describe_images(repositoryName=plan.repository, **wanted)["imageDetails"]
    by_tag = {tag: detail for detail in details for tag in detail.get("imageTags", [])}
    for tag in plan.tags:
        detail = by_tag[tag.tag]
        digest = detail["imageDigest"]
        if plan.image.digest is not None and digest != plan.image.digest:
            raise AwsopsError(
                f"{plan.repository}:{tag.tag} is {digest}, not {plan.image.digest}",
                hint="somebody else pushed the tag at the same time",
            )
        status = "unchanged" if tag.same else "pushed" if tag.tag == moved else "tagged"
        size = int(detail.get("imageSizeInBytes", 0))
        host = login.registry.host
        yield Pushed(host, plan.repository, tag.tag, digest, size, not tag.same, status)


def _tag_others(ecr: Any, plan: PushPlan, tag: str, others: Sequence[str]) -> None:
    if not others:
        return
    wanted = {"imageIds": [{"imageTag": tag}], "acceptedMediaTypes": ACCEPTED}
    [image] = ecr.batch_get_image(repositoryName=plan.repository, **wanted)["images"]
    for other in others:
        put_tag(ecr, plan.repository, image, other)


def put_tag(ecr: Any, repository: str, image: Any, tag: str) -> None:
    """Gives an image of a repository one more tag; one that it has already is success."""
    params = {"imageManifest": image["imageManifest"], "imageTag": tag}
    if image.get("imageManifestMediaType"):
        params["imageManifestMediaType"] = image["imageManifestMediaType"]
    try:
        ecr.put_image(repositoryName=repository, **params)
    except ecr.exceptions.ImageAlreadyExistsException:
        return
