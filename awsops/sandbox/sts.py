"""STS, strict: sessions that expire, durations with bounds, MFA codes that count once.

Bounds and messages: STS API reference, GetSessionToken, AssumeRole, GetFederationToken.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from awsops.sandbox.answers import AwsError, query_response
from awsops.sandbox.calls import Call
from awsops.sandbox.identity import Identity, KeyStore, stable_id
from awsops.sandbox.mfa import MfaStore
from awsops.sandbox.roles import Roles
from awsops.sandbox.verdicts import Verdicts
from awsops.sandbox.wire import Response

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
SESSION_SECONDS = range(900, 129_601)  # GetSessionToken, GetFederationToken
SESSION_DEFAULT = 43_200
ROLE_SECONDS = range(900, 43_201)  # AssumeRole
ROLE_DEFAULT = 3600
CHAINED_SECONDS = 3600  # "role chaining limits your session to a maximum of one hour"
UNSIGNED = frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
# A GetSessionToken session may call these two of STS and no more (API reference, GetSessionToken).
_SESSION_MAY = frozenset({"AssumeRole", "GetCallerIdentity"})

_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/([\w+=,.@/-]+)")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


class StsService:
    """Answers all of STS but AssumeRoleWithSAML."""

    def __init__(
        self,
        keys: KeyStore,
        mfa: MfaStore,
        roles: Roles,
        verdicts: Verdicts,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._mfa = mfa
        self._roles = roles
        self._verdicts = verdicts
        self._clock = clock
        self._operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "AssumeRole": self._assume_role,
            "AssumeRoleWithWebIdentity": self._assume_role_with_web_identity,
            "DecodeAuthorizationMessage": self._decode_authorization_message,
            "GetAccessKeyInfo": self._get_access_key_info,
            "GetCallerIdentity": self._get_caller_identity,
            "GetFederationToken": self._get_federation_token,
            "GetSessionToken": self._get_session_token,
        }

    def reset(self) -> None:
        """Sessions live in the key store; what was refused is forgotten."""
        self._verdicts.reset()

    def handle(self, call: Call) -> Response | None:
        """One call; None for the SAML exchange, which moto plays."""
        operation = self._operations.get(call.operation)
        if operation is None:
            return None
        if call.identity.kind == "session" and call.operation not in _SESSION_MAY:
            raise _denied(f"Cannot call {call.operation} with session credentials")
        return query_response(call.operation, operation(call), NAMESPACE)

    def _get_caller_identity(self, call: Call) -> dict[str, Any]:
        identity = call.identity
        return {"Arn": identity.arn, "UserId": identity.user_id, "Account": identity.account}

    def _get_access_key_info(self, call: Call) -> dict[str, Any]:
        known = self._keys.find(_required(call.params, "AccessKeyId"))
        if known is None:
            raise _invalid("Invalid AccessKeyId")
        return {"Account": known.account}

    def _decode_authorization_message(self, call: Call) -> dict[str, Any]:
        encoded = _required(call.params, "EncodedMessage")
        verdict = self._verdicts.decode(call.identity.account, encoded)
        if verdict is None:
            raise AwsError("InvalidAuthorizationMessageException", "Message is not valid")
        return {"DecodedMessage": verdict}

    def _get_session_token(self, call: Call) -> dict[str, Any]:
        if call.identity.kind == "role":
            raise _denied("Cannot call GetSessionToken with session credentials")
        seconds = _duration(call.params, SESSION_DEFAULT, SESSION_SECONDS)
        mfa = self._checked_mfa(call)
        me = call.identity
        session = self._keys.issue(
            account=me.account,
            arn=me.arn,
            user_id=me.user_id,
            kind="session",
            seconds=seconds,
            mfa=mfa,
        )
        return {"Credentials": _credentials(session)}

    def _get_federation_token(self, call: Call) -> dict[str, Any]:
        if call.identity.kind != "user":
            raise _denied("Cannot call GetFederationToken with session credentials")
        name = _required(call.params, "Name")
        seconds = _duration(call.params, SESSION_DEFAULT, SESSION_SECONDS)
        account = call.identity.account
        arn = f"arn:aws:sts::{account}:federated-user/{name}"
        session = self._keys.issue(
            account=account,
            arn=arn,
            user_id=f"{account}:{name}",
            kind="session",
            seconds=seconds,
            mfa=False,
            policy=_policy(call.params),
        )
        return {
            "Credentials": _credentials(session),
            "FederatedUser": {"FederatedUserId": session.user_id, "Arn": arn},
        }

    def _assume_role(self, call: Call) -> dict[str, Any]:
        params = call.params
        account, name, session_name = _role_of(params)
        seconds = _duration(params, ROLE_DEFAULT, ROLE_SECONDS)
        # MFA proved to get a session counts for a role; a role's own does not pass down a chain.
        inherited = call.identity.mfa and call.identity.kind != "role"
        mfa = self._checked_mfa(call) or inherited
        arn = params["RoleArn"]
        role = self._roles.find(account, name)
        if role is None or not role.trusts(
            call.identity, mfa=mfa, external=params.get("ExternalId")
        ):
            raise _denied(
                f"User: {call.identity.arn} is not authorized to perform: sts:AssumeRole on "
                f"resource: {arn}"
            )
        if call.identity.kind == "role" and seconds > CHAINED_SECONDS:
            raise _invalid(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
                "by role chaining"
            )
        policy = _policy(params)
        return self._assumed(account, name, session_name, seconds, role.max_seconds, mfa, policy)

    def _assume_role_with_web_identity(self, call: Call) -> dict[str, Any]:
        account, name, session_name = _role_of(call.params)
        _required(call.params, "WebIdentityToken")
        seconds = _duration(call.params, ROLE_DEFAULT, ROLE_SECONDS)
        role = self._roles.find(account, name)
        if role is None:
            raise _denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
        limit, policy = role.max_seconds, _policy(call.params)
        assumed = self._assumed(account, name, session_name, seconds, limit, False, policy)
        return {**assumed, "SubjectFromWebIdentityToken": "sandbox", "Audience": "sandbox"}

    def _assumed(
        self,
        account: str,
        role: str,
        session: str,
        seconds: int,
        limit: int,
        mfa: bool,
        policy: str | None,
    ) -> dict[str, Any]:
        if seconds > limit:
            raise _invalid(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            )
        short = role.rpartition("/")[2]  # the path of a role is not part of the session's ARN
        user_id = stable_id("AROA", f"arn:aws:iam::{account}:role/{role}") + f":{session}"
        arn = f"arn:aws:sts::{account}:assumed-role/{short}/{session}"
        identity = self._keys.issue(
            account=account,
            arn=arn,
            user_id=user_id,
            kind="role",
            seconds=seconds,
            mfa=mfa,
            policy=policy,
        )
        return {
            "Credentials": _credentials(identity),
            "AssumedRoleUser": {"AssumedRoleId": user_id, "Arn": arn},
        }

    def _checked_mfa(self, call: Call) -> bool:
        """Whether the call carries a valid MFA code; a wrong one raises AccessDenied."""
        serial, code = call.params.get("SerialNumber"), call.params.get("TokenCode")
        if serial is None and code is None:
            return False
        if not serial or not code or not re.fullmatch(r"\d{6}", code):
            raise _invalid(
                "SerialNumber and TokenCode go together, and TokenCode is six digits: "
                "1 validation error detected: Value at 'tokenCode' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: [\\d]*"
            )
        self._mfa.authenticate(call.identity, serial, code, self._clock())
        return True


def _policy(params: Mapping[str, str]) -> str | None:
    """The session policy of a request; MalformedPolicyDocument for what is none."""
    text = params.get("Policy")
    if text is None:
        return None
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict) or "Statement" not in document:
        raise AwsError("MalformedPolicyDocument", "The policy is not in the valid JSON format.")
    return text


def _role_of(params: Mapping[str, str]) -> tuple[str, str, str]:
    """Account, role name with its path, and session name."""
    match = _ROLE_ARN.fullmatch(_required(params, "RoleArn"))
    if not match:
        raise _invalid(f"{params['RoleArn']} is invalid")
    session = _required(params, "RoleSessionName")
    if not _SESSION_NAME.fullmatch(session):
        raise _invalid(
            f"1 validation error detected: Value '{session}' at 'roleSessionName' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        )
    return match[1], match[2], session


def _duration(params: Mapping[str, str], default: int, allowed: range) -> int:
    text = params.get("DurationSeconds")
    if text is None:
        return default
    if not re.fullmatch(r"-?\d{1,9}", text) or int(text) not in allowed:
        bound, word = (
            (allowed[-1], "less")
            if text.isdigit() and int(text) > allowed[-1]
            else (allowed[0], "greater")
        )
        raise _invalid(
            f"1 validation error detected: Value '{text}' at 'durationSeconds' failed to satisfy "
            f"constraint: Member must have value {word} than or equal to {bound}"
        )
    return int(text)


def _credentials(identity: Identity) -> dict[str, Any]:
    expires = time.gmtime(identity.expires or 0)
    return {
        "AccessKeyId": identity.access_key,
        "SecretAccessKey": identity.secret,
        "SessionToken": identity.token,
        "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", expires),
    }


def _required(params: Mapping[str, str], name: str) -> str:
    value = params.get(name)
    if not value:
        raise _invalid(
            f"1 validation error detected: Value null at '{name[0].lower()}{name[1:]}' failed to "
            "satisfy constraint: Member must not be null"
        )
    return value


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def _denied(message: str) -> AwsError:
    return AwsError("AccessDenied", message, status=403)
