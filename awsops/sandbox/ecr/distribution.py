"""`/v2/`: the registry itself (OCI distribution specification 1.1), with ECR's rules.

Refusals are worded as ECR's own endpoint words them to docker.
"""

from __future__ import annotations

import json
import re
import secrets
from urllib.parse import parse_qs

from awsops.sandbox.answers import AwsError
from awsops.sandbox.ecr.images import put_manifest
from awsops.sandbox.ecr.manifests import digest_of
from awsops.sandbox.ecr.state import Registries, Repository, Token
from awsops.sandbox.wire import Request, Response

_VERSION = ("Docker-Distribution-Api-Version", "registry/2.0")
_MANIFEST = re.compile(r"/v2/(?P<name>.+)/manifests/(?P<reference>[^/]+)")
_BLOB = re.compile(r"/v2/(?P<name>.+)/blobs/(?P<digest>sha256:[0-9a-f]{64})")
_UPLOAD = re.compile(r"/v2/(?P<name>.+)/blobs/uploads/(?P<id>[^/]*)")
_TAGS = re.compile(r"/v2/(?P<name>.+)/tags/list")
# What the distribution specification calls ECR's errors, and their status.
_CODES = {
    "RepositoryNotFoundException": ("NAME_UNKNOWN", 404),
    "ImageTagAlreadyExistsException": ("TAG_INVALID", 400),
    "ImageDigestDoesNotMatchException": ("DIGEST_INVALID", 400),
    "LayersNotFoundException": ("MANIFEST_BLOB_UNKNOWN", 404),
    "ReferencedImagesNotFoundException": ("MANIFEST_BLOB_UNKNOWN", 404),
    "InvalidParameterException": ("MANIFEST_INVALID", 400),
}


