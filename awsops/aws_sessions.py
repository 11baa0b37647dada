"""One loader, emitter, endpoint data and config parse for all targets, and shared clients.

What a boto3 Session per profile costs over 200 profiles (36 s, 680 MB) is nearly all repetition:
service models loaded again, event handlers registered again, files parsed again, a TLS context and
a connection pool each. Here one client serves every target whose client settings are equal, and
its credentials are an object that looks up the calling thread's target at the moment of signing.

Whose credentials those are is still botocore's own affair: its providers, in its order, decide.
Two things live inside a client and would be shared by mistake. The standard retry quota is
replaced by one a target; an adaptive client, whose rate limiter cannot be told apart, is not
shared between targets at all.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from awsops.active import current_active
from awsops.config_files import ConfigFiles
from awsops.errors import CredentialsError, UsageError
from awsops.retry_quota import own_quota_per_target
from awsops.targets import Target

if TYPE_CHECKING:
    from botocore.session import Session

    from awsops.gate import Gate

# Settings of a profile that say who signs, not how a client behaves: profiles that differ in
# nothing else share their clients (botocore, configprovider.py and credentials.py).
_IDENTITY_KEYS = frozenset(
    {
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "aws_account_id",
        "role_arn",
        "source_profile",
        "credential_source",
        "credential_process",
        "role_session_name",
        "external_id",
        "mfa_serial",
        "duration_seconds",
        "web_identity_token_file",
        "sso_account_id",
        "sso_role_name",
        "region",
        "output",
    }
)

# A profile with none of these is served by the shared credentials file alone, whatever else the
# chain could have asked (botocore.credentials.create_credential_resolver).
_CHAIN_KEYS = _IDENTITY_KEYS - {
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_account_id",
    "region",
    "output",
} | {"sso_session", "sso_start_url", "sso_region", "login_session"}


class CurrentCredentials:
    """Looks like botocore's Credentials; is those of the calling thread's target."""

    method = "awsops"

    def _real(self) -> Any:
        active = current_active()
        if active.credentials is None:
            from botocore.exceptions import NoCredentialsError

            raise NoCredentialsError()
        return active.credentials

    def get_frozen_credentials(self) -> Any:
        """The target's keys now, refreshed if they are about to expire."""
        return self._real().get_frozen_credentials()

    def get_deferred_property(self, name: str) -> Callable[[], Any]:
        """As botocore's: account-based endpoints read `account_id` at the time of the call."""
        return lambda: self._real().get_deferred_property(name)()

    @property
    def access_key(self) -> str:
        return str(self.get_frozen_credentials().access_key)

    @property
    def secret_key(self) -> str:
        return str(self.get_frozen_credentials().secret_key)

    @property
    def token(self) -> str | None:
        token = self.get_frozen_credentials().token
        return None if token is None else str(token)

    @property
    def account_id(self) -> str | None:
        found = self._real().account_id
        return None if found is None else str(found)


