"""One session with MFA: reused while it lives, asked for once by however many processes want it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from awsops.credentials.mfa_devices import choose_serial
from awsops.credentials.mfa_refusals import explain_refusal, spent_codes
from awsops.credentials.session_cache import Session, SessionCache, source_of
from awsops.errors import AwsopsError, CredentialsError, UsageError
from awsops.events import Secret
from awsops.units import parse_duration

if TYPE_CHECKING:
    from awsops.aws import Aws, Keys

# STS API reference, GetSessionToken, DurationSeconds.
SHORTEST, LONGEST = 900, 129_600
ANY_REGION = "us-east-1"
_CODE = re.compile(r"\d{6}")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted. `serial` and `code` None: found or asked. `seconds` is 900 to 129,600.

    `kept`: the session is of no use unless it can be kept for the commands that follow.
    """

    serial: str | None
    code: str | None
    seconds: int
    renew: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Got:
    """A session; `reused` when it was there already, `unkept` why it is not kept, if it is not."""

    session: Session
    reused: bool
    unkept: str | None = None


@dataclass(frozen=True, slots=True)
class LongTerm:
    """A user's own keys and the profile that holds them."""

    profile: str
    keys: Keys


def keys_behind_role(aws: Aws) -> LongTerm | None:
    """The user's keys that the target's profile assumes its role with, by way of other roles too;
    None where it assumes none, or from something else than keys in a file."""
    name, settings = aws.target.name, aws.profile_settings()
    if "role_arn" not in settings:
        return None
    seen: set[str] = set()
    while "role_arn" in settings and name not in seen:  # a profile may be the source of its own
        seen.add(name)
        name = str(settings.get("source_profile", ""))
        if name not in aws.profiles():
            return None
        settings = aws.profile_settings(name)
    return _long_term(name, settings)


def _long_term(profile: str, settings: Mapping[str, Any]) -> LongTerm | None:
    from awsops.aws import Keys

    access_key, secret = settings.get("aws_access_key_id"), settings.get("aws_secret_access_key")
    if not access_key or not secret or settings.get("aws_session_token"):
        return None
    return LongTerm(profile, Keys(str(access_key), Secret(str(secret)), None, None))


def owner_of_device(aws: Aws) -> LongTerm | None:
    """Whose keys a session with MFA is made of where the target's profile is a role that wants it
    (`mfa_serial`); None for any other profile. With that session the role asks for no code."""
    return keys_behind_role(aws) if aws.profile_settings().get("mfa_serial") else None


def read_duration(text: str) -> int:
    """The seconds of `--duration`; UsageError outside of what STS allows."""
    seconds = parse_duration(text)
    if not SHORTEST <= seconds <= LONGEST:
        raise UsageError(f"--duration {text} is not between 15m and 36h")
    return int(seconds)


def cache_of(aws: Aws) -> SessionCache:
    """Where this person's sessions are kept."""
    return SessionCache(aws.env.folders.cache / "sessions", aws.clock)


def mfa_session(
    aws: Aws, wish: Wish, ask: Callable[[str], str], owner: LongTerm | None = None
) -> Got:
    """A live session of long-term keys: the one that is kept, else a new one.

    They are the target's own, or those of `owner`. `ask` gives the code of the device in its
    question. CredentialsError when the keys are temporary, when the code is refused and when nobody
    can be asked; AwsopsError, before that, when the session could not be kept and has to be.
    """
    keys = owner.keys if owner is not None else aws.keys()
    if keys.token is not None:
        raise _temporary(aws)
    cache, source = cache_of(aws), source_of(keys.access_key)
    found = None if wish.renew else cache.live(source, wish.serial)
    if found is not None:
        return Got(found, reused=True)
    before = cache.live(source, wish.serial)
    with cache.locked(source, aws.cancelled.is_set), aws.signing_as(keys):
        found = cache.live(source, wish.serial)
        if found is not None and (not wish.renew or found != before):
            return Got(found, reused=True)
        keep = Keeper(cache, must=wish.kept)
        name = owner.profile if owner is not None else aws.target.name
        session = replace(_ask_for_session(aws, wish, source, ask), profile=name)
        return Got(session, reused=False, unkept=keep(session))


def _temporary(aws: Aws) -> CredentialsError:
    behind = keys_behind_role(aws)
    if behind is not None:
        return CredentialsError(
            f"{aws.target.label} is a role without MFA: there is no session to sign in to",
            hint="use it as it is; where the role wants MFA, set mfa_serial in its profile, or "
            f"sign in with awsops auth login -p {behind.profile}",
            code="TemporaryCredentials",
        )
    return CredentialsError(
        f"{aws.target.label} already holds temporary credentials; a session is made from a "
        "user's own keys",
        hint="name the profile of those keys with -p; awsops creds chain shows which win",
        code="TemporaryCredentials",
    )


def regional_sts(aws: Aws) -> Any:
    """STS where its tokens are good in every region: those of the global endpoint, which a target
    without a region would get, are refused by regions that were opted in to."""
    return aws.client("sts", region=aws.target.region or ANY_REGION)


def keys_of(session: Session) -> Keys:
    """A kept session as keys to sign with or to hand on."""
    from awsops.aws import Keys

    return Keys(
        session.access_key, Secret(session.secret_key), Secret(session.token), session.expires
    )


def has_room(aws: Aws) -> bool:
    """Whether a session can be kept here."""
    try:
        cache_of(aws).check_room()
    except AwsopsError:
        return False
    return True


class Keeper:
    """Keeps sessions in a cache. That it has room is found out first: a code is good only once.

    `must`: AwsopsError where a session cannot be kept; else it is handed on all the same.
    """

    def __init__(self, cache: SessionCache, *, must: bool) -> None:
        self._cache = cache
        self._must = must
        self._problem = self._trouble(cache.check_room)

    def __call__(self, session: Session) -> str | None:
        """Keep a session; what to tell the person where that was not possible."""
        if self._problem is None:
            self._problem = self._trouble(lambda: self._cache.put(session))
        return self._problem

    def _trouble(self, attempt: Callable[[], None]) -> str | None:
        try:
            attempt()
        except AwsopsError as error:
            if self._must:
                raise
            return f"{error.message}; the next command makes another ({error.hint})"
        return None


def _ask_for_session(aws: Aws, wish: Wish, source: str, ask: Callable[[str], str]) -> Session:
    identity = aws.identity()
    serial = choose_serial(aws, wish.serial)
    code = (wish.code or ask(f"MFA code of {serial}")).strip()
    if not _CODE.fullmatch(code):
        raise UsageError("an MFA code is six digits", code="BadCode")
    sts = regional_sts(aws)
    try:
        answer: dict[str, Any] = sts.get_session_token(
            SerialNumber=serial, TokenCode=code, DurationSeconds=wish.seconds
        )
    except sts.exceptions.ClientError as error:
        raise explain_refusal(aws, error, serial, code) from error
    spent_codes(aws).remember(serial, code)
    made = answer["Credentials"]
    return Session(
        kind="mfa",
        source=source,
        profile=aws.target.name,
        account=identity.account,
        arn=identity.arn,
        serial=serial,
        access_key=made["AccessKeyId"],
        secret_key=made["SecretAccessKey"],
        token=made["SessionToken"],
        expires_at=made["Expiration"].timestamp(),
    )
