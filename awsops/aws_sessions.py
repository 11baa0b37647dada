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
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from awsops.aws_lean import make_lean
from awsops.config_files import ConfigFiles
from awsops.credentials.nested import LIVE_SESSION, ClientSpec, NestedClients
from awsops.credentials.resolver import (
    BORROWING_KEYS,
    CredentialChain,
    CurrentProvider,
    freeze,
    nobody_to_ask,
)
from awsops.credentials.session_cache import SessionCache, source_of
from awsops.errors import UsageError
from awsops.once import Once
from awsops.retry_quota import own_quota_per_target
from awsops.targets import Target

if TYPE_CHECKING:
    from botocore.session import Session

    from awsops.gate import Gate

# Settings of a profile that say who signs, not how a client behaves: profiles that differ in
# nothing else share their clients (botocore, configprovider.py and credentials.py).
_IDENTITY_KEYS = BORROWING_KEYS | {
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_account_id",
    "region",
    "output",
}


class Sessions:
    """Everything shared: build one a process (or a test) and ask it for clients."""

    def __init__(
        self,
        gate: Gate,
        *,
        connections: int = 10,
        endpoint_url: str | None = None,
        user_agent_extra: str = "",
        role_session_name: str | None = None,
        ask_mfa: Callable[[str], str] = nobody_to_ask,
        asking: Callable[[], AbstractContextManager[None]] = nullcontext,
        cache: SessionCache | None = None,
    ) -> None:
        import botocore.session
        from botocore.hooks import HierarchicalEmitter

        self._connections = connections
        self.endpoint_url = endpoint_url
        self._user_agent_extra = user_agent_extra
        self.role_session_name = role_session_name
        self.files = ConfigFiles()
        self._emitter = HierarchicalEmitter()
        self._base = botocore.session.Session(event_hooks=self._emitter)
        if self._base.profile not in (None, *self.profiles()):
            # A stale AWS_PROFILE is an error for the default chain only, not for a -p that exists.
            nobody = {"profile": (None, None, None, None)}
            base: Any = botocore.session.Session(
                nobody, event_hooks=self._emitter, include_builtin_handlers=False
            )
            # Or it would merge the two files once more, into what providers read of one alone.
            base._config = self.files.full_config(base)
            self._base = base
        gate.attach(self._emitter)
        self._lock = threading.RLock()
        self._sessions: dict[str | None, Session] = {}
        self._clients: Once[Any] = Once()
        self.shared: Once[Any] = Once()
        self._settings: dict[str | None, object] = {}
        self._adaptive: dict[object, bool] = {}
        self.ask_mfa = ask_mfa
        self.asking = asking
        self._session_cache = cache
        self._chain = CredentialChain(self)

    # -- what targets.py asks -------------------------------------------------------------

    def profiles(self) -> Sequence[str]:
        """Every profile of the config and credentials files, in file order."""
        return list(self.files.full_config(self._base).get("profiles", {}))

    def default_profile(self) -> str | None:
        """The profile that AWS_PROFILE names, unless the environment's own keys come before it."""
        if os.environ.get("AWS_ACCESS_KEY_ID"):
            return None
        named = self.session(None).profile
        return str(named) if named else None

    def known_regions(self) -> Sequence[str]:
        """Every region of every partition that botocore knows."""
        return [
            region
            for partition in self._base.get_available_partitions()
            for region in self._base.get_available_regions("ec2", partition)
        ]

    def profile_region(self, profile: str | None) -> str | None:
        """The region that botocore resolves for a profile; None when there is none.

        An empty AWS_DEFAULT_REGION counts as none; botocore dies of it.
        """
        # What its chain comes to, without a session for each of 1,000 profiles.
        region = os.environ.get(self._region_variable()) or self.scoped_config(profile).get(
            "region"
        )
        return str(region) if region else None

    def _region_variable(self) -> str:
        from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as VARIABLES

        return str(VARIABLES["region"][1])

    def scoped_config(self, profile: str | None) -> Mapping[str, Any]:
        """The settings of a profile, as botocore's session of that profile sees them."""
        if profile is None:
            return self.session(None).get_scoped_config()
        profiles: dict[str, Mapping[str, Any]] = self.files.full_config(self._base)["profiles"]
        if profile not in profiles:
            from botocore.exceptions import ProfileNotFound

            raise ProfileNotFound(profile=profile)
        return profiles[profile]

    def service_endpoints(self, profile: str | None) -> Mapping[str, str]:
        """The endpoints that a profile's `services` section names, by service id (`s3`)."""
        full = self.files.full_config(self._base)
        section = full.get("services", {}).get(self.scoped_config(profile).get("services"), {})
        return {
            str(service): str(settings["endpoint_url"])
            for service, settings in section.items()
            if isinstance(settings, dict) and settings.get("endpoint_url")
        }

    def sso_sessions(self) -> Mapping[str, Any]:
        """The `sso-session` sections of the config file, by name."""
        found: Mapping[str, Any] = self.files.full_config(self._base).get("sso_sessions", {})
        return found

    def require_region(self, target: Target) -> str:
        """The target's region; UsageError that names the profile when there is none."""
        region = target.region or self.profile_region(target.profile)
        if region is None:
            raise UsageError(
                f"no region for profile {target.name!r}",
                hint="give -r REGION, or set region in the profile",
                code="NoRegion",
            )
        return region

    # -- sessions and clients -------------------------------------------------------------

    def session(self, profile: str | None) -> Session:
        """A botocore session of the profile on the shared parts, to look up settings and keys."""
        with self._lock:
            if profile not in self._sessions:
                session: Any = self._new_session(profile)
                nested = NestedClients(self, session, profile, self._chain.roles)
                session.create_client = nested.create_client
                self._sessions[profile] = session
            return self._sessions[profile]

    def _new_session(self, profile: str | None) -> Session:
        import botocore.session

        base: Any = self._base
        session: Any = botocore.session.Session(
            event_hooks=self._emitter,
            include_builtin_handlers=False,
            profile=profile,
        )
        session.user_agent_extra = self._user_agent_extra
        session.register_component("data_loader", base.get_component("data_loader"))
        for name in ("endpoint_resolver", "exceptions_factory"):
            session._register_internal_component(name, base._get_internal_component(name))
        # botocore parses the files once a session; full_config has no public setter.
        session._config = self.files.full_config(base)
        made: Session = session
        return made

    def client(
        self,
        target: Target,
        service: str,
        region: str | None = None,
        *,
        lean: bool = False,
        answer_within: float | None = None,
    ) -> Any:
        """The client for a service, shared by targets whose settings for it are equal."""
        region = region or target.region or self.profile_region(target.profile)
        spec = ClientSpec(
            service, region, self.endpoint_url, lean=lean, answer_within=answer_within
        )
        shared = self.shared_client(target.profile, spec)
        if shared is not None:
            return shared
        # Adaptive mode limits the rate inside the client: one for each target.
        return self._clients.get((spec, target), lambda: self._make_client(target.profile, spec))

    def shared_client(self, profile: str | None, spec: ClientSpec) -> Any:
        """The client that every profile with equal settings uses; None when none may be shared."""
        settings = self.settings(profile)
        if self._is_adaptive(profile, settings):
            return None
        if not spec.region:
            spec = replace(spec, region=self.profile_region(profile))
        return self._clients.get((spec, settings), lambda: self._make_client(profile, spec))

    def _make_client(self, profile: str | None, spec: ClientSpec) -> Any:
        from botocore import UNSIGNED
        from botocore.config import Config

        if spec.region is None and self._region_variable() in os.environ:
            raise UsageError(
                f"{self._region_variable()} is empty and the profile has no region",
                hint="give -r REGION, or unset the variable",
                code="NoRegion",
            )
        # Live Tail and a few others put a prefix before the host, which a custom endpoint
        # (a sandbox on 127.0.0.1) cannot carry.
        once = spec.lean or spec.answer_within is not None
        config = Config(
            max_pool_connections=self._connections,
            inject_host_prefix=None if spec.endpoint_url is None else False,
            signature_version=UNSIGNED if spec.unsigned else None,
            # Not lean: the profile's own settings decide.
            parameter_validation=not spec.lean,
            retries={"total_max_attempts": 1, "mode": "standard"} if once else None,
            user_agent=self._user_agent(profile),
        )
        if spec.answer_within is not None:
            # A connection that is silent for long is dropped on the way without keep-alive.
            patient = Config(read_timeout=spec.answer_within, tcp_keepalive=True)
            config = config.merge(patient)
        # The same profile, but signing with whatever target is current.
        factory = self._new_session(profile)
        factory.register_component("credential_provider", CurrentProvider(self.profiles))
        client = factory.create_client(
            spec.service,
            region_name=spec.region,
            endpoint_url=spec.endpoint_url,
            config=config,
        )
        own_quota_per_target(client)
        if spec.lean:
            make_lean(client)
        return client

    def _user_agent(self, profile: str | None) -> str | None:
        """A fixed one: botocore puts its own together anew, twice for each call (0.3 ms)."""
        if self.session(profile).get_config_variable("user_agent_appid") is not None:
            return None
        return self._base.user_agent()

    def settings(self, profile: str | None) -> object:
        """What of a profile shapes its clients, as a key: equal ones share them."""
        if profile not in self._settings:
            scoped = self.scoped_config(profile)
            shaping = {k: v for k, v in scoped.items() if k not in _IDENTITY_KEYS}
            self._settings[profile] = freeze(shaping)
        return self._settings[profile]

    def _is_adaptive(self, profile: str | None, settings: object) -> bool:
        if settings not in self._adaptive:
            mode = self.session(profile).get_config_variable("retry_mode")
            self._adaptive[settings] = mode == "adaptive"
        return self._adaptive[settings]

    # -- credentials ----------------------------------------------------------------------

    def credentials(self, target: Target) -> Any:
        """The target's botocore credentials (None when the chain is empty), found once."""
        return self._chain.credentials(target)

    def live_session(self, keys: Any, serial: str | None = None) -> Any:
        """The credentials of a session with MFA that `auth login` made of these keys; None when
        none is alive, or when the keys are temporary themselves."""
        if self._session_cache is None or keys.token is not None:
            return None
        found = self._session_cache.live(source_of(keys.access_key), serial)
        if found is None:
            return None
        from botocore.credentials import Credentials

        return Credentials(found.access_key, found.secret_key, found.token, method="mfa-session")

    def code_of(self, question: str) -> str:
        """botocore's prompter for a role's MFA code: nobody is asked while a session lives."""
        serial = question.strip(": ").rpartition(" ")[2]
        cache = self._session_cache
        if cache is not None and cache.live_with_device(serial) is not None:
            return LIVE_SESSION
        return self.ask_mfa(question)

    def resolver(self, target: Target) -> Any:
        """botocore's credential resolver for the target's profile, before anything was asked."""
        return self._chain.resolver(target)

    def variable(self, profile: str | None, name: str) -> Any:
        """What botocore's session of a profile says a setting is (`retry_mode`, `ca_bundle`)."""
        return self.session(profile).get_config_variable(name)

    def credentials_file(self) -> str:
        """The path of the shared credentials file."""
        return str(self._base.get_config_variable("credentials_file"))

    def secrets(self) -> list[str]:
        """Every secret that this process holds, to be kept out of traces."""
        return self._chain.secrets()