class RegistryError(Exception):
    """A refusal in the distribution specification's form."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Distribution:
    """Answers `/v2/` for all registries of a sandbox."""

    def __init__(self, registries: Registries) -> None:
        self._registries = registries

    def answer(self, request: Request, place: tuple[str, str] | None = None) -> Response:
        """One request; `place` is the account and region of the registry whose host was called,
        by default those that the token was issued for.
        """
        with self._registries.lock:
            try:
                token = self._admit(request)
                return self._serve(request, token, place or (token.account, token.region))
            except AwsError as error:
                code, status = _CODES.get(error.code, ("UNKNOWN", error.status))
                return _refusal(status, code, error.message)
            except RegistryError as error:
                return _refusal(error.status, error.code, str(error))

    def _admit(self, request: Request) -> Token:
        given = request.headers.get("authorization")
        if not given:
            raise RegistryError(401, "UNAUTHORIZED", "no basic auth credentials")
        token = self._registries.token(given)
        if token is None:
            expired = "Your authorization token has expired. Reauthenticate and try again."
            raise RegistryError(403, "DENIED", expired)
        return token

    def _serve(self, request: Request, token: Token, place: tuple[str, str]) -> Response:
        path = request.path
        if path in ("/v2/", "/v2"):
            return Response(200, [_VERSION], b"{}")
        if match := _UPLOAD.fullmatch(path):
            repository = self._repository(match["name"], token, place, create=True)
            return self._upload(request, repository, match["id"])
        writing = request.method == "PUT"
        if match := _MANIFEST.fullmatch(path):
            repository = self._repository(match["name"], token, place, create=writing)
            return self._manifest(request, repository, match["reference"])
        if match := _BLOB.fullmatch(path):
            return _blob(self._repository(match["name"], token, place), match["digest"])
        if match := _TAGS.fullmatch(path):
            repository = self._repository(match["name"], token, place)
            body = {"name": repository.name, "tags": sorted(repository.image_tags)}
            return Response(200, [_VERSION], json.dumps(body).encode())
        raise RegistryError(404, "UNSUPPORTED", f"{request.method} {path}")

    def _repository(
        self, name: str, token: Token, place: tuple[str, str], *, create: bool = False
    ) -> Repository:
        account, region = place
        template = self._registries.template_for(account, region, name)
        known = (account, region, name) in self._registries.repositories
        if create and template and not known and token.account == account:
            made = Repository(account, region, name, self._registries.clock())
            made.mutability = template.get("imageTagMutability", "MUTABLE")
            made.filters = template.get("imageTagMutabilityExclusionFilters", [])
            made.lifecycle = template.get("lifecyclePolicy")
            made.policy = template.get("repositoryPolicy")
            made.tags = {tag["Key"]: tag["Value"] for tag in template.get("resourceTags", [])}
            self._registries.repositories[(account, region, name)] = made
        repository = self._registries.find(account, region, name)
        if not repository.lets_in(token.account):
            raise RegistryError(
                403,
                "DENIED",
                f"User is not authorized to perform this on resource: {repository.arn}",
            )
        return repository

    def _manifest(self, request: Request, repository: Repository, reference: str) -> Response:
        by_digest = reference.startswith("sha256:")
        if request.method == "PUT":
            kind = request.headers.get("content-type") or None
            manifest, _ = put_manifest(
                repository,
                request.body,
                media_type=kind if kind != "application/json" else None,
                tag=None if by_digest else reference,
                digest=reference if by_digest else None,
                now=self._registries.clock(),
            )
            location = f"/v2/{repository.name}/manifests/{manifest.digest}"
            named = [("Location", location), ("Docker-Content-Digest", manifest.digest)]
            return Response(201, [_VERSION, *named])
        digest = reference if by_digest else repository.image_tags.get(reference)
        image = repository.images.get(digest or "")
        if image is None:
            raise RegistryError(404, "MANIFEST_UNKNOWN", "Requested image not found")
        if request.method == "GET":
            image.pulled_at = self._registries.clock()
        kind, digest = image.manifest.media_type, image.manifest.digest
        headers = [_VERSION, ("Content-Type", kind), ("Docker-Content-Digest", digest)]
        return Response(200, headers, image.manifest.body)

    def _upload(self, request: Request, repository: Repository, upload: str) -> Response:
        query = {name: values[0] for name, values in parse_qs(request.query_string).items()}
        if request.method == "POST" and not upload:
            return self._begin(request, repository, query)
        if upload not in repository.uploads:
            raise RegistryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        if request.method == "DELETE":
            del repository.uploads[upload]
            return Response(204, [_VERSION])
        held = repository.uploads[upload]
        held += request.body
        if request.method == "PATCH":
            return _accepted(repository, upload)
        return _finished(repository, upload, query.get("digest", ""))

    def _begin(self, request: Request, repository: Repository, query: dict[str, str]) -> Response:
        upload = secrets.token_hex(16)
        repository.uploads[upload] = bytearray(request.body)
        if "digest" in query:
            return _finished(repository, upload, query["digest"])
        return _accepted(repository, upload)


def _accepted(repository: Repository, upload: str) -> Response:
    length = len(repository.uploads[upload])
    where = f"/v2/{repository.name}/blobs/uploads/{upload}"
    headers = [("Location", where), ("Docker-Upload-UUID", upload)]
    return Response(202, [_VERSION, *headers, ("Range", f"0-{max(length - 1, 0)}")])


def _finished(repository: Repository, upload: str, digest: str) -> Response:
    data = bytes(repository.uploads.pop(upload))
    if digest_of(data) != digest:
        raise RegistryError(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
    repository.layers[digest] = data
    where = f"/v2/{repository.name}/blobs/{digest}"
    return Response(201, [_VERSION, ("Location", where), ("Docker-Content-Digest", digest)])


def _blob(repository: Repository, digest: str) -> Response:
    data = repository.layer(digest)
    if data is None:
        raise RegistryError(404, "BLOB_UNKNOWN", "blob unknown to registry")
    kind = ("Content-Type", "application/octet-stream")
    return Response(200, [_VERSION, kind, ("Docker-Content-Digest", digest)], data)


def _refusal(status: int, code: str, message: str) -> Response:
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    headers = [_VERSION, ("Content-Type", "application/json")]
    if status == 401:
        headers.append(("WWW-Authenticate", 'Basic realm="sandbox",service="ecr.amazonaws.com"'))
    return Response(status, headers, body)
