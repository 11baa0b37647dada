"""What looks like a secret: by the name of a parameter, and inside of a text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

REDACTED: Final = "<redacted>"

MAX_NAME = 128  # characters of a key

_SECRET_WORDS = re.compile(
    r"secret|password|passwd|passphrase|passcode|credential|token|private_?key|api_?key"
    r"|auth_?key|authorization|shared_?key|plaintext|(^|_)otp$|(^|_)pin$"
)
# These name, count or describe a secret, or make a request idempotent.
_NOT_SECRET = re.compile(
    r"_(id|ids|arn|arns|name|names|type|types|length|age|policy|status|count|enabled|required"
    r"|version|stage|stages|ttl|validity|units|prevention|duration|seconds|minutes|hours|days)$"
    r"|^(client|client_request|idempotency|creation|request)_token$"
)
_PAGE_TOKEN = re.compile(
    r"(^|_)(next|page|pagination|continuation|starting|start|forward|backward)_(\w+_)?token$"
)
# Secrets inside of any text that is kept: user information of URLs, `token=...`, PEM keys. Each
# with words of which a text that has one has one, in any case.
_IN_TEXT = (
    (("://",), re.compile(r"(://)[^/\s@]{0,512}:[^/\s@]{0,512}(?=@)"), rf"\1{REDACTED}"),
    (
        ("password", "passwd", "secret", "token", "signature", "api"),
        re.compile(
            r"(?i)(?<!\w)([\w-]{0,40}(?:password|passwd|secret|token|signature|api[_-]?key)"
            r"[\w-]{0,40}=)[^&\s\"']+"
        ),
        rf"\1{REDACTED}",
    ),
    (
        ("-----begin ",),
        re.compile(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY.*?(-----END [A-Z ]*PRIVATE KEY-----|$)"),
        REDACTED,
    ),
)


def is_secret_name(name: str) -> bool:
    """Whether a parameter of this name (in any spelling) holds a secret; page tokens do not."""
    words = split_words(name)
    if is_page_token(words) or not _SECRET_WORDS.search(words):
        return False
    return not _NOT_SECRET.search(words)


def is_page_token(words: str) -> bool:
    """Whether a name, split into words, is that of a token for the next page."""
    return _PAGE_TOKEN.search(words) is not None


def without_secrets(text: str) -> str:
    """A text without what is a secret in it: user information of URLs, `token=...`, PEM keys."""
    if not ("=" in text or "://" in text or "-----" in text):
        return text  # every pattern has one of these
    folded = text.casefold()
    for needed, pattern, replacement in _IN_TEXT:
        for word in needed:  # far cheaper than the pattern
            if word in folded:
                text = pattern.sub(replacement, text)
                break
    return text


@lru_cache(maxsize=2_048)
def split_words(name: str) -> str:
    """`MasterUserPassword` and `--master-user-password` as `master_user_password`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name[:MAX_NAME])
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
