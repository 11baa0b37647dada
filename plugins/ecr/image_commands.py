"""The commands that look at images, remove them and copy them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Change,
    Option,
    PartialError,
    Plan,
    Progress,
    UsageError,
    command,
)
from awsops.units import parse_duration

from .borrowed_names import sweep
from .choices import complete_images, complete_repositories
from .images import Image, children_of, choose, delete_images, list_images
from .in_use import images_in_use
from .repositories import require_repository

RepositoryArgument = Annotated[
    str, Argument(help="Name of the repository.", complete=complete_repositories)
]


@dataclass(frozen=True, slots=True)
class Pruned:
    """A row of `ecr prune`: one image that is gone, or that would not go."""

    repository: str
    digest: str
    tags: tuple[str, ...]
    size: int
    status: str


# `images_`: without the underscore it would hide the module of that name.
@command()
def images_(
    aws: Aws,
    repository: RepositoryArgument,
    untagged: Annotated[bool, Option(help="Only images without a tag.")] = False,
) -> Iterator[Image]:
    """List the images of a repository, newest first."""
    sweep(aws.env)
    ecr = aws.client("ecr")
    require_repository(ecr, repository)
    for image in list_images(ecr, repository):
        if not untagged or image.status == "untagged":
            yield image


@command(mutates=True)
def prune(
    aws: Aws,
    repository: RepositoryArgument,
    keep: Annotated[int | None, Option(help="Keep the newest so many images.", min=0)] = None,
    older_than: Annotated[
        str | None,
        Option(help="Remove only what was pushed longer ago, like 90d.", metavar="DURATION"),
    ] = None,
    protect: Annotated[
        list[str],
        Option(
            help="Keep images with a tag that matches the glob; may be repeated.",
            complete=complete_images,
            metavar="GLOB",
        ),
    ] = [],  # noqa: B006 - the kernel hands over a list of its own
) -> Iterator[Plan | Progress | Pruned]:
    """Remove old images, never one that is protected or in use."""
    sweep(aws.env)
    if keep is None and older_than is None:
        raise UsageError("what is to go?", hint="give --keep 20, --older-than 90d, or both")
    age = parse_duration(older_than) if older_than is not None else None
    ecr = aws.client("ecr")
    facts = require_repository(ecr, repository)
    held = list_images(ecr, repository)
    children = children_of(ecr, repository, held)
    in_use, warnings = images_in_use(aws.client, facts.uri)
    going, kept = choose(
        held,
        children,
        in_use,
        keep=keep or 0,
        older_than=age,
        protect=protect,
        now=aws.clock(),
    )
    reasons: dict[str, int] = {}
    for entry in kept:
        reasons[entry.reason.partition(":")[0]] = reasons.get(entry.reason.partition(":")[0], 0) + 1
    said = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
    changes = tuple(
        Change(
            "delete image",
            f"{repository}@{image.digest}",
            ", ".join(image.tags) or "untagged",
            irreversible=True,
            why_no_undo="ECR keeps nothing of a deleted image",
        )
        for image in going
    )
    yield Plan(changes, f"{repository}: {len(going)} go, {len(kept)} stay ({said})", warnings)
    by_digest = {image.digest: image for image in going}
    failed = 0
    for done, (digest, status) in enumerate(delete_images(ecr, repository, going), 1):
        image = by_digest[digest]
        failed += status != "deleted"
        yield Progress(done, len(going), "images")
        yield Pruned(repository, digest, image.tags, image.size, status)
    if failed:
        raise PartialError(f"{failed} of {len(going)} images of {repository} were not removed")
