"""Authorization tokens: asked for once a region, cut into what a registry takes."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from awsops.api import AwsopsError, Secret, UsageError

from .hosts import PUBLIC, Registry, read_registry

MOST_IDS = 10  # ECR API reference, GetAuthorizationToken: registryIds, 1 to 10
PUBLIC_REGION = "us-east-1"  # ECR Public user guide, "Registry authentication"


class Clients(Protocol):
    """What makes a client: `aws.client`."""

    def __call__(self, service: str, *, region: str | None = None) -> Any: ...


@dataclass(frozen=True, slots=True)
class Login:
    """Who gets in where: the user is always `AWS`. `expires_at` is epoch seconds."""

    registry: Registry
    password: Secret
    expires_at: float


def private_logins(ecr: Any, account_ids: Sequence[str] = ()) -> list[Login]:
    """The caller's own registry in the client's region, or those of the accounts named.

    UsageError for more than ten accounts or an id that is not twelve digits.
    """
    if len(account_ids) > MOST_IDS:
        raise UsageError(f"{len(account_ids)} registry ids; ECR takes {MOST_IDS} at a time")
    for account in account_ids:
        if not (account.isdigit() and len(account) == 12):
            raise UsageError(f"{account!r} is not an account's id", hint="it has twelve digits")
    params = {"registryIds": list(account_ids)} if account_ids else {}
    return [_login(data) for data in ecr.get_authorization_token(**params)["authorizationData"]]


def public_login(clients: Clients) -> Login:
    """ECR Public's registry. Its token needs ecr-public:GetAuthorizationToken and
    sts:GetServiceBearerToken.
    """
    public = clients("ecr-public", region=PUBLIC_REGION)
    data = public.get_authorization_token()["authorizationData"]
    registry = Registry(PUBLIC, region=PUBLIC_REGION, public=True)
    endpoint = read_host(str(public.meta.endpoint_url))
    if endpoint.partition(":")[0] in ("127.0.0.1", "localhost"):
        # An emulator's token is not for the real public.ecr.aws: it says what its own host is.
        uri = public.describe_registries()["registries"][0]["registryUri"]
        registry = Registry(read_host(uri), public=True)
    return Login(registry, _password(data["authorizationToken"]), data["expiresAt"].timestamp())


def read_host(url: str) -> str:
    """The host and port of a URL, with or without a scheme."""
    return url.rpartition("://")[2].partition("/")[0]


def _login(data: Any) -> Login:
    registry = read_registry(data["proxyEndpoint"])
    return Login(registry, _password(data["authorizationToken"]), data["expiresAt"].timestamp())


def _password(token: str) -> Secret:
    """The password is all behind the first colon of `AWS:...`."""
    try:
        user, colon, password = base64.b64decode(token, validate=True).decode().partition(":")
    except ValueError:
        user, colon, password = "", "", ""
    if not colon or user != "AWS":
        raise AwsopsError("ECR's answer holds no token that could be read", code="BadToken")
    return Secret(password)
