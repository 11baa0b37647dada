"""Whose keys sign: each target's credentials, found by botocore's own providers in their order.

Nothing here decides which source wins. What is shared is the work behind it: the parsed files, the
clients that assume roles, and the credentials of a source that many profiles name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from awsops.active import current_active
from awsops.credentials.nested import SIGNING_AS, AssumedRoles
from awsops.credentials.same_account import ensure_same_account
from awsops.errors import CredentialsError
from awsops.once import Once
from awsops.targets import no_credentials

if TYPE_CHECKING:
    from botocore.session import Session

    from awsops.config_files import ConfigFiles
    from awsops.targets import Target

# How a profile comes to keys that it does not hold itself (botocore.credentials).
BORROWING_KEYS = frozenset(
    {
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
    }
)
# What makes any provider but the shared credentials file look at a profile
# (botocore.credentials.create_credential_resolver).
_CHAIN_KEYS = BORROWING_KEYS | {"sso_session", "sso_start_url", "sso_region", "login_session"}


class CurrentCredentials:
    """Looks like botocore's Credentials; is those of the calling thread's target."""

    method = "awsops"

    def __init__(self, profiles: Callable[[], Sequence[str]]) -> None:
        self._profiles = profiles

    def _real(self) -> Any:
        given = SIGNING_AS.get()
        if given is not None:
            return given
        active = current_active()
        if active.credentials is None:
            raise no_credentials(active.target, self._profiles())
        return active.credentials

    def get_frozen_credentials(self) -> Any:
        """The target's keys now, refreshed if they are about to expire.

        CredentialsError where they have become those of another account.
        """
        frozen = self._real().get_frozen_credentials()
        if SIGNING_AS.get() is None:
            ensure_same_account(current_active(), frozen)
        return frozen

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


class CurrentProvider:
    """Stands where botocore expects a credential resolver."""

    def __init__(self, profiles: Callable[[], Sequence[str]]) -> None:
        self._profiles = profiles

    def load_credentials(self) -> CurrentCredentials:
        return CurrentCredentials(self._profiles)


def nobody_to_ask(question: str) -> str:
    """Stands where a person is asked for an MFA code and there is none."""
    raise CredentialsError(
        f"nobody can be asked: {question.strip(': ')}",
        hint="in a terminal: awsops auth login -p PROFILE; with its session no code is asked",
        code="MfaRequired",
    )


class Profiles(Protocol):
    """What a lookup reads of the person's profiles: `aws_sessions.Sessions`, which begins it."""

    files: ConfigFiles
    endpoint_url: str | None
    role_session_name: str | None

    def profiles(self) -> Sequence[str]: ...
    def scoped_config(self, profile: str | None) -> Mapping[str, Any]: ...
    def profile_region(self, profile: str | None) -> str | None: ...
    def session(self, profile: str | None) -> Session: ...
    def settings(self, profile: str | None) -> object: ...
    def credentials_file(self) -> str: ...
    def live_session(self, keys: Any, serial: str | None = None) -> Any: ...
    def code_of(self, question: str) -> str: ...


