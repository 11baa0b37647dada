"""Copying an image by its digest: to another tag, repository, region or account."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    AwsopsError,
    Change,
    NotFoundError,
    Option,
    Plan,
    Progress,
    UsageError,
    command,
)
from awsops.elsewhere import Elsewhere, elsewhere
from awsops.local_choices import complete_profiles, complete_regions

from .borrowed_names import sweep
from .choices import complete_goals, complete_references
from .findings import image_id
from .hosts import Registry, read_registry
from .passing_logins import auth_file
from .push import ACCEPTED, put_tag
from .repositories import RepositoryFacts, require_repository
from .skopeo import Around, Skopeo
from .tokens import Login, private_logins


@dataclass(frozen=True, slots=True)
class Copied:
    """A row of `ecr copy`: status is copied, tagged (in the same repository) or unchanged."""

    source: str
    target: str
    digest: str
    status: str


@dataclass(frozen=True, slots=True)
class Reference:
    """An image by name: `[HOST/]REPOSITORY[:TAG|@DIGEST]`."""

    registry: Registry | None
    repository: str
    image: str


def read_reference(text: str, default: str = "latest") -> Reference:
    """UsageError for a host that is not ECR's, and without a repository."""
    registry, rest = None, text.removeprefix("docker://")
    head, slash, tail = rest.partition("/")
    if slash and ("." in head or ":" in head):
        registry, rest = read_registry(head), tail
    name, at, digest = rest.partition("@")
    if at:
        return Reference(registry, _named(name, text), digest)
    name, colon, tag = rest.rpartition(":")
    return Reference(registry, _named(name if colon else rest, text), tag if colon else default)


def _named(name: str, text: str) -> str:
    if not name:
        raise UsageError(f"{text} names no repository", hint="[HOST/]REPOSITORY[:TAG]")
    return name


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a copy: whose credentials work there, its API, and the image's name."""

    aws: Aws
    ecr: Any
    reference: Reference


@command(mutates=True)
def copy(
    aws: Aws,
    source: Annotated[
        str,
        Argument(help="[HOST/]REPOSITORY:TAG or REPOSITORY@DIGEST.", complete=complete_references),
    ],
    target: Annotated[
        str,
        Argument(
            help="[HOST/]REPOSITORY[:TAG]; default tag: the source's.",
            complete=complete_goals,
        ),
    ],
    to_profile: Annotated[
        str | None,
        Option(
            help="Copy to the account of this profile.", complete=complete_profiles, metavar="NAME"
        ),
    ] = None,
    to_region: Annotated[
        str | None,
        Option(help="Copy to this region.", complete=complete_regions, metavar="REGION"),
    ] = None,
) -> Iterator[Plan | Progress | Copied]:
    """Copy an image by its digest to another repository, region or account."""
    sweep(aws.env)
    here = read_reference(source)
    tag = "latest" if here.image.startswith("sha256:") else here.image
    there = read_reference(target, tag)
    if there.image.startswith("sha256:"):
        raise UsageError("the target is a tag: a digest follows from the image")
    if there.registry is not None and (to_profile or to_region):
        raise UsageError(
            f"{target} names a registry, and so do --to-profile and --to-region",
            hint="give REPOSITORY[:TAG] alone",
        )
    other = None
    if to_profile or to_region:
        other = elsewhere(aws, profile=to_profile, region=to_region)
    origin = Side(aws, _client(aws, here.registry), here)
    goal = Side(other or aws, _client(other or aws, there.registry), there)
    yield from _copy(origin, goal, other)


