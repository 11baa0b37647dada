"""AWS Signature Version 4, the verifying side.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from calendar import timegm
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from awsops.sandbox.wire import Request

CLOCK_SKEW_SECONDS = 900  # the widest AWS allows (S3: RequestTimeTooSkewed); others allow 300
_SPACES = re.compile(r" +")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of its signer; nothing of it is proved before `verify`."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    token: str | None
    presigned: bool = False


def read_claim(request: Request) -> Claim | None:
    """The claim in the Authorization header or a presigned query; None when there is none."""
    header = request.headers.get("authorization", "")
    if header.startswith("AWS4-HMAC-SHA256"):
        return _header_claim(request, header)
    if "X-Amz-Credential" in request.query:
        return _query_claim(request)
    return None


def _header_claim(request: Request, header: str) -> Claim | None:
    fields = {}
    for part in header.partition(" ")[2].split(","):
        name, _, value = part.strip().partition("=")
        fields[name] = value
    scope = fields.get("Credential", "").split("/")
    if len(scope) != 5:
        return None
    key, date, region, service, _ = scope
    return Claim(
        key,
        date,
        region,
        service,
        signed_headers=tuple(fields.get("SignedHeaders", "").split(";")),
        signature=fields.get("Signature", ""),
        timestamp=request.headers.get("x-amz-date", ""),
        token=request.headers.get("x-amz-security-token"),
    )


def _query_claim(request: Request) -> Claim | None:
    query = request.query
    scope = query["X-Amz-Credential"].split("/")
    if len(scope) != 5:
        return None
    key, date, region, service, _ = scope
    return Claim(
        key,
        date,
        region,
        service,
        signed_headers=tuple(query.get("X-Amz-SignedHeaders", "").split(";")),
        signature=query.get("X-Amz-Signature", ""),
        timestamp=query.get("X-Amz-Date", ""),
        token=query.get("X-Amz-Security-Token"),
        presigned=True,
    )


def verify(request: Request, claim: Claim, secret: str) -> bool:
    """Whether the signature is the one that `secret` gives."""
    canonical = "\n".join(
        (
            request.method,
            _canonical_path(request, claim.service),
            _canonical_query(request, claim.presigned),
            *(_canonical_header(request, name) for name in claim.signed_headers),
            "",
            ";".join(claim.signed_headers),
            _payload_hash(request, claim),
        )
    )
    scope = f"{claim.date}/{claim.region}/{claim.service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{claim.timestamp}\n{scope}\n{digest}"
    key = _signing_key(secret, claim.date, claim.region, claim.service)
    expected = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
    return hmac.compare_digest(expected, claim.signature)


def age_seconds(claim: Claim, now: float) -> float | None:
    """How long ago the request was signed; None when its date cannot be read."""
    try:
        return now - timegm(time.strptime(claim.timestamp, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        return None


@lru_cache(maxsize=512)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _canonical_path(request: Request, service: str) -> str:
    # Every service but S3 signs the path encoded a second time.
    return request.raw_path if service == "s3" else quote(request.raw_path, safe="/~")


def _canonical_query(request: Request, presigned: bool) -> str:
    pairs = parse_qsl(request.query_string, keep_blank_values=True)
    encoded = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in pairs
        if not (presigned and name == "X-Amz-Signature")
    )
    return "&".join(f"{name}={value}" for name, value in encoded)


def _canonical_header(request: Request, name: str) -> str:
    return f"{name}:{_SPACES.sub(' ', request.headers.get(name, '')).strip()}"


def _payload_hash(request: Request, claim: Claim) -> str:
    stated = request.headers.get("x-amz-content-sha256")
    if stated is not None and not re.fullmatch(r"[0-9a-f]{64}", stated):
        return stated  # UNSIGNED-PAYLOAD and the STREAMING-... forms are signed as they stand
    if claim.presigned and claim.service == "s3":
        return "UNSIGNED-PAYLOAD"
    return hashlib.sha256(request.body).hexdigest()
