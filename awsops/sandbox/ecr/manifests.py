"""Image manifests: what they are, what they refer to, and what they weigh.

OCI image specification 1.1, and Docker's image manifest version 2, schema 2.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
_KNOWN = frozenset({DOCKER_MANIFEST, DOCKER_LIST, OCI_MANIFEST, OCI_INDEX})
# The OCI specification's empty descriptor (`{}`): a registry may always be taken to have it.
EMPTY_BLOB = b"{}"


class BadManifestError(ValueError):
    """Not a manifest that ECR takes; the message says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest as it was pushed. `size` is the bytes of config and layers, in a registry."""

    digest: str
    media_type: str
    body: bytes
    config: str | None
    blobs: tuple[str, ...]
    children: tuple[str, ...]
    size: int
    artifact_type: str | None
    subject: str | None

    @property
    def is_index(self) -> bool:
        return self.media_type in (DOCKER_LIST, OCI_INDEX)


def digest_of(data: bytes) -> str:
    """`sha256:` and the hex digest of the bytes as they are."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def read_manifest(body: bytes, media_type: str | None = None) -> Manifest:
    """A manifest from its bytes; BadManifestError when ECR would refuse it."""
    try:
        value = json.loads(body)
    except ValueError as error:
        raise BadManifestError(f"not JSON: {error}") from None
    if not isinstance(value, dict) or value.get("schemaVersion") != 2:
        raise BadManifestError("schemaVersion must be 2")
    kind = media_type or value.get("mediaType") or _guess(value)
    if kind not in _KNOWN:
        raise BadManifestError(f"media type {kind} is not supported")
    if value.get("mediaType", kind) != kind:
        raise BadManifestError(f"mediaType is {value['mediaType']}, sent as {kind}")
    try:
        return _build(body, kind, value)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadManifestError(f"malformed descriptor: {error!r}") from None


def _build(body: bytes, kind: str, value: dict[str, Any]) -> Manifest:
    children: tuple[str, ...] = ()
    blobs: tuple[str, ...] = ()
    config = None
    size = 0
    if kind in (DOCKER_LIST, OCI_INDEX):
        children = tuple(str(item["digest"]) for item in value["manifests"])
    else:
        config = str(value["config"]["digest"])
        blobs = (config, *(str(layer["digest"]) for layer in value["layers"]))
        size = sum(int(layer["size"]) for layer in value["layers"])
    artifact = value.get("artifactType") or (value.get("config") or {}).get("mediaType")
    subject = (value.get("subject") or {}).get("digest")
    digest = digest_of(body)
    return Manifest(digest, kind, body, config, blobs, children, size, artifact, subject)


def _guess(value: dict[str, Any]) -> str:
    """The OCI specification makes mediaType optional."""
    return OCI_INDEX if "manifests" in value else OCI_MANIFEST
