"""What in the environment may lead a change elsewhere than the person means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awsops.targets import Target

# botocore looks at them in this order (configprovider.py, BOTOCORE_DEFAUT_SESSION_VARIABLES).
_PROFILE_VARIABLES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")


def doubts(environ: Mapping[str, str], targets: Sequence[Target], noun: str) -> Iterator[str]:
    """A sentence for each of them: keys that go before a profile that is named beside them, two
    profiles, a service that is reached elsewhere than the one that tells whose account it is."""
    if any(target.profile is None for target in targets):
        yield from _of_profiles(environ)
    told_at = environ.get("AWS_ENDPOINT_URL_STS") or environ.get("AWS_ENDPOINT_URL")
    for name, url in environ.items():
        its = name.startswith("AWS_ENDPOINT_URL_") and noun.upper() in name
        if its and url and url != told_at:
            where = told_at or "AWS"
            yield f"{name} sends the calls to {url}; whose account it is was asked of {where}"


def _of_profiles(environ: Mapping[str, str]) -> Iterator[str]:
    named = {name: environ[name] for name in _PROFILE_VARIABLES if environ.get(name)}
    if not named:
        return
    if environ.get("AWS_ACCESS_KEY_ID"):
        those = " and ".join(f"{name} ({profile})" for name, profile in named.items())
        first = next(iter(named.values()))
        yield f"AWS_ACCESS_KEY_ID goes before {those}; -p {first} takes the profile"
    elif len(set(named.values())) > 1:
        (first, profile), (second, other) = named.items()
        yield f"{first} ({profile}) goes before {second} ({other}); -p {other} takes that one"
