"""Signature version 4 as botocore makes it, for a request with nothing unusual in it.

A tenth of a botocore call is spent in signing: the headers are kept like those of a mail, and
copied, sorted and read one by one four times over. The key of a day, region and service does not
change from call to call either. What is signed and how is botocore's to say: any other signer, a
query, a header given twice, or a body that is not signed takes the ordinary way.
"""

from __future__ import annotations

import hmac
import time
from hashlib import sha256
from typing import Any

_ALGORITHM = "AWS4-HMAC-SHA256"
_NEEDED = ("_modify_request_before_signing", "_normalize_url_path", "payload", "add_auth")


def sign_short(client: Any) -> None:
    """Let this client's requests be signed the short way."""
    signer = getattr(client, "_request_signer", None)
    if signer is not None and hasattr(signer, "get_auth_instance"):
        signer.get_auth_instance = _Signers(signer.get_auth_instance)


class _Signers:
    """Stands where RequestSigner.get_auth_instance does."""

    def __init__(self, ordinary: Any) -> None:
        self._ordinary = ordinary
        self._host_of: Any = None
        self._places: dict[str, tuple[str, str, bool]] = {}
        self._key: tuple[tuple[str, str, str, str], bytes] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from botocore import auth as signing

        auth: Any = self._ordinary(*args, **kwargs)
        if type(auth) is not signing.SigV4Auth or auth.credentials is None:
            return auth
        # Private all of them: a botocore without one of them signs the ordinary way.
        self._host_of = getattr(signing, "_host_from_url", None)
        usual = self._host_of is not None and all(hasattr(auth, name) for name in _NEEDED)
        return _Short(auth, self) if usual else auth

    def place(self, auth: Any, url: str) -> tuple[str, str, bool]:
        """The path and the host of a URL as they are signed, and whether it has a query."""
        found = self._places.get(url)
        if found is None:
            from urllib.parse import urlsplit

            parts = urlsplit(url)
            found = (auth._normalize_url_path(parts.path), self._host_of(url), bool(parts.query))
            if len(self._places) < 100:
                self._places[url] = found
        return found

    def key(self, secret: str, day: str, region: str, service: str) -> bytes:
        """The signing key of one day; the last one is kept."""
        scope = (secret, day, region, service)
        kept = self._key
        if kept is not None and kept[0] == scope:
            return kept[1]
        key = f"AWS4{secret}".encode()
        for part in (day, region, service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        self._key = (scope, key)
        return key


class _Short:
    """A signer whose `add_auth` is the short way."""

    def __init__(self, auth: Any, signers: _Signers) -> None:
        self._auth = auth
        self._signers = signers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._auth, name)

    def add_auth(self, request: Any) -> None:
        """Sign the request: its headers are changed in place, as by botocore."""
        auth = self._auth
        path, host, has_query = self._signers.place(auth, request.url)
        if has_query or request.params or request.context.get("checksum"):
            auth.add_auth(request)
            return
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        request.context["timestamp"] = now
        auth._modify_request_before_signing(request)
        headers = _signed_headers(request.headers, host)
        if headers is None:
            auth.add_auth(request)
            return
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        asked = f"{request.method.upper()}\n{path}\n\n{lines}\n{names}\n{auth.payload(request)}"
        day, region, service = now[:8], auth._region_name, auth._service_name
        scope = f"{day}/{region}/{service}/aws4_request"
        digest = sha256(asked.encode()).hexdigest()
        to_sign = f"{_ALGORITHM}\n{now}\n{scope}\n{digest}"
        key = self._signers.key(auth.credentials.secret_key, day, region, service)
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        request.headers["Authorization"] = (
            f"{_ALGORITHM} Credential={auth.credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )


def _signed_headers(headers: Any, host: str) -> dict[str, str] | None:
    """The headers as they are signed, in their order; None when botocore must say what they are."""
    from botocore.auth import SIGNED_HEADERS_BLACKLIST

    found: dict[str, str] = {"host": host}
    for name, value in headers.raw_items():
        lower = name.lower()
        if lower in SIGNED_HEADERS_BLACKLIST:
            continue
        if lower in found or lower == "x-amz-content-sha256":
            return None
        if not isinstance(value, str) or not value.isascii():
            return None
        found[lower] = " ".join(value.split())
    return dict(sorted(found.items()))
