"""IAM as the user whose keys are rotated: with MFA where a policy wants it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awsops.api import Aws, CredentialsError
from awsops.aws import Keys
from awsops.credentials.mfa_session import Wish, cache_of, keys_of, mfa_session
from awsops.credentials.session_cache import source_of
from awsops.service_errors import is_denied

SESSION_SECONDS = 900  # the shortest: it is for these few calls


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key of the user, as ListAccessKeys tells it. `active`: AWS takes it."""

    id: str
    active: bool
    made_at: datetime

    @property
    def suffix(self) -> str:
        """The last four characters, as people are told of it."""
        return f"...{self.id[-4:]}"


class KeyOwner:
    """Calls IAM for the user of the target's keys.

    It signs with the live session of `auth login` where there is one, else with the keys; where
    these are denied and a code is given or somebody can be asked, with a session made for it.
    """

    def __init__(self, aws: Aws, code: str | None) -> None:
        self._aws = aws
        self._code = code
        self._iam = aws.client("iam")
        self._session: Keys | None = None
        self._keys: Keys | None = None
        held = cache_of(aws).live(source_of(aws.keys().access_key))
        if held is not None:
            self._session = keys_of(held)

    def go_on_with(self, keys: Keys) -> None:
        """Sign with these instead of the target's own; a session with MFA still goes first."""
        self._keys = keys

    def listed(self) -> list[AccessKey]:
        """All keys of the user."""
        listed = self.call("list_access_keys")["AccessKeyMetadata"]
        return [
            AccessKey(key["AccessKeyId"], key["Status"] == "Active", key["CreateDate"])
            for key in listed
        ]

    def last_use(self, key: AccessKey) -> str:
        """When and for what a key was used last, in words; empty where we may not look."""
        try:
            used = self.call("get_access_key_last_used", AccessKeyId=key.id)["AccessKeyLastUsed"]
        except self._iam.exceptions.ClientError:
            return ""
        if "LastUsedDate" not in used:
            return "never used"
        return f"last used on {used['LastUsedDate']:%Y-%m-%d} for {used['ServiceName']}"

    def call(self, operation: str, **params: Any) -> Mapping[str, Any]:
        """One call of IAM; what it raises is botocore's, or CredentialsError about MFA."""
        try:
            return self._signed(operation, params)
        except self._iam.exceptions.ClientError as error:
            if not is_denied(error) or self._session is not None:
                raise
            if self._code is None and not self._aws.env.interactive:
                raise CredentialsError(
                    error.response["Error"]["Message"],
                    hint="where a policy wants MFA: --code CODE, or first awsops auth login "
                    f"-p {self._aws.target.name}",
                    code="AccessDenied",
                ) from error
        wish = Wish(None, self._code, SESSION_SECONDS)
        self._session = keys_of(mfa_session(self._aws, wish, self._aws.ask_mfa).session)
        return self._signed(operation, params)

    def _signed(self, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        method, keys = getattr(self._iam, operation), self._session or self._keys
        if keys is None:
            return dict(method(**params))
        with self._aws.signing_as(keys):
            return dict(method(**params))
