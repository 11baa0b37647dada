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
    Plan,
    UsageError,
    command,
)

from .findings import image_id
from .hosts import Registry, read_registry
from .push import ACCEPTED, put_tag
from .repositories import RepositoryFacts, require_repository
from .skopeo import Skopeo, auth_file
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


@command(mutates=True)
def copy(
    aws: Aws,
    source: Annotated[str, Argument(help="[HOST/]REPOSITORY:TAG or REPOSITORY@DIGEST.")],
    target: Annotated[str, Argument(help="[HOST/]REPOSITORY[:TAG]; default tag: the source's.")],
) -> Iterator[Plan | Copied]:
    """Copy an image by its digest to another repository, region or account."""
    here = read_reference(source)
    tag = "latest" if here.image.startswith("sha256:") else here.image
    there = read_reference(target, tag)
    if there.image.startswith("sha256:"):
        raise UsageError("the target is a tag: a digest follows from the image")
    origin, goal = _client(aws, here.registry), _client(aws, there.registry)
    image = _read(origin, here)
    digest = image["imageId"]["imageDigest"]
    facts = require_repository(goal, there.repository)
    held = _find(goal, there)
    before = held["imageId"]["imageDigest"] if held else None
    _check_tag(facts, there, before, digest)
    same = here.repository == there.repository and here.registry == there.registry
    if before != digest and not same:
        Skopeo(aws.env.environ, aws.cancelled.is_set, None)  # a missing program is said before
    yield Plan(_changes(aws, there, before, digest), f"{source} is {digest}")
    status = "unchanged"
    if before != digest:
        if same:
            put_tag(goal, there.repository, image, there.image)
        else:
            _move(aws, origin, goal, (here, digest), there)
        status = "tagged" if same else "copied"
        arrived = _find(goal, there)
        if arrived is None or arrived["imageId"]["imageDigest"] != digest:
            raise AwsopsError(f"{target} is not {digest} after the copy")
    yield Copied(source, f"{facts.uri}:{there.image}", digest, status)


def _changes(aws: Aws, there: Reference, before: str | None, digest: str) -> tuple[Change, ...]:
    if before == digest:
        return ()
    name = f"{there.repository}:{there.image}"
    undo = None
    if before is not None:
        host = f"{there.registry.host}/" if there.registry else ""
        words = ["awsops", "ecr", "copy", f"{host}{there.repository}@{before}", f"{host}{name}"]
        target = aws.target
        options = {"-p": target.profile, "-r": target.region, "--role": target.role}
        words += [word for flag, value in options.items() if value for word in (flag, value)]
        undo = shlex.join(words)
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


def _move(
    aws: Aws, origin: Any, goal: Any, source: tuple[Reference, str], target: Reference
) -> None:
    here, digest = source
    logins = [_login(origin, here.registry), _login(goal, target.registry)]
    options = ["--preserve-digests"]
    if logins[0].registry.loopback:
        options.append("--src-tls-verify=false")
    if logins[1].registry.loopback:
        options.append("--dest-tls-verify=false")
    with auth_file(logins) as path:
        Skopeo(aws.env.environ, aws.cancelled.is_set, path).copy(
            f"docker://{logins[0].registry.host}/{here.repository}@{digest}",
            f"docker://{logins[1].registry.host}/{target.repository}:{target.image}",
            options,
        )


def _login(ecr: Any, registry: Registry | None) -> Login:
    [first, *_] = private_logins(ecr)
    return Login(registry, first.password, first.expires_at) if registry else first