class CredentialChain:
    """The credentials of every target of a process, each found once."""

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles
        self._found: Once[Any] = Once()
        self._sources: Once[Any] = Once()
        self.roles = AssumedRoles()

    def credentials(self, target: Target) -> Any:
        """The target's botocore credentials; None when the chain is empty.

        Targets that would resolve the same way (one profile in two regions, two profiles with
        the same role and source) share one object.
        """
        return self._found.get(self._key(target), lambda: self._resolve(target))

    def _key(self, target: Target) -> object:
        scoped = self._profiles.scoped_config(target.profile)
        if target.profile is not None and "role_arn" in scoped and "source_profile" in scoped:
            return (freeze(scoped), target.role, target.account)
        return (target.profile, target.role, target.account if target.role else None)

    def _resolve(self, target: Target) -> Any:
        source = self._profile_credentials(target)
        if target.role is None:
            return source
        if source is None:
            raise no_credentials(target, self._profiles.profiles())
        return self._assume(target, self._with_mfa(source))

    def _with_mfa(self, source: Any) -> Any:
        """The session that `auth login` made of static keys, while it lives: a role that wants MFA
        trusts it, and nobody can be asked for a code that goes with `--role`."""
        from botocore.credentials import Credentials

        if type(source) is not Credentials:
            return source
        return self._profiles.live_session(source) or source

    def _profile_credentials(self, target: Target) -> Any:
        from botocore.credentials import SharedCredentialProvider

        files = self._profiles.files
        if target.profile is not None and self._is_plain(target.profile):
            provider = SharedCredentialProvider(
                creds_filename=self._profiles.credentials_file(),
                profile_name=target.profile,
                ini_parser=files.raw,
            )
            found = provider.load()
            if found is not None:
                return found
        with files.parsed_once():
            return self.resolver(target).load_credentials()

    def resolver(self, target: Target) -> Any:
        """botocore's resolver for the target's profile: its `providers`, in the order asked."""
        from botocore.credentials import create_credential_resolver

        session = self._profiles.session(target.profile)
        region = target.region or self._profiles.profile_region(target.profile)
        resolver = create_credential_resolver(session, region_name=region)
        self._adapt(resolver, (region, self._profiles.settings(target.profile)))
        return resolver

    def _is_plain(self, profile: str) -> bool:
        scoped = self._profiles.scoped_config(profile)
        return "aws_access_key_id" in scoped and not _CHAIN_KEYS.intersection(scoped)

    def _adapt(self, resolver: Any, scope: object) -> None:
        """Let a source that many roles name be loaded once, and the kernel ask for MFA codes.

        All three are private in botocore; a version without the first two works, only slower.
        """
        for provider in resolver.providers:
            builder = getattr(provider, "_profile_provider_builder", None)
            if builder is not None:
                provider._profile_provider_builder = _SharedSources(builder, self._sources, scope)
            sourcer = getattr(provider, "_credential_sourcer", None)
            if sourcer is not None:
                provider._credential_sourcer = _SharedSourcer(sourcer, self._sources, scope)
            if hasattr(provider, "_prompter"):
                provider._prompter = self._profiles.code_of

    def _assume(self, target: Target, source: Any) -> Any:
        from botocore.credentials import (
            AssumeRoleCredentialFetcher,
            DeferredRefreshableCredentials,
        )

        session = self._profiles.session(target.profile)
        region = target.region or self._profiles.profile_region(target.profile)

        def sts(service: str, **keys: Any) -> Any:
            # Regional STS: tokens of the global endpoint are refused in opt-in regions.
            return session.create_client(
                service, region_name=region, endpoint_url=self._profiles.endpoint_url, **keys
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
        # CloudTrail shows the session's name beside every call that is made with it.
        named = self._profiles.role_session_name
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=sts,
            source_credentials=source,
            role_arn=arn,
            extra_args={"RoleSessionName": named} if named else None,
        )
        return DeferredRefreshableCredentials(
            method="assume-role", refresh_using=fetcher.fetch_credentials
        )

    def secrets(self) -> list[str]:
        """Every secret that this process holds, to be kept out of traces."""
        held = set(self.roles.secrets())
        for found in (*self._found, *self._sources):
            for name in ("_secret_key", "_token", "secret_key", "token"):
                # vars, not getattr: a property of botocore's would refresh the credentials.
                value = vars(found).get(name) if found is not None else None
                if isinstance(value, str) and value:
                    held.add(value)
        return sorted(held)


class _SharedSources:
    """botocore's ProfileProviderBuilder, whose providers for a source profile load once."""

    def __init__(self, builder: Any, loaded: Once[Any], scope: object) -> None:
        self._builder = builder
        self._loaded = loaded
        self._scope = scope

    def providers(self, profile_name: str, disable_env_vars: bool = False) -> Sequence[Any]:
        from botocore.credentials import CredentialResolver

        chain = CredentialResolver(self._builder.providers(profile_name, disable_env_vars))
        key = ("profile", profile_name, disable_env_vars, self._scope)
        return [_LoadsOnce(lambda: self._loaded.get(key, chain.load_credentials))]


class _SharedSourcer:
    """botocore's CanonicalNameCredentialSourcer, which asks the machine's role only once."""

    def __init__(self, sourcer: Any, loaded: Once[Any], scope: object) -> None:
        self._sourcer = sourcer
        self._loaded = loaded
        self._scope = scope

    def is_supported(self, source_name: str) -> bool:
        return bool(self._sourcer.is_supported(source_name))

    def source_credentials(self, source_name: str) -> Any:
        key = ("named", source_name, self._scope)
        return self._loaded.get(key, lambda: self._sourcer.source_credentials(source_name))


class _LoadsOnce:
    METHOD = "awsops-shared-source"

    def __init__(self, load: Callable[[], Any]) -> None:
        self.load = load


def freeze(value: object) -> object:
    """Settings as something that can be a key."""
    if isinstance(value, Mapping):
        return tuple(sorted((k, freeze(v)) for k, v in value.items()))
    return value
