"""The clients that botocore's credential providers make for themselves, shared by all targets.

To assume a role, botocore makes an STS client for each profile (15 ms and an emitter of its own):
for 200 roles that is three seconds of one processor. Here the providers still decide whether, what
and with whose keys to ask; only the client that carries the question is one for all, and the same
AssumeRole with the same source keys is asked once, also where it is a link of many chains.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from awsops.once import Once

if TYPE_CHECKING:
    from botocore.session import Session

# Keys that sign the call that is being made, whatever the thread's target signs with.
SIGNING_AS: ContextVar[Any] = ContextVar("awsops_signing_as", default=None)

# botocore takes no cached role credentials that end sooner (CachedCredentialFetcher).
_LEAST_LEFT = timedelta(minutes=15)
# Stands for a code where a session with the device is alive: such a call is signed with it instead.
LIVE_SESSION = "a live session"
# botocore's own name for a session when the profile gives none; differs from second to second.
_DEFAULT_SESSION_NAME = "botocore-session-"


@dataclass(frozen=True, slots=True)
class ClientSpec:
    """Which client is wanted; profiles whose settings are equal share those that are equal."""

    service: str
    region: str | None
    endpoint_url: str | None = None
    unsigned: bool = False
    lean: bool = False
    answer_within: float | None = None


class AssumedRoles:
    """AssumeRole answers of this process, by source key and parameters."""

    def __init__(self) -> None:
        self._answers: Once[Mapping[str, Any]] = Once()

    def assume(
        self, source_key: str, call: Callable[..., Mapping[str, Any]], parameters: dict[str, Any]
    ) -> Mapping[str, Any]:
        """What STS answers; asked again only when less than a quarter of an hour is left."""
        named = {
            name: value
            for name, value in parameters.items()
            if not (name == "RoleSessionName" and str(value).startswith(_DEFAULT_SESSION_NAME))
        }
        key = (source_key, repr(sorted(named.items())))
        answer = self._answers.get(key, lambda: call(**parameters), _lasts)
        return copy.deepcopy(answer)  # botocore adds the account to it

    def secrets(self) -> Iterator[str]:
        """The secret keys and tokens that were answered."""
        for answer in self._answers:
            credentials = answer["Credentials"]
            yield from (credentials["SecretAccessKey"], credentials["SessionToken"])


def _lasts(answer: Mapping[str, Any]) -> bool:
    expiration: datetime = answer["Credentials"]["Expiration"]
    return expiration - datetime.now(UTC) >= _LEAST_LEFT


class Lender(Protocol):
    """What lends the shared clients: `aws_sessions.Sessions`. A lookup runs inside of it."""

    @property
    def ask_mfa(self) -> Callable[[str], str]: ...

    def shared_client(self, profile: str | None, spec: ClientSpec) -> Any: ...

    def live_session(self, keys: Any, serial: str | None = None) -> Any: ...


class NestedClients:
    """Takes the place of a profile session's `create_client` while credentials are looked up."""

    def __init__(
        self, lender: Lender, session: Session, profile: str | None, roles: AssumedRoles
    ) -> None:
        self._lender = lender
        self._make: Callable[..., Any] = session.create_client
        self._profile = profile
        self._roles = roles

    def create_client(
        self,
        service_name: str,
        region_name: str | None = None,
        *,
        endpoint_url: str | None = None,
        config: Any = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        aws_session_token: str | None = None,
        **other: Any,
    ) -> Any:
        """As botocore's; STS clients with given keys and unsigned ones are shared."""
        given = (aws_access_key_id, aws_secret_access_key, aws_session_token)
        if service_name == "sts" and config is None and all(given[:2]) and not other:
            spec = ClientSpec(service_name, region_name, endpoint_url)
            client = self._lender.shared_client(self._profile, spec)
            if client is not None:
                return _SignedBy(client, self._roles, self._lender, *given)
        if service_name in ("sts", "sso") and _only_unsigned(config) and not (any(given) or other):
            spec = ClientSpec(service_name, region_name or config.region_name, endpoint_url, True)
            client = self._lender.shared_client(self._profile, spec)
            if client is not None:
                return client
        return self._make(
            service_name,
            region_name=region_name,
            endpoint_url=endpoint_url,
            config=config,
            aws_access_key_id=aws_access_key_id,
            aws_secret_access_key=aws_secret_access_key,
            aws_session_token=aws_session_token,
            **other,
        )


def _only_unsigned(config: Any) -> bool:
    """Whether a client's Config says nothing but: do not sign, and perhaps in which region."""
    from botocore import UNSIGNED

    given = dict(getattr(config, "_user_provided_options", {}))
    given.pop("region_name", None)
    return given == {"signature_version": UNSIGNED}


class _SignedBy:
    """A shared client whose calls are signed with given keys."""

    def __init__(
        self,
        client: Any,
        roles: AssumedRoles,
        lender: Lender,
        key: Any,
        secret: Any,
        token: str | None,
    ) -> None:
        from botocore.credentials import Credentials

        self._client = client
        self._roles = roles
        self._lender = lender
        self._credentials = Credentials(key, secret, token)

    def assume_role(self, **parameters: Any) -> Any:
        if parameters.get("TokenCode") == LIVE_SESSION:
            self._credentials = self._with_device(parameters)
        call = self._signed(self._client.assume_role)
        if self._client.meta.region_name is None:
            return call(**parameters)  # botocore's to refuse
        return self._roles.assume(str(self._credentials.access_key), call, parameters)

    def _with_device(self, parameters: dict[str, Any]) -> Any:
        """The session of these keys with the device that the role wants; else the code is asked."""
        serial = str(parameters["SerialNumber"])
        session = self._lender.live_session(self._credentials, serial)
        if session is None:  # it is another user's
            parameters["TokenCode"] = self._lender.ask_mfa(f"MFA code of {serial}")
            return self._credentials
        del parameters["SerialNumber"], parameters["TokenCode"]
        return session

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return self._signed(found) if callable(found) else found

    def _signed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            token = SIGNING_AS.set(self._credentials)
            try:
                return method(**parameters)
            finally:
                SIGNING_AS.reset(token)

        return call
