"""Look at everything that awsops needs, and say what to do where something is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from awsops.api import Annotated, Argument, AwsopsError, Host, Option, command
from awsops.local_choices import complete_profiles

from .accounts import check_files, check_profiles
from .findings import Finding
from .machine import (
    check_completion,
    check_config,
    check_folders,
    check_journal,
    check_plugins,
    check_programs,
    check_sessions,
    check_terminal,
)


@command()
def doctor(
    host: Host,
    profiles: Annotated[
        list[str],
        Argument(
            help="Profiles to try, as globs; default: all.",
            complete=complete_profiles,
            metavar="PROFILE",
        ),
    ] = [],  # noqa: B006 - the kernel hands over a list of its own
    offline: Annotated[bool, Option(help="Ask AWS nothing.")] = False,
) -> Iterator[Finding]:
    """Look at everything that awsops needs, and say what to do where something is wrong.

    Asks every profile's GetCallerIdentity, all at once; nobody is asked for an MFA code. The exit
    code is 1 when a line says error.
    """
    wrong = 0
    for finding in _findings(host, profiles, offline):
        wrong += finding.status == "error"
        yield finding
    if wrong:
        lines = "line says" if wrong == 1 else "lines say"
        raise AwsopsError(f"{wrong} {lines} error", hint="the next column says what to do")


def _findings(host: Host, profiles: list[str], offline: bool) -> Iterator[Finding]:
    answered = check_profiles(host, profiles, offline=offline)
    yield from check_programs(host)
    yield from check_config(host)
    yield from check_files(host.env.environ)
    while_asked = [  # AWS takes its time
        *check_plugins(host),
        *check_completion(host),
        *check_folders(host),
        *check_sessions(host),
        *check_journal(host),
        *check_terminal(host),
    ]
    yield from answered()
    yield from while_asked
