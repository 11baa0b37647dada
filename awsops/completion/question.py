"""Which names a press of Tab asks for, and in whose account.

Read while somebody waits at Tab: it imports next to nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

# The parameter of a completer that gets what stands of the half-typed word: `orders:`.
STEM = "stem"
# Which account an environment leads to. What is secret is hashed before it is written anywhere.
_VARIABLES = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_ROLE_ARN",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ENDPOINT_URL",
    "AWSOPS_CONFIG_FILE",
    "AWSOPS_CONFIG_DIR",
    "AWSOPS_PLUGIN_PATH",
    "HOME",
)


class Question(NamedTuple):
    """Which names: `kind` is NOUN:COMPLETER, `scope` the values that it is called with beside the
    account, by parameter; the rest says in whose account and region.
    """

    kind: str
    profile: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    role: str | None = None
    endpoint_url: str | None = None
    scope: tuple[tuple[str, str], ...] = ()

    def key(self, environ: Mapping[str, str]) -> str:
        """The name of the cache's file: the same only where the same account would answer."""
        import hashlib

        parts = [self.kind, *self.profile, "", *self.region, "", self.role or ""]
        parts += [self.endpoint_url or "", *(environ.get(name, "") for name in _VARIABLES)]
        parts += [_state_of(_aws_config(environ)), _state_of(_own_config(environ))]
        parts += [part for pair in self.scope for part in pair]
        return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()[:32]

    def without_stem(self) -> Question:
        """The question for all that there is, not only for what begins as was typed."""
        return self._replace(scope=tuple(pair for pair in self.scope if pair[0] != STEM))


def _aws_config(environ: Mapping[str, str]) -> str:
    named = environ.get("AWS_CONFIG_FILE")
    return os.path.expanduser(named or "~/.aws/config")


def _own_config(environ: Mapping[str, str]) -> str:
    """`config.toml`, which says what a group and the usual region are."""
    if environ.get("AWSOPS_CONFIG_FILE"):
        return environ["AWSOPS_CONFIG_FILE"]
    folder = environ.get("AWSOPS_CONFIG_DIR")
    if not folder:
        home = environ.get("HOME") or os.path.expanduser("~")
        folder = (environ.get("XDG_CONFIG_HOME") or home + "/.config") + "/awsops"
    return folder + "/config.toml"


def _state_of(path: str) -> str:
    """Changes with the file: a profile or a group that leads elsewhere has other names."""
    try:
        stat = os.stat(path)
    except OSError:
        return ""
    return f"{stat.st_mtime_ns} {stat.st_size}"