def _copy(origin: Side, goal: Side, other: Elsewhere | None) -> Iterator[Plan | Progress | Copied]:
    here, there = origin.reference, goal.reference
    image = _read(origin.ecr, here)
    digest = image["imageId"]["imageDigest"]
    facts = require_repository(goal.ecr, there.repository)
    held = _find(goal.ecr, there)
    before = held["imageId"]["imageDigest"] if held else None
    _check_tag(facts, there, before, digest)
    same = _same_repository(origin, goal, other)
    if before != digest and not same:
        Skopeo(_around(goal.aws), None)  # missing: said before
    changes = _changes(goal.aws, there, before, digest)
    heading = f"{here.repository}:{here.image} is {digest}".replace(":sha256:", "@sha256:", 1)
    if other is None:
        yield Plan(changes, heading)
    else:
        other.announce(Plan(changes, f"{facts.uri}:{there.image}"))
        yield Plan((), heading)  # nothing changes at the source
    status = "unchanged"
    if before != digest:
        if same:
            put_tag(goal.ecr, there.repository, image, there.image)
        else:
            yield Progress(0, None, "", f"{here.repository} to {facts.uri}:{there.image}")
            _move(origin, goal, digest)
        status = "tagged" if same else "copied"
        arrived = _find(goal.ecr, there)
        if arrived is None or arrived["imageId"]["imageDigest"] != digest:
            raise AwsopsError(f"{facts.uri}:{there.image} is not {digest} after the copy")
    name = f"{here.repository}@{digest}"
    yield Copied(name, f"{facts.uri}:{there.image}", digest, status)


def _same_repository(origin: Side, goal: Side, other: Elsewhere | None) -> bool:
    here, there = origin.reference, goal.reference
    return other is None and (here.repository, here.registry) == (there.repository, there.registry)


def _changes(aws: Aws, there: Reference, before: str | None, digest: str) -> tuple[Change, ...]:
    if before == digest:
        return ()
    name = f"{there.repository}:{there.image}"
    undo = None
    if before is not None:
        host = f"{there.registry.host}/" if there.registry else ""
        words = ["awsops", "ecr", "copy", f"{host}{there.repository}@{before}", f"{host}{name}"]
        undo = shlex.join([*words, *aws.target_options()])
    why = None if undo else "an image may have been pulled; ecr prune removes it"
    verb = "copy" if before is None else "move tag"
    return (Change(verb, name, before=before, after=digest, undo=undo, why_no_undo=why),)


def _check_tag(facts: RepositoryFacts, there: Reference, before: str | None, digest: str) -> None:
    if before not in (None, digest) and facts.is_immutable(there.image):
        raise AwsopsError(
            f"{there.repository}:{there.image} is immutable and is another image: {before}",
            hint="nothing was sent; copy to a new tag",
            code="ImageTagAlreadyExists",
        )


def _client(aws: Aws, registry: Registry | None) -> Any:
    """The API of a registry's region, with the target's credentials and the registry's own id."""
    client = aws.client("ecr", region=registry.region if registry else None)
    account = registry.account if registry else None
    return _Registry(client, account) if account else client


class _Registry:
    """A client whose calls all name another account's registry."""

    def __init__(self, client: Any, account: str) -> None:
        self._client = client
        self._account = account

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name in ("exceptions", "meta") or name == "get_authorization_token":
            return found
        return lambda **params: found(registryId=self._account, **params)


def _read(ecr: Any, reference: Reference) -> Any:
    require_repository(ecr, reference.repository)
    found = _find(ecr, reference)
    if found is None:
        raise NotFoundError(
            f"no image {reference.image} in {reference.repository}",
            hint=f"awsops ecr images {reference.repository} shows them",
        )
    return found


def _find(ecr: Any, reference: Reference) -> Any:
    answer = ecr.batch_get_image(
        repositoryName=reference.repository,
        imageIds=[image_id(reference.image)],
        acceptedMediaTypes=ACCEPTED,
    )
    return answer["images"][0] if answer["images"] else None


def _move(origin: Side, goal: Side, digest: str) -> None:
    here, there = origin.reference, goal.reference
    logins = [_login(origin.ecr, here.registry), _login(goal.ecr, there.registry)]
    options = ["--preserve-digests"]
    if logins[0].registry.loopback:
        options.append("--src-tls-verify=false")
    if logins[1].registry.loopback:
        options.append("--dest-tls-verify=false")
    with auth_file(goal.aws.env.folders.state, logins) as path:
        Skopeo(_around(goal.aws), path).copy(
            f"docker://{logins[0].registry.host}/{here.repository}@{digest}",
            f"docker://{logins[1].registry.host}/{there.repository}:{there.image}",
            options,
        )


def _login(ecr: Any, registry: Registry | None) -> Login:
    [first, *_] = private_logins(ecr)
    return Login(registry, first.password, first.expires_at) if registry else first


def _around(aws: Aws) -> Around:
    return Around(aws.env.environ, aws.cancelled.is_set, aws.sleep)
