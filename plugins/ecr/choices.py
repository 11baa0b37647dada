"""The repositories and images that an argument may name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from awsops.api import Aws, Choice
from awsops.elsewhere import elsewhere
from awsops.units import format_size

from .images import Image, list_images
from .repositories import list_repositories

MOST_IMAGES = 1_000


def complete_repositories(aws: Aws) -> Iterator[Choice]:
    """The repositories of the registry, each with its mutability."""
    for row in list_repositories(aws.client("ecr")):
        yield Choice(row.repository, row.mutability.lower())


def complete_images(aws: Aws, repository: str) -> Iterator[Choice]:
    """The tags of a repository's images and the digests of those without, the newest first."""
    for image in islice(list_images(aws.client("ecr"), repository), MOST_IMAGES):
        for tag in image.tags or (image.digest,):
            yield Choice(tag, _about(image))


def complete_references(aws: Aws, stem: str = "") -> Iterator[Choice]:
    """REPOSITORY: of every repository, then the tags of the one that was typed."""
    yield from _references(aws, stem)


def complete_goals(
    aws: Aws, to_profile: str | None = None, to_region: str | None = None, stem: str = ""
) -> Iterator[Choice]:
    """REPOSITORY or REPOSITORY:TAG where the image goes to."""
    if to_profile or to_region:
        aws = elsewhere(aws, profile=to_profile, region=to_region)
    if stem:
        yield from _references(aws, stem)
    else:
        yield from complete_repositories(aws)


def _references(aws: Aws, stem: str) -> Iterator[Choice]:
    if not stem:
        for row in list_repositories(aws.client("ecr")):
            yield Choice(f"{row.repository}:", row.mutability.lower())
        return
    # `HOST/REPOSITORY:`: the host is this registry's, or nothing is found.
    head, _, tail = stem[:-1].partition("/")
    repository = tail if "." in head and tail else stem[:-1]
    for image in islice(list_images(aws.client("ecr"), repository), MOST_IMAGES):
        for tag in image.tags:
            yield Choice(f"{stem}{tag}", _about(image))


def _about(image: Image) -> str:
    return f"{image.pushed_at:%Y-%m-%d %H:%M}, {format_size(image.size)}"
