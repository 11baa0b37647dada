"""What `auth export` leaves in a shell, so that another profile is not led astray by it.

botocore lets AWS_DEFAULT_REGION and AWS_ENDPOINT_URL of the environment win over a profile's own
region and endpoint. That is right for what a person has set there and wrong for what an export of
another profile has: `-p prod` would act in the other one's region, or send keys to its endpoint. So
an export says in a variable of its own what it has set, and where a profile is named, that much is
not looked at, unless it was changed since.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

MARK = "AWSOPS_EXPORTED"
_SEPARATOR = ";"
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
_ENDPOINTS = "AWS_ENDPOINT_URL"


def mark_of(values: Mapping[str, str]) -> str:
    """What to set MARK to beside `values`: those of them that say where calls go."""
    places = (
        f"{name}={value}"
        for name, value in sorted(values.items())
        if (name in _REGIONS or name.startswith(_ENDPOINTS)) and _SEPARATOR not in value
    )
    return _SEPARATOR.join(places)


def left_over(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of an earlier export that are still as it has set them."""
    pairs = (item.partition("=") for item in environ.get(MARK, "").split(_SEPARATOR))
    return {name: value for name, _, value in pairs if name and environ.get(name) == value}


def forget(environ: Mapping[str, str]) -> dict[str, str]:
    """Take them out of this environment and of the process, which botocore reads; returns them."""
    found = left_over(environ)
    for name in found:
        os.environ.pop(name, None)
        if isinstance(environ, MutableMapping):
            environ.pop(name, None)
    return found
