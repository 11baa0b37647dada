"""Who is calling: the access keys the sandbox knows and the identity behind each."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

# The access key id of AWS's own documentation. Whoever signs with it is let in, whatever the
# secret: it is what people and tools use against a local endpoint.
EXAMPLE_KEY = "AKIAIOSFODNN7EXAMPLE"
EXAMPLE_ACCOUNT = "123456789012"

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_FORGET_AFTER = 3600.0  # seconds an expired session is remembered, to be told apart from unknown


@dataclass(frozen=True, slots=True)
class Identity:
    """One principal behind one access key.

    secret: None when any signature is accepted. kind: `user` has long-term keys, `session` came
    from GetSessionToken or GetFederationToken, `role` from AssumeRole. expires: epoch seconds.
    policy: a session policy, which leaves only what it allows.
    """

    access_key: str
    secret: str | None
    account: str
    arn: str
    user_id: str
    kind: Literal["user", "session", "role"] = "user"
    token: str | None = None
    expires: float | None = None
    mfa: bool = False
    policy: str | None = None

    @property
    def user_name(self) -> str | None:
        """The IAM user's name, or None for a role or a federated user."""
        return self.arn.rpartition("/")[2] if ":user/" in self.arn else None


class KeyStore:
    """Every access key known to this sandbox. Safe to use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._by_key: dict[str, Identity] = {}
        self._inactive: set[str] = set()
        self._longest: float | None = None

    def add(self, identity: Identity) -> None:
        with self._lock:
            self._by_key[identity.access_key] = identity

    def remove(self, access_key: str) -> None:
        with self._lock:
            self._by_key.pop(access_key, None)
            self._inactive.discard(access_key)

    def clear(self) -> None:
        with self._lock:
            self._by_key.clear()
            self._inactive.clear()
            self._longest = None

    def shorten(self, seconds: float | None) -> None:
        """Sessions made from now on end after so long at most (None: after what was asked for);
        ValueError unless it is 0 or more."""
        if seconds is not None and not seconds >= 0:
            raise ValueError(f"seconds={seconds}: expected 0 or more")
        with self._lock:
            self._longest = seconds

    def end_sessions(self) -> int:
        """Every session that there is ends now; how many did."""
        now = self._clock()
        with self._lock:
            alive = [
                key
                for key, known in self._by_key.items()
                if known.expires is not None and known.expires > now
            ]
            for key in alive:
                self._by_key[key] = replace(self._by_key[key], expires=now)
        return len(alive)

    def set_active(self, access_key: str, active: bool) -> None:
        with self._lock:
            (self._inactive.discard if active else self._inactive.add)(access_key)

    def find(self, access_key: str) -> Identity | None:
        with self._lock:
            return None if access_key in self._inactive else self._by_key.get(access_key)

    def issue(
        self,
        *,
        account: str,
        arn: str,
        user_id: str,
        kind: Literal["session", "role"],
        seconds: int,
        mfa: bool,
        policy: str | None = None,
    ) -> Identity:
        """Temporary credentials that end `seconds` from now."""
        now = self._clock()
        lives = seconds if self._longest is None else min(seconds, self._longest)
        identity = Identity(
            access_key="ASIA" + random_base32(16),
            secret=base64.b64encode(secrets.token_bytes(30)).decode(),
            account=account,
            arn=arn,
            user_id=user_id,
            kind=kind,
            # Real tokens hold "+", "/" and "=": whoever forgets to quote one finds out here.
            token=base64.b64encode(secrets.token_bytes(230)).decode(),
            expires=float(int(now + lives)),
            mfa=mfa,
            policy=policy,
        )
        with self._lock:
            self._drop_forgotten(now)
            self._by_key[identity.access_key] = identity
        return identity

    def _drop_forgotten(self, now: float) -> None:
        old = [
            key
            for key, known in self._by_key.items()
            if known.expires is not None and known.expires + _FORGET_AFTER < now
        ]
        for key in old:
            del self._by_key[key]


def random_base32(length: int) -> str:
    return "".join(secrets.choice(_BASE32) for _ in range(length))


def stable_id(prefix: str, name: str) -> str:
    """A unique id as IAM forms them (`AIDA...`, `AROA...`), always the same for one ARN."""
    digest = hashlib.sha256(name.encode()).digest()
    return prefix + "".join(_BASE32[byte & 31] for byte in digest[:17])


def user_identity(access_key: str, secret: str | None, account: str, name: str) -> Identity:
    """The identity of an IAM user's long-term key."""
    arn = f"arn:aws:iam::{account}:user/{name}"
    return Identity(access_key, secret, account, arn, stable_id("AIDA", arn))
