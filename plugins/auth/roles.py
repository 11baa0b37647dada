"""One role, or one after another: sessions by AssumeRole, kept while they live."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from awsops.api import Aws, UsageError
from awsops.credentials.mfa_devices import choose_serial
from awsops.credentials.mfa_refusals import explain_refusal, spent_codes
from awsops.credentials.mfa_session import Got, Keeper, cache_of, keys_of, regional_sts
from awsops.credentials.session_cache import Session, SessionCache, source_of
from awsops.suggesting import did_you_mean

# STS API reference, AssumeRole: DurationSeconds, and the limit of a session of a session.
SHORTEST, LONGEST, LONGEST_CHAINED = 900, 43_200, 3_600
MAX_TAGS = 50
_ARN = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}", re.ASCII)
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Link:
    """A role to assume. `external_id` and `session_name` None: none, and one of ours."""

    arn: str
    external_id: str | None = None
    session_name: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every link. `seconds` is 900 to 43,200; `tags` at most 50."""

    seconds: int
    session_name: str
    named: bool = False  # by the person: then another name is another session
    external_id: str | None = None
    policy: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    source_identity: str | None = None
    code: str | None = None
    kept: bool = False  # a session is of no use unless it can be kept


def read_link(aws: Aws, text: str) -> Link:
    """A role's ARN, or the role of a profile with what the profile says of it."""
    if _ARN.fullmatch(text):
        return Link(text)
    if text.startswith("arn:"):
        raise UsageError(f"{text} is not the ARN of a role: arn:aws:iam::ACCOUNT:role/NAME")
    if text not in aws.profiles():
        raise UsageError(
            f"{text!r} is neither a profile nor the ARN of a role",
            hint=did_you_mean(text, aws.profiles())
            or "arn:aws:iam::ACCOUNT:role/NAME is one; awsops doctor shows every profile",
        )
    settings = aws.profile_settings(text)
    if "role_arn" not in settings:
        raise UsageError(f"the profile {text} has no role_arn", hint="give the ARN of a role")
    return Link(
        str(settings["role_arn"]), settings.get("external_id"), settings.get("role_session_name")
    )


def read_tags(given: list[str]) -> tuple[tuple[str, str], ...]:
    """`k=v` words as session tags; UsageError for one that is not, or for more than 50."""
    tags = []
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"--tag {text}: expected KEY=VALUE")
        tags.append((key, value))
    if len(tags) > MAX_TAGS:
        raise UsageError(f"{len(tags)} tags are more than the {MAX_TAGS} that STS takes")
    return tuple(tags)


def check_terms(terms: Terms, links: int) -> None:
    """UsageError for what STS would refuse, before it is asked."""
    if not _SESSION_NAME.fullmatch(terms.session_name):
        raise UsageError(f"--session-name {terms.session_name!r}: 2 to 64 of a-z 0-9 _ + = , . @ -")
    if terms.policy is not None:
        try:
            json.loads(terms.policy)
        except ValueError as error:
            raise UsageError(f"--policy is not JSON: {error}") from None
    if links > 1 and terms.seconds > LONGEST_CHAINED:
        raise UsageError(
            "a role that is assumed from a role lasts at most 1h",
            hint="--duration 1h",
        )


def assume(aws: Aws, links: list[Link], terms: Terms, ask: Callable[[str], str]) -> Iterator[Got]:
    """A session for each link, each made with the one before.

    CredentialsError when a role cannot be assumed: those before it are kept.
    """
    cache = cache_of(aws)
    signer: Session | None = None
    for link in links:
        got = _session_of(aws, cache, link, terms, signer, ask)
        yield got
        signer = got.session


def _session_of(
    aws: Aws,
    cache: SessionCache,
    link: Link,
    terms: Terms,
    signer: Session | None,
    ask: Callable[[str], str],
) -> Got:
    # A role's session is found by what it was made from, not by the keys that happened to sign.
    origin = signer.source if signer is not None else source_of(aws.keys().access_key)
    source = source_of(
        origin,
        repr(
            (
                link,
                terms.seconds,
                terms.session_name if terms.named else None,
                terms.external_id,
                terms.policy,
                terms.tags,
                terms.source_identity,
            )
        ),
    )
    found = cache.live(source)
    if found is not None:
        return Got(found, reused=True)
    with cache.locked(source, aws.cancelled.is_set):
        found = cache.live(source)
        if found is not None:
            return Got(found, reused=True)
        keep = Keeper(cache, must=terms.kept)
        session = _assume(aws, link, terms, signer, source, ask)
        return Got(session, reused=False, unkept=keep(session))


def _assume(
    aws: Aws,
    link: Link,
    terms: Terms,
    signer: Session | None,
    source: str,
    ask: Callable[[str], str],
) -> Session:
    keys = aws.keys()
    if signer is None and keys.token is None:
        signer = cache_of(aws).live(source_of(keys.access_key))  # made with MFA, so trusted more
    asked = _parameters(link, terms)
    sts = regional_sts(aws)
    try:
        answer = _call(aws, sts, asked, signer)
    except sts.exceptions.ClientError as error:
        denied = error.response["Error"]["Code"] == "AccessDenied"
        may_ask = terms.code is not None or aws.env.interactive
        if not (denied and may_ask and signer is None and keys.token is None):
            raise
        answer = _with_code(aws, sts, asked, terms, ask)
    made, user = answer["Credentials"], answer["AssumedRoleUser"]
    return Session(
        kind="role",
        source=source,
        profile=aws.target.name,
        account=link.arn.split(":")[4],
        arn=user["Arn"],
        serial=None,
        access_key=made["AccessKeyId"],
        secret_key=made["SecretAccessKey"],
        token=made["SessionToken"],
        expires_at=made["Expiration"].timestamp(),
    )


def _with_code(
    aws: Aws, sts: Any, asked: dict[str, Any], terms: Terms, ask: Callable[[str], str]
) -> Any:
    """The role did not trust the bare keys: once more with a code."""
    serial = choose_serial(aws, None)
    code = (terms.code or ask(f"{asked['RoleArn']} may want MFA. Code of {serial}")).strip()
    try:
        answer = sts.assume_role(**asked, SerialNumber=serial, TokenCode=code)
    except sts.exceptions.ClientError as error:
        raise explain_refusal(aws, error, serial, code) from error
    spent_codes(aws).remember(serial, code)
    return answer


def _call(aws: Aws, sts: Any, asked: dict[str, Any], signer: Session | None) -> Any:
    if signer is None:
        return sts.assume_role(**asked)
    with aws.signing_as(keys_of(signer)):
        return sts.assume_role(**asked)


def _parameters(link: Link, terms: Terms) -> dict[str, Any]:
    external_id = terms.external_id or link.external_id
    optional = {
        "ExternalId": external_id,
        "Policy": terms.policy,
        "SourceIdentity": terms.source_identity,
        "Tags": [{"Key": key, "Value": value} for key, value in terms.tags] or None,
    }
    return {
        "RoleArn": link.arn,
        "RoleSessionName": link.session_name or terms.session_name,
        "DurationSeconds": terms.seconds,
        **{name: value for name, value in optional.items() if value is not None},
    }
