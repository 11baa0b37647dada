"""How functions and aliases are named on the command line, and the command lines that go on."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from awsops.api import Aws, NotFoundError, UsageError
from awsops.suggesting import did_you_mean

from .client import LambdaClient, is_missing, pages

_ARN = re.compile(
    r"arn:aws[\w-]*:lambda:(?P<region>[\w-]+):(?P<account>\d{12}):function:"
    r"(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?"
)
_PLAIN = re.compile(r"(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?")


@dataclass(frozen=True, slots=True)
class AliasRef:
    """An alias of a function; `str` gives FUNCTION:ALIAS."""

    function: str
    alias: str

    def __str__(self) -> str:
        return f"{self.function}:{self.alias}"


def read_function(aws: Aws, text: str) -> tuple[str, str | None]:
    """The function's name and the qualifier in a name or ARN; nothing is asked of Lambda.

    UsageError when it is neither, or an ARN of another account or region than the target's.
    """
    arn = _ARN.fullmatch(text)
    match = arn or _PLAIN.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is no function", hint="write NAME, NAME:ALIAS or the ARN")
    if arn is not None:
        account = aws.identity().account
        if (arn["account"], arn["region"]) != (account, aws.region):
            raise UsageError(
                f"{text} is in {arn['account']}/{arn['region']}, this target is "
                f"{account}/{aws.region}",
                hint="choose the profile and region with -p and -r",
            )
    return match["name"], match["qualifier"]


def read_alias_ref(aws: Aws, text: str) -> AliasRef:
    """FUNCTION:ALIAS, or the ARN of an alias; UsageError otherwise."""
    name, qualifier = read_function(aws, text)
    if qualifier is None:
        raise UsageError(
            f"{text!r} names no alias", hint=f"write {name}:ALIAS; awsops lambda aliases {name}"
        )
    if qualifier == "$LATEST" or qualifier.isdigit():
        raise UsageError(f"{text!r} is a version, not an alias: only an alias has weights")
    return AliasRef(name, qualifier)


def unknown_function(client: LambdaClient, name: str) -> NotFoundError:
    """NotFoundError with the nearest names."""
    try:
        names = [str(f["FunctionName"]) for f in pages(client.list_functions, "Functions")]
    except Exception:
        names = []  # it may not be allowed; the answer is the same
    return _unknown(f"there is no function {name} here", name, names, "awsops lambda ls")


def unknown_alias(client: LambdaClient, ref: AliasRef) -> NotFoundError:
    """NotFoundError with the nearest aliases, or functions when it is the function."""
    try:
        found = pages(client.list_aliases, "Aliases", FunctionName=ref.function)
    except Exception as error:
        if is_missing(error):
            return unknown_function(client, ref.function)
        found = []
    names = [str(alias["Name"]) for alias in found]
    what = f"{ref.function} has no alias {ref.alias}"
    return _unknown(what, ref.alias, names, f"awsops lambda aliases {ref.function}")


def unknown_version(client: LambdaClient, function: str, version: str) -> NotFoundError:
    """NotFoundError with the newest versions."""
    found = pages(client.list_versions_by_function, "Versions", FunctionName=function)
    newest = [str(v["Version"]) for v in found if v["Version"] != "$LATEST"][-5:]
    hint = f"its newest are {', '.join(newest)}" if newest else "it has none: --to publish"
    return NotFoundError(f"{function} has no version {version}", hint=hint)


def _unknown(what: str, name: str, known: list[str], command: str) -> NotFoundError:
    return NotFoundError(what, hint=did_you_mean(name, known) or f"{command} lists them")


def command_line(aws: Aws, *words: str) -> str:
    """`awsops lambda ...` for this target, as it can be typed."""
    return shlex.join(["awsops", "lambda", *words, *aws.target_options()])
