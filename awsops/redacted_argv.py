"""What of a command line may be written down."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from awsops.redaction import MAX_STRING, length_of, size_of
from awsops.secret_words import REDACTED, is_secret_name, split_words, without_secrets

_FLAG = re.compile(r"--[A-Za-z][\w-]{0,60}")
_SECRET_OPTIONS = {"--code", "--mfa", "--mfa-code"}
_PAYLOAD_OPTIONS = {"--body", "--message", "--payload", "--data", "--attribute", "--env"}
# `--password-stdin` takes no value, and `--token-file F` names a file.
_HARMLESS_OPTION = re.compile(r"_(stdin|prompt|file)$|^(no|show|ask|with|without)_")


def redact_argv(argv: Sequence[str], params: Mapping[str, object] | None = None) -> list[str]:
    """A command line without the values of options that look secret or carry a payload.

    `params` are the parameters that it was parsed to, by name: with them such a value is also
    known where it stands without an option (`sqs send QUEUE BODY`).
    """
    hidden = _hidden_values(params or {})
    kept: list[str] = []
    replacement: str | None = None
    for word in argv:
        if replacement is None and word in hidden:
            kept.append(size_of(word))
            continue
        if replacement is not None:
            kept.append(replacement)
            replacement = None
            continue
        flag, equals, value = word.partition("=")
        found = _option_replacement(flag)
        if found is None:
            is_option = equals and _FLAG.fullmatch(flag)
            kept.append(f"{flag}={_argument(value)}" if is_option else _argument(word))
        elif equals:
            kept.append(f"{flag}={found}")
        else:
            kept.append(flag)
            replacement = found
    return kept


def _hidden_values(params: Mapping[str, object]) -> set[str]:
    hidden: set[str] = set()
    for name, value in params.items():
        if _option_replacement("--" + name.strip("_").replace("_", "-")) is not None:
            values = value if isinstance(value, list | tuple) else [value]
            hidden.update(v for v in values if isinstance(v, str) and v)
    return hidden


def _option_replacement(flag: str) -> str | None:
    if not _FLAG.fullmatch(flag) or _HARMLESS_OPTION.search(split_words(flag)):
        return None
    if flag in _SECRET_OPTIONS or is_secret_name(flag):
        return REDACTED
    return "<…>" if flag in _PAYLOAD_OPTIONS else None


def _argument(word: str) -> str:
    """A word that is no option with a secret: JSON, and secrets inside of the text."""
    if word.lstrip()[:2] in ('{"', '["'):
        return size_of(word)
    clean = without_secrets(word)
    return clean if len(clean) <= MAX_STRING else f"{clean[:MAX_STRING]}<… {length_of(word)} bytes>"