class Sessions:
    """Everything shared: build one a process (or a test) and ask it for clients."""

    def __init__(
        self,
        gate: Gate,
        *,
        connections: int = 10,
        endpoint_url: str | None = None,
        user_agent_extra: str = "",
    ) -> None:
        import botocore.session

        self._connections = connections
        self._endpoint_url = endpoint_url
        self._user_agent_extra = user_agent_extra
        self.files = ConfigFiles()
        base = botocore.session.Session()
        gate.attach(base.get_component("event_emitter"))
        self._base = base
        self._lock = threading.RLock()
        self._locks: dict[object, threading.Lock] = {}
        self._sessions: dict[str | None, Session] = {}
        self._clients: dict[object, Any] = {}
        self._adaptive: dict[object, bool] = {}
        self._credentials: dict[object, Any] = {}

    # -- what targets.py asks -------------------------------------------------------------

    def profiles(self) -> Sequence[str]:
        """Every profile of the config and credentials files, in file order."""
        return list(self.files.full_config(self._base).get("profiles", {}))

    def known_regions(self) -> Sequence[str]:
        """Every region of every partition that botocore knows."""
        return [
            region
            for partition in self._base.get_available_partitions()
            for region in self._base.get_available_regions("ec2", partition)
        ]

    def profile_region(self, profile: str | None) -> str | None:
        """The region that botocore resolves for a profile; None when there is none."""
        if profile is None:
            region = self.session(None).get_config_variable("region")
        else:
            # What the chain of an explicit profile comes to, without a session for each of 1,000.
            region = self._environment_region() or self.scoped_config(profile).get("region")
        return None if region is None else str(region)

    def _environment_region(self) -> str | None:
        from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as VARIABLES

        return os.environ.get(VARIABLES["region"][1])

    def scoped_config(self, profile: str | None) -> Mapping[str, Any]:
        """The settings of a profile, as botocore's session of that profile sees them."""
        if profile is None:
            return self.session(None).get_scoped_config()
        profiles: dict[str, Mapping[str, Any]] = self.files.full_config(self._base)["profiles"]
        if profile not in profiles:
            from botocore.exceptions import ProfileNotFound

            raise ProfileNotFound(profile=profile)
        return profiles[profile]

    def require_region(self, target: Target) -> str:
        """The target's region; UsageError that names the profile when there is none."""
        region = target.region or self.profile_region(target.profile)
        if region is None:
            raise UsageError(
                f"no region for profile {target.profile or 'default'!r}",
                hint="give -r REGION, or set region in the profile",
                code="NoRegion",
            )
        return region

    # -- sessions and clients -------------------------------------------------------------

    def session(self, profile: str | None) -> Session:
        """A botocore session of the profile on the shared parts; cheap (0.2 ms)."""
        import botocore.session

        with self._lock:
            if profile not in self._sessions:
                session = botocore.session.Session(
                    event_hooks=self._base.get_component("event_emitter"),
                    include_builtin_handlers=False,
                    profile=profile,
                )
                session.user_agent_extra = self._user_agent_extra
                self._share(session)
                self._sessions[profile] = session
            return self._sessions[profile]

    def _share(self, session: Any) -> None:
        base: Any = self._base
        session.register_component("data_loader", base.get_component("data_loader"))
        for name in ("endpoint_resolver", "exceptions_factory"):
            session._register_internal_component(name, base._get_internal_component(name))
        # botocore parses the files once a session; full_config has no public setter.
        session._config = self.files.full_config(base)

    def client(self, target: Target, service: str, region: str | None = None) -> Any:
        """The client for a service, shared by targets whose settings for it are equal."""
        region = region or target.region or self.profile_region(target.profile)
        settings = self._settings(target.profile)
        key: tuple[object, ...] = (service, region, self._endpoint_url, settings)
        if self._is_adaptive(target.profile, settings):
            key = (*key, target)
        client = self._clients.get(key)
        if client is None:
            with self._lock_for(key):
                client = self._clients.get(key)
                if client is None:
                    client = self._make_client(self.session(target.profile), service, region)
                    self._clients[key] = client
        return client

    def _lock_for(self, key: object) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(key, threading.Lock())

    def _make_client(self, session: Session, service: str, region: str | None) -> Any:
        from botocore.config import Config

        # Live Tail and a few others put a prefix before the host, which a custom endpoint
        # (a sandbox on 127.0.0.1) cannot carry.
        own_endpoint = self._endpoint_url is not None
        config = Config(
            max_pool_connections=self._connections,
            inject_host_prefix=False if own_endpoint else None,
        )
        factory = self._client_session(session)
        client = factory.create_client(
            service, region_name=region, endpoint_url=self._endpoint_url, config=config
        )
        own_quota_per_target(client)
        return client

    def _client_session(self, session: Session) -> Session:
        """The same profile, but signing with whatever target is current."""
        import botocore.session

        profile = session.instance_variables().get("profile")
        made = botocore.session.Session(
            event_hooks=self._base.get_component("event_emitter"),
            include_builtin_handlers=False,
            profile=profile,
        )
        made.user_agent_extra = self._user_agent_extra
        self._share(made)
        made.register_component("credential_provider", _CurrentProvider())
        return made

    def _settings(self, profile: str | None) -> object:
        scoped = self.scoped_config(profile)
        return _freeze({k: v for k, v in scoped.items() if k not in _IDENTITY_KEYS})

    def _is_adaptive(self, profile: str | None, settings: object) -> bool:
        if settings not in self._adaptive:
            mode = self.session(profile).get_config_variable("retry_mode")
            self._adaptive[settings] = mode == "adaptive"
        return self._adaptive[settings]

    # -- credentials ----------------------------------------------------------------------

    def credentials(self, target: Target) -> Any:
        """The target's botocore credentials (None when the chain is empty), found once.

        Targets that would resolve the same way (one profile in two regions, two profiles with
        the same role and source) share one object, so that a role is assumed once.
        """
        key = self._credential_key(target)
        with self._lock_for(("credentials", key)):
            if key not in self._credentials:
                self._credentials[key] = self._resolve(target)
            return self._credentials[key]

    def _credential_key(self, target: Target) -> object:
        scoped = self.scoped_config(target.profile)
        if target.profile is not None and "role_arn" in scoped and "source_profile" in scoped:
            return (_freeze(scoped), target.role, target.account)
        return (target.profile, target.role, target.account if target.role else None)

    def _resolve(self, target: Target) -> Any:
        source = self._profile_credentials(target)
        if target.role is None:
            return source
        if source is None:
            raise CredentialsError(
                f"no credentials in profile {target.profile or 'default'!r} to assume "
                f"{target.role} with",
                code="NoCredentials",
            )
        return self._assume(target, source)

    def _profile_credentials(self, target: Target) -> Any:
        from botocore.credentials import SharedCredentialProvider, create_credential_resolver

        if target.profile is not None and self._is_plain(target.profile):
            provider = SharedCredentialProvider(
                creds_filename=self._base.get_config_variable("credentials_file"),
                profile_name=target.profile,
                ini_parser=self.files.raw,
            )
            found = provider.load()
            if found is not None:
                return found
        session = self.session(target.profile)
        with self.files.parsed_once():
            region = target.region or session.get_config_variable("region")
            resolver = create_credential_resolver(session, region_name=region)
            return resolver.load_credentials()

    def _is_plain(self, profile: str) -> bool:
        scoped = self.scoped_config(profile)
        return "aws_access_key_id" in scoped and not _CHAIN_KEYS.intersection(scoped)

    def _assume(self, target: Target, source: Any) -> Any:
        from botocore.credentials import (
            AssumeRoleCredentialFetcher,
            DeferredRefreshableCredentials,
        )

        session = self.session(target.profile)
        region = target.region or session.get_config_variable("region")

        def sts(service: str, **keys: Any) -> Any:
            # Regional STS: tokens of the global endpoint are refused in opt-in regions.
            return session.create_client(
                service, region_name=region, endpoint_url=self._endpoint_url, **keys
            )

        arn = target.role or ""
        if not arn.startswith("arn:"):
            account, partition = target.account, "aws"
            if account is None:
                frozen = source.get_frozen_credentials()
                me = sts(
                    "sts",
                    aws_access_key_id=frozen.access_key,
                    aws_secret_access_key=frozen.secret_key,
                    aws_session_token=frozen.token,
                ).get_caller_identity()
                account, partition = me["Account"], me["Arn"].split(":")[1]
            arn = f"arn:{partition}:iam::{account}:role/{arn}"
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=sts, source_credentials=source, role_arn=arn
        )
        return DeferredRefreshableCredentials(
            method="assume-role", refresh_using=fetcher.fetch_credentials
        )

    def secrets(self) -> list[str]:
        """Every secret that this process holds, to be kept out of traces."""
        held: list[str] = []
        for found in list(self._credentials.values()):
            for name in ("_secret_key", "_token", "secret_key", "token"):
                value = vars(found).get(name) if found is not None else None
                if isinstance(value, str) and value:
                    held.append(value)
        return held


class _CurrentProvider:
    """Stands where botocore expects a credential resolver."""

    def load_credentials(self) -> CurrentCredentials:
        return CurrentCredentials()


def _freeze(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple(sorted((k, _freeze(v)) for k, v in value.items()))
    return value
