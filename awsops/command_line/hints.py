"""What an error lacks and the command line knows: the option, the resource, the help page.

Commands raise errors that name what they were given; what else stood on the line, they do not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awsops.botocore_errors import WHERE_IT_LIVES
from awsops.command_line.near_names import with_near_names
from awsops.errors import AwsopsError, UsageError
from awsops.suggesting import did_you_mean

if TYPE_CHECKING:
    from awsops.command_line.binding import Invocation
    from awsops.kernel import Kernel
    from awsops.targets import Target

_QUOTED = re.compile(r"'(?P<text>(?:[^'\\]|\\.)*)'")
# A region that does not exist has no hosts: it looks like a network that fails.
_UNREACHED = ("EndpointConnection", "ConnectTimeout")


def with_hint(
    error: AwsopsError, invocation: Invocation, kernel: Kernel, target: Target | None
) -> AwsopsError:
    """The error with a message that names the option and a hint that says what to type."""
    error = with_near_names(error, invocation, kernel.env)
    message, hint = error.message, error.hint
    if error.code == "InvalidUnit":
        message = _with_option(message, invocation)
    if hint is None and isinstance(error, UsageError):
        hint = f"awsops {invocation.title} --help"
    if hint == WHERE_IT_LIVES and (names := _resources(invocation)):
        hint = hint.replace("the name", names)
    if target is not None and error.code in _UNREACHED:
        hint = _about_the_region(kernel, target) or hint
    if (message, hint) == (error.message, error.hint):
        return error
    return error.reworded(message=message, hint=hint)


def _with_option(message: str, invocation: Invocation) -> str:
    """`--since: 'soon' is not a time`, where an option or argument has just that value."""
    quoted = _QUOTED.match(message)
    if quoted is None:
        return message
    for name, value in _texts(invocation):
        if value == quoted["text"] or value.endswith(f"={quoted['text']}"):
            return f"{name}: {message}"
    return message


def _resources(invocation: Invocation) -> str:
    """The names on the command line that say what it is about: services do not repeat them."""
    from awsops.choices import completers_of

    found = []
    for name in completers_of(invocation.spec):
        value = invocation.params.get(name)
        found += [v for v in (value if isinstance(value, list | tuple) else [value]) if v]
    return ", ".join(map(str, found))


def _texts(invocation: Invocation) -> Iterator[tuple[str, str]]:
    """Every text on the command line, with how a person knows the parameter it was given for."""
    from awsops.command_line.binding import parameter_names

    for parameter, name in parameter_names(invocation.spec).items():
        value = invocation.params.get(parameter)
        for text in value if isinstance(value, list | tuple) else [value]:
            if isinstance(text, str):
                yield name, text


def _about_the_region(kernel: Kernel, target: Target) -> str | None:
    own = kernel.sessions().endpoint_url or kernel.env.environ.get("AWS_ENDPOINT_URL")
    if target.region is None or own:
        return None
    known = kernel.sessions().known_regions()
    if target.region in known:
        return None
    meant = did_you_mean(target.region, known) or "check it"
    return (
        f"botocore knows no region {target.region}: {meant} awsops creds chain shows where it is "
        "set"
    )
