"""The commands push and findings."""

from __future__ import annotations

from collections.abc import Iterator

from awsops.api import Annotated, Argument, Aws, NotFoundError, Option, Plan, Progress, command
from awsops.units import parse_duration

from .borrowed_names import sweep
from .choices import complete_goals, complete_images
from .creating import read_settings
from .findings import (
    SEVERITIES,
    Finding,
    SeverityCount,
    await_scan,
    check_counts,
    read_findings,
    read_status,
    table,
)
from .image_commands import RepositoryArgument
from .movers import mover_for
from .passing_logins import auth_file
from .push import Pushed, apply_push, plan_push, split_name
from .repositories import require_repository
from .skopeo import Around
from .sources import find_source
from .tokens import private_logins

FailOnOption = Annotated[
    str | None,
    Option(
        help="Fail when a finding is as severe as this or worse.",
        choices=SEVERITIES,
        metavar="SEVERITY",
    ),
]


# `push_` and `findings_`: without the underscore they would hide the modules of that name.
@command(mutates=True)
def push_(
    aws: Aws,
    image: Annotated[
        str,
        Argument(help="An OCI layout, an archive, or an image of docker's engine.", files=True),
    ],
    repository: Annotated[
        str | None,
        Argument(
            help="REPOSITORY[:TAG]; default: the image's own name and tag.",
            complete=complete_goals,
        ),
    ] = None,
    tag: Annotated[list[str], Option(help="One more tag; may be repeated.", metavar="TAG")] = [],  # noqa: B006
    create: Annotated[bool, Option(help="Make the repository where it is missing.")] = False,
    wait_scan: Annotated[bool, Option(help="Wait for what the scan finds.")] = False,
    fail_on: FailOnOption = None,
    scan_timeout: Annotated[
        str, Option(help="How long to wait for the scan.", metavar="DURATION")
    ] = "10m",
) -> Iterator[Plan | Progress | Pushed | SeverityCount]:
    """Push an image once, under all its tags, and know that it is there."""
    sweep(aws.env)
    name, first = split_name(repository or image.rpartition("/")[2])
    tags = list(dict.fromkeys([*([first] if first else []), *tag])) or ["latest"]
    patience = parse_duration(scan_timeout)
    ecr = aws.client("ecr")
    around = Around(aws.env.environ, aws.cancelled.is_set, aws.sleep)
    source = find_source(image, around.environ)
    here = mover_for(source, around).read(source)
    plan = plan_push(
        ecr,
        here,
        name,
        tags,
        create=read_settings(aws.env.folders.config / "ecr.toml") if create else None,
        undo_options=aws.target_options(),
        scan=wait_scan or fail_on is not None,
    )
    yield plan.describe()
    [login] = private_logins(ecr)
    with auth_file(aws.env.folders.state, [login]) as path:
        yield from apply_push(ecr, plan, login, lambda: mover_for(source, around, path))
    if plan.starts_scan:
        ecr.start_image_scan(repositoryName=name, imageId={"imageTag": tags[0]})
    if wait_scan or fail_on:
        yield from _wait(aws, name, tags[0], patience)
        _, counts = read_findings(ecr, name, tags[0])
        yield from table(name, tags[0], counts)
        if fail_on:
            check_counts(name, tags[0], counts, fail_on)


@command()
def findings_(
    aws: Aws,
    repository: RepositoryArgument,
    image: Annotated[
        str, Argument(help="Tag or digest of the image.", complete=complete_images)
    ] = "latest",
    wait: Annotated[bool, Option(help="Wait until the scan is over.")] = False,
    fail_on: FailOnOption = None,
    scan_timeout: Annotated[
        str, Option(help="How long to wait for the scan.", metavar="DURATION")
    ] = "10m",
) -> Iterator[Progress | Finding]:
    """Show what the scan of an image found, worst first."""
    sweep(aws.env)
    ecr = aws.client("ecr")
    patience = parse_duration(scan_timeout)
    require_repository(ecr, repository)
    if wait:
        yield from _wait(aws, repository, image, patience)
    elif read_status(ecr, repository, image)[0] is None:
        raise NotFoundError(
            f"{repository}:{image} was never scanned",
            hint="turn on scan on push, or start a scan: aws ecr start-image-scan",
        )
    rows, counts = read_findings(ecr, repository, image)
    yield from rows
    if fail_on:
        check_counts(repository, image, counts, fail_on)


def _wait(aws: Aws, repository: str, image: str, patience: float) -> Iterator[Progress]:
    return await_scan(
        aws.client("ecr"),
        repository,
        image,
        sleep=aws.sleep,
        clock=aws.clock,
        cancelled=aws.cancelled.is_set,
        patience=patience,
    )
