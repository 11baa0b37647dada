"""Who may come in: from the claim in a request to an identity, or the error each service gives."""

from __future__ import annotations

import re

from awsops.sandbox import sigv4
from awsops.sandbox.answers import REST_XML, AwsError, protocol_of
from awsops.sandbox.identity import EXAMPLE_ACCOUNT, Identity, KeyStore
from awsops.sandbox.sigv4 import Claim
from awsops.sandbox.sts import UNSIGNED
from awsops.sandbox.wire import Request

ANONYMOUS = Identity("", None, EXAMPLE_ACCOUNT, "anonymous", "anonymous")

# The same refusal has a name in the query protocol, one in JSON, one in S3 and one in EC2.
_NAMES = {
    "unknown": (
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "AuthFailure",
        "The security token included in the request is invalid.",
    ),
    "expired": (
        "ExpiredToken",
        "ExpiredTokenException",
        "ExpiredToken",
        "RequestExpired",
        "The security token included in the request is expired",
    ),
    "signature": (
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "AuthFailure",
        "The request signature we calculated does not match the signature you provided. Check "
        "your AWS Secret Access Key and signing method.",
    ),
    "late": (
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "RequestTimeTooSkewed",
        "RequestExpired",
        "Signature expired: the request's date differs too much from the server's.",
    ),
    "missing": (
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "AccessDenied",
        "AuthFailure",
        "Request is missing Authentication Token",
    ),
}


def service_of(request: Request, claim: Claim | None) -> str:
    """The signing name of the service that is called; a guess when nothing is signed."""
    if claim is not None:
        return claim.service
    target = request.headers.get("x-amz-target", "")
    if target.startswith("AmazonSQS."):
        return "sqs"
    action = request.form.get("Action") or request.query.get("Action") or ""
    return "sts" if action in UNSIGNED else _unsigned_service(request)


def _unsigned_service(request: Request) -> str:
    version = request.form.get("Version") or request.query.get("Version") or ""
    known = {"2011-06-15": "sts", "2010-05-08": "iam", "2012-11-05": "sqs"}
    return known.get(version, "unsigned")


def authenticate(
    request: Request, claim: Claim | None, service: str, keys: KeyStore, now: float
) -> Identity:
    """The identity behind a request, its signature verified.

    Raises AwsError by the name that the service called would use. Unsigned calls to services that
    are not served strictly come in as nobody: some of AWS is public, and moto knows what.
    """
    if claim is None:
        action = request.form.get("Action", "")
        if service in ("sqs", "sts", "iam") and action not in UNSIGNED:
            raise _refusal("missing", request, service)
        return ANONYMOUS
    identity = keys.find(claim.access_key)
    if identity is None or identity.token != claim.token:
        raise _refusal("unknown", request, service)
    if identity.expires is not None and identity.expires <= now:
        raise _refusal("expired", request, service)
    if identity.secret is None:
        return identity
    if not sigv4.verify(request, claim, identity.secret):
        raise _refusal("signature", request, service)
    age = sigv4.age_seconds(claim, now)
    if age is None or (not claim.presigned and abs(age) > sigv4.CLOCK_SKEW_SECONDS):
        raise _refusal("late", request, service)
    return identity


def _refusal(kind: str, request: Request, service: str) -> AwsError:
    query, json_name, s3, ec2, message = _NAMES[kind]
    protocol = protocol_of(request, service)
    if service in REST_XML:
        return AwsError(s3, message, status=403)
    if protocol == "ec2":
        return AwsError(ec2, message, status=401 if ec2 == "AuthFailure" else 400)
    if protocol == "query":
        return AwsError(query, message, status=403)
    if re.fullmatch("sqs|monitoring", service):  # both names travel: see answers.QUERY_COMPATIBLE
        return AwsError(query, message, status=403, shape=json_name)
    return AwsError(json_name, message, status=400 if protocol == "json" else 403)
